/* zmq_timers: ids, order, and handlers that use their own timers. Intervals of 0 are not run down:
 * libzmq would do nothing else any more. */
#include "probe.h"

static void *timers;
static int calls;
static int other;

static void count (int id, void *arg)
{
    ++calls;
    say ("    handler of timer %d, argument %d", id, arg ? *(int *) arg : -1);
}

static void cancels_itself (int id, void *arg)
{
    (void) arg;
    say_rc (zmq_timers_cancel (timers, id), "    cancels itself");
}

static void cancels_other (int id, void *arg)
{
    (void) id;
    (void) arg;
    say_rc (zmq_timers_cancel (timers, other), "    cancels the other");
}

static void adds (int id, void *arg)
{
    (void) arg;
    say ("    timer %d adds another", id);
    say_rc (zmq_timers_cancel (timers, id), "    cancels itself");
    other = zmq_timers_add (timers, 1, count, NULL);
    say ("    another: %d", other > 0);
}

static void changes (int id, void *arg)
{
    (void) arg;
    say_rc (zmq_timers_set_interval (timers, id, 1000000), "    sets its interval");
}

/* Runs timers down that are due now. */
static void run (const char *label)
{
    say ("  %s", label);
    calls = 0;
    say_rc (zmq_timers_execute (timers), "  execute");
    say ("  calls %d", calls);
}

static void elapse (long ms)
{
    const long until = now_ms () + ms;
    while (now_ms () < until)
        usleep (1000);
}

int main (void)
{
    int arg = 5;
    timers = zmq_timers_new ();
    say ("timeout of none %ld", zmq_timers_timeout (timers)); /* No failure: errno is left alone. */
    run ("none");
    const int id = zmq_timers_add (timers, 1000000, count, &arg);
    say ("first id %d", id);
    say ("second id %d", zmq_timers_add (timers, 2000000, count, &arg) - id);
    long left = zmq_timers_timeout (timers);
    CHECK (left > 900000 && left <= 1000000);
    run ("none due");
    say_rc (zmq_timers_cancel (timers, id), "cancel");
    say_rc (zmq_timers_cancel (timers, id), "cancel again");
    say_rc (zmq_timers_reset (timers, id), "reset what was cancelled");
    say_rc (zmq_timers_set_interval (timers, id, 5), "set_interval of what was cancelled");
    say_rc (zmq_timers_cancel (timers, 0), "cancel 0");
    say_rc (zmq_timers_cancel (timers, -1), "cancel -1");
    say_rc (zmq_timers_cancel (timers, 1000), "cancel 1000");
    left = zmq_timers_timeout (timers);
    CHECK (left > 1900000 && left <= 2000000);
    say_rc (zmq_timers_set_interval (timers, id + 1, 20), "set_interval");
    left = zmq_timers_timeout (timers);
    CHECK (left >= 0 && left <= 20);
    elapse (25);
    say_rc ((int) zmq_timers_timeout (timers), "timeout of one that is due");
    run ("one due");
    run ("again at once");
    elapse (90);
    run ("overdue several times");
    say_rc (zmq_timers_reset (timers, id + 1), "reset");
    left = zmq_timers_timeout (timers);
    CHECK (left > 10 && left <= 20);
    say_rc (zmq_timers_cancel (timers, id + 1), "cancel");
    say ("timeout of none %ld", zmq_timers_timeout (timers)); /* No failure: errno is left alone. */

    /* In order of their time; the same time in order of their making. */
    zmq_timers_add (timers, 30, count, NULL);
    zmq_timers_add (timers, 10, count, NULL);
    zmq_timers_add (timers, 20, count, NULL);
    elapse (40);
    run ("three due");
    OK (zmq_timers_destroy (&timers));

    timers = zmq_timers_new ();
    zmq_timers_add (timers, 5, cancels_itself, NULL);
    elapse (7);
    run ("cancels itself");
    elapse (7);
    run ("is gone");
    OK (zmq_timers_destroy (&timers));

    timers = zmq_timers_new ();
    zmq_timers_add (timers, 5, cancels_other, NULL);
    other = zmq_timers_add (timers, 6, count, NULL);
    elapse (10);
    run ("cancels another that is due");
    OK (zmq_timers_destroy (&timers));

    timers = zmq_timers_new ();
    zmq_timers_add (timers, 5, adds, NULL);
    elapse (7);
    run ("adds another");
    OK (zmq_timers_cancel (timers, other));
    run ("nothing left");
    OK (zmq_timers_destroy (&timers));

    timers = zmq_timers_new ();
    zmq_timers_add (timers, 5, changes, NULL);
    elapse (7);
    run ("changes its interval");
    left = zmq_timers_timeout (timers);
    CHECK (left > 900000 && left <= 1000000);
    OK (zmq_timers_destroy (&timers));

    timers = zmq_timers_new ();
    zmq_timers_add (timers, 0, count, NULL);
    say_rc ((int) zmq_timers_timeout (timers), "timeout of an interval of 0");
    OK (zmq_timers_destroy (&timers));
    CHECK (timers == NULL);
    say_rc (zmq_timers_destroy (&timers), "destroy again");
    return 0;
}
