/* Every option of every socket type: its default, and the buffer sizes it can be got with. */
#include "options.h"

int main (void)
{
    static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 32, 40, 41, 255, 256, 257};
    void *ctx = new_ctx ();
    for (int type = 0; type < TYPES; ++type) {
        void *socket = new_socket (ctx, type);
        for (int option = FIRST_OPTION; option <= LAST_OPTION; ++option) {
            if (depends_on_build (option))
                continue;
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i)
                say_option (socket, option, sizes[i], type_name (type));
        }
        CHECK (get_int (socket, ZMQ_TYPE) == type);
        /* Nothing that a subscriber sends is worth waiting for. */
        CHECK (get_int (socket, ZMQ_LINGER) == (type == ZMQ_SUB || type == ZMQ_XSUB ? 0 : -1));
        CHECK (get_int (socket, ZMQ_SNDHWM) == 1000);
        CHECK (get_int (socket, ZMQ_RCVHWM) == 1000);
        CHECK (get_int (socket, ZMQ_RECONNECT_IVL) == 100);
        CHECK (get_int (socket, ZMQ_HANDSHAKE_IVL) == 30000);
        CHECK (get_int (socket, ZMQ_MECHANISM) == ZMQ_NULL);
        CHECK (get_int (socket, ZMQ_FD) >= 0);
        CHECK (get_int (socket, ZMQ_FD) == get_int (socket, ZMQ_FD));
        drop (socket);
    }
    term (ctx);
    return 0;
}
