#include "probe.h"

#include <time.h>

void probe_fail (const char *file, int line, const char *what)
{
    const int error = errno;
    fflush (stdout);
    fprintf (stderr, "%s:%d: does not hold: %s (errno %s)\n", file, line, what, errno_name (error));
    exit (1);
}

static void put (const char *format, va_list arguments)
{
    vprintf (format, arguments);
}

void say (const char *format, ...)
{
    va_list arguments;
    va_start (arguments, format);
    put (format, arguments);
    va_end (arguments);
    putchar ('\n');
    fflush (stdout);
}

void say_rc (int rc, const char *format, ...)
{
    const int error = errno;
    va_list arguments;
    va_start (arguments, format);
    put (format, arguments);
    va_end (arguments);
    if (rc == -1)
        printf (": -1 %s\n", errno_name (error));
    else
        printf (": %d\n", rc);
    fflush (stdout);
}

void say_ptr (const void *pointer, const char *format, ...)
{
    const int error = errno;
    va_list arguments;
    va_start (arguments, format);
    put (format, arguments);
    va_end (arguments);
    if (pointer)
        printf (": pointer\n");
    else
        printf (": NULL %s\n", errno_name (error));
    fflush (stdout);
}

#define NAME(error)                                                                                \
    case error:                                                                                    \
        return #error

const char *errno_name (int error)
{
    static char other[32];
    switch (error) {
        NAME (0);
        NAME (EACCES);
        NAME (EADDRINUSE);
        NAME (EADDRNOTAVAIL);
        NAME (EAFNOSUPPORT);
        NAME (EAGAIN);
        NAME (EBADF);
        NAME (ECONNABORTED);
        NAME (ECONNREFUSED);
        NAME (ECONNRESET);
        NAME (EFAULT);
        NAME (EFSM);
        NAME (EHOSTUNREACH);
        NAME (EINPROGRESS);
        NAME (EINTR);
        NAME (EINVAL);
        NAME (EISDIR);
        NAME (EMFILE);
        NAME (EMSGSIZE);
        NAME (EMTHREAD);
        NAME (ENAMETOOLONG);
        NAME (ENOBUFS);
        NAME (ENOCOMPATPROTO);
        NAME (ENODEV);
        NAME (ENOENT);
        NAME (ENOMEM);
        NAME (ENOTCONN);
        NAME (ENOTDIR);
        NAME (ENOTSOCK);
        NAME (ENOTSUP);
        NAME (EPERM);
        NAME (EPIPE);
        NAME (EPROTO);
        NAME (EPROTONOSUPPORT);
        NAME (ETERM);
        NAME (ETIMEDOUT);
    }
    snprintf (other, sizeof other, "errno %d", error);
    return other;
}

const char *type_name (int type)
{
    static const char *const names[TYPES] = {"PAIR",   "PUB",  "SUB",  "REQ",  "REP",  "DEALER",
                                             "ROUTER", "PULL", "PUSH", "XPUB", "XSUB", "STREAM"};
    return type >= 0 && type < TYPES ? names[type] : "?";
}

void *new_ctx (void)
{
    void *ctx = zmq_ctx_new ();
    CHECK (ctx != NULL);
    return ctx;
}

void *new_socket (void *ctx, int type)
{
    void *socket = zmq_socket (ctx, type);
    CHECK (socket != NULL);
    return socket;
}

void set_int (void *socket, int option, int value)
{
    OK (zmq_setsockopt (socket, option, &value, sizeof value));
}

int get_int (void *socket, int option)
{
    int value = 0;
    size_t size = sizeof value;
    OK (zmq_getsockopt (socket, option, &value, &size));
    CHECK (size == sizeof value);
    return value;
}

void drop (void *socket)
{
    set_int (socket, ZMQ_LINGER, 0);
    OK (zmq_close (socket));
}

void term (void *ctx)
{
    OK (zmq_ctx_term (ctx));
}

void bind_any (void *socket, const char *endpoint, char *where, size_t size)
{
    OK (zmq_bind (socket, endpoint));
    OK (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, where, &size));
}

void send_text (void *socket, const char *text, int flags)
{
    CHECK (zmq_send (socket, text, strlen (text), flags) == (int) strlen (text));
}

void say_recv (void *socket, int flags, const char *label)
{
    char buffer[256];
    const int size = zmq_recv (socket, buffer, sizeof buffer - 1, flags);
    if (size == -1) {
        say_rc (size, "%s", label);
        return;
    }
    CHECK (size < (int) sizeof buffer);
    buffer[size] = 0;
    printf ("%s: %d '", label, size);
    for (int i = 0; i < size; ++i)
        if (buffer[i] >= ' ' && buffer[i] < 127)
            putchar (buffer[i]);
        else
            printf ("\\x%02x", (unsigned char) buffer[i]);
    say ("' more %d", get_int (socket, ZMQ_RCVMORE));
}

int wait_for (void *socket, short events, long timeout)
{
    zmq_pollitem_t item = {socket, 0, events, 0};
    int rc;
    do
        rc = zmq_poll (&item, 1, timeout);
    while (rc == -1 && errno == EINTR);
    return rc == 1 && (item.revents & events);
}

long now_ms (void)
{
    struct timespec time;
    clock_gettime (CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
