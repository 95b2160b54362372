/* Endpoints that are malformed, unknown, of a transport that a type does not speak, or odd. */
#include "probe.h"

/* What of them can be bound to is an address of nobody's: EADDRNOTAVAIL. */
static const char *const endpoints[] = {
  "",
  " ",
  ":",
  "/",
  "//",
  "://",
  "tcp",
  "tcp:",
  "tcp:/",
  "tcp://",
  "tcp:///",
  "tcp//192.0.2.1:1",
  "tcp:192.0.2.1:1",
  "tcp:/192.0.2.1:1",
  " tcp://192.0.2.1:1",
  "TCP://192.0.2.1:1",
  "tcp4://192.0.2.1:1",
  "://192.0.2.1:1",
  "foo://192.0.2.1:1",
  "foo://",
  "http://localhost",
  "tcp://:",
  "tcp://:1",
  "tcp://*",
  "tcp://*:",
  "tcp://192.0.2.1",
  "tcp://192.0.2.1:",
  "tcp://192.0.2.1:-1",
  "tcp://192.0.2.1:65536",
  "tcp://192.0.2.1:99999999999999999999",
  "tcp://192.0.2.1:port",
  "tcp://192.0.2.1:1x",
  "tcp://192.0.2.1:x1",
  "tcp://192.0.2.1: 1",
  "tcp://192.0.2.1:!",
  "tcp://192.0.2.1:1:",
  "tcp://192.0.2.1:1:2",
  "tcp://192.0.2.1:1/",
  "tcp://192.0.2.1/:1",
  "tcp:// 192.0.2.1:1",
  "tcp://192.0.2.1 :1",
  "tcp://127.1:0x50",
  "tcp://192.0.2.1:1",
  "tcp://[::1]:65536",
  "tcp://[::1]:",
  "tcp://[::1]",
  "tcp://[::1:1",
  "tcp://::1]:1",
  "tcp://[]:1",
  "tcp://[:1",
  "tcp://]:1",
  "tcp://[192.0.2.1]:x",
  "tcp://;",
  "tcp://;192.0.2.1:1x",
  "tcp://192.0.2.1:0;",
  "tcp://192.0.2.1:0;192.0.2.1",
  "tcp://192.0.2.1:0;192.0.2.1:",
  "tcp://192.0.2.1;192.0.2.1:x",
  "tcp://x;y;z",
  "ipc",
  "ipc:",
  "ipc://",
  "ipc:///",
  "ipc:///no/such/directory/socket",
  "ipc:///dev/null/socket",
  "ipc:///proc/socket",
  "ipc://@",
  "ipc://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  "aaaaaaaaaaaaaaaaaaaaaaaaa",
  "ipc://@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  "aaaaaaaaaaaaaaaaaaaaaaaaa",
  "inproc",
  "inproc:",
  "inproc:/name",
  "inproc://",
  "udp://192.0.2.1:1",
  "udp://",
  "udp://x",
  "udp://239.0.0.1:1",
  "UDP://192.0.2.1:1",
  "tcp://localhost:1x",
  "tcp://localhost:x",
  "tcp://lo:x",
};

/* Hosts that are looked up, which may take time: tried by one type only. */
static const char *const hosts[] = {
  "tcp://no_such_interface:1",
  "tcp://no-such-interface:1",
  "tcp://no such interface:1",
  "tcp://in!valid:1",
  "tcp://300.0.0.1:1",
  "tcp://1.2.3.4.5:1",
};

static const int types[] = {ZMQ_PAIR, ZMQ_SUB, ZMQ_PUB, ZMQ_REQ, ZMQ_ROUTER, ZMQ_PUSH, ZMQ_STREAM};

static void try_one (void *ctx, int type, const char *endpoint)
{
    void *socket = new_socket (ctx, type);
    const char *name = type_name (type);
    say_rc (zmq_bind (socket, endpoint), "%s bind '%s'", name, endpoint);
    say_rc (zmq_unbind (socket, endpoint), "%s unbind '%s'", name, endpoint);
    drop (socket);
    socket = new_socket (ctx, type);
    say_rc (zmq_connect (socket, endpoint), "%s connect '%s'", name, endpoint);
    say_rc (zmq_disconnect (socket, endpoint), "%s disconnect '%s'", name, endpoint);
    drop (socket);
}

static void malformed (void)
{
    for (size_t t = 0; t < sizeof types / sizeof *types; ++t) {
        /* A context each: once it has ended, the few addresses that can be had are free again. */
        void *ctx = new_ctx ();
        for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; ++i)
            try_one (ctx, types[t], endpoints[i]);
        term (ctx);
    }
    void *ctx = new_ctx ();
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; ++i)
        try_one (ctx, ZMQ_DEALER, hosts[i]);
    term (ctx);
}

/* Each character at each place of a host and port. */
static void characters (void)
{
    void *ctx = new_ctx ();
    /* A port that is out of range keeps names from being looked up. */
    static const char *const places[] = {
      "tcp://%ca:65536",         "tcp://a%ca:65536", "tcp://a%c:65536", "tcp://127.0.0.1:%c",
      "tcp://127.0.0.1:%c65536", "tcp://127.0.0.1:65536%c", "tcp://%c:65536", "%ctcp://a:1",
      "ipc://%c",                "inproc://%c",      "tcp://[%c]:65536", "tcp://127.0.0.1%%%c:65536",
      "tcp://127.0.0.1%c",       "tcp://%c"};
    for (size_t place = 0; place < sizeof places / sizeof *places; ++place) {
        void *socket = new_socket (ctx, ZMQ_PUSH);
        for (int c = 1; c < 128; ++c) {
            char endpoint[64];
            snprintf (endpoint, sizeof endpoint, places[place], c);
            printf ("connect place %zu character 0x%02x", place, c);
            say_rc (zmq_connect (socket, endpoint), " ");
        }
        drop (socket);
    }
    /* An address of nobody's: EADDRNOTAVAIL for an endpoint that is well-formed. */
    static const char *const binds[] = {"tcp://192.0.2.1:%c", "tcp://192.0.2.1:%c5",
                                        "tcp://192.0.2.1:5%c", "tcp://192.0.2.1:5%c5"};
    for (size_t place = 0; place < sizeof binds / sizeof *binds; ++place) {
        void *socket = new_socket (ctx, ZMQ_PUSH);
        for (int c = 1; c < 128; ++c) {
            char endpoint[64];
            snprintf (endpoint, sizeof endpoint, binds[place], c);
            printf ("bind place %zu character 0x%02x", place, c);
            say_rc (zmq_bind (socket, endpoint), " ");
        }
        drop (socket);
    }
    static const char *const ports[] = {"0", "00", "1", "01", "65535", "65536", "65537", "131071",
                                        "131072", "2147483647", "2147483648", "4294967296",
                                        "4294967297", "9223372036854775807", "9223372036854775808",
                                        "18446744073709551617", "-0", "-1", "-65535", "-65536",
                                        "-2147483648", "-2147483649", "-9223372036854775809", "+1",
                                        "+", "-", "+-1", "--1", "*1", "**", "1*", " *", "* ", "0x10",
                                        "1e3", "1.5", "1 2", "", "!", "\t7", "\v7", "eth"};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; ++i) {
        void *socket = new_socket (ctx, ZMQ_PUSH);
        char endpoint[64];
        snprintf (endpoint, sizeof endpoint, "tcp://192.0.2.1:%s", ports[i]);
        say_rc (zmq_bind (socket, endpoint), "bind port '%s'", ports[i]);
        say_rc (zmq_connect (socket, endpoint), "connect port '%s'", ports[i]);
        snprintf (endpoint, sizeof endpoint, "tcp://192.0.2.1:%s;192.0.2.1:5", ports[i]);
        say_rc (zmq_bind (socket, endpoint), "bind source port '%s'", ports[i]);
        say_rc (zmq_connect (socket, endpoint), "connect source port '%s'", ports[i]);
        drop (socket);
    }
    term (ctx);
}

static void null (void)
{
    void *ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_PAIR);
    say_rc (zmq_unbind (socket, NULL), "unbind NULL");
    say_rc (zmq_disconnect (socket, NULL), "disconnect NULL");
    drop (socket);
    term (ctx);
}

/* What a failed call leaves in ZMQ_LAST_ENDPOINT. */
static void last_endpoint (void)
{
    void *ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_DEALER);
    static const char *const cases[] = {"inproc://one",    "tcp://127.0.0.1:x", "foo://bar",
                                        "inproc://one",    "tcp://127.0.0.1:1", "ipc://@last-endpoint",
                                        "inproc://nobody", "tcp://localhost:9", "tcp://[::1]:9"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char where[256];
        size_t size = sizeof where;
        say_rc (zmq_connect (socket, cases[i]), "connect '%s'", cases[i]);
        OK (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, where, &size));
        say ("  last '%s' %zu", where, size);
        CHECK (size == strlen (where) + 1);
    }
    drop (socket);
    socket = new_socket (ctx, ZMQ_DEALER);
    static const char *const binds[] = {"inproc://a", "inproc://a", "ipc://@last-bound", "foo://a",
                                        "tcp://127.0.0.1:x", "inproc://b"};
    for (size_t i = 0; i < sizeof binds / sizeof *binds; ++i) {
        char where[256];
        size_t size = sizeof where;
        say_rc (zmq_bind (socket, binds[i]), "bind '%s'", binds[i]);
        OK (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, where, &size));
        say ("  last '%s' %zu", where, size);
    }
    char where[256];
    size_t size = sizeof where;
    say_rc (zmq_unbind (socket, "inproc://a"), "unbind");
    OK (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, where, &size));
    say ("  last '%s' %zu", where, size);
    size = sizeof where;
    say_rc (zmq_unbind (socket, "inproc://b"), "unbind the last");
    OK (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, where, &size));
    say ("  last '%s' %zu", where, size);
    size = sizeof where;
    char tcp[256];
    bind_any (socket, "tcp://127.0.0.1:*", tcp, sizeof tcp);
    say_rc (zmq_unbind (socket, tcp), "unbind the last");
    OK (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, where, &size));
    say ("  last is the same %d", strcmp (where, tcp) == 0);
    size = sizeof where;
    say_rc (zmq_connect (socket, "tcp://127.0.0.1:9"), "connect");
    say_rc (zmq_disconnect (socket, "tcp://127.0.0.1:9"), "disconnect the last");
    OK (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, where, &size));
    say ("  last '%s' %zu", where, size);
    size = sizeof where;
    say_rc (zmq_unbind (socket, "ipc://@last-bound"), "unbind");
    OK (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, where, &size));
    say ("  last '%s' %zu", where, size);
    drop (socket);
    term (ctx);
}

int main (void)
{
    malformed ();
    characters ();
    null ();
    last_endpoint ();
    return 0;
}
