/* Counts what a message costs besides instructions: the calls by which the library reaches the
 * allocator and the kernel.
 *
 * counts.c defines those functions of the C library, and a program that exports them is called
 * instead. They count while counting is on, whatever thread calls, and pass the call on. */
#ifndef COUNTS_H
#define COUNTS_H

enum count {
    /* malloc, calloc, realloc, posix_memalign; memory mapped from the kernel. */
    ALLOCATIONS,
    /* System calls that move messages or wait for them, those below included. */
    SYSTEM_CALLS,
    /* Those of the thread that began to count, apart from its sleeps. */
    OWN_SYSTEM_CALLS,
    FUTEX_CALLS,
    /* Times that an I/O thread came back from waiting. */
    IO_WAKE_UPS,
    COUNTS
};

/* Sets all to 0, and counts until `counts_stop`. */
void counts_start (void);
void counts_stop (void);
long counts_of (enum count what);

#endif
