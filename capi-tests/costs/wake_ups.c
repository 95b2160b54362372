/* A request and its reply are written and read by the threads that ask and answer: the I/O thread
 * sleeps on. Readers by the dozen, on fewer processors, are not woken for each message. */
#define _GNU_SOURCE
#include "counts.h"
#include "traffic.h"

#include <pthread.h>
#include <sched.h>

enum { SIZE = 64, WARM_UP = 1000, REQUESTS = 2000 };

enum { READERS = 32, PROCESSORS = 2, PUBLISHED = 5000 };

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

/* Until one that begins with this. */
static const char LAST = 'z';

static void *read_all (void *sub)
{
    char body[SIZE];
    do
        CHECK (zmq_recv (sub, body, SIZE, 0) >= 0);
    while (body[0] != LAST);
    drop (sub);
    return NULL;
}

static void *poll_all (void *sub)
{
    char body[SIZE] = {0};
    while (body[0] != LAST) {
        wait_for (sub, ZMQ_POLLIN, -1);
        while (zmq_recv (sub, body, SIZE, ZMQ_DONTWAIT) >= 0)
            ;
        CHECK (errno == EAGAIN);
    }
    drop (sub);
    return NULL;
}

static void run_on_few_processors (void)
{
    cpu_set_t all, few;
    CHECK (sched_getaffinity (0, sizeof all, &all) == 0);
    CPU_ZERO (&few);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT (&few) < PROCESSORS; ++cpu)
        if (CPU_ISSET (cpu, &all))
            CPU_SET (cpu, &few);
    CHECK (sched_setaffinity (0, sizeof few, &few) == 0);
}

/* Futex calls per message and reader. */
static double of_many_readers (void *(*reader) (void *) )
{
    void *ctx = new_ctx ();
    void *pub = new_socket (ctx, ZMQ_XPUB);
    set_int (pub, ZMQ_XPUB_NODROP, 1);
    OK (zmq_bind (pub, "inproc://many"));
    pthread_t threads[READERS];
    for (int i = 0; i < READERS; ++i) {
        void *sub = new_socket (ctx, ZMQ_SUB);
        OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "", 0));
        OK (zmq_connect (sub, "inproc://many"));
        CHECK (pthread_create (&threads[i], NULL, reader, sub) == 0);
    }
    /* The first one is news, the others are the same again. */
    char body[SIZE] = {0};
    CHECK (zmq_recv (pub, body, sizeof body, 0) == 1);
    body[0] = 'a';
    counts_start ();
    for (int i = 0; i < PUBLISHED; ++i)
        CHECK (zmq_send (pub, body, sizeof body, 0) == SIZE);
    body[0] = LAST;
    CHECK (zmq_send (pub, body, sizeof body, 0) == SIZE);
    for (int i = 0; i < READERS; ++i)
        CHECK (pthread_join (threads[i], NULL) == 0);
    counts_stop ();
    const double each = (double) counts_of (FUTEX_CALLS) / PUBLISHED / READERS;
    CHECK (each > 0);
    drop (pub);
    term (ctx);
    return each;
}

static void many_readers (const char *how, void *(*reader) (void *) )
{
    for (int tries = 0;; ++tries) {
        const double each = of_many_readers (reader);
        say ("%d readers that %s, on %d processors: %.3f futex calls per message and reader",
             READERS, how, PROCESSORS, each);
        if (each < 0.05)
            return;
        CHECK (tries < TRIES);
    }
}

int main (void)
{
    measure ("tcp://127.0.0.1:*");
    measure ("ipc://*");
    run_on_few_processors ();
    many_readers ("receive", read_all);
    many_readers ("poll", poll_all);
    return 0;
}
