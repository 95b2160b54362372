/* ROUTER and STREAM: routing ids, mandatory, handover, probes, chosen ids, raw, notifications. */
#include "probe.h"

static void *with_id (void *ctx, int type, const char *id)
{
    void *socket = new_socket (ctx, type);
    OK (zmq_setsockopt (socket, ZMQ_ROUTING_ID, id, strlen (id)));
    return socket;
}

static void say_frames (void *socket, const char *label)
{
    if (!wait_for (socket, ZMQ_POLLIN, PATIENCE)) {
        say ("%s: nothing", label);
        return;
    }
    do
        say_recv (socket, 0, label);
    while (get_int (socket, ZMQ_RCVMORE));
}

static void generated (void)
{
    void *ctx = new_ctx ();
    void *router = new_socket (ctx, ZMQ_ROUTER);
    void *dealer = new_socket (ctx, ZMQ_DEALER);
    OK (zmq_bind (router, "inproc://generated"));
    OK (zmq_connect (dealer, "inproc://generated"));
    send_text (dealer, "hello", 0);
    char id[16];
    const int size = zmq_recv (router, id, sizeof id, 0);
    say ("generated id: %d bytes, first %d", size, id[0]);
    say_recv (router, 0, "body");
    OK (zmq_send (router, id, (size_t) size, ZMQ_SNDMORE));
    send_text (router, "back", 0);
    say_recv (dealer, 0, "dealer");
    drop (router);
    drop (dealer);
    term (ctx);
}

static void mandatory (const char *endpoint)
{
    for (int on = 0; on < 2; ++on) {
        void *ctx = new_ctx ();
        void *router = new_socket (ctx, ZMQ_ROUTER);
        set_int (router, ZMQ_ROUTER_MANDATORY, on);
        char where[256];
        bind_any (router, endpoint, where, sizeof where);
        say ("%.6s mandatory %d: events %d", endpoint, on, get_int (router, ZMQ_EVENTS));
        say_rc (zmq_send (router, "X", 1, ZMQ_SNDMORE | ZMQ_DONTWAIT), "to nobody, id");
        say_rc (zmq_send (router, "x", 1, ZMQ_DONTWAIT), "to nobody, body");
        say_rc (zmq_send (router, "X", 1, ZMQ_DONTWAIT), "an id alone");
        void *dealer = with_id (ctx, ZMQ_DEALER, "X");
        OK (zmq_connect (dealer, where));
        send_text (dealer, "hello", 0);
        say_frames (router, "router");
        say ("events %d", get_int (router, ZMQ_EVENTS));
        say_rc (zmq_send (router, "X", 1, ZMQ_SNDMORE), "to X, id");
        say_rc (zmq_send (router, "x", 1, 0), "to X, body");
        say_frames (dealer, "dealer");
        say_rc (zmq_send (router, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT), "to an empty id");
        say_rc (zmq_send (router, "x", 1, ZMQ_DONTWAIT), "body");
        say_rc (zmq_socket_get_peer_state (router, "X", 1), "peer state of X");
        say_rc (zmq_socket_get_peer_state (router, "Y", 1), "peer state of Y");
        say_rc (zmq_socket_get_peer_state (router, "", 0), "peer state of nothing");
        say_rc (zmq_socket_get_peer_state (dealer, "X", 1), "peer state of a DEALER");
        drop (dealer);
        drop (router);
        term (ctx);
    }
}

/* Two peers of one name. */
static void twins (const char *endpoint)
{
    for (int handover = 0; handover < 2; ++handover) {
        void *ctx = new_ctx ();
        void *router = new_socket (ctx, ZMQ_ROUTER);
        set_int (router, ZMQ_ROUTER_HANDOVER, handover);
        set_int (router, ZMQ_ROUTER_MANDATORY, 1);
        char where[256];
        bind_any (router, endpoint, where, sizeof where);
        void *first = with_id (ctx, ZMQ_DEALER, "X");
        void *second = with_id (ctx, ZMQ_DEALER, "X");
        OK (zmq_connect (first, where));
        send_text (first, "first", 0);
        say_frames (router, "router");
        OK (zmq_connect (second, where));
        send_text (second, "second", 0);
        say ("%.6s handover %d: second heard %d", endpoint, handover,
             wait_for (router, ZMQ_POLLIN, handover ? PATIENCE : SETTLE));
        if (handover)
            say_frames (router, "router");
        say_rc (zmq_send (router, "X", 1, ZMQ_SNDMORE), "to X");
        send_text (router, "which", 0);
        say ("first %d", wait_for (first, ZMQ_POLLIN, handover ? SETTLE : PATIENCE));
        say ("second %d", wait_for (second, ZMQ_POLLIN, handover ? PATIENCE : SETTLE));
        drop (first);
        drop (second);
        drop (router);
        term (ctx);
    }
}

static void probes (const char *endpoint)
{
    static const int types[] = {ZMQ_DEALER, ZMQ_REQ, ZMQ_ROUTER};
    for (size_t i = 0; i < sizeof types / sizeof *types; ++i) {
        void *ctx = new_ctx ();
        void *router = new_socket (ctx, ZMQ_ROUTER);
        char where[256];
        bind_any (router, endpoint, where, sizeof where);
        void *peer = with_id (ctx, types[i], "P");
        set_int (peer, ZMQ_PROBE_ROUTER, 1);
        OK (zmq_connect (peer, where));
        say ("probe of a %s over %.6s", type_name (types[i]), endpoint);
        say_frames (router, "  router");
        drop (peer);
        drop (router);
        term (ctx);
    }
}

static void chosen (const char *endpoint)
{
    static const int types[] = {ZMQ_ROUTER, ZMQ_STREAM};
    for (size_t i = 0; i < sizeof types / sizeof *types; ++i) {
        if (types[i] == ZMQ_STREAM && strncmp (endpoint, "tcp", 3) != 0)
            continue;
        void *ctx = new_ctx ();
        void *server = new_socket (ctx, types[i]);
        void *client = new_socket (ctx, types[i]);
        char where[256];
        bind_any (server, endpoint, where, sizeof where);
        say ("%s over %.6s", type_name (types[i]), endpoint);
        if (types[i] == ZMQ_ROUTER) {
            OK (zmq_setsockopt (server, ZMQ_ROUTING_ID, "S", 1));
            OK (zmq_setsockopt (client, ZMQ_ROUTING_ID, "C", 1));
        }
        say_rc (zmq_setsockopt (client, ZMQ_CONNECT_ROUTING_ID, "chosen", 6), "choose");
        say_rc (zmq_connect (client, where), "connect");
        say_rc (zmq_send (client, "chosen", 6, ZMQ_SNDMORE), "send to it");
        send_text (client, "hello", 0);
        if (types[i] == ZMQ_ROUTER)
            say_frames (server, "server");
        say_rc (zmq_setsockopt (client, ZMQ_CONNECT_ROUTING_ID, "chosen", 6), "choose it again");
        /* libzmq ends here by an assertion when such a connection is made to another place. */
        drop (client);
        drop (server);
        term (ctx);
    }
}

static void notify (void)
{
    for (int flags = 0; flags < 5; ++flags) {
        void *ctx = new_ctx ();
        void *router = new_socket (ctx, ZMQ_ROUTER);
        const int rc = zmq_setsockopt (router, ZMQ_ROUTER_NOTIFY, &flags, sizeof flags);
        say_rc (rc, "notify %d", flags);
        if (rc == 0) {
            int value = -1;
            size_t size = sizeof value;
            say_rc (zmq_getsockopt (router, ZMQ_ROUTER_NOTIFY, &value, &size), "get");
            say ("  %d", value);
        }
        drop (router);
        term (ctx);
    }
}

/* STREAM: connecting, disconnecting and data, with and without notifications. */
static void stream (int notify)
{
    void *ctx = new_ctx ();
    void *server = new_socket (ctx, ZMQ_STREAM);
    void *client = new_socket (ctx, ZMQ_STREAM);
    set_int (server, ZMQ_STREAM_NOTIFY, notify);
    set_int (client, ZMQ_STREAM_NOTIFY, notify);
    char where[256];
    bind_any (server, "tcp://127.0.0.1:*", where, sizeof where);
    OK (zmq_connect (client, where));
    say ("STREAM notify %d", notify);
    unsigned char id[256], peer[256];
    size_t id_size = sizeof id;
    OK (zmq_getsockopt (client, ZMQ_ROUTING_ID, id, &id_size));
    say ("routing id of the client: %zu bytes", id_size);
    if (notify) {
        CHECK (wait_for (client, ZMQ_POLLIN, PATIENCE));
        say ("client id: %d", zmq_recv (client, peer, sizeof peer, 0));
        say_recv (client, 0, "client notified");
        CHECK (wait_for (server, ZMQ_POLLIN, PATIENCE));
        int size = zmq_recv (server, peer, sizeof peer, 0);
        say ("server id: %d", size);
        say_recv (server, 0, "server notified");
        zmq_send (server, peer, (size_t) size, ZMQ_SNDMORE);
        say_rc (zmq_send (server, "data", 4, ZMQ_SNDMORE), "send with SNDMORE");
        CHECK (wait_for (client, ZMQ_POLLIN, PATIENCE));
        say ("client id: %d", zmq_recv (client, id, sizeof id, 0));
        say_recv (client, 0, "client");
        say ("closing");
        zmq_send (server, peer, (size_t) size, ZMQ_SNDMORE);
        say_rc (zmq_send (server, "", 0, 0), "an empty body");
        /* A socket of libzmq's does its part of it only when it is called. */
        const long until = now_ms () + PATIENCE;
        while (!wait_for (client, ZMQ_POLLIN, 10) && now_ms () < until)
            get_int (server, ZMQ_EVENTS);
        CHECK (wait_for (client, ZMQ_POLLIN, 0));
        say ("client id: %d", zmq_recv (client, id, sizeof id, 0));
        say_recv (client, 0, "client notified");
    }
    say_rc (zmq_send (server, "nobody", 6, ZMQ_SNDMORE), "to nobody, id");
    say_rc (zmq_send (server, "x", 1, 0), "to nobody, body");
    drop (client);
    drop (server);
    term (ctx);
}

int main (void)
{
    static const char *const endpoints[] = {"inproc://routing", "tcp://127.0.0.1:*", "ipc://*"};
    generated ();
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; ++i) {
        mandatory (endpoints[i]);
        twins (endpoints[i]);
        probes (endpoints[i]);
        chosen (endpoints[i]);
    }
    notify ();
    stream (1);
    stream (0);
    return 0;
}
