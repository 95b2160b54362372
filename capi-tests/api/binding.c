/* Binding, connecting and taking both back: what name an endpoint goes by, which hosts are found,
 * and what is free again. */
#include "probe.h"

/* Replaces the port at the end of an endpoint. */
static void say_where (const char *label, const char *where)
{
    const char *colon = strrchr (where, ':');
    if (strncmp (where, "tcp://", 6) == 0 && colon > where + 6)
        say ("%s %.*s:PORT", label, (int) (colon - where), where);
    else
        say ("%s %s", label, where);
}

static int port_of (const char *where)
{
    return atoi (strrchr (where, ':') + 1);
}

static void hosts (void)
{
    static const char *const binds[] = {
      "tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://localhost:*", "tcp://lo:*", "tcp://127.1:*",
      "tcp://2130706433:*", "tcp://0x7f000001:*", "tcp://[127.0.0.1]:*", "tcp://*:*", "tcp://[*]:*",
      "tcp://0.0.0.0:*", "tcp://[0.0.0.0]:*", "tcp://[::1]:*", "tcp://::1:*", "tcp://[::]:*",
      "tcp://127.0.0.1:*1", "tcp://127.0.0.1%lo:*", "tcp://[::1%lo]:*", "tcp://[::1%1]:*",
      "tcp://[lo]:*", "tcp://[::ffff:127.0.0.1]:*"};
    void *ctx = new_ctx ();
    for (int ipv6 = 0; ipv6 < 2; ++ipv6)
        for (size_t i = 0; i < sizeof binds / sizeof *binds; ++i) {
            void *socket = new_socket (ctx, ZMQ_DEALER);
            set_int (socket, ZMQ_IPV6, ipv6);
            const int rc = zmq_bind (socket, binds[i]);
            say_rc (rc, "ipv6 %d bind %s", ipv6, binds[i]);
            char where[256] = "";
            size_t size = sizeof where;
            OK (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, where, &size));
            say_where ("  is", where);
            say_rc (zmq_unbind (socket, binds[i]), "  unbind as given");
            if (rc == 0) {
                say_rc (zmq_unbind (socket, where), "  unbind as it is");
                say_rc (zmq_unbind (socket, where), "  again");
            }
            drop (socket);
        }
    term (ctx);
}

/* The same place by other names. */
static void aliases (void)
{
    static const char *const binds[] = {"tcp://lo:*", "tcp://127.0.0.1:*", "tcp://localhost:*",
                                        "tcp://*:*", "tcp://0.0.0.0:*"};
    static const char *const hosts[] = {"lo", "127.0.0.1", "localhost", "*", "0.0.0.0", "127.1",
                                        "[127.0.0.1]", "[::ffff:127.0.0.1]"};
    void *ctx = new_ctx ();
    for (size_t b = 0; b < sizeof binds / sizeof *binds; ++b)
        for (size_t h = 0; h < sizeof hosts / sizeof *hosts; ++h)
            for (int ipv6 = 0; ipv6 < 2; ++ipv6) {
                char where[256], alias[300];
                void *socket = new_socket (ctx, ZMQ_DEALER);
                set_int (socket, ZMQ_IPV6, ipv6);
                bind_any (socket, binds[b], where, sizeof where);
                snprintf (alias, sizeof alias, "tcp://%s:%d", hosts[h], port_of (where));
                say_rc (zmq_unbind (socket, alias), "ipv6 %d bound to %s, unbind host %s", ipv6,
                        binds[b], hosts[h]);
                say_rc (zmq_disconnect (socket, where), "  disconnect as it is");
                drop (socket);
            }
    for (size_t h = 0; h < sizeof hosts / sizeof *hosts; ++h)
        for (size_t g = 0; g < sizeof hosts / sizeof *hosts; ++g) {
            char given[300], alias[300];
            void *socket = new_socket (ctx, ZMQ_DEALER);
            snprintf (given, sizeof given, "tcp://%s:9", hosts[g]);
            if (zmq_connect (socket, given) == 0) {
                snprintf (alias, sizeof alias, "tcp://%s:9", hosts[h]);
                say_rc (zmq_disconnect (socket, alias), "connected to %s, disconnect %s", given,
                        alias);
            }
            drop (socket);
        }
    term (ctx);
}

static void taken (void)
{
    void *ctx = new_ctx ();
    void *first = new_socket (ctx, ZMQ_DEALER);
    void *second = new_socket (ctx, ZMQ_DEALER);
    char where[256], ipc[256];
    bind_any (first, "tcp://127.0.0.1:*", where, sizeof where);
    say_rc (zmq_bind (second, where), "bind a taken port");
    say_rc (zmq_bind (first, where), "bind a taken port, same socket");
    say_rc (zmq_bind (first, "inproc://taken"), "inproc");
    say_rc (zmq_bind (second, "inproc://taken"), "inproc taken");
    say_rc (zmq_bind (first, "inproc://taken"), "inproc taken, same socket");
    say_rc (zmq_unbind (second, "inproc://taken"), "unbind somebody else's inproc");
    say_rc (zmq_disconnect (second, "inproc://taken"), "disconnect somebody else's inproc");
    say_rc (zmq_disconnect (first, "inproc://taken"), "disconnect a bound inproc");
    say_rc (zmq_unbind (first, "inproc://taken"), "unbind inproc");
    say_rc (zmq_unbind (first, "inproc://taken"), "unbind inproc again");
    say_rc (zmq_bind (second, "inproc://taken"), "inproc free again");
    bind_any (first, "ipc://*", ipc, sizeof ipc);
    CHECK (strncmp (ipc, "ipc://", 6) == 0);
    say ("wildcard ipc names a file: %d", access (ipc + 6, F_OK));
    say_rc (zmq_unbind (first, ipc), "unbind ipc");
    say_rc (zmq_unbind (first, ipc), "unbind ipc again");
    say_rc (zmq_unbind (first, where), "unbind tcp");
    say_rc (zmq_unbind (first, where), "unbind tcp again");
    drop (first);
    drop (second);
    term (ctx);
}

/* Several connections to one place, and their ends. */
static void repeated (void)
{
    for (int type = 0; type < TYPES; ++type) {
        if (type == ZMQ_STREAM)
            continue;
        void *ctx = new_ctx ();
        void *socket = new_socket (ctx, type);
        static const char *const places[] = {"tcp://127.0.0.1:9", "ipc://@no-such-place",
                                             "inproc://no-such-place"};
        for (size_t i = 0; i < sizeof places / sizeof *places; ++i) {
            for (int n = 0; n < 3; ++n)
                say_rc (zmq_connect (socket, places[i]), "%s connect %s", type_name (type),
                        places[i]);
            for (int n = 0; n < 4; ++n)
                say_rc (zmq_disconnect (socket, places[i]), "%s disconnect %s", type_name (type),
                        places[i]);
        }
        drop (socket);
        term (ctx);
    }
}

/* Connected twice to one inproc name: as many messages as connections. */
static void fan (void)
{
    void *ctx = new_ctx ();
    void *pull = new_socket (ctx, ZMQ_PULL);
    void *push = new_socket (ctx, ZMQ_PUSH);
    OK (zmq_bind (pull, "inproc://fan"));
    OK (zmq_connect (push, "inproc://fan"));
    OK (zmq_connect (push, "inproc://fan"));
    for (int i = 0; i < 4; ++i) {
        char text[8];
        snprintf (text, sizeof text, "%d", i);
        send_text (push, text, 0);
    }
    for (int i = 0; i < 5; ++i)
        say_recv (pull, ZMQ_DONTWAIT, "twice connected");
    say_rc (zmq_disconnect (push, "inproc://fan"), "disconnect");
    say_rc (zmq_disconnect (push, "inproc://fan"), "disconnect");
    say_rc (zmq_send (push, "x", 1, ZMQ_DONTWAIT), "send");
    drop (push);
    drop (pull);
    term (ctx);
}

/* A socket that connects to itself. */
static void self (void)
{
    char ipc[64];
    snprintf (ipc, sizeof ipc, "ipc://@self-%d", (int) getpid ());
    const char *const places[] = {"inproc://self", ipc, "tcp://127.0.0.1:*"};
    for (size_t i = 0; i < sizeof places / sizeof *places; ++i) {
        void *ctx = new_ctx ();
        void *socket = new_socket (ctx, ZMQ_DEALER);
        char where[256];
        bind_any (socket, places[i], where, sizeof where);
        say_rc (zmq_connect (socket, where), "connect to self");
        const int sent = zmq_send (socket, "hello", 5, ZMQ_DONTWAIT);
        say_rc (sent, "send");
        if (sent != -1) {
            CHECK (wait_for (socket, ZMQ_POLLIN, PATIENCE));
            say_recv (socket, 0, "from self");
        }
        drop (socket);
        term (ctx);
    }
}

int main (void)
{
    hosts ();
    aliases ();
    taken ();
    repeated ();
    fan ();
    self ();
    return 0;
}
