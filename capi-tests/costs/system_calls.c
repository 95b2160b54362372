/* In a burst of small messages over tcp, system calls are few: below one for a hundred messages. */
#include "counts.h"
#include "traffic.h"

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

int main (void)
{
    for (int p = 0; p < PATTERNS; ++p)
        if (!patterns[p].answered)
            measure (&patterns[p]);
    return 0;
}
