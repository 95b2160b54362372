/* Connected sockets on which nothing happens cost nothing: no system call, no processor time. */
#include "counts.h"
#include "traffic.h"

#include <time.h>

enum { SIZE = 64, MESSAGES_BEFORE = 2000 };

static void sleep_ms (long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep (&time, NULL);
}

static long cpu_us (void)
{
    struct timespec time;
    CHECK (clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time) == 0);
    return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int main (void)
{
    struct pair pairs[PATTERNS][TRANSPORTS];
    for (int p = 0; p < PATTERNS; ++p)
        for (int t = 0; t < TRANSPORTS; ++t) {
            pairs[p][t] = pair_new (&patterns[p], transports[t]);
            pair_stream (&pairs[p][t], BUFFERS, SIZE, MESSAGES_BEFORE);
        }
    sleep_ms (500);
    counts_start ();
    const long before = cpu_us ();
    sleep_ms (1000);
    const long spent = cpu_us () - before;
    counts_stop ();
    say ("%ld system calls and %ld us of processor time in a second", counts_of (SYSTEM_CALLS), spent);
    CHECK (counts_of (SYSTEM_CALLS) == 0);
    CHECK (spent < 1000);
    for (int p = 0; p < PATTERNS; ++p)
        for (int t = 0; t < TRANSPORTS; ++t)
            pair_end (&pairs[p][t]);
    return 0;
}
