#define _GNU_SOURCE
#include "counts.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long counts[COUNTS];
static atomic_int counting;
static __thread int counts_own;

static void count (enum count what)
{
    if (atomic_load_explicit (&counting, memory_order_relaxed))
        atomic_fetch_add_explicit (&counts[what], 1, memory_order_relaxed);
}

void counts_start (void)
{
    for (int what = 0; what < COUNTS; ++what)
        atomic_store (&counts[what], 0);
    counts_own = 1;
    atomic_store (&counting, 1);
}

void counts_stop (void)
{
    atomic_store (&counting, 0);
    counts_own = 0;
}

long counts_of (enum count what)
{
    return atomic_load (&counts[what]);
}

/* glibc's allocator under its other names: finding the next `malloc` would need an allocator. */
void *__libc_malloc (size_t size);
void *__libc_calloc (size_t count, size_t size);
void *__libc_realloc (void *memory, size_t size);
void *__libc_memalign (size_t alignment, size_t size);

void *malloc (size_t size)
{
    count (ALLOCATIONS);
    return __libc_malloc (size);
}

void *calloc (size_t members, size_t size)
{
    count (ALLOCATIONS);
    return __libc_calloc (members, size);
}

void *realloc (void *memory, size_t size)
{
    count (ALLOCATIONS);
    return __libc_realloc (memory, size);
}

int posix_memalign (void **memory, size_t alignment, size_t size)
{
    count (ALLOCATIONS);
    *memory = __libc_memalign (alignment, size);
    return *memory ? 0 : ENOMEM;
}

/* The function of the C library that this one stands before. */
#define NEXT(name)                                                                                 \
    static __typeof__ (name) *next;                                                                \
    if (!next)                                                                                     \
        *(void **) &next = dlsym (RTLD_NEXT, #name)

#define COUNTED(result, name, parameters, arguments)                                               \
    result name parameters                                                                         \
    {                                                                                              \
        NEXT (name);                                                                               \
        count (SYSTEM_CALLS);                                                                      \
        if (counts_own)                                                                            \
            count (OWN_SYSTEM_CALLS);                                                              \
        return next arguments;                                                                     \
    }

COUNTED (ssize_t, send, (int fd, const void *data, size_t size, int flags), (fd, data, size, flags))
COUNTED (ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
COUNTED (ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
COUNTED (ssize_t, writev, (int fd, const struct iovec *parts, int members), (fd, parts, members))
COUNTED (ssize_t, recv, (int fd, void *data, size_t size, int flags), (fd, data, size, flags))
COUNTED (ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))
COUNTED (ssize_t, read, (int fd, void *data, size_t size), (fd, data, size))
COUNTED (int, poll, (struct pollfd * fds, nfds_t members, int timeout), (fds, members, timeout))
COUNTED (int, epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event),
         (epoll, operation, fd, event))
COUNTED (int, sched_yield, (void), ())

void *mmap64 (void *address, size_t size, int protection, int flags, int fd, off64_t offset)
{
    NEXT (mmap64);
    count (ALLOCATIONS);
    return next (address, size, protection, flags, fd, offset);
}

static int is_io_thread (void)
{
    char name[16] = "";
    prctl (PR_GET_NAME, name);
    return strncmp (name, "ZMQbg/IO", strlen ("ZMQbg/IO")) == 0;
}

/* A sleep has ended with that result. */
static int woken (int result)
{
    const int error = errno;
    if (is_io_thread ())
        count (IO_WAKE_UPS);
    errno = error;
    return result;
}

/* So the I/O thread sleeps between two ticks. */
int ppoll (struct pollfd *fds, nfds_t members, const struct timespec *timeout, const sigset_t *mask)
{
    NEXT (ppoll);
    count (SYSTEM_CALLS);
    return woken (next (fds, members, timeout, mask));
}

int epoll_wait (int epoll, struct epoll_event *events, int most, int timeout)
{
    NEXT (epoll_wait);
    count (SYSTEM_CALLS);
    return woken (next (epoll, events, most, timeout));
}

long syscall (long number, ...)
{
    NEXT (syscall);
    va_list list;
    va_start (list, number);
    long argument[6];
    for (int i = 0; i < 6; ++i)
        argument[i] = va_arg (list, long);
    va_end (list);
    count (SYSTEM_CALLS);
    if (number == SYS_futex)
        count (FUTEX_CALLS);
    return next (number, argument[0], argument[1], argument[2], argument[3], argument[4],
                 argument[5]);
}
