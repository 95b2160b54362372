/* Handles of what was closed, and arguments that libzmq does not check: there a call touches memory
 * that is gone, or none; here it gets an errno. Not to be compared. */
#include "probe.h"

#include <pthread.h>

#define FAILS(call, error)                                                                         \
    do {                                                                                           \
        errno = 0;                                                                                 \
        CHECK ((call) == -1);                                                                      \
        CHECK (errno == (error));                                                                  \
    } while (0)

static void socket_calls (void *socket)
{
    char buffer[8];
    int value = 0;
    size_t size = sizeof value;
    zmq_msg_t msg;
    FAILS (zmq_close (socket), ENOTSOCK);
    FAILS (zmq_setsockopt (socket, ZMQ_LINGER, &value, sizeof value), ENOTSOCK);
    FAILS (zmq_getsockopt (socket, ZMQ_LINGER, &value, &size), ENOTSOCK);
    FAILS (zmq_bind (socket, "inproc://a"), ENOTSOCK);
    FAILS (zmq_connect (socket, "inproc://a"), ENOTSOCK);
    FAILS (zmq_unbind (socket, "inproc://a"), ENOTSOCK);
    FAILS (zmq_disconnect (socket, "inproc://a"), ENOTSOCK);
    FAILS (zmq_send (socket, "x", 1, 0), ENOTSOCK);
    FAILS (zmq_send_const (socket, "x", 1, 0), ENOTSOCK);
    FAILS (zmq_recv (socket, buffer, sizeof buffer, 0), ENOTSOCK);
    OK (zmq_msg_init_size (&msg, 2));
    FAILS (zmq_msg_send (&msg, socket, 0), ENOTSOCK);
    FAILS (zmq_msg_recv (&msg, socket, 0), ENOTSOCK);
    CHECK (zmq_msg_size (&msg) == 2);
    OK (zmq_msg_close (&msg));
    FAILS (zmq_socket_monitor (socket, "inproc://m", ZMQ_EVENT_ALL), ENOTSOCK);
    FAILS (zmq_socket_monitor (socket, NULL, 0), ENOTSOCK);
    FAILS (zmq_socket_get_peer_state (socket, "x", 1), ENOTSOCK);
    FAILS (zmq_join (socket, "x"), ENOTSOCK);
    FAILS (zmq_leave (socket, "x"), ENOTSOCK);
    zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
    FAILS (zmq_poll (&item, 1, 0), ENOTSOCK);
    FAILS (zmq_poll (&item, 1, -1), ENOTSOCK);
    void *poller = zmq_poller_new ();
    FAILS (zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN), ENOTSOCK);
    OK (zmq_poller_destroy (&poller));
    FAILS (zmq_proxy (socket, socket, NULL), ENOTSOCK);
    FAILS (zmq_proxy_steerable (socket, socket, NULL, NULL), ENOTSOCK);
}

static void closed_sockets (void)
{
    void *ctx = new_ctx ();
    for (int type = 0; type < TYPES; ++type) {
        void *socket = new_socket (ctx, type);
        OK (zmq_close (socket));
        socket_calls (socket);
    }
    /* Still, when others were made meanwhile. */
    void *socket = new_socket (ctx, ZMQ_PAIR);
    OK (zmq_close (socket));
    void *others[50];
    for (int i = 0; i < 50; ++i)
        others[i] = new_socket (ctx, ZMQ_PAIR);
    socket_calls (socket);
    for (int i = 0; i < 50; ++i)
        OK (zmq_close (others[i]));
    term (ctx);
    socket_calls (socket);
}

static void ended_contexts (void)
{
    int value = 1;
    size_t size = sizeof value;
    void *ctx = new_ctx ();
    OK (zmq_ctx_term (ctx));
    FAILS (zmq_ctx_term (ctx), EFAULT);
    FAILS (zmq_ctx_shutdown (ctx), EFAULT);
    FAILS (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 1), EFAULT);
    FAILS (zmq_ctx_get (ctx, ZMQ_IO_THREADS), EFAULT);
    FAILS (zmq_ctx_set_ext (ctx, ZMQ_IO_THREADS, &value, sizeof value), EFAULT);
    FAILS (zmq_ctx_get_ext (ctx, ZMQ_IO_THREADS, &value, &size), EFAULT);
    CHECK (zmq_socket (ctx, ZMQ_PAIR) == NULL && errno == EFAULT);
}

/* Closed by another thread while a call waits. */
static void *blocked (void *socket)
{
    const int rc = zmq_recv (socket, NULL, 0, 0);
    return (void *) (size_t) (rc == -1 ? errno : 0);
}

static void closed_meanwhile (void)
{
    void *ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_PULL);
    pthread_t id;
    void *error = NULL;
    CHECK (pthread_create (&id, NULL, blocked, socket) == 0);
    usleep (20000);
    OK (zmq_close (socket));
    CHECK (pthread_join (id, &error) == 0);
    CHECK ((int) (size_t) error == ENOTSOCK);
    term (ctx);
}

static void null_arguments (void)
{
    void *ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_PAIR);
    int value = 0;
    size_t size = sizeof value;
    FAILS (zmq_bind (socket, NULL), EINVAL);
    FAILS (zmq_connect (socket, NULL), EINVAL);
    FAILS (zmq_getsockopt (socket, ZMQ_LINGER, NULL, &size), EFAULT);
    FAILS (zmq_getsockopt (socket, ZMQ_LINGER, &value, NULL), EFAULT);
    FAILS (zmq_msg_init (NULL), EFAULT);
    FAILS (zmq_msg_init_size (NULL, 1), EFAULT);
    FAILS (zmq_msg_close (NULL), EFAULT);
    FAILS (zmq_msg_copy (NULL, NULL), EFAULT);
    FAILS (zmq_msg_move (NULL, NULL), EFAULT);
    FAILS (zmq_msg_send (NULL, socket, 0), EFAULT);
    FAILS (zmq_msg_recv (NULL, socket, 0), EFAULT);
    FAILS (zmq_poll (NULL, 1, 0), EFAULT);
    FAILS (zmq_ctx_set_ext (ctx, ZMQ_IO_THREADS, NULL, 4), EINVAL);
    FAILS (zmq_ctx_get_ext (ctx, ZMQ_IO_THREADS, NULL, &size), EFAULT);
    FAILS (zmq_timers_destroy (NULL), EFAULT);
    FAILS (zmq_poller_destroy (NULL), EFAULT);
    FAILS (zmq_proxy_steerable (NULL, NULL, NULL, NULL), EFAULT);
    FAILS (zmq_device (ZMQ_QUEUE, NULL, NULL), EFAULT);
    CHECK (zmq_msg_data (NULL) == NULL);
    CHECK (zmq_msg_size (NULL) == 0);
    CHECK (zmq_z85_encode (NULL, NULL, 4) == NULL && errno == EINVAL);
    CHECK (zmq_z85_decode (NULL, NULL) == NULL && errno == EINVAL);
    CHECK (zmq_has (NULL) == 0);
    zmq_version (NULL, NULL, NULL);
    zmq_threadclose (NULL);
    CHECK (zmq_threadstart (NULL, NULL) == NULL && errno == EFAULT);
    zmq_atomic_counter_destroy (NULL);
    CHECK (zmq_stopwatch_stop (NULL) == 0);
    drop (socket);
    term (ctx);
}

/* Messages onto themselves. */
static void selves (void)
{
    zmq_msg_t msg;
    OK (zmq_msg_init_size (&msg, 1000));
    memset (zmq_msg_data (&msg), 7, 1000);
    OK (zmq_msg_copy (&msg, &msg));
    OK (zmq_msg_move (&msg, &msg));
    CHECK (zmq_msg_size (&msg) == 1000 && *(char *) zmq_msg_data (&msg) == 7);
    OK (zmq_msg_close (&msg));
}

int main (void)
{
    closed_sockets ();
    ended_contexts ();
    closed_meanwhile ();
    null_arguments ();
    selves ();
    return 0;
}
