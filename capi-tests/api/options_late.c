/* Options of sockets that are bound and connected already. */
#include "options.h"

int main (void)
{
    void *ctx = new_ctx ();
    for (int type = 0; type < TYPES; ++type) {
        for (int option = FIRST_OPTION; option <= LAST_OPTION; ++option) {
            if (depends_on_build (option) || option == ZMQ_USE_FD)
                continue;
            void *socket = new_socket (ctx, type);
            char where[128];
            /* A name is free again some time after its socket is closed. */
            char name[64];
            snprintf (name, sizeof name, "inproc://late-%d-%d", type, option);
            if (type != ZMQ_STREAM)
                OK (zmq_bind (socket, name));
            bind_any (socket, "tcp://127.0.0.1:*", where, sizeof where);
            /* What it is bound to has a port that changes. */
            if (option != ZMQ_LAST_ENDPOINT) {
                say_option (socket, option, 4, type_name (type));
                say_option (socket, option, 8, type_name (type));
                say_option (socket, option, 256, type_name (type));
            }
            const int one = 1;
            say_rc (zmq_setsockopt (socket, option, &one, sizeof one), "%s set %d late",
                    type_name (type), option);
            if (option != ZMQ_LAST_ENDPOINT)
                say_option (socket, option, 4, " ");
            if (option == ZMQ_XSUB_VERBOSE_UNSUBSCRIBE) {
                drop (socket);
                continue;
            }
            const int64_t two = 2;
            say_rc (zmq_setsockopt (socket, option, &two, sizeof two), "%s set %d to a long late",
                    type_name (type), option);
            say_rc (zmq_setsockopt (socket, option, "abc", 3), "%s set %d to bytes late",
                    type_name (type), option);
            drop (socket);
        }
    }
    term (ctx);
    return 0;
}
