/* A request and its reply are written and read by the threads that ask and answer: the I/O thread
 * sleeps on. */
#include "counts.h"
#include "traffic.h"

enum { SIZE = 64, WARM_UP = 1000, REQUESTS = 2000 };

/* Where other programs hold a thread up, the I/O thread helps out: so many times requests are made
 * until it did for less than one in a hundred. */
enum { TRIES = 20 };

static long wake_ups (const struct pair *pair)
{
    counts_start ();
    pair_stream (pair, BUFFERS, SIZE, REQUESTS);
    counts_stop ();
    return counts_of (IO_WAKE_UPS);
}

static void measure (const char *transport)
{
    counts_start ();
    struct pair pair = pair_new (&patterns[PATTERNS - 1], transport);
    counts_stop ();
    /* Connecting is the I/O thread's: the counting works. */
    CHECK (counts_of (IO_WAKE_UPS) > 0);
    CHECK (pair.pattern->answered);
    pair_stream (&pair, BUFFERS, SIZE, WARM_UP);
    int tries = 0;
    long found;
    while ((found = wake_ups (&pair)) > REQUESTS / 100) {
        say ("%s: %ld wake-ups of the I/O thread in %d requests", transport, found, REQUESTS);
        CHECK (++tries < TRIES);
    }
    pair_end (&pair);
}

int main (void)
{
    measure ("tcp://127.0.0.1:*");
    measure ("ipc://*");
    return 0;
}
