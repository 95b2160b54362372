/* ZMQ_FD and ZMQ_EVENTS: the descriptor tells that something happened; what did is asked of the
 * socket. */
#include "probe.h"

#include <poll.h>

static int readable (int fd, int timeout)
{
    struct pollfd item = {fd, POLLIN, 0};
    CHECK (poll (&item, 1, timeout) >= 0);
    return (item.revents & POLLIN) != 0;
}

/* Waits, as programs with a loop of their own do, until `events` hold. */
static int await_events (void *socket, int events)
{
    const int fd = get_int (socket, ZMQ_FD);
    const long until = now_ms () + PATIENCE;
    while ((get_int (socket, ZMQ_EVENTS) & events) != events) {
        if (now_ms () >= until)
            return 0;
        /* Every change has to make it readable: no time-out helps out here. */
        if (!readable (fd, PATIENCE))
            return 0;
    }
    return 1;
}

static void loop (const char *endpoint)
{
    enum { COUNT = 500 };
    void *ctx = new_ctx ();
    void *pull = new_socket (ctx, ZMQ_PULL);
    void *push = new_socket (ctx, ZMQ_PUSH);
    char where[256];
    bind_any (pull, endpoint, where, sizeof where);
    const int fd = get_int (pull, ZMQ_FD);
    CHECK (fd == get_int (pull, ZMQ_FD));
    CHECK (fd != get_int (push, ZMQ_FD));
    say ("%.6s events %d %d", endpoint, get_int (pull, ZMQ_EVENTS), get_int (push, ZMQ_EVENTS));
    OK (zmq_connect (push, where));
    say ("await POLLOUT %d", await_events (push, ZMQ_POLLOUT));
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < COUNT; ++i)
            OK (zmq_send (push, "x", 1, 0));
        int received = 0;
        while (received < COUNT) {
            CHECK (await_events (pull, ZMQ_POLLIN));
            /* Edge triggered: all there is has to be taken. */
            while (zmq_recv (pull, NULL, 0, ZMQ_DONTWAIT) != -1)
                ++received;
            CHECK (errno == EAGAIN);
        }
        say ("received %d, events %d", received, get_int (pull, ZMQ_EVENTS));
    }
    /* One at a time. */
    for (int i = 0; i < 50; ++i) {
        CHECK (!(get_int (pull, ZMQ_EVENTS) & ZMQ_POLLIN));
        OK (zmq_send (push, "x", 1, 0));
        CHECK (await_events (pull, ZMQ_POLLIN));
        CHECK (zmq_recv (pull, NULL, 0, ZMQ_DONTWAIT) == 1);
    }
    say ("one at a time");
    /* Nothing happens: the descriptor keeps quiet. */
    CHECK (!(get_int (pull, ZMQ_EVENTS) & ZMQ_POLLIN));
    say ("quiet: readable %d", readable (fd, SETTLE));
    OK (zmq_send (push, "x", 1, 0));
    say ("sent: readable %d", readable (fd, PATIENCE));
    say ("events %d", get_int (pull, ZMQ_EVENTS));
    say_recv (pull, ZMQ_DONTWAIT, "recv");
    say ("events %d", get_int (pull, ZMQ_EVENTS));
    drop (push);
    drop (pull);
    term (ctx);
}

/* A descriptor that was asked for before anything happened keeps quiet. */
static void quiet (void)
{
    static const int types[] = {ZMQ_PULL, ZMQ_DEALER, ZMQ_SUB, ZMQ_ROUTER};
    void *ctx = new_ctx ();
    for (size_t i = 0; i < sizeof types / sizeof *types; ++i) {
        void *socket = new_socket (ctx, types[i]);
        const int fd = get_int (socket, ZMQ_FD);
        get_int (socket, ZMQ_EVENTS);
        say ("%s quiet: readable %d", type_name (types[i]), readable (fd, SETTLE));
        drop (socket);
    }
    term (ctx);
}

/* A sender that is held up learns of the room. */
static void room (void)
{
    void *ctx = new_ctx ();
    void *push = new_socket (ctx, ZMQ_PUSH);
    void *pull = new_socket (ctx, ZMQ_PULL);
    set_int (push, ZMQ_SNDHWM, 10);
    set_int (pull, ZMQ_RCVHWM, 10);
    OK (zmq_bind (pull, "inproc://room"));
    OK (zmq_connect (push, "inproc://room"));
    /* It may be readable at first, for nothing. */
    const int fd = get_int (push, ZMQ_FD);
    get_int (push, ZMQ_EVENTS);
    int sent = 0;
    while (zmq_send (push, "x", 1, ZMQ_DONTWAIT) != -1)
        ++sent;
    say ("sent %d, events %d", sent, get_int (push, ZMQ_EVENTS));
    say ("readable %d", readable (fd, SETTLE));
    int received = 0;
    while (zmq_recv (pull, NULL, 0, ZMQ_DONTWAIT) != -1)
        ++received;
    say ("received %d", received);
    say ("readable %d", readable (fd, PATIENCE));
    say ("events %d", get_int (push, ZMQ_EVENTS));
    drop (push);
    drop (pull);
    term (ctx);
}

/* The end of the context is something that happened. */
static void end (void)
{
    void *ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_PULL);
    const int fd = get_int (socket, ZMQ_FD);
    OK (zmq_ctx_shutdown (ctx));
    say ("shut down: readable %d", readable (fd, PATIENCE));
    int events = 0;
    size_t size = sizeof events;
    say_rc (zmq_getsockopt (socket, ZMQ_EVENTS, &events, &size), "events");
    say_rc (zmq_getsockopt (socket, ZMQ_FD, &events, &size), "fd");
    OK (zmq_close (socket));
    term (ctx);
}

int main (void)
{
    loop ("inproc://loop");
    loop ("tcp://127.0.0.1:*");
    loop ("ipc://*");
    quiet ();
    room ();
    end ();
    return 0;
}
