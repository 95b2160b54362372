/* zmq_sendiov and zmq_recviov. */
#include "probe.h"

#include <sys/uio.h>

static void say_iov (struct iovec *iov, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        say ("  %zu: %zu '%.*s'", i, iov[i].iov_len, (int) iov[i].iov_len, (char *) iov[i].iov_base);
        free (iov[i].iov_base);
    }
}

static char text[] = "abcdefghijklmnopqrstuvwxyz";

int main (void)
{
    void *ctx = new_ctx ();
    void *a = new_socket (ctx, ZMQ_PAIR);
    void *b = new_socket (ctx, ZMQ_PAIR);
    struct iovec iov[10];
    for (int i = 0; i < 10; ++i)
        iov[i] = (struct iovec){text, (size_t) i};
    say_rc (zmq_sendiov (a, iov, 3, ZMQ_DONTWAIT), "sendiov with nobody there");
    size_t n = 3;
    say_rc (zmq_recviov (a, iov, &n, ZMQ_DONTWAIT), "recviov with nobody there");
    say ("  count %zu", n);
    OK (zmq_bind (a, "inproc://iov"));
    OK (zmq_connect (b, "inproc://iov"));
    for (int i = 0; i < 10; ++i)
        iov[i] = (struct iovec){text, (size_t) i};
    static const size_t counts[] = {0, 1, 2, 3, 10};
    static const size_t rooms[] = {0, 1, 2, 3, 10};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; ++c)
        for (size_t r = 0; r < sizeof rooms / sizeof *rooms; ++r)
            for (int flags = ZMQ_DONTWAIT; flags <= 3; flags += 2) {
                struct iovec in[10];
                memset (in, 0, sizeof in);
                say_rc (zmq_sendiov (a, iov, counts[c], flags), "send %zu with flags %d", counts[c],
                        flags);
                /* SNDMORE leaves the message open: close it. */
                if (flags & ZMQ_SNDMORE)
                    send_text (a, "end", 0);
                n = rooms[r];
                const int rc = zmq_recviov (b, in, &n, ZMQ_DONTWAIT);
                say_rc (rc, " recv with room for %zu", rooms[r]);
                say (" count %zu", n);
                if (rc > 0)
                    say_iov (in, n);
                char rest[32];
                while (zmq_recv (b, rest, sizeof rest, ZMQ_DONTWAIT) != -1)
                    say (" left over, more %d", get_int (b, ZMQ_RCVMORE));
            }
    say_rc (zmq_sendiov (a, NULL, 1, 0), "sendiov of NULL");
    n = 1;
    say_rc (zmq_recviov (a, NULL, &n, ZMQ_DONTWAIT), "recviov to NULL");
    /* A buffer that is longer than a message holds inline. */
    static char large[100000];
    memset (large, 'l', sizeof large);
    struct iovec one = {large, sizeof large};
    say_rc (zmq_sendiov (a, &one, 1, 0), "send a large one");
    struct iovec in[1];
    n = 1;
    say_rc (zmq_recviov (b, in, &n, 0), "recv it");
    say ("count %zu length %zu", n, in[0].iov_len);
    CHECK (memcmp (in[0].iov_base, large, sizeof large) == 0);
    free (in[0].iov_base);
    void *pull = new_socket (ctx, ZMQ_PULL);
    void *push = new_socket (ctx, ZMQ_PUSH);
    say_rc (zmq_sendiov (pull, &one, 1, 0), "sendiov on a PULL");
    n = 1;
    say_rc (zmq_recviov (push, in, &n, 0), "recviov on a PUSH");
    say ("count %zu", n);
    drop (pull);
    drop (push);
    drop (a);
    drop (b);
    term (ctx);
    return 0;
}
