/* The asking side of a latency test: a REQ socket that times ROUNDTRIP-COUNT requests. Its other
   side is local_lat. */

#include <stdlib.h>
#include <string.h>

#include "support.h"

int main(int argc, char **argv)
{
    if (argc != 4)
        usage_error("usage: remote_lat <connect-to> <message-size> <roundtrip-count>");
    const char *endpoint = argv[1];
    uint64_t size = parse_count(argv[2]);
    uint64_t count = parse_count(argv[3]);

    void *context = zmq_ctx_new();
    CHECK("zmq_ctx_new", context);
    void *socket = new_socket(context, ZMQ_REQ);
    connect_to(socket, endpoint);

    zmq_msg_t message;
    CHECK("zmq_msg_init_size", zmq_msg_init_size(&message, size) == 0);
    memset(zmq_msg_data(&message), 0, size);
    uint64_t start = now_ns();
    for (uint64_t i = 0; i < count; i++)
        ask(&message, socket, size);
    print_latency(size, count, now_ns() - start);

    CHECK("zmq_msg_close", zmq_msg_close(&message) == 0);
    close_socket(socket);
    term_context(context);
    return EXIT_SUCCESS;
}
