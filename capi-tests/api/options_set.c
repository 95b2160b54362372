/* Every option of every socket type: which values and sizes it takes, and what it is then. */
#include "options.h"

static void ints (void *ctx, int type, int option)
{
    static const int values[] = {-2147483647 - 1, -1000, -2,    -1,    0,       1,       2,
                                 3,               4,     7,     8,     99,      100,     101,
                                 255,             256,   32767, 32768, 65535,   65536,   6553599,
                                 6553600,         2147483647};
    void *socket = new_socket (ctx, type);
    for (size_t i = 0; i < sizeof values / sizeof *values; ++i) {
        const int rc = zmq_setsockopt (socket, option, &values[i], sizeof values[i]);
        say_rc (rc, "%s set %d to %d", type_name (type), option, values[i]);
        if (option != ZMQ_FD)
            say_option (socket, option, sizeof (int), " ");
    }
    drop (socket);
}

static void longs (void *ctx, int type, int option)
{
    static const int64_t values[] = {-2, -1, 0, 1, 2, 4294967296, 9223372036854775807};
    void *socket = new_socket (ctx, type);
    for (size_t i = 0; i < sizeof values / sizeof *values; ++i) {
        const int rc = zmq_setsockopt (socket, option, &values[i], sizeof values[i]);
        say_rc (rc, "%s set %d to long %lld", type_name (type), option, (long long) values[i]);
        say_option (socket, option, sizeof (int64_t), " ");
    }
    drop (socket);
}

static void bytes (void *ctx, int type, int option)
{
    static const size_t sizes[] = {0, 1, 2, 3, 5, 7, 9, 16, 32, 40, 254, 255, 256, 257, 300};
    static const char *const fills = "aA1\1";
    char value[300];
    for (const char *fill = fills; *fill; ++fill) {
        void *socket = new_socket (ctx, type);
        memset (value, *fill, sizeof value);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
            const int rc = zmq_setsockopt (socket, option, value, sizes[i]);
            say_rc (rc, "%s set %d to %zu x 0x%02x", type_name (type), option, sizes[i], *fill);
            say_option (socket, option, 256, " ");
        }
        drop (socket);
    }
    void *socket = new_socket (ctx, type);
    say_rc (zmq_setsockopt (socket, option, NULL, 0), "%s set %d to nothing", type_name (type),
            option);
    say_option (socket, option, 256, " ");
    say_rc (zmq_setsockopt (socket, option, "", 1), "%s set %d to a zero", type_name (type), option);
    say_option (socket, option, 256, " ");
    drop (socket);
}

static void texts (void *ctx, int type)
{
    static const struct
    {
        int option;
        const char *text;
    } cases[] = {
      {ZMQ_TCP_ACCEPT_FILTER, "127.0.0.1"},
      {ZMQ_TCP_ACCEPT_FILTER, "127.0.0.1/32"},
      {ZMQ_TCP_ACCEPT_FILTER, "127.0.0.1/33"},
      {ZMQ_TCP_ACCEPT_FILTER, "127.0.0.1/0"},
      {ZMQ_TCP_ACCEPT_FILTER, "127.0.0.1/-1"},
      {ZMQ_TCP_ACCEPT_FILTER, "127.0.0.1/"},
      {ZMQ_TCP_ACCEPT_FILTER, "127.0.0.1/x"},
      {ZMQ_TCP_ACCEPT_FILTER, "127.0.0.1/8x"},
      {ZMQ_TCP_ACCEPT_FILTER, "127.0.0.1:80"},
      {ZMQ_TCP_ACCEPT_FILTER, "127.0.0.1/8/8"},
      {ZMQ_TCP_ACCEPT_FILTER, "/8"},
      {ZMQ_TCP_ACCEPT_FILTER, "127.0.0"},
      {ZMQ_TCP_ACCEPT_FILTER, "300.0.0.1"},
      {ZMQ_TCP_ACCEPT_FILTER, "::1"},
      {ZMQ_TCP_ACCEPT_FILTER, "::1/128"},
      {ZMQ_TCP_ACCEPT_FILTER, "::1/129"},
      {ZMQ_TCP_ACCEPT_FILTER, "[::1]"},
      {ZMQ_TCP_ACCEPT_FILTER, "[::1]/64"},
      {ZMQ_TCP_ACCEPT_FILTER, "fe80::/10"},
      {ZMQ_TCP_ACCEPT_FILTER, "*"},
      {ZMQ_TCP_ACCEPT_FILTER, " "},
      {ZMQ_METADATA, "X-a:b"},
      {ZMQ_METADATA, "X-a:c"},
      {ZMQ_METADATA, "X-:b"},
      {ZMQ_METADATA, "X-a:"},
      {ZMQ_METADATA, "X-a"},
      {ZMQ_METADATA, "a:b"},
      {ZMQ_METADATA, "x-a:b"},
      {ZMQ_METADATA, ":X-a:b"},
      {ZMQ_METADATA, "X-a:b:c"},
      {ZMQ_METADATA, ":"},
      {ZMQ_BINDTODEVICE, "lo"},
      {ZMQ_BINDTODEVICE, "no such device"},
      {ZMQ_ZAP_DOMAIN, "global"},
      {ZMQ_ROUTING_ID, "id"},
      {ZMQ_ROUTING_ID, "\001id"},
      {ZMQ_CONNECT_ROUTING_ID, "id"},
      {ZMQ_CONNECT_ROUTING_ID, "\001id"},
      {ZMQ_SUBSCRIBE, "topic"},
      {ZMQ_UNSUBSCRIBE, "topic"},
      {ZMQ_UNSUBSCRIBE, "no such topic"},
      {ZMQ_XPUB_WELCOME_MSG, "welcome"},
      {ZMQ_LAST_ENDPOINT, "inproc://x"},
    };
    void *socket = new_socket (ctx, type);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
        for (size_t zero = 0; zero < 2; ++zero) {
            const size_t size = strlen (cases[i].text) + zero;
            const int rc = zmq_setsockopt (socket, cases[i].option, cases[i].text, size);
            say_rc (rc, "%s set %d to '%s', %zu bytes", type_name (type), cases[i].option,
                    cases[i].text, size);
            say_option (socket, cases[i].option, 256, " ");
        }
    /* An id that begins with a zero is one that the library generates. */
    say_rc (zmq_setsockopt (socket, ZMQ_ROUTING_ID, "\0id", 3), "%s id with a zero in front",
            type_name (type));
    say_rc (zmq_setsockopt (socket, ZMQ_CONNECT_ROUTING_ID, "\0id", 3),
            "%s connect id with a zero in front", type_name (type));
    drop (socket);
}

int main (void)
{
    void *ctx = new_ctx ();
    for (int type = 0; type < TYPES; ++type) {
        for (int option = FIRST_OPTION; option <= LAST_OPTION; ++option) {
            if (depends_on_build (option))
                continue;
            ints (ctx, type, option);
            /* libzmq reads an int here, whatever the size. */
            if (option == ZMQ_XSUB_VERBOSE_UNSUBSCRIBE)
                continue;
            longs (ctx, type, option);
            bytes (ctx, type, option);
        }
        texts (ctx, type);
    }
    term (ctx);
    return 0;
}
