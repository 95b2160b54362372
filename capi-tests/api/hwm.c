/* High-water marks: how many messages go in before a sender is held up, exactly over inproc. */
#include "probe.h"

static int fill (void *socket, int max)
{
    int sent = 0;
    /* A send alone may not look for news of room. */
    get_int (socket, ZMQ_EVENTS);
    while (sent < max && zmq_send (socket, "x", 1, ZMQ_DONTWAIT) == 1)
        ++sent;
    return sent;
}

static int empty (void *socket)
{
    int received = 0;
    while (zmq_recv (socket, NULL, 0, ZMQ_DONTWAIT) != -1)
        ++received;
    return received;
}

static void *with_marks (void *ctx, int type, int sndhwm, int rcvhwm)
{
    void *socket = new_socket (ctx, type);
    set_int (socket, ZMQ_SNDHWM, sndhwm);
    set_int (socket, ZMQ_RCVHWM, rcvhwm);
    return socket;
}

enum { MAX = 5000 };

static const int marks[] = {0, 1, 2, 3, 4, 5, 10, 100, 1000};
enum { MARKS = sizeof marks / sizeof *marks };

/* PUSH to PULL over inproc, either of them first. */
static void inproc (void)
{
    for (int order = 0; order < 2; ++order)
        for (int s = 0; s < MARKS; ++s)
            for (int r = 0; r < MARKS; ++r) {
                void *ctx = new_ctx ();
                void *push = with_marks (ctx, ZMQ_PUSH, marks[s], 0);
                void *pull = with_marks (ctx, ZMQ_PULL, 0, marks[r]);
                if (order == 0) {
                    OK (zmq_bind (pull, "inproc://hwm"));
                    OK (zmq_connect (push, "inproc://hwm"));
                } else {
                    OK (zmq_connect (push, "inproc://hwm"));
                    OK (zmq_bind (pull, "inproc://hwm"));
                }
                const int sent = fill (push, MAX);
                const int received = empty (pull);
                say ("%s: sndhwm %d rcvhwm %d: sent %d, received %d",
                     order ? "connect first" : "bind first", marks[s], marks[r], sent, received);
                /* A pipe that was emptied takes anything between half of it and all. */
                const int again = fill (push, MAX);
                CHECK (again <= sent && again >= sent / 2);
                drop (push);
                drop (pull);
                term (ctx);
            }
}

/* How many have to be received before one more is taken. */
static void low_water (void)
{
    for (int s = 0; s < MARKS; ++s)
        for (int r = 0; r < MARKS; ++r) {
            void *ctx = new_ctx ();
            void *push = with_marks (ctx, ZMQ_PUSH, marks[s], 0);
            void *pull = with_marks (ctx, ZMQ_PULL, 0, marks[r]);
            OK (zmq_bind (pull, "inproc://lwm"));
            OK (zmq_connect (push, "inproc://lwm"));
            const int sent = fill (push, MAX);
            int received = 0;
            while (sent < MAX && !(get_int (push, ZMQ_EVENTS) & ZMQ_POLLOUT)
                   && zmq_recv (pull, NULL, 0, ZMQ_DONTWAIT) != -1)
                ++received;
            say ("sndhwm %d rcvhwm %d: sent %d, room after %d, for %d", marks[s], marks[r], sent,
                 received, fill (push, MAX));
            drop (push);
            drop (pull);
            term (ctx);
        }
}

/* A connection whose other side is not there yet. */
static void nobody (void)
{
    static const char *const places[] = {"inproc://nobody", "ipc://@hwm-no-such-place",
                                         "tcp://127.0.0.1:1"};
    for (size_t p = 0; p < sizeof places / sizeof *places; ++p)
        for (int s = 0; s < MARKS; ++s) {
            void *ctx = new_ctx ();
            void *push = with_marks (ctx, ZMQ_PUSH, marks[s], 7);
            OK (zmq_connect (push, places[p]));
            say ("nobody at %.6s, sndhwm %d: sent %d", places[p], marks[s], fill (push, MAX));
            drop (push);
            term (ctx);
        }
}

/* Frames of one message: does a message of many frames fit? */
static void frames (void)
{
    for (int s = 1; s < 7; ++s) {
        void *ctx = new_ctx ();
        void *push = with_marks (ctx, ZMQ_PUSH, marks[s], 0);
        void *pull = with_marks (ctx, ZMQ_PULL, 0, marks[s]);
        OK (zmq_bind (pull, "inproc://frames"));
        OK (zmq_connect (push, "inproc://frames"));
        int whole = 0;
        while (whole < MAX) {
            int i, ok = 1;
            for (i = 0; i < 3 && ok; ++i)
                ok = zmq_send (push, "x", 1, ZMQ_DONTWAIT | (i < 2 ? ZMQ_SNDMORE : 0)) == 1;
            if (!ok) {
                say ("hwm %d: stopped at frame %d of message %d", marks[s], i, whole);
                break;
            }
            ++whole;
        }
        say ("  received %d frames", empty (pull));
        drop (push);
        drop (pull);
        term (ctx);
    }
}

/* Marks that change before they are reached; a sender that is held up already is left alone by
 * libzmq, whatever the new mark. */
static void changed (void)
{
    static const int changes[][2] = {{10, 2}, {2, 20}, {10, 20}, {1, 1}, {0, 5}, {5, 0}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; ++i) {
        void *ctx = new_ctx ();
        void *push = with_marks (ctx, ZMQ_PUSH, 4, 0);
        void *pull = with_marks (ctx, ZMQ_PULL, 0, 4);
        OK (zmq_bind (pull, "inproc://changed"));
        OK (zmq_connect (push, "inproc://changed"));
        OK (zmq_send (push, "x", 1, 0));
        set_int (push, ZMQ_SNDHWM, changes[i][0]);
        set_int (pull, ZMQ_RCVHWM, changes[i][1]);
        /* The receiver tells of its mark; look for that. */
        get_int (pull, ZMQ_EVENTS);
        get_int (push, ZMQ_EVENTS);
        say ("marks become %d %d: sent %d more", changes[i][0], changes[i][1], fill (push, MAX));
        drop (push);
        drop (pull);
        term (ctx);
    }
}

/* PUB drops what is too much; so does ROUTER. */
static void dropping (void)
{
    for (int s = 1; s < MARKS; ++s) {
        void *ctx = new_ctx ();
        void *pub = with_marks (ctx, ZMQ_PUB, marks[s], 0);
        void *sub = with_marks (ctx, ZMQ_SUB, 0, marks[s]);
        OK (zmq_bind (pub, "inproc://drop"));
        OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "", 0));
        OK (zmq_connect (sub, "inproc://drop"));
        const int sent = fill (pub, MAX);
        const int received = empty (sub);
        const int again = fill (pub, 10);
        say ("PUB hwm %d: sent %d, received %d, then sent %d, received %d", marks[s], sent, received,
             again, empty (sub));
        drop (pub);
        drop (sub);
        term (ctx);

        ctx = new_ctx ();
        void *xpub = with_marks (ctx, ZMQ_XPUB, marks[s], 0);
        sub = with_marks (ctx, ZMQ_SUB, 0, marks[s]);
        set_int (xpub, ZMQ_XPUB_NODROP, 1);
        OK (zmq_bind (xpub, "inproc://nodrop"));
        OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "", 0));
        OK (zmq_connect (sub, "inproc://nodrop"));
        say ("XPUB_NODROP hwm %d: sent %d, received %d", marks[s], fill (xpub, MAX), empty (sub));
        drop (xpub);
        drop (sub);
        term (ctx);

        for (int mandatory = 0; mandatory < 2; ++mandatory) {
            ctx = new_ctx ();
            void *router = with_marks (ctx, ZMQ_ROUTER, marks[s], 0);
            void *dealer = with_marks (ctx, ZMQ_DEALER, 0, marks[s]);
            set_int (router, ZMQ_ROUTER_MANDATORY, mandatory);
            OK (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "D", 1));
            OK (zmq_bind (router, "inproc://router"));
            OK (zmq_connect (dealer, "inproc://router"));
            send_text (dealer, "hello", 0);
            say_recv (router, 0, "ROUTER");
            say_recv (router, 0, "ROUTER");
            int whole = 0;
            while (whole < MAX) {
                if (zmq_send (router, "D", 1, ZMQ_DONTWAIT | ZMQ_SNDMORE) != 1) {
                    say_rc (-1, "stopped at the routing id");
                    break;
                }
                if (zmq_send (router, "x", 1, ZMQ_DONTWAIT) != 1) {
                    say_rc (-1, "stopped at the body");
                    break;
                }
                ++whole;
            }
            const int got = empty (dealer);
            say ("ROUTER mandatory %d hwm %d: sent %d, received %d", mandatory, marks[s], whole, got);
            drop (router);
            drop (dealer);
            term (ctx);
        }
    }
}

/* Both directions of a pair. */
static void both (void)
{
    for (int a = 0; a < MARKS; ++a) {
        void *ctx = new_ctx ();
        void *first = with_marks (ctx, ZMQ_PAIR, marks[a], marks[(a + 3) % MARKS]);
        void *second = with_marks (ctx, ZMQ_PAIR, marks[(a + 1) % MARKS], marks[(a + 5) % MARKS]);
        OK (zmq_bind (first, "inproc://both"));
        OK (zmq_connect (second, "inproc://both"));
        const int there = fill (first, MAX);
        const int back = fill (second, MAX);
        say ("PAIR %d: %d there, %d back", a, there, back);
        drop (first);
        drop (second);
        term (ctx);
    }
}

static void conflate (const char *endpoint)
{
    static const int ends[][2] = {{ZMQ_PUSH, ZMQ_PULL}, {ZMQ_DEALER, ZMQ_DEALER}, {ZMQ_PUB, ZMQ_SUB}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; ++i) {
        char where[256];
        void *ctx = new_ctx ();
        void *a = new_socket (ctx, ends[i][0]);
        void *b = new_socket (ctx, ends[i][1]);
        set_int (a, ZMQ_CONFLATE, 1);
        set_int (b, ZMQ_CONFLATE, 1);
        if (ends[i][1] == ZMQ_SUB)
            OK (zmq_setsockopt (b, ZMQ_SUBSCRIBE, "", 0));
        bind_any (a, endpoint, where, sizeof where);
        OK (zmq_connect (b, where));
        say ("%.6s conflated %s", endpoint, type_name (ends[i][0]));
        /* Until a message comes through, there may be nobody to send to. */
        const long until = now_ms () + PATIENCE;
        do
            zmq_send (a, "first", 5, ZMQ_DONTWAIT);
        while (!wait_for (b, ZMQ_POLLIN, 10) && now_ms () < until);
        usleep (SETTLE * 1000);
        say_recv (b, 0, "recv");
        for (int n = 0; n < 5; ++n) {
            char text[4];
            snprintf (text, sizeof text, "%d", n);
            say_rc (zmq_send (a, text, 1, ZMQ_DONTWAIT), "send %d", n);
        }
        usleep (SETTLE * 1000);
        say_recv (b, ZMQ_DONTWAIT, "recv");
        say_recv (b, ZMQ_DONTWAIT, "recv");
        drop (a);
        drop (b);
        term (ctx);
    }
}

int main (void)
{
    inproc ();
    low_water ();
    nobody ();
    frames ();
    changed ();
    dropping ();
    both ();
    conflate ("inproc://conflate");
    conflate ("tcp://127.0.0.1:*");
    conflate ("ipc://*");
    return 0;
}
