/* Monitors, versions 1 and 2: arguments, events and their frames. */
#include "probe.h"

struct event
{
    unsigned event;
    unsigned value;
    int frames;
    char local[256];
    char remote[256];
};

/* Receives one event of version 1. */
static int next_v1 (void *monitor, struct event *event, long timeout)
{
    unsigned char frame[6];
    if (!wait_for (monitor, ZMQ_POLLIN, timeout))
        return 0;
    CHECK (zmq_recv (monitor, frame, sizeof frame, 0) == 6);
    uint16_t number;
    uint32_t value;
    memcpy (&number, frame, 2);
    memcpy (&value, frame + 2, 4);
    CHECK (get_int (monitor, ZMQ_RCVMORE) == 1);
    const int size = zmq_recv (monitor, event->local, sizeof event->local - 1, 0);
    CHECK (size >= 0);
    event->local[size] = 0;
    CHECK (get_int (monitor, ZMQ_RCVMORE) == 0);
    event->event = number;
    event->value = value;
    return 1;
}

static int next_v2 (void *monitor, struct event *event, long timeout)
{
    if (!wait_for (monitor, ZMQ_POLLIN, timeout))
        return 0;
    uint64_t number = 0, count = 0, value = 0;
    CHECK (zmq_recv (monitor, &number, sizeof number, 0) == 8);
    CHECK (zmq_recv (monitor, &count, sizeof count, 0) == 8);
    event->frames = 2;
    for (uint64_t i = 0; i < count; ++i) {
        CHECK (zmq_recv (monitor, &value, sizeof value, 0) == 8);
        ++event->frames;
    }
    int size = zmq_recv (monitor, event->local, sizeof event->local - 1, 0);
    CHECK (size >= 0);
    event->local[size] = 0;
    CHECK (get_int (monitor, ZMQ_RCVMORE) == 1);
    size = zmq_recv (monitor, event->remote, sizeof event->remote - 1, 0);
    CHECK (size >= 0);
    event->remote[size] = 0;
    CHECK (get_int (monitor, ZMQ_RCVMORE) == 0);
    event->event = (unsigned) number;
    event->value = (unsigned) value;
    return 1;
}

/* An endpoint without what changes. */
static const char *shape (const char *endpoint, const char *where)
{
    if (strcmp (endpoint, where) == 0)
        return "WHERE";
    if (strncmp (endpoint, "tcp://127.0.0.1:", 16) == 0)
        return "tcp://127.0.0.1:PORT";
    if (strncmp (endpoint, "127.0.0.1:", 10) == 0)
        return "127.0.0.1:PORT";
    if (strncmp (endpoint, "ipc://", 6) == 0 && strlen (endpoint) > 6)
        return "ipc://SOMETHING";
    return endpoint;
}

static int value_counts (unsigned event)
{
    /* Descriptors and intervals change. */
    return event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED || event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
           || event == ZMQ_EVENT_CONNECT_DELAYED || event == ZMQ_EVENT_BIND_FAILED;
}

/* A socket that is called now and then while events are waited for. */
static void *poked;

/* Prints events until `last` came, or nothing more does. */
static void drain (void *monitor, int version, const char *label, const char *where, unsigned last)
{
    struct event event;
    memset (&event, 0, sizeof event);
    int (*const next) (void *, struct event *, long) = version == 1 ? next_v1 : next_v2;
    for (;;) {
        /* A socket of libzmq's does its part of a disconnect only when it is called. */
        const long until = now_ms () + (last ? PATIENCE : SETTLE);
        int got;
        do {
            if (poked)
                get_int (poked, ZMQ_EVENTS);
            got = next (monitor, &event, 10);
        } while (!got && now_ms () < until);
        if (!got)
            break;
        printf ("  %s 0x%x", label, event.event);
        if (value_counts (event.event))
            printf (" value 0x%x", event.value);
        printf (" '%s'", shape (event.local, where));
        if (version == 2)
            printf (" '%s' frames %d", shape (event.remote, where), event.frames);
        say (" ");
        if (event.event == last)
            return;
    }
    CHECK (!last);
}

static void *monitor_of (void *ctx, void *socket, const char *name, int version, int type)
{
    if (version == 1 && type == ZMQ_PAIR)
        OK (zmq_socket_monitor (socket, name, ZMQ_EVENT_ALL));
    else
        OK (zmq_socket_monitor_versioned (socket, name, ZMQ_EVENT_ALL, version, type));
    void *monitor = new_socket (ctx, type == ZMQ_PAIR   ? ZMQ_PAIR
                                     : type == ZMQ_PUSH ? ZMQ_PULL
                                                        : ZMQ_SUB);
    if (type == ZMQ_PUB)
        OK (zmq_setsockopt (monitor, ZMQ_SUBSCRIBE, "", 0));
    OK (zmq_connect (monitor, name));
    return monitor;
}

/* Starts a monitor, and reads it: libzmq waits for somebody who does. */
static void started (int version, int type, uint64_t events)
{
    void *ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_DEALER);
    const int rc = zmq_socket_monitor_versioned (socket, "inproc://started", events, version, type);
    say_rc (rc, "version %d type %d events 0x%llx", version, type, (unsigned long long) events);
    void *reader = NULL;
    if (rc == 0) {
        reader = new_socket (ctx, type == ZMQ_PAIR ? ZMQ_PAIR : type == ZMQ_PUSH ? ZMQ_PULL : ZMQ_SUB);
        OK (zmq_connect (reader, "inproc://started"));
    }
    drop (socket);
    if (reader)
        drop (reader);
    term (ctx);
}

static void arguments (void)
{
    void *ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_DEALER);
    static const char *const endpoints[] = {"", "inproc", "inproc:", "inproc://", "tcp://127.0.0.1:*",
                                            "ipc://*", "foo://x", "udp://127.0.0.1:1"};
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; ++i)
        say_rc (zmq_socket_monitor (socket, endpoints[i], ZMQ_EVENT_ALL), "monitor at '%s'",
                endpoints[i]);
    for (int version = -1; version < 4; ++version)
        for (int type = -1; type < TYPES + 1; ++type)
            started (version, type, ZMQ_EVENT_LISTENING);
    static const uint64_t events[] = {0, 1, 0xffff, 0x10000, 0x1ffff, 0x20000, 0xffffffffffffffff};
    for (int version = 1; version < 3; ++version)
        for (size_t i = 0; i < sizeof events / sizeof *events; ++i)
            started (version, ZMQ_PAIR, events[i]);
    say_rc (zmq_socket_monitor (socket, NULL, 0), "stop");
    say_rc (zmq_socket_monitor (socket, NULL, 0), "stop again");
    void *taken = new_socket (ctx, ZMQ_PAIR);
    OK (zmq_bind (taken, "inproc://taken-name"));
    say_rc (zmq_socket_monitor (socket, "inproc://taken-name", ZMQ_EVENT_ALL), "a name that is taken");
    drop (taken);
    drop (socket);
    term (ctx);
}

static void life (const char *endpoint, int version, int type)
{
    say ("life over %.6s version %d type %s", endpoint, version, type_name (type));
    void *ctx = new_ctx ();
    void *server = new_socket (ctx, ZMQ_DEALER);
    void *client = new_socket (ctx, ZMQ_DEALER);
    char where[256];
    void *of_server = monitor_of (ctx, server, "inproc://server", version, type);
    void *of_client = monitor_of (ctx, client, "inproc://client", version, type);
    if (type == ZMQ_PUB)
        usleep (SETTLE * 1000);
    bind_any (server, endpoint, where, sizeof where);
    drain (of_server, version, "server", where, ZMQ_EVENT_LISTENING);
    OK (zmq_connect (client, where));
    drain (of_client, version, "client", where, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    drain (of_server, version, "server", where, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    OK (zmq_disconnect (client, where));
    poked = client;
    drain (of_server, version, "server", where, ZMQ_EVENT_DISCONNECTED);
    drain (of_client, version, "client", where, 0);
    poked = NULL;
    OK (zmq_unbind (server, where));
    drain (of_server, version, "server", where, ZMQ_EVENT_CLOSED);
    OK (zmq_socket_monitor (server, NULL, 0));
    drain (of_server, version, "server", where, ZMQ_EVENT_MONITOR_STOPPED);
    drop (client);
    drain (of_client, version, "client", where, ZMQ_EVENT_MONITOR_STOPPED);
    drop (server);
    drop (of_server);
    drop (of_client);
    term (ctx);
}

/* What a client sees while nobody is there, and when its server goes. */
static void nobody (int version)
{
    say ("nobody there, version %d", version);
    void *ctx = new_ctx ();
    void *server = new_socket (ctx, ZMQ_DEALER);
    char where[256];
    bind_any (server, "tcp://127.0.0.1:*", where, sizeof where);
    OK (zmq_unbind (server, where));
    drop (server);
    term (ctx);
    ctx = new_ctx ();
    void *client = new_socket (ctx, ZMQ_DEALER);
    set_int (client, ZMQ_RECONNECT_IVL, 60000);
    void *of_client = monitor_of (ctx, client, "inproc://client", version, ZMQ_PAIR);
    OK (zmq_connect (client, where));
    drain (of_client, version, "client", where, ZMQ_EVENT_CONNECT_RETRIED);
    drain (of_client, version, "client", where, 0);
    drop (client);
    drop (of_client);
    term (ctx);
}

static void taken (int version)
{
    say ("taken, version %d", version);
    void *ctx = new_ctx ();
    void *first = new_socket (ctx, ZMQ_DEALER);
    void *second = new_socket (ctx, ZMQ_DEALER);
    char where[256];
    bind_any (first, "tcp://127.0.0.1:*", where, sizeof where);
    void *of_second = monitor_of (ctx, second, "inproc://second", version, ZMQ_PAIR);
    /* The reporting changes libzmq's errno. */
    say ("bind %d", zmq_bind (second, where));
    drain (of_second, version, "second", where, 0);
    static const char *const failing[] = {"tcp://127.0.0.1:x", "tcp://[::1]:9", "tcp://192.0.2.1:9",
                                          "ipc:///no/such/directory", "ipc:///dev/null/x",
                                          "inproc://taken", "foo://x"};
    OK (zmq_bind (first, "inproc://taken"));
    for (size_t i = 0; i < sizeof failing / sizeof *failing; ++i) {
        say ("bind %s: %d", failing[i], zmq_bind (second, failing[i]));
        drain (of_second, version, "second", where, 0);
    }
    static const char *const connected[] = {"tcp://127.0.0.1:x", "inproc://taken", "inproc://none",
                                            "foo://x"};
    for (size_t i = 0; i < sizeof connected / sizeof *connected; ++i) {
        say_rc (zmq_connect (second, connected[i]), "connect %s", connected[i]);
        drain (of_second, version, "second", where, 0);
    }
    drop (first);
    drop (second);
    drop (of_second);
    term (ctx);
}

/* Only what was asked for; a second monitor ends the first. */
static void masks (void)
{
    void *ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_DEALER);
    char where[256];
    OK (zmq_socket_monitor (socket, "inproc://one", ZMQ_EVENT_LISTENING));
    void *one = new_socket (ctx, ZMQ_PAIR);
    OK (zmq_connect (one, "inproc://one"));
    bind_any (socket, "tcp://127.0.0.1:*", where, sizeof where);
    OK (zmq_unbind (socket, where));
    drain (one, 1, "one", where, 0);
    OK (zmq_socket_monitor (socket, "inproc://two", ZMQ_EVENT_CLOSED | ZMQ_EVENT_MONITOR_STOPPED));
    void *two = new_socket (ctx, ZMQ_PAIR);
    OK (zmq_connect (two, "inproc://two"));
    drain (one, 1, "one", where, 0);
    bind_any (socket, "tcp://127.0.0.1:*", where, sizeof where);
    OK (zmq_unbind (socket, where));
    drain (two, 1, "two", where, ZMQ_EVENT_CLOSED);
    drop (socket);
    drain (two, 1, "two", where, ZMQ_EVENT_MONITOR_STOPPED);
    drop (one);
    drop (two);
    term (ctx);
}

int main (void)
{
    arguments ();
    for (int version = 1; version < 3; ++version) {
        life ("tcp://127.0.0.1:*", version, ZMQ_PAIR);
        life ("ipc://*", version, ZMQ_PAIR);
        life ("tcp://127.0.0.1:*", version, ZMQ_PUSH);
        life ("tcp://127.0.0.1:*", version, ZMQ_PUB);
        nobody (version);
        taken (version);
    }
    masks ();
    return 0;
}
