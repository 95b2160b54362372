/* Throughput of PUSH to PULL between two threads. */

#include <stdlib.h>

#include "support.h"

struct task {
    uint64_t size;
    uint64_t count;
};

static void push(struct peer *self, void *argument)
{
    const struct task *task = argument;
    void *socket = new_socket(peer_context(self), ZMQ_PUSH);
    connect_to(socket, "inproc://thr_test");
    struct courier courier;
    courier_open(&courier, "msg", task->size);
    for (uint64_t i = 0; i < task->count; i++)
        courier_send(&courier, socket, 0);
    courier_close(&courier);
    close_socket(socket);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        usage_error("usage: inproc_thr <message-size> <message-count>");
    struct task task = {parse_count(argv[1]), parse_count(argv[2])};

    void *context = zmq_ctx_new();
    CHECK("zmq_ctx_new", context);
    void *socket = new_socket(context, ZMQ_PULL);
    CHECK("zmq_bind", zmq_bind(socket, "inproc://thr_test") == 0);
    struct peer *peer = peer_start(context, push, &task);

    struct courier courier;
    courier_open(&courier, "msg", task.size);
    courier_receive(&courier, socket, 0);
    uint64_t start = now_ns();
    for (uint64_t i = 1; i < task.count; i++)
        courier_receive(&courier, socket, 0);
    uint64_t elapsed = now_ns() - start;

    peer_join(peer);
    courier_close(&courier);
    close_socket(socket);
    term_context(context);
    print_throughput(task.size, task.count, elapsed);
    return EXIT_SUCCESS;
}
