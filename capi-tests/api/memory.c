/* No memory for a message: the call says so, and nothing of it is sent. */
#include "probe.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* Larger than what is left by the limit, which leaves room for all else, and for this once. */
enum { LARGE = 1 << 30, LEFT = 400 << 20, ONCE = 220 << 20 };

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

static void send_too_much (void *socket, const void *body, int flags, const char *label)
{
    const int rc = zmq_send (socket, body, LARGE, flags);
    say_rc (rc, "%s", label);
    CHECK (rc == -1 && errno == ENOMEM);
}

static void receive (void *socket, const char *expected, int more)
{
    char body[16];
    CHECK (wait_for (socket, ZMQ_POLLIN, PATIENCE));
    CHECK (zmq_recv (socket, body, sizeof body, 0) == (int) strlen (expected));
    CHECK (memcmp (body, expected, strlen (expected)) == 0);
    CHECK (get_int (socket, ZMQ_RCVMORE) == more);
}

/* Several peers have one copy of it, also those that keep the last message only. */
static void publish_once (void *ctx, const void *body)
{
    void *sub[2];
    void *pub = new_socket (ctx, ZMQ_PUB);
    set_int (pub, ZMQ_CONFLATE, 1);
    OK (zmq_bind (pub, "inproc://conflated"));
    for (int i = 0; i < 2; ++i) {
        sub[i] = new_socket (ctx, ZMQ_SUB);
        set_int (sub[i], ZMQ_CONFLATE, 1);
        OK (zmq_setsockopt (sub[i], ZMQ_SUBSCRIBE, "", 0));
        OK (zmq_connect (sub[i], "inproc://conflated"));
    }
    for (int i = 0; i < 2; ++i) {
        do
            send_text (pub, "first", 0);
        while (!wait_for (sub[i], ZMQ_POLLIN, 100));
        while (zmq_recv (sub[i], NULL, 0, ZMQ_DONTWAIT) >= 0)
            continue;
    }
    CHECK (zmq_send (pub, body, ONCE, 0) == ONCE);
    for (int i = 0; i < 2; ++i) {
        CHECK (wait_for (sub[i], ZMQ_POLLIN, PATIENCE));
        zmq_msg_t message;
        OK (zmq_msg_init (&message));
        CHECK (zmq_msg_recv (&message, sub[i], 0) == ONCE);
        OK (zmq_msg_close (&message));
        drop (sub[i]);
    }
    drop (pub);
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
        const long patience = kinds[i].sender == ZMQ_PUB ? 100 : PATIENCE;
        do
            send_text (senders[i], "first", 0);
        while (!wait_for (receivers[i], ZMQ_POLLIN, patience));
        while (zmq_recv (receivers[i], NULL, 0, ZMQ_DONTWAIT) >= 0)
            continue;
    }
    limit_memory ();
    for (int i = 0; i < KINDS; ++i) {
        const char *name = type_name (kinds[i].sender);
        send_too_much (senders[i], large, 0, name);
        send_too_much (senders[i], large, ZMQ_DONTWAIT, name);
        say_rc (zmq_send (senders[i], "part", 4, ZMQ_SNDMORE), "%s: part", name);
        send_too_much (senders[i], large, 0, name);
        say_rc (zmq_send (senders[i], "end", 3, 0), "%s: another last part", name);
        if (kinds[i].receiver == ZMQ_ROUTER)
            OK (zmq_recv (receivers[i], NULL, 0, 0));
        receive (receivers[i], "part", 1);
        receive (receivers[i], "end", 0);
        say_recv (receivers[i], ZMQ_DONTWAIT, name);
    }
    publish_once (ctx, large);
    zmq_msg_t message;
    say_rc (zmq_msg_init_size (&message, LARGE), "message");
    for (int i = 0; i < KINDS; ++i) {
        drop (senders[i]);
        drop (receivers[i]);
    }
    term (ctx);
    return 0;
}
