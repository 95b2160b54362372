/* Once warm, a message up to 4 KB is sent and received without a call of the allocator. */
#include "counts.h"
#include "traffic.h"

/* The largest first: it makes the queues' chunks grow to their full size. */
static const size_t sizes[] = {4096, 1024, 256, 64, 16, 1};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* Messages under way at the same time, no more than the kernel's buffers take. */
enum { BATCH = 20 };

enum { WARM_UP = 2000, MESSAGES_COUNTED = 5000 };

/* Where other programs hold a thread up, a queue may become longer than ever before, and grow for it:
 * so many times are counted until one has no allocation. */
enum { TRIES = 10 };

/* One thread: the sender's messages are all there before the receiver takes them, so that each round
 * has the queues as deep as the one before. */
static void run (const struct pair *pair, enum way way, size_t size, int messages)
{
    const int answered = pair->pattern->answered;
    const int batch = answered ? 1 : BATCH;
    for (int done = 0; done < messages; done += batch) {
        for (int i = 0; i < batch; ++i)
            pair_send (pair, way, size);
        for (int i = 0; i < batch; ++i)
            pair_receive (pair, way, size);
        if (answered) {
            pair_answer (pair, way, size);
            pair_hear (pair, way, size);
        }
    }
}

static long allocations (const struct pair *pair, enum way way, size_t size)
{
    counts_start ();
    run (pair, way, size, MESSAGES_COUNTED);
    counts_stop ();
    return counts_of (ALLOCATIONS);
}

static void measure (const struct pattern *pattern, const char *transport)
{
    counts_start ();
    struct pair pair = pair_new (pattern, transport);
    counts_stop ();
    /* Sockets are made of memory: the counting works. */
    CHECK (counts_of (ALLOCATIONS) > 0);
    for (enum way way = BUFFERS; way <= MESSAGES; ++way)
        for (int i = 0; i < SIZES; ++i) {
            run (&pair, way, sizes[i], WARM_UP);
            int tries = 0;
            long found;
            while ((found = allocations (&pair, way, sizes[i])) > 0) {
                say ("%s, %s, %s of %zu bytes: %ld allocations", pattern->name, transport,
                     way == BUFFERS ? "buffers" : "messages", sizes[i], found);
                CHECK (found < MESSAGES_COUNTED / 100 && ++tries < TRIES);
            }
        }
    pair_end (&pair);
}

int main (void)
{
    for (int p = 0; p < PATTERNS; ++p)
        for (int t = 0; t < TRANSPORTS; ++t)
            measure (&patterns[p], transports[t]);
    return 0;
}
