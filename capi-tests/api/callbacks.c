/* Functions of the user's that call back in: free functions use sockets, timers change timers, and a
 * free function may run in any thread. */
#include "probe.h"

#include <pthread.h>

static void *ctx;
static void *reports;
static int freed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Uses the library, as the manual does not forbid. */
static void on_free (void *data, void *hint)
{
    (void) data;
    (void) hint;
    zmq_msg_t msg;
    zmq_msg_init_size (&msg, 100);
    zmq_msg_close (&msg);
    void *counter = zmq_atomic_counter_new ();
    zmq_atomic_counter_destroy (&counter);
    pthread_mutex_lock (&lock);
    ++freed;
    pthread_mutex_unlock (&lock);
}

/* Makes, uses and closes a socket. */
static void on_free_socket (void *data, void *hint)
{
    on_free (data, hint);
    void *socket = zmq_socket (ctx, ZMQ_PUSH);
    if (!socket)
        return;
    const int zero = 0;
    zmq_setsockopt (socket, ZMQ_LINGER, &zero, sizeof zero);
    zmq_connect (socket, "inproc://reports");
    zmq_send (socket, "freed", 5, ZMQ_DONTWAIT);
    /* With the default, what was sent would stay; it was taken over inproc at once. */
    zmq_close (socket);
}

/* Uses the very socket that lets go of the message. */
static void on_free_same (void *data, void *hint)
{
    on_free (data, hint);
    int events = 0;
    size_t size = sizeof events;
    zmq_getsockopt (hint, ZMQ_EVENTS, &events, &size);
}

static int await_freed (int times)
{
    const long until = now_ms () + PATIENCE;
    int now;
    do {
        pthread_mutex_lock (&lock);
        now = freed;
        pthread_mutex_unlock (&lock);
        if (now < times)
            usleep (1000);
    } while (now < times && now_ms () < until);
    return now;
}

static char data[100000];

static void through (const char *endpoint, zmq_free_fn *function)
{
    freed = 0;
    void *pull = new_socket (ctx, ZMQ_PULL);
    void *push = new_socket (ctx, ZMQ_PUSH);
    char where[256];
    bind_any (pull, endpoint, where, sizeof where);
    OK (zmq_connect (push, where));
    for (int i = 0; i < 10; ++i) {
        zmq_msg_t msg;
        OK (zmq_msg_init_data (&msg, data, sizeof data, function, NULL));
        OK (zmq_msg_send (&msg, push, 0));
        CHECK (zmq_recv (pull, NULL, 0, 0) == (int) sizeof data);
    }
    say ("%.6s: freed %d", endpoint, await_freed (10));
    drop (push);
    drop (pull);
}

int main (void)
{
    ctx = new_ctx ();
    reports = new_socket (ctx, ZMQ_PULL);
    OK (zmq_bind (reports, "inproc://reports"));
    zmq_msg_t msg;
    OK (zmq_msg_init_data (&msg, data, 10, on_free_socket, NULL));
    OK (zmq_msg_close (&msg));
    CHECK (wait_for (reports, ZMQ_POLLIN, PATIENCE));
    say_recv (reports, 0, "closed");
    through ("inproc://through", on_free);
    through ("tcp://127.0.0.1:*", on_free);
    through ("ipc://*", on_free);
    through ("inproc://through-again", on_free_socket);
    for (int i = 0; i < 10; ++i) {
        CHECK (wait_for (reports, ZMQ_POLLIN, PATIENCE));
        say_recv (reports, 0, "report");
    }
    /* A message that a receive overwrites, and the function of which uses the receiving socket. */
    void *a = new_socket (ctx, ZMQ_PAIR);
    void *b = new_socket (ctx, ZMQ_PAIR);
    OK (zmq_bind (a, "inproc://same"));
    OK (zmq_connect (b, "inproc://same"));
    freed = 0;
    OK (zmq_msg_init_data (&msg, data, sizeof data, on_free_same, a));
    send_text (b, "next", 0);
    say_rc (zmq_msg_recv (&msg, a, 0), "recv over it");
    say ("freed %d", freed);
    OK (zmq_msg_close (&msg));
    /* What is left in the pipe when its socket closes. */
    freed = 0;
    for (int i = 0; i < 3; ++i) {
        OK (zmq_msg_init_data (&msg, data, sizeof data, on_free, NULL));
        OK (zmq_msg_send (&msg, b, 0));
    }
    drop (a);
    drop (b);
    say ("closed with messages in it: freed %d", await_freed (3));
    drop (reports);
    term (ctx);
    return 0;
}
