/* Throughput of a proxy between two publishers and a subscriber, all in threads over inproc:

     XPUB --+
            +--> XSUB | zmq_proxy_steerable | XPUB --> SUB
     XPUB --+

   Each publisher sends half of MESSAGE-COUNT messages and waits rather than drops
   (ZMQ_XPUB_NODROP); what counts is what arrives at the subscriber. */

#include <stdlib.h>
#include <string.h>

#include "support.h"

#define PUBLISHERS 2
#define HIGH_WATER_MARK 10000
#define BACKEND "inproc://perf_backend"
#define CONTROL "inproc://perf_control"

static const char *const frontends[PUBLISHERS] = {"inproc://perf_pub1", "inproc://perf_pub2"};

struct task {
    uint64_t size;
    uint64_t count;
    const char *endpoint;
};

static void *flooding_socket(void *context, int type)
{
    void *socket = new_socket(context, type);
    set_int(socket, ZMQ_SNDHWM, HIGH_WATER_MARK);
    set_int(socket, ZMQ_RCVHWM, HIGH_WATER_MARK);
    return socket;
}

static void publish(struct peer *self, void *argument)
{
    const struct task *task = argument;
    void *socket = flooding_socket(peer_context(self), ZMQ_XPUB);
    set_int(socket, ZMQ_XPUB_NODROP, 1);
    CHECK("zmq_bind", zmq_bind(socket, task->endpoint) == 0);
    char ready = 'r';
    peer_say(self, &ready, 1);

    /* Nothing is sent before the subscription has come through the proxy. */
    char subscription[8];
    CHECK("zmq_recv", zmq_recv(socket, subscription, sizeof subscription, 0) == 1);
    /* One body for all: what is measured is the way, not memory. */
    zmq_msg_t body;
    CHECK("zmq_msg_init_size", zmq_msg_init_size(&body, task->size) == 0);
    memset(zmq_msg_data(&body), 'A', task->size);
    for (uint64_t i = 0; i < task->count; i++) {
        zmq_msg_t message;
        CHECK("zmq_msg_init", zmq_msg_init(&message) == 0);
        CHECK("zmq_msg_copy", zmq_msg_copy(&message, &body) == 0);
        CHECK("zmq_msg_send", zmq_msg_send(&message, socket, 0) >= 0);
    }
    CHECK("zmq_msg_close", zmq_msg_close(&body) == 0);
    close_socket(socket);
}

static void forward(struct peer *self, void *argument)
{
    (void) argument;
    void *context = peer_context(self);
    void *front = flooding_socket(context, ZMQ_XSUB);
    for (int i = 0; i < PUBLISHERS; i++)
        connect_to(front, frontends[i]);
    void *back = flooding_socket(context, ZMQ_XPUB);
    set_int(back, ZMQ_XPUB_NODROP, 1);
    CHECK("zmq_bind", zmq_bind(back, BACKEND) == 0);
    void *control = new_socket(context, ZMQ_REP);
    CHECK("zmq_bind", zmq_bind(control, CONTROL) == 0);
    char ready = 'r';
    peer_say(self, &ready, 1);

    CHECK("zmq_proxy_steerable", zmq_proxy_steerable(front, back, NULL, control) == 0);
    close_socket(control);
    close_socket(back);
    close_socket(front);
}

static void await(struct peer *peer)
{
    char ready;
    peer_hear(peer, &ready, 1);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        usage_error("usage: proxy_thr <message-size> <message-count>");
    uint64_t size = parse_count(argv[1]);
    uint64_t count = parse_count(argv[2]);
    struct task tasks[PUBLISHERS];
    struct peer *publishers[PUBLISHERS];
    void *context = zmq_ctx_new();
    CHECK("zmq_ctx_new", context);
    for (int i = 0; i < PUBLISHERS; i++) {
        /* The first takes what does not divide. */
        uint64_t share = count / PUBLISHERS + (i == 0 ? count % PUBLISHERS : 0);
        struct task task = {size, share, frontends[i]};
        tasks[i] = task;
        publishers[i] = peer_start(context, publish, &tasks[i]);
        await(publishers[i]);
    }
    struct peer *proxy = peer_start(context, forward, NULL);
    await(proxy);

    void *socket = flooding_socket(context, ZMQ_SUB);
    CHECK("zmq_setsockopt", zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0) == 0);
    connect_to(socket, BACKEND);
    struct courier courier;
    courier_open(&courier, "msg", size);
    courier_receive(&courier, socket, 0);
    uint64_t start = now_ns();
    for (uint64_t i = 1; i < count; i++)
        courier_receive(&courier, socket, 0);
    uint64_t elapsed = now_ns() - start;

    for (int i = 0; i < PUBLISHERS; i++)
        peer_join(publishers[i]);
    void *control = new_socket(context, ZMQ_REQ);
    connect_to(control, CONTROL);
    CHECK("zmq_send", zmq_send(control, "TERMINATE", 9, 0) == 9);
    CHECK("zmq_recv", zmq_recv(control, NULL, 0, 0) >= 0);
    peer_join(proxy);
    close_socket(control);
    courier_close(&courier);
    close_socket(socket);
    term_context(context);
    print_throughput(size, count, elapsed);
    return EXIT_SUCCESS;
}
