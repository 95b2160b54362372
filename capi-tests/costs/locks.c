/* In a stream of messages nobody waits for a lock, and nobody is woken by a futex: sender and
 * receiver, which wait for nothing else here, make no futex call. */
#include "counts.h"
#include "traffic.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

enum { SIZE = 64, WARM_UP = 20000, MESSAGES_COUNTED = 500000 };

/* Where other programs take the processor from a thread that holds a lock for a moment, another may
 * have to wait for it: so many streams are counted until one has no such wait. */
enum { TRIES = 10 };

static void retry (void)
{
    CHECK (errno == EAGAIN);
    sched_yield ();
}

struct half {
    void *socket;
    long count;
};

static void *receive_all (void *argument)
{
    const struct half *half = argument;
    char body[SIZE];
    for (long i = 0; i < half->count; ++i)
        while (zmq_recv (half->socket, body, SIZE, ZMQ_DONTWAIT) == -1)
            retry ();
    return NULL;
}

static void *receive_one (void *argument)
{
    const struct half *half = argument;
    char body[SIZE];
    CHECK (zmq_recv (half->socket, body, SIZE, 0) == SIZE);
    return NULL;
}

static void stream (const struct pair *pair, long count)
{
    static const char body[SIZE];
    struct half half = {pair->receiver, count};
    pthread_t thread;
    CHECK (pthread_create (&thread, NULL, receive_all, &half) == 0);
    for (long i = 0; i < count; ++i)
        while (zmq_send (pair->sender, body, SIZE, ZMQ_DONTWAIT) == -1)
            retry ();
    CHECK (pthread_join (thread, NULL) == 0);
}

/* A receiver that waits is woken by a futex: the counting works. */
static void check_counting (void)
{
    struct pair pair = pair_new (&patterns[0], "inproc://costs");
    struct half half = {pair.receiver, 1};
    pthread_t thread;
    counts_start ();
    CHECK (pthread_create (&thread, NULL, receive_one, &half) == 0);
    const struct timespec moment = {0, 100000000};
    nanosleep (&moment, NULL);
    pair_send (&pair, BUFFERS, SIZE);
    CHECK (pthread_join (thread, NULL) == 0);
    counts_stop ();
    CHECK (counts_of (FUTEX_CALLS) > 0);
    pair_end (&pair);
}

static long futex_calls (const struct pair *pair)
{
    counts_start ();
    stream (pair, MESSAGES_COUNTED);
    counts_stop ();
    return counts_of (FUTEX_CALLS);
}

static void measure (const char *transport)
{
    struct pair pair = pair_new (&patterns[0], transport);
    stream (&pair, WARM_UP);
    int tries = 0;
    long found;
    while ((found = futex_calls (&pair)) > 0) {
        say ("%s: %ld futex calls in %d messages", transport, found, MESSAGES_COUNTED);
        CHECK (found < MESSAGES_COUNTED / 10000 && ++tries < TRIES);
    }
    pair_end (&pair);
}

int main (void)
{
    check_counting ();
    for (int t = 0; t < TRANSPORTS; ++t)
        measure (transports[t]);
    return 0;
}
