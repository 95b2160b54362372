/* peer CASE SIDE HOW ENDPOINT: one of the two processes of an interop test.
 *
 *   CASE      what is exchanged: the table at the end
 *   SIDE      a or b: which of its two parts this process plays
 *   HOW       bind or connect
 *
 * The two run on two libraries; each checks what it gets. One that binds prints the endpoint first.
 * A part that has come so far that the other may go on prints "synced"; the runner passes that on to
 * the other's standard input. Ends with 0 when all was as it must be.
 */
#include "../api/probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void *ctx;
static const char *how;
static const char *endpoint;

/* Lengths around every border of framing and of buffers. */
static const size_t sizes[] = {0,    1,    2,    8,     29,    30,    32,     33,     34,
                               63,   64,   127,  253,   254,   255,   256,    257,    511,
                               512,  1000, 4096, 8191,  8192,  8193,  16384,  65535,  65536,
                               65537, 100000, 262144, 1000000};
enum { SIZES = sizeof sizes / sizeof *sizes, ROUNDS = 3, MESSAGES = SIZES * ROUNDS };

static void attach (void *socket)
{
    set_int (socket, ZMQ_RCVTIMEO, PATIENCE);
    set_int (socket, ZMQ_SNDTIMEO, PATIENCE);
    set_int (socket, ZMQ_RECONNECT_IVL, 10);
    if (strcmp (how, "connect") == 0) {
        OK (zmq_connect (socket, endpoint));
        return;
    }
    char where[256];
    bind_any (socket, endpoint, where, sizeof where);
    printf ("%s\n", where);
    fflush (stdout);
}

static void *attached (int type)
{
    void *socket = new_socket (ctx, type);
    attach (socket);
    return socket;
}

static void synced (void)
{
    puts ("synced");
    fflush (stdout);
}

/* True when the runner says that the other side is synced. */
static int told (long timeout)
{
    zmq_pollitem_t item = {NULL, 0, ZMQ_POLLIN, 0};
    const int rc = zmq_poll (&item, 1, timeout);
    CHECK (rc >= 0);
    if (rc == 0)
        return 0;
    char byte;
    CHECK (read (0, &byte, 1) >= 0);
    return 1;
}

/* Message number `n` has n % 4 + 1 frames, the first of a length of the table. */
static size_t size_of (int n, int frame)
{
    return sizes[(n + frame * 7) % SIZES];
}

static void fill (unsigned char *data, size_t size, int n, int frame)
{
    for (size_t i = 0; i < size; ++i)
        data[i] = (unsigned char) (i * 31 + (size_t) (n * 17 + frame * 5));
}

static void send_message (void *socket, int n)
{
    const int frames = n % 4 + 1;
    for (int frame = 0; frame < frames; ++frame) {
        zmq_msg_t msg;
        const size_t size = size_of (n, frame);
        OK (zmq_msg_init_size (&msg, size));
        fill (zmq_msg_data (&msg), size, n, frame);
        CHECK (zmq_msg_send (&msg, socket, frame < frames - 1 ? ZMQ_SNDMORE : 0) == (int) size);
    }
}

static void recv_message (void *socket, int n)
{
    const int frames = n % 4 + 1;
    for (int frame = 0; frame < frames; ++frame) {
        zmq_msg_t msg;
        const size_t size = size_of (n, frame);
        OK (zmq_msg_init (&msg));
        CHECK (zmq_msg_recv (&msg, socket, 0) == (int) size);
        unsigned char *expected = malloc (size + 1);
        CHECK (expected != NULL);
        fill (expected, size, n, frame);
        CHECK (memcmp (zmq_msg_data (&msg), expected, size) == 0);
        free (expected);
        CHECK (zmq_msg_more (&msg) == (frame < frames - 1));
        OK (zmq_msg_close (&msg));
    }
}

static void send_all (void *socket)
{
    for (int n = 0; n < MESSAGES; ++n)
        send_message (socket, n);
}

static void recv_all (void *socket)
{
    for (int n = 0; n < MESSAGES; ++n)
        recv_message (socket, n);
}

static void expect_text (void *socket, const char *text, int more)
{
    char buffer[256];
    const int size = zmq_recv (socket, buffer, sizeof buffer, 0);
    CHECK (size == (int) strlen (text));
    CHECK (memcmp (buffer, text, strlen (text)) == 0);
    CHECK (get_int (socket, ZMQ_RCVMORE) == more);
}

/* Sends what waits, and waits until it is sent. */
static void finish (void *socket)
{
    OK (zmq_close (socket));
}

/* One way. */

static void push (void)
{
    void *socket = attached (ZMQ_PUSH);
    send_all (socket);
    finish (socket);
}

static void pull (void)
{
    void *socket = attached (ZMQ_PULL);
    recv_all (socket);
    finish (socket);
}

/* Both ways at once, then in turns. */

static void both_ways (void *socket, int first)
{
    send_all (socket);
    recv_all (socket);
    for (int n = 0; n < MESSAGES; ++n)
        if (first) {
            send_message (socket, n);
            recv_message (socket, n);
        } else {
            recv_message (socket, n);
            send_message (socket, n);
        }
    finish (socket);
}

static void *unbounded (int type)
{
    void *socket = new_socket (ctx, type);
    set_int (socket, ZMQ_SNDHWM, 0);
    set_int (socket, ZMQ_RCVHWM, 0);
    attach (socket);
    return socket;
}

static void pair_a (void)
{
    both_ways (unbounded (ZMQ_PAIR), 1);
}

static void pair_b (void)
{
    both_ways (unbounded (ZMQ_PAIR), 0);
}

static void dealer_a (void)
{
    both_ways (unbounded (ZMQ_DEALER), 1);
}

static void dealer_b (void)
{
    both_ways (unbounded (ZMQ_DEALER), 0);
}

/* Requests. */

static void req (void)
{
    void *socket = attached (ZMQ_REQ);
    for (int n = 0; n < MESSAGES; ++n) {
        send_message (socket, n);
        recv_message (socket, n);
    }
    finish (socket);
}

static void rep (void)
{
    void *socket = attached (ZMQ_REP);
    for (int n = 0; n < MESSAGES; ++n) {
        recv_message (socket, n);
        send_message (socket, n);
    }
    finish (socket);
}

static void correlated_req (void)
{
    void *socket = new_socket (ctx, ZMQ_REQ);
    set_int (socket, ZMQ_REQ_CORRELATE, 1);
    set_int (socket, ZMQ_REQ_RELAXED, 1);
    attach (socket);
    for (int n = 0; n < MESSAGES; ++n) {
        /* The first of two is given up. */
        send_message (socket, n);
        send_message (socket, n);
        recv_message (socket, n);
    }
    finish (socket);
}

static void rep_of_two (void)
{
    void *socket = attached (ZMQ_REP);
    for (int n = 0; n < MESSAGES; ++n)
        for (int i = 0; i < 2; ++i) {
            recv_message (socket, n);
            send_message (socket, n);
        }
    finish (socket);
}

static void named_dealer (void)
{
    void *socket = new_socket (ctx, ZMQ_DEALER);
    OK (zmq_setsockopt (socket, ZMQ_ROUTING_ID, "dealer", 6));
    set_int (socket, ZMQ_SNDHWM, 0);
    set_int (socket, ZMQ_RCVHWM, 0);
    attach (socket);
    send_all (socket);
    recv_all (socket);
    finish (socket);
}

static void router (void)
{
    void *socket = unbounded (ZMQ_ROUTER);
    set_int (socket, ZMQ_ROUTER_MANDATORY, 1);
    for (int n = 0; n < MESSAGES; ++n) {
        expect_text (socket, "dealer", 1);
        recv_message (socket, n);
    }
    for (int n = 0; n < MESSAGES; ++n) {
        send_text (socket, "dealer", ZMQ_SNDMORE);
        send_message (socket, n);
    }
    finish (socket);
}

/* ROUTER to ROUTER: the one tells who it is by a probe. */

static void probing_router (void)
{
    void *socket = new_socket (ctx, ZMQ_ROUTER);
    OK (zmq_setsockopt (socket, ZMQ_ROUTING_ID, "prober", 6));
    set_int (socket, ZMQ_PROBE_ROUTER, 1);
    set_int (socket, ZMQ_SNDHWM, 0);
    attach (socket);
    for (int n = 0; n < MESSAGES; ++n) {
        expect_text (socket, "probed", 1);
        recv_message (socket, n);
        send_text (socket, "probed", ZMQ_SNDMORE);
        send_message (socket, n);
    }
    finish (socket);
}

static void probed_router (void)
{
    void *socket = new_socket (ctx, ZMQ_ROUTER);
    OK (zmq_setsockopt (socket, ZMQ_ROUTING_ID, "probed", 6));
    set_int (socket, ZMQ_ROUTER_MANDATORY, 1);
    attach (socket);
    expect_text (socket, "prober", 1);
    expect_text (socket, "", 0);
    for (int n = 0; n < MESSAGES; ++n) {
        send_text (socket, "prober", ZMQ_SNDMORE);
        send_message (socket, n);
        expect_text (socket, "prober", 1);
        recv_message (socket, n);
    }
    finish (socket);
}

/* Two peers of one name: the second takes over from the first. */

static void handing_router (void)
{
    void *socket = new_socket (ctx, ZMQ_ROUTER);
    set_int (socket, ZMQ_ROUTER_HANDOVER, 1);
    set_int (socket, ZMQ_ROUTER_MANDATORY, 1);
    attach (socket);
    expect_text (socket, "twin", 1);
    expect_text (socket, "first", 0);
    send_text (socket, "twin", ZMQ_SNDMORE);
    send_text (socket, "to the first", 0);
    expect_text (socket, "twin", 1);
    expect_text (socket, "second", 0);
    send_text (socket, "twin", ZMQ_SNDMORE);
    send_text (socket, "to the second", 0);
    expect_text (socket, "twin", 1);
    expect_text (socket, "bye", 0);
    finish (socket);
}

static void twins (void)
{
    void *first = new_socket (ctx, ZMQ_DEALER);
    void *second = new_socket (ctx, ZMQ_DEALER);
    OK (zmq_setsockopt (first, ZMQ_ROUTING_ID, "twin", 4));
    OK (zmq_setsockopt (second, ZMQ_ROUTING_ID, "twin", 4));
    /* Turned away, it must not come back and take over in its turn. */
    set_int (first, ZMQ_RECONNECT_IVL, -1);
    set_int (first, ZMQ_RCVTIMEO, PATIENCE);
    OK (zmq_connect (first, endpoint));
    send_text (first, "first", 0);
    expect_text (first, "to the first", 0);
    attach (second);
    send_text (second, "second", 0);
    expect_text (second, "to the second", 0);
    send_text (second, "bye", 0);
    drop (first);
    finish (second);
}

/* Publishing. A publisher cannot know when it is heard: it calls until it is told. */

static void call_until_told (void *socket)
{
    do
        send_text (socket, "call", 0);
    while (!told (5));
    send_text (socket, "start", 0);
}

static void hear_call (void *socket)
{
    char buffer[16];
    CHECK (zmq_recv (socket, buffer, sizeof buffer, 0) == 4);
    synced ();
    int size;
    do
        size = zmq_recv (socket, buffer, sizeof buffer, 0);
    while (size == 4);
    CHECK (size == 5 && memcmp (buffer, "start", 5) == 0);
}

static void pub (void)
{
    void *socket = unbounded (ZMQ_PUB);
    call_until_told (socket);
    send_all (socket);
    finish (socket);
}

static void sub (void)
{
    void *socket = new_socket (ctx, ZMQ_SUB);
    set_int (socket, ZMQ_RCVHWM, 0);
    OK (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, "", 0));
    attach (socket);
    hear_call (socket);
    recv_all (socket);
    finish (socket);
}

static void xsub_all (void)
{
    void *socket = new_socket (ctx, ZMQ_XSUB);
    set_int (socket, ZMQ_RCVHWM, 0);
    attach (socket);
    send_text (socket, "\1", 0);
    hear_call (socket);
    recv_all (socket);
    finish (socket);
}

/* Topics: what was asked for comes, what was taken back does not. */

enum { TOPICS = 2000 };

static void topic_text (char *text, size_t size, int topic)
{
    snprintf (text, size, "topic/%d/", topic * 7919);
}

static void topics_xpub (void)
{
    void *socket = unbounded (ZMQ_XPUB);
    char text[64], expected[64];
    /* Whoever is bound has to know that the other one is there. */
    expect_text (socket, "\1call", 0);
    send_text (socket, "call", 0);
    for (int on = 1; on >= 0; --on)
        for (int topic = 0; topic < TOPICS; topic += on ? 1 : 2) {
            expected[0] = (char) on;
            topic_text (expected + 1, sizeof expected - 1, topic);
            const int size = zmq_recv (socket, text, sizeof text, 0);
            CHECK (size == 1 + (int) strlen (expected + 1));
            CHECK (memcmp (text, expected, (size_t) size) == 0);
        }
    for (int topic = 0; topic < TOPICS; ++topic) {
        topic_text (text, sizeof text, topic);
        send_text (socket, text, ZMQ_SNDMORE);
        send_text (socket, "body", 0);
    }
    finish (socket);
}

static void hear_topics (void *socket)
{
    for (int topic = 1; topic < TOPICS; topic += 2) {
        char text[64];
        topic_text (text, sizeof text, topic);
        expect_text (socket, text, 1);
        expect_text (socket, "body", 0);
    }
    finish (socket);
}

static void topics_sub (void)
{
    void *socket = unbounded (ZMQ_SUB);
    char text[64];
    OK (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, "call", 4));
    expect_text (socket, "call", 0);
    for (int topic = 0; topic < TOPICS; ++topic) {
        topic_text (text, sizeof text, topic);
        OK (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, text, strlen (text)));
    }
    for (int topic = 0; topic < TOPICS; topic += 2) {
        topic_text (text, sizeof text, topic);
        OK (zmq_setsockopt (socket, ZMQ_UNSUBSCRIBE, text, strlen (text)));
    }
    hear_topics (socket);
}

static void topics_xsub (void)
{
    void *socket = unbounded (ZMQ_XSUB);
    char text[64];
    send_text (socket, "\1call", 0);
    expect_text (socket, "call", 0);
    for (int on = 1; on >= 0; --on)
        for (int topic = 0; topic < TOPICS; topic += on ? 1 : 2) {
            text[0] = (char) on;
            topic_text (text + 1, sizeof text - 1, topic);
            CHECK (zmq_send (socket, text, 1 + strlen (text + 1), 0) > 0);
        }
    hear_topics (socket);
}

/* Messages from a subscriber to its publisher; none of their frames looks like a subscription. */

static void upstream_text (char *text, size_t size, int n, int frame)
{
    memset (text, 'u', size);
    snprintf (text, 32, "up %d %d", n, frame);
    text[(n * 37 + frame * 101) % (int) (size - 32) + 31] = 0;
}

enum { UPSTREAM = 500, UPSTREAM_SIZE = 3000 };

static void upstream_xpub (void)
{
    void *socket = unbounded (ZMQ_XPUB);
    char text[UPSTREAM_SIZE], expected[UPSTREAM_SIZE];
    expect_text (socket, "\1call", 0);
    send_text (socket, "call", 0);
    for (int n = 0; n < UPSTREAM; ++n)
        for (int frame = 0; frame < 3; ++frame) {
            upstream_text (expected, sizeof expected, n, frame);
            const int size = zmq_recv (socket, text, sizeof text, 0);
            CHECK (size == (int) strlen (expected) && memcmp (text, expected, (size_t) size) == 0);
            CHECK (get_int (socket, ZMQ_RCVMORE) == (frame < 2));
        }
    finish (socket);
}

static void upstream_xsub (void)
{
    void *socket = unbounded (ZMQ_XSUB);
    char text[UPSTREAM_SIZE];
    send_text (socket, "\1call", 0);
    expect_text (socket, "call", 0);
    for (int n = 0; n < UPSTREAM; ++n)
        for (int frame = 0; frame < 3; ++frame) {
            upstream_text (text, sizeof text, n, frame);
            send_text (socket, text, frame < 2 ? ZMQ_SNDMORE : 0);
        }
    /* Nothing lingers for a subscriber by itself. */
    set_int (socket, ZMQ_LINGER, PATIENCE);
    finish (socket);
}

/* Heartbeats: a connection that is idle for many of them is still the same. */

static void *beating (int type)
{
    void *socket = new_socket (ctx, type);
    set_int (socket, ZMQ_HEARTBEAT_IVL, 20);
    set_int (socket, ZMQ_HEARTBEAT_TIMEOUT, 5000);
    set_int (socket, ZMQ_HEARTBEAT_TTL, 10000);
    OK (zmq_socket_monitor (socket, "inproc://monitor", ZMQ_EVENT_DISCONNECTED));
    return socket;
}

static void beat (int first)
{
    void *socket = beating (ZMQ_DEALER);
    void *monitor = new_socket (ctx, ZMQ_PAIR);
    OK (zmq_connect (monitor, "inproc://monitor"));
    attach (socket);
    if (first)
        send_text (socket, "hello", 0);
    expect_text (socket, "hello", 0);
    if (!first)
        send_text (socket, "hello", 0);
    /* Idle, and not looked after. */
    usleep (500000);
    CHECK (!wait_for (monitor, ZMQ_POLLIN, 0));
    if (first)
        send_text (socket, "bye", 0);
    expect_text (socket, "bye", 0);
    if (!first)
        send_text (socket, "bye", 0);
    drop (monitor);
    finish (socket);
}

static void beat_a (void)
{
    beat (1);
}

static void beat_b (void)
{
    beat (0);
}

/* A peer that goes and comes back at the same place: the runner replaces it half-way. */

static void replaced (void)
{
    void *socket = attached (ZMQ_ROUTER);
    /* Answers until it is told to go. */
    for (;;) {
        zmq_pollitem_t items[] = {{socket, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLIN, 0}};
        CHECK (zmq_poll (items, 2, PATIENCE) > 0);
        if (items[1].revents)
            break;
        char id[256], text[256];
        const int id_size = zmq_recv (socket, id, sizeof id, 0);
        const int size = zmq_recv (socket, text, sizeof text, 0);
        CHECK (id_size > 0 && size > 0);
        CHECK (zmq_send (socket, id, (size_t) id_size, ZMQ_SNDMORE) == id_size);
        CHECK (zmq_send (socket, text, (size_t) size, 0) == size);
    }
    drop (socket);
}

static void patient (void)
{
    void *socket = attached (ZMQ_DEALER);
    set_int (socket, ZMQ_RCVTIMEO, 50);
    const long until = now_ms () + PATIENCE;
    for (int n = 0; n < 20; ++n) {
        char text[16], reply[16];
        snprintf (text, sizeof text, "request %d", n);
        for (;;) {
            CHECK (now_ms () < until);
            zmq_send (socket, text, strlen (text), ZMQ_DONTWAIT);
            const int size = zmq_recv (socket, reply, sizeof reply, 0);
            /* Replies to what was sent twice come late. */
            if (size == (int) strlen (text) && memcmp (reply, text, (size_t) size) == 0)
                break;
        }
        if (n == 9)
            puts ("replace"), fflush (stdout);
    }
    puts ("over");
    fflush (stdout);
    drop (socket);
}

/* STREAM: bytes, from a STREAM of the other library or from a plain socket. */

enum { STREAM_BYTES = 500000 };

static size_t recv_chunk (void *socket, unsigned char *id, int *id_size, unsigned char *data,
                          size_t room)
{
    CHECK (wait_for (socket, ZMQ_POLLIN, PATIENCE));
    *id_size = zmq_recv (socket, id, 256, 0);
    CHECK (*id_size == 5 && get_int (socket, ZMQ_RCVMORE));
    const int size = zmq_recv (socket, data, room, 0);
    CHECK (size >= 0 && size <= (int) room);
    return (size_t) size;
}

static void stream_both (void *socket)
{
    unsigned char id[256];
    static unsigned char sent[STREAM_BYTES], got[STREAM_BYTES];
    int id_size;
    fill (sent, sizeof sent, 1, 1);
    /* Somebody is connected. */
    CHECK (recv_chunk (socket, id, &id_size, got, sizeof got) == 0);
    for (size_t at = 0; at < sizeof sent; at += 50000) {
        OK (zmq_send (socket, id, (size_t) id_size, ZMQ_SNDMORE));
        OK (zmq_send (socket, sent + at, 50000, 0));
    }
    size_t size = 0;
    while (size < sizeof got) {
        const size_t more = recv_chunk (socket, id, &id_size, got + size, sizeof got - size);
        CHECK (more > 0);
        size += more;
    }
    CHECK (memcmp (sent, got, sizeof sent) == 0);
}

static void stream (void)
{
    void *socket = attached (ZMQ_STREAM);
    unsigned char id[256], rest[8];
    int id_size;
    stream_both (socket);
    /* The other one hangs up. */
    CHECK (recv_chunk (socket, id, &id_size, rest, sizeof rest) == 0);
    finish (socket);
}

static void stream_that_hangs_up (void)
{
    void *socket = attached (ZMQ_STREAM);
    stream_both (socket);
    finish (socket);
}

static void raw (void)
{
    int port = 0;
    CHECK (sscanf (endpoint, "tcp://127.0.0.1:%d", &port) == 1);
    struct sockaddr_in address;
    memset (&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    address.sin_port = htons ((uint16_t) port);
    const int fd = socket (AF_INET, SOCK_STREAM, 0);
    CHECK (fd >= 0 && connect (fd, (struct sockaddr *) &address, sizeof address) == 0);
    static unsigned char sent[STREAM_BYTES], got[STREAM_BYTES];
    fill (sent, sizeof sent, 1, 1);
    size_t size = 0;
    while (size < sizeof got) {
        const ssize_t more = read (fd, got + size, sizeof got - size);
        CHECK (more > 0);
        size += (size_t) more;
    }
    CHECK (memcmp (sent, got, sizeof sent) == 0);
    for (size = 0; size < sizeof sent;) {
        const ssize_t more = write (fd, sent + size, sizeof sent - size);
        CHECK (more > 0);
        size += (size_t) more;
    }
    close (fd);
}

static const struct
{
    const char *name;
    void (*a) (void);
    void (*b) (void);
} cases[] = {
  {"push_pull", push, pull},
  {"pair_pair", pair_a, pair_b},
  {"dealer_dealer", dealer_a, dealer_b},
  {"req_rep", req, rep},
  {"correlate", correlated_req, rep_of_two},
  {"dealer_router", named_dealer, router},
  {"router_router", probing_router, probed_router},
  {"handover", twins, handing_router},
  {"pub_sub", pub, sub},
  {"pub_xsub", pub, xsub_all},
  {"xpub_sub", topics_xpub, topics_sub},
  {"xpub_xsub", topics_xpub, topics_xsub},
  {"xsub_xpub", upstream_xsub, upstream_xpub},
  {"heartbeat", beat_a, beat_b},
  {"restart", patient, replaced},
  {"stream_stream", stream_that_hangs_up, stream},
  {"stream_raw", raw, stream},
};

int main (int argc, char **argv)
{
    if (argc != 5) {
        fprintf (stderr, "usage: %s CASE a|b bind|connect ENDPOINT\n", argv[0]);
        return 2;
    }
    how = argv[3];
    endpoint = argv[4];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
        if (strcmp (argv[1], cases[i].name) == 0) {
            ctx = new_ctx ();
            (strcmp (argv[2], "a") == 0 ? cases[i].a : cases[i].b) ();
            term (ctx);
            return 0;
        }
    fprintf (stderr, "%s is no case\n", argv[1]);
    return 2;
}
