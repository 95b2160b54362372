/* The sending side of a throughput test: a PUSH socket. Its other side is local_thr. */

#include <stdlib.h>

#include "curve.h"
#include "support.h"

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 5)
        usage_error(
            "usage: remote_thr <connect-to> <message-size> <message-count> [<enable_curve>]");
    const char *endpoint = argv[1];
    uint64_t size = parse_count(argv[2]);
    uint64_t count = parse_count(argv[3]);
    int curve = argc == 5 && parse_count(argv[4]) != 0;

    void *context = zmq_ctx_new();
    CHECK("zmq_ctx_new", context);
    void *socket = new_socket(context, ZMQ_PUSH);
    if (curve) {
        set_key(socket, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC);
        set_key(socket, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET);
        set_key(socket, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC);
    }
    connect_to(socket, endpoint);

    struct courier courier;
    courier_open(&courier, "msg", size);
    for (uint64_t i = 0; i < count; i++)
        courier_send(&courier, socket, 0);

    courier_close(&courier);
    close_socket(socket);
    term_context(context);
    return EXIT_SUCCESS;
}
