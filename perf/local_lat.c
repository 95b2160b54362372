/* The answering side of a latency test: a REP socket that echoes. Its other side is remote_lat. */

#include <stdlib.h>

#include "support.h"

int main(int argc, char **argv)
{
    if (argc != 4)
        usage_error("usage: local_lat <bind-to> <message-size> <roundtrip-count>");
    const char *endpoint = argv[1];
    uint64_t size = parse_count(argv[2]);
    uint64_t count = parse_count(argv[3]);

    void *context = zmq_ctx_new();
    CHECK("zmq_ctx_new", context);
    void *socket = new_socket(context, ZMQ_REP);
    CHECK("zmq_bind", zmq_bind(socket, endpoint) == 0);

    /* The message that came is the one that goes back. */
    zmq_msg_t message;
    CHECK("zmq_msg_init", zmq_msg_init(&message) == 0);
    for (uint64_t i = 0; i < count; i++)
        echo(&message, socket, size);

    CHECK("zmq_msg_close", zmq_msg_close(&message) == 0);
    close_socket(socket);
    term_context(context);
    return EXIT_SUCCESS;
}
