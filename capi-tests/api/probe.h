/* What the programs of this directory have in common.
 *
 * Each program makes calls of the C API and prints what it sees, one line each: return values, names
 * of errno, option values; never an address, a port, a descriptor or a time. Run with this library
 * and with libzmq 4.3.5 it must print the same. What the manual promises is asserted as well
 * (CHECK), so that a program is of use without a libzmq to compare with.
 *
 * Probes that a libzmq answers by aborting, or by touching memory that is gone, are left out for
 * both. So is what depends on how a libzmq was built: security mechanisms, draft socket types,
 * transports other than tcp, ipc and inproc.
 */
#ifndef PROBE_H
#define PROBE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define ZMQ_BUILD_DRAFT_API
#include <zmq.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* How long a probe waits for what must come, milliseconds: long enough for a busy machine. */
#define PATIENCE 20000
/* How long it waits to see that nothing comes, milliseconds. */
#define SETTLE 150

#define TYPES 12

/* A promise of the manual; the program fails without it. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            probe_fail (__FILE__, __LINE__, #condition);                                           \
    } while (0)

/* A call that has to succeed for the probe to go on. */
#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) == -1)                                                                          \
            probe_fail (__FILE__, __LINE__, #call);                                                \
    } while (0)

void probe_fail (const char *file, int line, const char *what);

/* Prints a line. */
void say (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

/* Prints "label: rc", or "label: -1 ERRNO" with errno as `rc` left it. Call it with the result as
 * an argument only: nothing may come between. */
void say_rc (int rc, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Prints whether a pointer is NULL, and errno then. */
void say_ptr (const void *pointer, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* The name of an errno. */
const char *errno_name (int error);
/* The name of a socket type. */
const char *type_name (int type);

/* Sockets and contexts that must come into being. */
void *new_ctx (void);
void *new_socket (void *ctx, int type);
void set_int (void *socket, int option, int value);
int get_int (void *socket, int option);
/* Closes without lingering. */
void drop (void *socket);
void term (void *ctx);

/* Binds to a wildcard ("tcp://127.0.0.1:*", "ipc://@*" ...) and yields where. */
void bind_any (void *socket, const char *endpoint, char *where, size_t size);

/* Sends and receives text. */
void send_text (void *socket, const char *text, int flags);
/* Prints a received frame, or the errno. */
void say_recv (void *socket, int flags, const char *label);
/* True when `events` hold within the time. */
int wait_for (void *socket, short events, long timeout);

/* Milliseconds of a steady clock. */
long now_ms (void);

#endif
