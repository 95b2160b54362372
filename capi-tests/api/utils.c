/* Counters, stopwatches, threads, sleep, versions. */
#include "probe.h"

static void thread (void *arg)
{
    zmq_atomic_counter_inc (arg);
}

static void many (void *arg)
{
    for (int i = 0; i < 10000; ++i) {
        zmq_atomic_counter_inc (arg);
        zmq_atomic_counter_inc (arg);
        zmq_atomic_counter_dec (arg);
    }
}

int main (void)
{
    int major = 0, minor = 0, patch = 0;
    zmq_version (&major, &minor, &patch);
    say ("version %d.%d.%d", major, minor, patch);

    void *counter = zmq_atomic_counter_new ();
    say ("new %d", zmq_atomic_counter_value (counter));
    say ("inc %d", zmq_atomic_counter_inc (counter));
    say ("inc %d", zmq_atomic_counter_inc (counter));
    say ("value %d", zmq_atomic_counter_value (counter));
    say ("dec %d", zmq_atomic_counter_dec (counter));
    say ("dec %d", zmq_atomic_counter_dec (counter));
    say ("dec %d", zmq_atomic_counter_dec (counter));
    say ("value %d", zmq_atomic_counter_value (counter));
    static const int values[] = {-2147483647 - 1, -1, 0, 1, 2147483647};
    for (size_t i = 0; i < sizeof values / sizeof *values; ++i) {
        zmq_atomic_counter_set (counter, values[i]);
        say ("set %d: value %d inc %d value %d dec %d value %d", values[i],
             zmq_atomic_counter_value (counter), zmq_atomic_counter_inc (counter),
             zmq_atomic_counter_value (counter), zmq_atomic_counter_dec (counter),
             zmq_atomic_counter_value (counter));
    }
    zmq_atomic_counter_set (counter, 0);
    void *threads[4];
    for (int i = 0; i < 4; ++i) {
        threads[i] = zmq_threadstart (i ? many : thread, counter);
        CHECK (threads[i] != NULL);
    }
    for (int i = 0; i < 4; ++i)
        zmq_threadclose (threads[i]);
    say ("after threads %d", zmq_atomic_counter_value (counter));
    zmq_atomic_counter_destroy (&counter);
    CHECK (counter == NULL);

    void *watch = zmq_stopwatch_start ();
    CHECK (watch != NULL);
    usleep (20000);
    const unsigned long first = zmq_stopwatch_intermediate (watch);
    usleep (1000);
    const unsigned long second = zmq_stopwatch_intermediate (watch);
    const unsigned long last = zmq_stopwatch_stop (watch);
    CHECK (first >= 20000 && first < second && second <= last);
    const long began = now_ms ();
    zmq_sleep (0);
    zmq_sleep (1);
    CHECK (now_ms () - began >= 999);
    return 0;
}
