/* The table of descriptors is large before there are threads: if it grows later, whoever opened the
 * descriptor that did not fit sleeps for 5 to 20 ms, an I/O thread with all of its connections. */
#include "counts.h"
#include "traffic.h"

#include <stdio.h>
#include <sys/resource.h>

/* More than the table holds that a process begins with, and at every step of the way. */
enum { SOCKETS = 300, DESCRIPTORS = 1024 };

/* Descriptors that the table has room for. */
static long places (void)
{
    char line[256];
    long size = 0;
    FILE *status = fopen ("/proc/self/status", "r");
    CHECK (status);
    while (!size && fgets (line, sizeof line, status))
        if (sscanf (line, "FDSize: %ld", &size) != 1)
            size = 0;
    fclose (status);
    return size;
}

int main (void)
{
    struct rlimit limit;
    CHECK (getrlimit (RLIMIT_NOFILE, &limit) == 0);
    CHECK (limit.rlim_max >= DESCRIPTORS);
    if (limit.rlim_cur < DESCRIPTORS) {
        limit.rlim_cur = DESCRIPTORS;
        CHECK (setrlimit (RLIMIT_NOFILE, &limit) == 0);
    }
    void *ctx = new_ctx ();
    const long at_first = places ();
    void *pull = new_socket (ctx, ZMQ_PULL);
    char endpoint[128];
    bind_any (pull, "tcp://127.0.0.1:*", endpoint, sizeof endpoint);
    const long with_a_listener = places ();
    void *pushes[SOCKETS];
    for (int i = 0; i < SOCKETS; ++i) {
        pushes[i] = new_socket (ctx, ZMQ_PUSH);
        OK (zmq_connect (pushes[i], endpoint));
        OK (zmq_send (pushes[i], "", 0, 0));
        OK (zmq_recv (pull, NULL, 0, 0));
    }
    const long with_connections = places ();
    say ("room for %ld descriptors, %ld with a listener, %ld with %d connections", at_first,
         with_a_listener, with_connections, SOCKETS);
    CHECK (at_first < 2 * SOCKETS);
    CHECK (with_a_listener >= DESCRIPTORS);
    CHECK (with_connections == with_a_listener);
    for (int i = 0; i < SOCKETS; ++i)
        drop (pushes[i]);
    drop (pull);
    term (ctx);
    return 0;
}
