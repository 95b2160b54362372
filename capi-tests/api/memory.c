/* No memory for a message: the call says so, and nothing of it is sent. */
#include "probe.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* Larger than what is left by the limit, which leaves room for all else. */
enum { LARGE = 256 << 20, LEFT = 128 << 20 };

/* Pages of address space that the process has. */
static size_t pages_in_use (void)
{
    size_t pages = 0;
    FILE *sizes = fopen ("/proc/self/statm", "r");
    CHECK (sizes);
    CHECK (fscanf (sizes, "%zu", &pages) == 1);
    fclose (sizes);
    return pages;
}

static void limit_memory (void)
{
    struct rlimit limit;
    CHECK (getrlimit (RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = pages_in_use () * (size_t) sysconf (_SC_PAGESIZE) + LEFT;
    CHECK (setrlimit (RLIMIT_AS, &limit) == 0);
}

struct kind {
    int sender;
    int receiver;
    const char *endpoint;
};

static const struct kind kinds[] = {
    {ZMQ_PUSH, ZMQ_PULL, "inproc://memory"},
    {ZMQ_PUSH, ZMQ_PULL, "tcp://127.0.0.1:*"},
    {ZMQ_PUB, ZMQ_SUB, "inproc://other"},
    {ZMQ_DEALER, ZMQ_ROUTER, "tcp://127.0.0.1:*"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

int main (void)
{
    /* Mapped, and read by nobody. */
    const char *large = mmap (NULL, LARGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK (large != MAP_FAILED);
    void *ctx = new_ctx ();
    void *senders[KINDS];
    void *receivers[KINDS];
    for (int i = 0; i < KINDS; ++i) {
        char endpoint[128];
        senders[i] = new_socket (ctx, kinds[i].sender);
        receivers[i] = new_socket (ctx, kinds[i].receiver);
        bind_any (receivers[i], kinds[i].endpoint, endpoint, sizeof endpoint);
        if (kinds[i].receiver == ZMQ_SUB)
            OK (zmq_setsockopt (receivers[i], ZMQ_SUBSCRIBE, "", 0));
        OK (zmq_connect (senders[i], endpoint));
        /* A PUB sends nothing before it knows of the subscription. */
        do
            send_text (senders[i], "first", 0);
        while (!wait_for (receivers[i], ZMQ_POLLIN, 100));
        while (zmq_recv (receivers[i], NULL, 0, ZMQ_DONTWAIT) >= 0)
            continue;
    }
    limit_memory ();
    for (int i = 0; i < KINDS; ++i) {
        const char *name = type_name (kinds[i].sender);
        say_rc (zmq_send (senders[i], large, LARGE, 0), "%s: large", name);
        say_rc (zmq_send (senders[i], large, LARGE, ZMQ_DONTWAIT), "%s: large, not waiting", name);
        say_rc (zmq_send (senders[i], "part", 4, ZMQ_SNDMORE), "%s: part", name);
        say_rc (zmq_send (senders[i], large, LARGE, 0), "%s: large last part", name);
        say_rc (zmq_send (senders[i], "end", 3, 0), "%s: another last part", name);
        CHECK (wait_for (receivers[i], ZMQ_POLLIN, PATIENCE));
        if (kinds[i].receiver == ZMQ_ROUTER)
            OK (zmq_recv (receivers[i], NULL, 0, 0));
        do
            say_recv (receivers[i], 0, name);
        while (get_int (receivers[i], ZMQ_RCVMORE));
        say_recv (receivers[i], ZMQ_DONTWAIT, name);
    }
    zmq_msg_t message;
    say_rc (zmq_msg_init_size (&message, LARGE), "message");
    for (int i = 0; i < KINDS; ++i) {
        drop (senders[i]);
        drop (receivers[i]);
    }
    term (ctx);
    return 0;
}
