#include "traffic.h"

#include <pthread.h>

const struct pattern patterns[PATTERNS] = {
    {"PUSH/PULL", ZMQ_PUSH, ZMQ_PULL, 0, 0},
    {"DEALER/ROUTER", ZMQ_DEALER, ZMQ_ROUTER, 1, 0},
    {"XPUB/SUB", ZMQ_XPUB, ZMQ_SUB, 0, 0},
    {"REQ/REP", ZMQ_REQ, ZMQ_REP, 0, 1},
};

const char *const transports[TRANSPORTS] = {"tcp://127.0.0.1:*", "ipc://*", "inproc://costs"};

static const char body[MAX_SIZE];

static void send_one (void *socket, enum way way, size_t size)
{
    if (way == BUFFERS) {
        CHECK (zmq_send (socket, body, size, 0) == (int) size);
        return;
    }
    zmq_msg_t message;
    OK (zmq_msg_init_size (&message, size));
    memcpy (zmq_msg_data (&message), body, size);
    CHECK (zmq_msg_send (&message, socket, 0) == (int) size);
}

static void receive_one (void *socket, enum way way, size_t size)
{
    if (way == BUFFERS) {
        char buffer[MAX_SIZE];
        CHECK (zmq_recv (socket, buffer, sizeof buffer, 0) == (int) size);
        return;
    }
    zmq_msg_t message;
    OK (zmq_msg_init (&message));
    CHECK (zmq_msg_recv (&message, socket, 0) == (int) size);
    OK (zmq_msg_close (&message));
}

void pair_send (const struct pair *pair, enum way way, size_t size)
{
    send_one (pair->sender, way, size);
}

void pair_receive (const struct pair *pair, enum way way, size_t size)
{
    if (pair->pattern->addressed) {
        char routing_id[64];
        CHECK (zmq_recv (pair->receiver, routing_id, sizeof routing_id, 0) > 0);
    }
    receive_one (pair->receiver, way, size);
}

void pair_answer (const struct pair *pair, enum way way, size_t size)
{
    send_one (pair->receiver, way, size);
}

void pair_hear (const struct pair *pair, enum way way, size_t size)
{
    receive_one (pair->sender, way, size);
}

struct half {
    const struct pair *pair;
    enum way way;
    size_t size;
    long count;
};

static void *receive_all (void *argument)
{
    const struct half *half = argument;
    for (long i = 0; i < half->count; ++i) {
        pair_receive (half->pair, half->way, half->size);
        if (half->pair->pattern->answered)
            pair_answer (half->pair, half->way, half->size);
    }
    return NULL;
}

void pair_stream (const struct pair *pair, enum way way, size_t size, long count)
{
    struct half half = {pair, way, size, count};
    pthread_t thread;
    CHECK (pthread_create (&thread, NULL, receive_all, &half) == 0);
    for (long i = 0; i < count; ++i) {
        pair_send (pair, way, size);
        if (pair->pattern->answered)
            pair_hear (pair, way, size);
    }
    CHECK (pthread_join (thread, NULL) == 0);
}

struct pair pair_new (const struct pattern *pattern, const char *transport)
{
    struct pair pair = {pattern, new_ctx (), NULL, NULL};
    pair.sender = new_socket (pair.ctx, pattern->sender);
    pair.receiver = new_socket (pair.ctx, pattern->receiver);
    if (pattern->sender == ZMQ_XPUB) {
        set_int (pair.sender, ZMQ_XPUB_NODROP, 1);
        OK (zmq_setsockopt (pair.receiver, ZMQ_SUBSCRIBE, "", 0));
    }
    char where[256];
    bind_any (pair.sender, transport, where, sizeof where);
    OK (zmq_connect (pair.receiver, where));
    if (pattern->sender == ZMQ_XPUB) {
        char subscription[1];
        CHECK (zmq_recv (pair.sender, subscription, sizeof subscription, 0) == 1);
    }
    pair_stream (&pair, BUFFERS, 1, 1);
    return pair;
}

void pair_end (struct pair *pair)
{
    drop (pair->sender);
    drop (pair->receiver);
    term (pair->ctx);
}
