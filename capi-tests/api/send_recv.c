/* Sending and receiving: flags, directions, truncation, turns of REQ and REP, timeouts. */
#include "probe.h"

/* What each type may do with nobody there. */
static void alone (void)
{
    void *ctx = new_ctx ();
    for (int type = 0; type < TYPES; ++type) {
        char buffer[8];
        zmq_msg_t msg;
        void *socket = new_socket (ctx, type);
        const char *name = type_name (type);
        say ("%s events %d", name, get_int (socket, ZMQ_EVENTS));
        say_rc (zmq_send (socket, "x", 1, ZMQ_DONTWAIT), "%s send", name);
        say_rc (zmq_send (socket, "x", 1, ZMQ_DONTWAIT | ZMQ_SNDMORE), "%s send more", name);
        say_rc (zmq_send (socket, "x", 1, ZMQ_DONTWAIT), "%s send", name);
        say_rc (zmq_send (socket, NULL, 0, ZMQ_DONTWAIT), "%s send nothing", name);
        /* A negative length that was cast. */
        say_rc (zmq_send (socket, "x", (size_t) -1, ZMQ_DONTWAIT), "%s send everything", name);
        say_rc (zmq_send_const (socket, "x", 1, ZMQ_DONTWAIT), "%s send const", name);
        say_rc (zmq_recv (socket, buffer, sizeof buffer, ZMQ_DONTWAIT), "%s recv", name);
        say_rc (zmq_recv (socket, NULL, 0, ZMQ_DONTWAIT), "%s recv nothing", name);
        OK (zmq_msg_init_size (&msg, 2));
        say_rc (zmq_msg_send (&msg, socket, ZMQ_DONTWAIT), "%s msg_send", name);
        say ("  size %zu", zmq_msg_size (&msg));
        OK (zmq_msg_close (&msg));
        OK (zmq_msg_init_size (&msg, 2));
        say_rc (zmq_sendmsg (socket, &msg, ZMQ_DONTWAIT), "%s sendmsg", name);
        OK (zmq_msg_close (&msg));
        OK (zmq_msg_init_size (&msg, 2));
        say_rc (zmq_msg_recv (&msg, socket, ZMQ_DONTWAIT), "%s msg_recv", name);
        say ("  size %zu", zmq_msg_size (&msg));
        say_rc (zmq_recvmsg (socket, &msg, ZMQ_DONTWAIT), "%s recvmsg", name);
        OK (zmq_msg_close (&msg));
        say ("%s events %d rcvmore %d", name, get_int (socket, ZMQ_EVENTS),
             get_int (socket, ZMQ_RCVMORE));
        drop (socket);
    }
    term (ctx);
}

/* Flags that mean nothing. */
static void flags (void)
{
    void *ctx = new_ctx ();
    void *a = new_socket (ctx, ZMQ_PAIR);
    void *b = new_socket (ctx, ZMQ_PAIR);
    OK (zmq_bind (a, "inproc://flags"));
    OK (zmq_connect (b, "inproc://flags"));
    static const int all[] = {0, 1, 2, 3, 4, 8, 16, 0x100, -1, -2, 0x7ffffffc};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
        say_rc (zmq_send (a, "x", 1, all[i]), "send with flags %d", all[i]);
        send_text (a, "end", 0);
    }
    for (size_t i = 0; i < 2 * sizeof all / sizeof *all + 1; ++i)
        say_recv (b, ZMQ_DONTWAIT, "recv");
    send_text (a, "one", ZMQ_SNDMORE);
    send_text (a, "two", ZMQ_SNDMORE);
    say_recv (b, ZMQ_DONTWAIT, "incomplete");
    send_text (a, "three", 0);
    say_recv (b, ZMQ_SNDMORE | ZMQ_DONTWAIT, "recv with SNDMORE");
    say ("rcvmore %d", get_int (b, ZMQ_RCVMORE));
    say_recv (b, ZMQ_DONTWAIT, "recv");
    say_recv (b, 0x100, "recv with 0x100");
    say_recv (b, ZMQ_DONTWAIT, "recv");
    /* Cut off. */
    char buffer[4] = "....";
    send_text (a, "longer than that", 0);
    say_rc (zmq_recv (b, buffer, 3, 0), "recv into 3 bytes");
    say ("'%.4s'", buffer);
    send_text (a, "longer than that", 0);
    say_rc (zmq_recv (b, NULL, 0, 0), "recv into nothing");
    zmq_msg_t msg;
    send_text (a, "more", ZMQ_SNDMORE);
    send_text (a, "last", 0);
    for (int i = 0; i < 2; ++i) {
        OK (zmq_msg_init (&msg));
        say_rc (zmq_msg_recv (&msg, b, 0), "msg_recv");
        say ("more %d %d", zmq_msg_more (&msg), zmq_msg_get (&msg, ZMQ_MORE));
        /* Passed on, a message does not remember that more came after it. */
        say_rc (zmq_msg_send (&msg, b, 0), "msg_send");
        say ("more %d size %zu", zmq_msg_more (&msg), zmq_msg_size (&msg));
        OK (zmq_msg_close (&msg));
        say_recv (a, 0, "passed on");
    }
    drop (a);
    drop (b);
    term (ctx);
}

static void turns (void)
{
    void *ctx = new_ctx ();
    void *req = new_socket (ctx, ZMQ_REQ);
    void *rep = new_socket (ctx, ZMQ_REP);
    OK (zmq_bind (rep, "inproc://turns"));
    OK (zmq_connect (req, "inproc://turns"));
    say ("events %d %d", get_int (req, ZMQ_EVENTS), get_int (rep, ZMQ_EVENTS));
    say_recv (req, ZMQ_DONTWAIT, "req recv first");
    say_rc (zmq_send (rep, "x", 1, 0), "rep send first");
    say_recv (rep, ZMQ_DONTWAIT, "rep recv, nothing there");
    send_text (req, "a", ZMQ_SNDMORE);
    say_recv (req, ZMQ_DONTWAIT, "req recv within a request");
    say ("events %d %d", get_int (req, ZMQ_EVENTS), get_int (rep, ZMQ_EVENTS));
    send_text (req, "b", 0);
    say ("events %d %d", get_int (req, ZMQ_EVENTS), get_int (rep, ZMQ_EVENTS));
    say_rc (zmq_send (req, "x", 1, 0), "req send again");
    say_recv (req, ZMQ_DONTWAIT, "req recv too early");
    say_recv (rep, 0, "rep recv");
    say_rc (zmq_send (rep, "x", 1, 0), "rep send within a request");
    say_recv (rep, 0, "rep recv");
    say_recv (rep, ZMQ_DONTWAIT, "rep recv again");
    say ("events %d %d", get_int (req, ZMQ_EVENTS), get_int (rep, ZMQ_EVENTS));
    send_text (rep, "c", ZMQ_SNDMORE);
    say_recv (rep, ZMQ_DONTWAIT, "rep recv within a reply");
    say_recv (req, ZMQ_DONTWAIT, "req recv half a reply");
    send_text (rep, "d", 0);
    say_rc (zmq_send (rep, "x", 1, 0), "rep send again");
    say ("events %d %d", get_int (req, ZMQ_EVENTS), get_int (rep, ZMQ_EVENTS));
    say_recv (req, 0, "req recv");
    say_rc (zmq_send (req, "x", 1, 0), "req send within a reply");
    say_recv (req, 0, "req recv");
    say_recv (req, ZMQ_DONTWAIT, "req recv again");
    say ("events %d %d", get_int (req, ZMQ_EVENTS), get_int (rep, ZMQ_EVENTS));
    /* Next round, relaxed. */
    set_int (req, ZMQ_REQ_RELAXED, 1);
    set_int (req, ZMQ_REQ_CORRELATE, 1);
    for (int i = 0; i < 3; ++i)
        say_rc (zmq_send (req, "again", 5, 0), "relaxed send");
    for (int i = 0; i < 3; ++i) {
        say_recv (rep, ZMQ_DONTWAIT, "rep recv");
        say_rc (zmq_send (rep, "reply", 5, 0), "rep send");
    }
    say_recv (req, ZMQ_DONTWAIT, "req recv");
    say_recv (req, ZMQ_DONTWAIT, "req recv");
    drop (req);
    drop (rep);
    term (ctx);
}

static void timeouts (void)
{
    static const int timeouts[] = {0, 1, 50, 200};
    void *ctx = new_ctx ();
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; ++i) {
        char buffer[8];
        void *socket = new_socket (ctx, ZMQ_DEALER);
        set_int (socket, ZMQ_RCVTIMEO, timeouts[i]);
        set_int (socket, ZMQ_SNDTIMEO, timeouts[i]);
        long began = now_ms ();
        say_rc (zmq_recv (socket, buffer, sizeof buffer, 0), "recv with timeout %d", timeouts[i]);
        CHECK (now_ms () - began >= timeouts[i] - 1);
        began = now_ms ();
        say_rc (zmq_send (socket, "x", 1, 0), "send with timeout %d", timeouts[i]);
        CHECK (now_ms () - began >= timeouts[i] - 1);
        zmq_msg_t msg;
        OK (zmq_msg_init_size (&msg, 5));
        began = now_ms ();
        say_rc (zmq_msg_send (&msg, socket, 0), "msg_send with timeout %d", timeouts[i]);
        CHECK (now_ms () - began >= timeouts[i] - 1);
        say_rc (zmq_msg_recv (&msg, socket, 0), "msg_recv with timeout %d", timeouts[i]);
        OK (zmq_msg_close (&msg));
        drop (socket);
    }
    /* DONTWAIT is stronger than a timeout. */
    void *socket = new_socket (ctx, ZMQ_DEALER);
    say_rc (zmq_recv (socket, NULL, 0, ZMQ_DONTWAIT), "recv DONTWAIT, no timeout");
    say_rc (zmq_send (socket, NULL, 0, ZMQ_DONTWAIT), "send DONTWAIT, no timeout");
    drop (socket);
    term (ctx);
}

/* Messages over each pair of types, with several frames. */
static void pairs (void)
{
    static const int ends[][2] = {
      {ZMQ_PAIR, ZMQ_PAIR},     {ZMQ_PUSH, ZMQ_PULL},     {ZMQ_DEALER, ZMQ_DEALER},
      {ZMQ_DEALER, ZMQ_ROUTER}, {ZMQ_REQ, ZMQ_REP},       {ZMQ_REQ, ZMQ_ROUTER},
      {ZMQ_DEALER, ZMQ_REP},    {ZMQ_XSUB, ZMQ_XPUB},     {ZMQ_SUB, ZMQ_XPUB},
      {ZMQ_PUB, ZMQ_SUB},       {ZMQ_PUB, ZMQ_XSUB},      {ZMQ_XPUB, ZMQ_SUB},
    };
    static const char *const endpoints[] = {"inproc://pairs", "tcp://127.0.0.1:*", "ipc://*"};
    for (size_t e = 0; e < sizeof endpoints / sizeof *endpoints; ++e)
        for (size_t i = 0; i < sizeof ends / sizeof *ends; ++i) {
            char where[256];
            void *ctx = new_ctx ();
            void *a = new_socket (ctx, ends[i][0]);
            void *b = new_socket (ctx, ends[i][1]);
            /* No generated routing ids in the output. */
            OK (zmq_setsockopt (a, ZMQ_ROUTING_ID, "A", 1));
            const int subscribes = ends[i][0] == ZMQ_XSUB || ends[i][0] == ZMQ_SUB;
            if (ends[i][1] == ZMQ_SUB)
                OK (zmq_setsockopt (b, ZMQ_SUBSCRIBE, "", 0));
            bind_any (b, endpoints[e], where, sizeof where);
            OK (zmq_connect (a, where));
            say ("%s to %s over %.6s", type_name (ends[i][0]), type_name (ends[i][1]), endpoints[e]);
            if (ends[i][0] == ZMQ_PUB || ends[i][0] == ZMQ_XPUB) {
                /* Publishes until the subscription has come through. */
                const long until = now_ms () + PATIENCE;
                if (ends[i][1] == ZMQ_XSUB)
                    send_text (b, "\1", 0);
                do {
                    send_text (a, "frame", ZMQ_SNDMORE);
                    send_text (a, "last", 0);
                } while (!wait_for (b, ZMQ_POLLIN, 10) && now_ms () < until);
            } else if (ends[i][0] == ZMQ_SUB) {
                OK (zmq_setsockopt (a, ZMQ_SUBSCRIBE, "topic", 5));
            } else if (subscribes) {
                send_text (a, "\1topic", 0);
            } else {
                send_text (a, "frame", ZMQ_SNDMORE);
                send_text (a, "", ZMQ_SNDMORE);
                send_text (a, "last", 0);
            }
            CHECK (wait_for (b, ZMQ_POLLIN, PATIENCE));
            do
                say_recv (b, 0, "  recv");
            while (get_int (b, ZMQ_RCVMORE));
            say ("  events %d of the receiver", get_int (b, ZMQ_EVENTS) & ZMQ_POLLOUT);
            drop (a);
            drop (b);
            term (ctx);
        }
}

int main (void)
{
    alone ();
    flags ();
    turns ();
    timeouts ();
    pairs ();
    return 0;
}
