/* In a burst of small messages over tcp, system calls are few: below one for a hundred messages; and
 * below one for each time that another peer has no room. */
#include "counts.h"
#include "traffic.h"

#include <unistd.h>

enum { SIZE = 64, WARM_UP = 20000, MESSAGES_COUNTED = 100000 };

/* A receiver that other programs hold up, or let run ahead of its sender, looks more often for what
 * is not there yet: one burst of so many has to do. */
enum { TRIES = 40 };

static double stream (const struct pair *pair)
{
    counts_start ();
    pair_stream (pair, BUFFERS, SIZE, MESSAGES_COUNTED);
    counts_stop ();
    /* They went through the kernel: the counting works. */
    CHECK (counts_of (SYSTEM_CALLS) > 0);
    const double each = (double) counts_of (SYSTEM_CALLS) / MESSAGES_COUNTED;
    say ("%s: %.4f system calls per message", pair->pattern->name, each);
    return each;
}

static void measure (const struct pattern *pattern)
{
    struct pair pair = pair_new (pattern, "tcp://127.0.0.1:*");
    pair_stream (&pair, BUFFERS, SIZE, WARM_UP);
    int tries = 0;
    while (stream (&pair) >= 0.01)
        CHECK (++tries < TRIES);
    pair_end (&pair);
}

static int send_to (void *router, const char *peer, const void *body, size_t size)
{
    if (zmq_send (router, peer, strlen (peer), ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return -1;
    return zmq_send (router, body, size, ZMQ_DONTWAIT);
}

/* Until there has been no room for a while. */
static void fill (void *router, const char *peer)
{
    static const char body[64 << 10];
    for (int refused = 0; refused < 20;) {
        if (send_to (router, peer, body, sizeof body) >= 0)
            refused = 0;
        else {
            CHECK (errno == EAGAIN);
            refused++;
            usleep (5000);
        }
    }
}

/* What waits on one peer's pipe does not leave in a write of its own because another's is full. */
static void beside_a_full_one (void)
{
    enum { ROUNDS = 2000 };
    void *ctx = new_ctx ();
    void *router = new_socket (ctx, ZMQ_ROUTER);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    char endpoint[64];
    bind_any (router, "tcp://127.0.0.1:*", endpoint, sizeof endpoint);
    static const char *const names[] = {"full", "free"};
    void *peers[2];
    for (int i = 0; i < 2; ++i) {
        peers[i] = new_socket (ctx, ZMQ_DEALER);
        OK (zmq_setsockopt (peers[i], ZMQ_ROUTING_ID, names[i], 4));
        /* "free" takes whatever comes. */
        set_int (peers[i], ZMQ_RCVHWM, i == 0);
        OK (zmq_connect (peers[i], endpoint));
        send_text (peers[i], "hello", 0);
        CHECK (wait_for (router, ZMQ_POLLIN, 5000) > 0);
        char text[16];
        CHECK (zmq_recv (router, text, sizeof text, 0) == 4);
        CHECK (zmq_recv (router, text, sizeof text, 0) == 5);
    }
    fill (router, "full");
    int tries = 0;
    double each;
    do {
        counts_start ();
        for (int i = 0; i < ROUNDS; ++i) {
            while (send_to (router, "free", names, SIZE / 4) < 0)
                CHECK (errno == EAGAIN);
            CHECK (send_to (router, "full", names, 1) == -1 && errno == EAGAIN);
        }
        counts_stop ();
        each = (double) counts_of (SYSTEM_CALLS) / ROUNDS;
        say ("beside a peer without room: %.4f system calls per message", each);
    } while (each >= 0.5 && ++tries < TRIES);
    CHECK (each < 0.5);
    drop (peers[0]);
    drop (peers[1]);
    set_int (router, ZMQ_LINGER, 0);
    drop (router);
    term (ctx);
}

int main (void)
{
    for (int p = 0; p < PATTERNS; ++p)
        if (!patterns[p].answered)
            measure (&patterns[p]);
    beside_a_full_one ();
    return 0;
}
