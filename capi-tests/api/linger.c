/* What becomes of messages when their socket is closed, and when the context ends. */
#include "probe.h"

/* Sends, closes and ends the context at once; counts what arrives in another context. */
static void sent (const char *endpoint, int linger, int count, size_t size)
{
    static char data[100000];
    void *receivers = new_ctx ();
    void *pull = new_socket (receivers, ZMQ_PULL);
    char where[256];
    bind_any (pull, endpoint, where, sizeof where);
    void *senders = new_ctx ();
    void *push = new_socket (senders, ZMQ_PUSH);
    set_int (push, ZMQ_LINGER, linger);
    OK (zmq_connect (push, where));
    for (int i = 0; i < count; ++i)
        CHECK (zmq_send (push, data, size, 0) == (int) size);
    OK (zmq_close (push));
    term (senders);
    set_int (pull, ZMQ_RCVTIMEO, SETTLE);
    int received = 0;
    while (zmq_recv (pull, NULL, 0, 0) == (int) size)
        ++received;
    say ("%.6s linger %d: sent %d of %zu, received %d", endpoint, linger, count, size, received);
    drop (pull);
    term (receivers);
}

/* Nobody there: linger says how long the context waits. */
static void held (const char *place, int linger)
{
    void *ctx = new_ctx ();
    void *push = new_socket (ctx, ZMQ_PUSH);
    set_int (push, ZMQ_LINGER, linger);
    OK (zmq_connect (push, place));
    send_text (push, "x", 0);
    const long began = now_ms ();
    OK (zmq_close (push));
    const long closed = now_ms ();
    term (ctx);
    const long over = now_ms ();
    say ("nobody at %.6s, linger %d: close waits %d, term waits %s", place, linger,
         closed - began > linger / 2 + 100,
         over - began >= linger - 2 && over - began < linger + 5000 ? "as long" : "otherwise");
}

/* Nothing was sent: nothing is waited for. */
static void nothing (void)
{
    static const int types[] = {ZMQ_PUSH, ZMQ_DEALER, ZMQ_PUB, ZMQ_REQ, ZMQ_SUB, ZMQ_ROUTER};
    for (size_t i = 0; i < sizeof types / sizeof *types; ++i) {
        void *ctx = new_ctx ();
        void *socket = new_socket (ctx, types[i]);
        OK (zmq_connect (socket, "tcp://127.0.0.1:1"));
        const long began = now_ms ();
        OK (zmq_close (socket));
        term (ctx);
        say ("%s connected, nothing sent: waits %d", type_name (types[i]), now_ms () - began > 1000);
    }
}

/* An inproc connection to nobody is given up at once. */
static void inproc (void)
{
    void *ctx = new_ctx ();
    void *push = new_socket (ctx, ZMQ_PUSH);
    OK (zmq_connect (push, "inproc://nobody"));
    send_text (push, "x", 0);
    OK (zmq_close (push));
    term (ctx);
    say ("inproc to nobody: ends");
    /* What is in the pipe is the receiver's. */
    ctx = new_ctx ();
    push = new_socket (ctx, ZMQ_PUSH);
    void *pull = new_socket (ctx, ZMQ_PULL);
    OK (zmq_bind (pull, "inproc://bound"));
    OK (zmq_connect (push, "inproc://bound"));
    send_text (push, "one", 0);
    send_text (push, "two", 0);
    OK (zmq_close (push));
    say_recv (pull, 0, "after the sender closed");
    say_recv (pull, 0, "after the sender closed");
    say_recv (pull, ZMQ_DONTWAIT, "nothing more");
    drop (pull);
    term (ctx);
}

/* zmq_disconnect and zmq_unbind: what was sent before still goes out. */
static void disconnected (const char *endpoint)
{
    void *ctx = new_ctx ();
    void *pull = new_socket (ctx, ZMQ_PULL);
    void *push = new_socket (ctx, ZMQ_PUSH);
    char where[256];
    bind_any (pull, endpoint, where, sizeof where);
    OK (zmq_connect (push, where));
    for (int i = 0; i < 100; ++i)
        send_text (push, "x", 0);
    OK (zmq_disconnect (push, where));
    say_rc (zmq_send (push, "x", 1, ZMQ_DONTWAIT), "%.6s send after disconnect", endpoint);
    set_int (pull, ZMQ_RCVTIMEO, PATIENCE);
    int received = 0;
    while (received < 100 && zmq_recv (pull, NULL, 0, 0) == 1)
        ++received;
    say ("received %d", received);
    drop (push);
    drop (pull);
    term (ctx);
}

int main (void)
{
    static const char *const endpoints[] = {"tcp://127.0.0.1:*", "ipc://*"};
    for (size_t i = 0; i < 2; ++i) {
        sent (endpoints[i], -1, 1, 1);
        sent (endpoints[i], -1, 1000, 10);
        sent (endpoints[i], -1, 500, 100000);
        sent (endpoints[i], 60000, 1000, 10);
        sent (endpoints[i], -1, 10, 0);
        disconnected (endpoints[i]);
    }
    held ("tcp://127.0.0.1:1", 0);
    held ("tcp://127.0.0.1:1", 300);
    held ("ipc://@linger-nobody", 0);
    held ("ipc://@linger-nobody", 300);
    nothing ();
    inproc ();
    disconnected ("inproc://disconnected");
    return 0;
}
