/* Latency of REQ to REP between two threads. */

#include <stdlib.h>
#include <string.h>

#include "support.h"

struct task {
    uint64_t size;
    uint64_t count;
};

static void reply(struct peer *self, void *argument)
{
    const struct task *task = argument;
    void *socket = new_socket(peer_context(self), ZMQ_REP);
    connect_to(socket, "inproc://lat_test");
    zmq_msg_t message;
    CHECK("zmq_msg_init", zmq_msg_init(&message) == 0);
    for (uint64_t i = 0; i < task->count; i++)
        echo(&message, socket, task->size);
    CHECK("zmq_msg_close", zmq_msg_close(&message) == 0);
    close_socket(socket);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        usage_error("usage: inproc_lat <message-size> <roundtrip-count>");
    struct task task = {parse_count(argv[1]), parse_count(argv[2])};

    void *context = zmq_ctx_new();
    CHECK("zmq_ctx_new", context);
    void *socket = new_socket(context, ZMQ_REQ);
    CHECK("zmq_bind", zmq_bind(socket, "inproc://lat_test") == 0);
    struct peer *peer = peer_start(context, reply, &task);

    zmq_msg_t message;
    CHECK("zmq_msg_init_size", zmq_msg_init_size(&message, task.size) == 0);
    memset(zmq_msg_data(&message), 0, task.size);
    uint64_t start = now_ns();
    for (uint64_t i = 0; i < task.count; i++)
        ask(&message, socket, task.size);
    uint64_t elapsed = now_ns() - start;

    CHECK("zmq_msg_close", zmq_msg_close(&message) == 0);
    peer_join(peer);
    close_socket(socket);
    term_context(context);
    print_latency(task.size, task.count, elapsed);
    return EXIT_SUCCESS;
}
