/* Contexts: options, the extended calls, limits, and the end. */
#include "probe.h"

static void options (void)
{
    void *ctx = new_ctx ();
    static const int ids[] = {-1, 0, ZMQ_IO_THREADS, ZMQ_MAX_SOCKETS, ZMQ_SOCKET_LIMIT,
                              ZMQ_THREAD_SCHED_POLICY, ZMQ_MAX_MSGSZ, ZMQ_MSG_T_SIZE,
                              ZMQ_THREAD_AFFINITY_CPU_ADD, ZMQ_THREAD_AFFINITY_CPU_REMOVE,
                              ZMQ_THREAD_NAME_PREFIX, ZMQ_ZERO_COPY_RECV, 11, 12, 41, ZMQ_IPV6, 43,
                              69, ZMQ_BLOCKY, 71, 1000};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; ++i)
        say_rc (zmq_ctx_get (ctx, ids[i]), "get %d", ids[i]);
    static const int values[] = {-2147483647 - 1, -2, -1, 0, 1, 2, 3, 16, 1023, 1024, 65534, 65535,
                                 65536, 2147483646, 2147483647};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; ++i) {
        /* What the threads of the process may do is the system's affair. */
        for (size_t v = 0; v < sizeof values / sizeof *values; ++v) {
            say_rc (zmq_ctx_set (ctx, ids[i], values[v]), "set %d to %d", ids[i], values[v]);
            /* -1 may be the value. */
            errno = 0;
            say_rc (zmq_ctx_get (ctx, ids[i]), "  get %d", ids[i]);
        }
    }
    term (ctx);
}

static void options_ext (void)
{
    void *ctx = new_ctx ();
    static const int ids[] = {0, ZMQ_IO_THREADS, ZMQ_MAX_SOCKETS, ZMQ_SOCKET_LIMIT,
                              ZMQ_THREAD_SCHED_POLICY, ZMQ_MAX_MSGSZ, ZMQ_MSG_T_SIZE,
                              ZMQ_THREAD_NAME_PREFIX, ZMQ_ZERO_COPY_RECV, ZMQ_IPV6, ZMQ_BLOCKY, 99};
    static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 8, 16, 17, 64};
    char buffer[64];
    for (size_t i = 0; i < sizeof ids / sizeof *ids; ++i) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; ++s) {
            size_t size = sizes[s];
            memset (buffer, 0x55, sizeof buffer);
            const int rc = zmq_ctx_get_ext (ctx, ids[i], buffer, &size);
            say_rc (rc, "get_ext %d size %zu", ids[i], sizes[s]);
            if (rc == 0) {
                int value;
                memcpy (&value, buffer, sizeof value);
                say ("  gave %zu: %d", size, value);
            }
        }
    }
    for (size_t i = 0; i < sizeof ids / sizeof *ids; ++i) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; ++s) {
            memset (buffer, 0, sizeof buffer);
            buffer[0] = 1;
            say_rc (zmq_ctx_set_ext (ctx, ids[i], buffer, sizes[s]), "set_ext %d size %zu", ids[i],
                    sizes[s]);
        }
    }
    static const char *const prefixes[] = {"a", "abc", "1234", "12345", "0", "-1", "fifteen-letters",
                                           "sixteen-letters!", "seventeen letters"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; ++i) {
        const char *prefix = prefixes[i];
        for (size_t zero = 0; zero < 2; ++zero) {
            say_rc (zmq_ctx_set_ext (ctx, ZMQ_THREAD_NAME_PREFIX, prefix, strlen (prefix) + zero),
                    "prefix '%s' size %zu", prefix, strlen (prefix) + zero);
            errno = 0;
            say_rc (zmq_ctx_get (ctx, ZMQ_THREAD_NAME_PREFIX), "  as int");
            size_t size = sizeof buffer;
            memset (buffer, 0, sizeof buffer);
            say_rc (zmq_ctx_get_ext (ctx, ZMQ_THREAD_NAME_PREFIX, buffer, &size), "  as text");
            say ("  '%s' %zu", buffer, size);
        }
    }
    for (int value = -1; value < 3; ++value) {
        say_rc (zmq_ctx_set (ctx, ZMQ_THREAD_NAME_PREFIX, value), "prefix as int %d", value);
        errno = 0;
        say_rc (zmq_ctx_get (ctx, ZMQ_THREAD_NAME_PREFIX), "  get");
    }
    OK (zmq_ctx_set_ext (ctx, ZMQ_THREAD_NAME_PREFIX, "12345x", 6));
    for (size_t room = 0; room < 9; ++room) {
        size_t size = room;
        memset (buffer, '.', sizeof buffer);
        say_rc (zmq_ctx_get_ext (ctx, ZMQ_THREAD_NAME_PREFIX, buffer, &size), "room for %zu", room);
        printf ("  size %zu:", size);
        for (size_t i = 0; i < 10; ++i)
            printf (" %02x", (unsigned char) buffer[i]);
        say (" ");
    }
    term (ctx);
}

static void inheritance (void)
{
    void *ctx = new_ctx ();
    OK (zmq_ctx_set (ctx, ZMQ_IPV6, 1));
    OK (zmq_ctx_set (ctx, ZMQ_BLOCKY, 0));
    OK (zmq_ctx_set (ctx, ZMQ_MAX_MSGSZ, 1000));
    void *socket = new_socket (ctx, ZMQ_DEALER);
    int64_t max = 0;
    size_t size = sizeof max;
    OK (zmq_getsockopt (socket, ZMQ_MAXMSGSIZE, &max, &size));
    say ("inherited: ipv6 %d linger %d maxmsgsize %ld", get_int (socket, ZMQ_IPV6),
         get_int (socket, ZMQ_LINGER), (long) max);
    OK (zmq_bind (socket, "inproc://max"));
    void *peer = new_socket (ctx, ZMQ_DEALER);
    OK (zmq_connect (peer, "inproc://max"));
    static char large[2000];
    say_rc (zmq_send (peer, large, sizeof large, ZMQ_DONTWAIT), "larger than ZMQ_MAX_MSGSZ");
    say_rc (zmq_recv (socket, NULL, 0, ZMQ_DONTWAIT), "received");
    zmq_msg_t msg;
    say_rc (zmq_msg_init_size (&msg, 2000), "init_size larger than ZMQ_MAX_MSGSZ");
    OK (zmq_msg_close (&msg));
    drop (peer);
    OK (zmq_ctx_set (ctx, ZMQ_IPV6, 0));
    say ("afterwards: ipv6 %d", get_int (socket, ZMQ_IPV6));
    OK (zmq_close (socket));
    term (ctx);
}

static void limits (void)
{
    for (int max = 1; max <= 4; ++max) {
        void *ctx = new_ctx ();
        OK (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, max));
        void *sockets[6];
        for (int i = 0; i < 6; ++i) {
            sockets[i] = zmq_socket (ctx, ZMQ_PAIR);
            say_ptr (sockets[i], "max %d socket %d", max, i);
        }
        for (int i = 0; i < 6; ++i)
            if (sockets[i])
                OK (zmq_close (sockets[i]));
        term (ctx);
    }
    /* Decided by the first socket. */
    void *ctx = new_ctx ();
    OK (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 2));
    void *first = new_socket (ctx, ZMQ_PAIR);
    say_rc (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 3), "raised with a socket open");
    say_rc (zmq_ctx_get (ctx, ZMQ_MAX_SOCKETS), "max");
    void *second = new_socket (ctx, ZMQ_PAIR);
    void *third = zmq_socket (ctx, ZMQ_PAIR);
    say_ptr (third, "third");
    OK (zmq_close (first));
    OK (zmq_close (second));
    if (third)
        OK (zmq_close (third));
    term (ctx);

    /* No I/O threads: inproc goes, the rest does not. */
    ctx = new_ctx ();
    OK (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 0));
    void *socket = new_socket (ctx, ZMQ_PAIR);
    say_rc (zmq_bind (socket, "inproc://none"), "no I/O thread, inproc");
    say_rc (zmq_bind (socket, "tcp://127.0.0.1:*"), "no I/O thread, bind tcp");
    say_rc (zmq_connect (socket, "tcp://127.0.0.1:9"), "no I/O thread, connect tcp");
    say_rc (zmq_bind (socket, "ipc://*"), "no I/O thread, bind ipc");
    say_rc (zmq_connect (socket, "ipc://nowhere"), "no I/O thread, connect ipc");
    drop (socket);
    term (ctx);

    /* An affinity to threads that are not there. */
    ctx = new_ctx ();
    socket = new_socket (ctx, ZMQ_PAIR);
    uint64_t affinity = 2;
    OK (zmq_setsockopt (socket, ZMQ_AFFINITY, &affinity, sizeof affinity));
    say_rc (zmq_bind (socket, "tcp://127.0.0.1:*"), "no such I/O thread, bind");
    say_rc (zmq_connect (socket, "tcp://127.0.0.1:9"), "no such I/O thread, connect");
    affinity = 1;
    OK (zmq_setsockopt (socket, ZMQ_AFFINITY, &affinity, sizeof affinity));
    say_rc (zmq_bind (socket, "tcp://127.0.0.1:*"), "first I/O thread, bind");
    drop (socket);
    term (ctx);
}

static void types (void)
{
    void *ctx = new_ctx ();
    for (int type = -2; type < TYPES; ++type) {
        void *socket = zmq_socket (ctx, type);
        say_ptr (socket, "type %d", type);
        if (socket) {
            say ("  is %d", get_int (socket, ZMQ_TYPE));
            OK (zmq_close (socket));
        }
    }
    static const int beyond[] = {21, 22, 100, 2147483647};
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; ++i)
        say_ptr (zmq_socket (ctx, beyond[i]), "type %d", beyond[i]);
    term (ctx);
}

static void ends (void)
{
    /* With nothing in it. */
    void *ctx = new_ctx ();
    say_rc (zmq_ctx_shutdown (ctx), "shutdown of an empty context");
    say_ptr (zmq_socket (ctx, ZMQ_PAIR), "socket after shutdown");
    say_rc (zmq_ctx_shutdown (ctx), "shutdown again");
    say_rc (zmq_ctx_get (ctx, ZMQ_IO_THREADS), "get after shutdown");
    say_rc (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 2), "set after shutdown");
    say_rc (zmq_ctx_term (ctx), "term");

    ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_PAIR);
    say_rc (zmq_ctx_shutdown (ctx), "shutdown with a socket open");
    say_ptr (zmq_socket (ctx, ZMQ_PAIR), "socket after shutdown");
    say_rc (zmq_close (socket), "close");
    say_ptr (zmq_socket (ctx, ZMQ_PAIR), "socket after shutdown and close");
    say_rc (zmq_ctx_term (ctx), "term");

    /* The older names. */
    ctx = zmq_init (2);
    say_ptr (ctx, "zmq_init (2)");
    say_rc (zmq_ctx_get (ctx, ZMQ_IO_THREADS), "I/O threads");
    say_rc (zmq_term (ctx), "zmq_term");
    ctx = zmq_init (0);
    say_ptr (ctx, "zmq_init (0)");
    say_rc (zmq_ctx_get (ctx, ZMQ_IO_THREADS), "I/O threads");
    say_rc (zmq_ctx_destroy (ctx), "zmq_ctx_destroy");
    say_ptr (zmq_init (-1), "zmq_init (-1)");
}

int main (void)
{
    options ();
    options_ext ();
    inheritance ();
    limits ();
    types ();
    ends ();
    return 0;
}
