/* In a burst of small messages over tcp, system calls are few: below one for a hundred messages; below
 * one for each time that another peer has no room; and few of the sender's for a message to many, for
 * messages to several in turn, and for those of which only the latest counts. A lone message to a few is the
 * sender's own. */
#include "counts.h"
#include "traffic.h"

#include <time.h>
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

/* A DEALER of that routing id, known to `router`. */
static void *new_dealer (void *ctx, const char *name, int hwm, void *router, const char *endpoint)
{
    void *dealer = new_socket (ctx, ZMQ_DEALER);
    OK (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, name, strlen (name)));
    set_int (dealer, ZMQ_RCVHWM, hwm);
    OK (zmq_connect (dealer, endpoint));
    send_text (dealer, "hello", 0);
    CHECK (wait_for (router, ZMQ_POLLIN, 5000) > 0);
    char text[16];
    CHECK (zmq_recv (router, text, sizeof text, 0) == (int) strlen (name));
    CHECK (zmq_recv (router, text, sizeof text, 0) == 5);
    return dealer;
}

/* SUBs to everything, which have heard `pub`. */
static void new_subs (void *ctx, void **subs, int count, void *pub, const char *endpoint)
{
    for (int i = 0; i < count; ++i) {
        subs[i] = new_socket (ctx, ZMQ_SUB);
        set_int (subs[i], ZMQ_RCVHWM, 0);
        OK (zmq_setsockopt (subs[i], ZMQ_SUBSCRIBE, "", 0));
        OK (zmq_connect (subs[i], endpoint));
    }
    for (int i = 0; i < count; ++i)
        while (wait_for (subs[i], ZMQ_POLLIN, 1) == 0)
            send_text (pub, "anyone?", 0);
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
    static const char body[SIZE];
    void *peers[2];
    /* "free" takes whatever comes. */
    for (int i = 0; i < 2; ++i)
        peers[i] = new_dealer (ctx, names[i], i == 0, router, endpoint);
    fill (router, "full");
    int tries = 0;
    double each;
    do {
        counts_start ();
        for (int i = 0; i < ROUNDS; ++i) {
            while (send_to (router, "free", body, SIZE) < 0)
                CHECK (errno == EAGAIN);
            CHECK (send_to (router, "full", body, SIZE) == -1 && errno == EAGAIN);
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

/* A message to many peers, now and then: its sender does not write to each. */
static void to_many_at_once (void)
{
    enum { PEERS = 16, ROUNDS = 200 };
    void *ctx = new_ctx ();
    void *pub = new_socket (ctx, ZMQ_PUB);
    char endpoint[64];
    bind_any (pub, "tcp://127.0.0.1:*", endpoint, sizeof endpoint);
    void *subs[PEERS];
    new_subs (ctx, subs, PEERS, pub, endpoint);
    counts_start ();
    for (int i = 0; i < ROUNDS; ++i) {
        send_text (pub, "all", 0);
        usleep (1000);
    }
    counts_stop ();
    const double each = (double) counts_of (OWN_SYSTEM_CALLS) / ROUNDS;
    say ("to %d peers: %.2f system calls of the sender per message", PEERS, each);
    CHECK (each < PEERS / 4);
    for (int i = 0; i < PEERS; ++i)
        drop (subs[i]);
    drop (pub);
    term (ctx);
}

/* After a burst that was left to the I/O thread, a message to a few peers, now and then, is its sender's. */
static void to_few_after_a_burst (void)
{
    enum { PEERS = 4, BURST = 2000, ROUNDS = 50 };
    void *ctx = new_ctx ();
    void *pub = new_socket (ctx, ZMQ_PUB);
    char endpoint[64];
    bind_any (pub, "tcp://127.0.0.1:*", endpoint, sizeof endpoint);
    void *subs[PEERS];
    new_subs (ctx, subs, PEERS, pub, endpoint);
    for (int i = 0; i < BURST; ++i)
        send_text (pub, "all", 0);
    int tries = 0;
    double each;
    do {
        counts_start ();
        for (int i = 0; i < ROUNDS; ++i) {
            usleep (5000);
            send_text (pub, "all", 0);
        }
        counts_stop ();
        each = (double) counts_of (OWN_SYSTEM_CALLS) / ROUNDS;
        say ("to %d peers after a burst: %.2f system calls of the sender per message", PEERS, each);
    } while (each < PEERS - 1 && ++tries < TRIES);
    CHECK (each >= PEERS - 1);
    for (int i = 0; i < PEERS; ++i)
        drop (subs[i]);
    drop (pub);
    term (ctx);
}

static double now_us (void)
{
    struct timespec time;
    CHECK (clock_gettime (CLOCK_MONOTONIC, &time) == 0);
    return (double) time.tv_sec * 1e6 + (double) time.tv_nsec / 1e3;
}

static void work_for (double us)
{
    const double until = now_us () + us;
    while (now_us () < until)
        ;
}

/* To several peers in turn, with some work in between: what follows so soon is no lone message, and few
 * would meet in a write of the sender's. */
static void in_turn_with_work (void)
{
    enum { PEERS = 8, ROUNDS = 4000 };
    void *ctx = new_ctx ();
    void *router = new_socket (ctx, ZMQ_ROUTER);
    char endpoint[64];
    bind_any (router, "tcp://127.0.0.1:*", endpoint, sizeof endpoint);
    static const char *const names[PEERS] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    static const char body[SIZE];
    void *peers[PEERS];
    for (int i = 0; i < PEERS; ++i)
        peers[i] = new_dealer (ctx, names[i], 0, router, endpoint);
    int tries = 0;
    double each;
    do {
        counts_start ();
        for (int i = 0; i < ROUNDS; ++i) {
            CHECK (send_to (router, names[i % PEERS], body, SIZE) >= 0);
            work_for (3);
        }
        counts_stop ();
        each = (double) counts_of (OWN_SYSTEM_CALLS) / ROUNDS;
        say ("in turn, with work: %.4f system calls of the sender per message", each);
    } while (each >= 0.05 && ++tries < TRIES);
    CHECK (each < 0.05);
    for (int i = 0; i < PEERS; ++i)
        drop (peers[i]);
    drop (router);
    term (ctx);
}

/* Of messages that take each other's places few are written, and the last one is. */
static void latest_only (void)
{
    void *ctx = new_ctx ();
    void *pull = new_socket (ctx, ZMQ_PULL);
    set_int (pull, ZMQ_CONFLATE, 1);
    char endpoint[64];
    bind_any (pull, "tcp://127.0.0.1:*", endpoint, sizeof endpoint);
    void *push = new_socket (ctx, ZMQ_PUSH);
    set_int (push, ZMQ_CONFLATE, 1);
    OK (zmq_connect (push, endpoint));
    send_text (push, "connected", 0);
    CHECK (wait_for (pull, ZMQ_POLLIN, 5000) > 0);
    int tries = 0;
    double each;
    do {
        counts_start ();
        for (int i = 0; i < MESSAGES_COUNTED; ++i)
            send_text (push, "latest", 0);
        counts_stop ();
        each = (double) counts_of (OWN_SYSTEM_CALLS) / MESSAGES_COUNTED;
        say ("latest only: %.4f system calls of the sender per message", each);
    } while (each >= 0.02 && ++tries < TRIES);
    CHECK (each < 0.02);
    send_text (push, "the last one", 0);
    char text[16];
    do {
        CHECK (wait_for (pull, ZMQ_POLLIN, 5000) > 0);
    } while (zmq_recv (pull, text, sizeof text, 0) != (int) strlen ("the last one"));
    drop (push);
    drop (pull);
    term (ctx);
}

int main (void)
{
    for (int p = 0; p < PATTERNS; ++p)
        if (!patterns[p].answered)
            measure (&patterns[p]);
    beside_a_full_one ();
    to_many_at_once ();
    to_few_after_a_burst ();
    in_turn_with_work ();
    latest_only ();
    return 0;
}
