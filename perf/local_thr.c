/* The receiving side of a throughput test: a PULL socket that times MESSAGE-COUNT messages from the
   first on. Its other side is remote_thr. */

#include <stdio.h>
#include <stdlib.h>

#include "curve.h"
#include "support.h"

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 5)
        usage_error("usage: local_thr <bind-to> <message-size> <message-count> [<enable_curve>]");
    const char *endpoint = argv[1];
    uint64_t size = parse_count(argv[2]);
    uint64_t count = parse_count(argv[3]);
    int curve = argc == 5 && parse_count(argv[4]) != 0;

    void *context = zmq_ctx_new();
    CHECK("zmq_ctx_new", context);
    void *socket = new_socket(context, ZMQ_PULL);
    if (curve) {
        set_int(socket, ZMQ_CURVE_SERVER, 1);
        set_key(socket, ZMQ_CURVE_SECRETKEY, SERVER_SECRET);
    }
    CHECK("zmq_bind", zmq_bind(socket, endpoint) == 0);

    struct courier courier;
    courier_open(&courier, "msg", size);
    courier_receive(&courier, socket, 0);
    uint64_t start = now_ns();
    for (uint64_t i = 1; i < count; i++)
        courier_receive(&courier, socket, 0);
    print_throughput(size, count, now_ns() - start);

    courier_close(&courier);
    close_socket(socket);
    term_context(context);
    return EXIT_SUCCESS;
}
