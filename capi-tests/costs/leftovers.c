/* A socket that is gone leaves nothing, whatever was under way when it was closed: messages that
 * nobody read, news that it never heard. Counted is what the C library has given out. */
#include "counts.h"
#include "traffic.h"

#include <malloc.h>

/* Places of contexts and sockets are used again late: some hundreds of either are kept. */
enum { CONTEXTS = 50, PAIRS = 10, WARM_UPS = 6 };

/* What may be given out more after CONTEXTS * PAIRS pairs than before them, bytes: lists and tables
 * grow now and then, and threads that end keep what they have until then. A block for each pair is
 * more, each time. */
enum { TOLERANCE = 32 * CONTEXTS * PAIRS, TRIES = 3 };

struct kind {
    const char *name;
    int binding;
    int connecting;
    const char *endpoint;
};

static const struct kind kinds[] = {
    {"PAIR, inproc", ZMQ_PAIR, ZMQ_PAIR, "inproc://leftovers"},
    {"PUSH to PULL, inproc", ZMQ_PULL, ZMQ_PUSH, "inproc://leftovers"},
    {"PUB to XSUB, inproc", ZMQ_PUB, ZMQ_XSUB, "inproc://leftovers"},
    {"DEALER to ROUTER, tcp", ZMQ_ROUTER, ZMQ_DEALER, "tcp://127.0.0.1:*"},
    {"PUSH to PULL, ipc", ZMQ_PULL, ZMQ_PUSH, "ipc://@*"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* Two messages each way, where the type allows it; closes with all of them unread. */
static void use_pair (void *ctx, const struct kind *kind)
{
    static const char body[600];
    char endpoint[128];
    void *binding = new_socket (ctx, kind->binding);
    void *connecting = new_socket (ctx, kind->connecting);
    bind_any (binding, kind->endpoint, endpoint, sizeof endpoint);
    OK (zmq_connect (connecting, endpoint));
    zmq_send (connecting, "\1", 1, ZMQ_DONTWAIT);
    zmq_send (connecting, body, sizeof body, ZMQ_DONTWAIT);
    zmq_send (binding, "\1", 1, ZMQ_DONTWAIT);
    zmq_send (binding, body, sizeof body, ZMQ_DONTWAIT);
    drop (connecting);
    drop (binding);
}

/* Bytes given out after so many more contexts with PAIRS pairs each. */
static long in_use_after (const struct kind *kind, int contexts)
{
    for (int i = 0; i < contexts; ++i) {
        void *ctx = new_ctx ();
        for (int pair = 0; pair < PAIRS; ++pair)
            use_pair (ctx, kind);
        term (ctx);
    }
    return (long) mallinfo2 ().uordblks;
}

static long least_growth (const struct kind *kind)
{
    long least = 0;
    long before = in_use_after (kind, WARM_UPS * CONTEXTS);
    for (int i = 0; i < TRIES; ++i) {
        long after = in_use_after (kind, CONTEXTS);
        if (i == 0 || after - before < least)
            least = after - before;
        before = after;
    }
    return least;
}

int main (void)
{
    for (int i = 0; i < KINDS; ++i) {
        long growth = least_growth (&kinds[i]);
        printf ("%s: %ld bytes for %d pairs\n", kinds[i].name, growth, CONTEXTS * PAIRS);
        CHECK (growth <= TOLERANCE);
    }
    return 0;
}
