/* The end of a context: every call that waits returns ETERM, and so does every later one. */
#include "probe.h"

#include <pthread.h>
#include <sys/uio.h>

static void *ctx;
static void *socket_;
static void *other;

enum call
{
    RECV,
    MSG_RECV,
    RECVIOV,
    SEND,
    MSG_SEND,
    SENDIOV,
    POLL,
    POLL_TWO,
    POLLER,
    POLLER_ALL,
    PROXY,
    PROXY_STEERABLE,
    CALLS
};

static const char *const names[CALLS] = {"recv",    "msg_recv", "recviov",    "send",
                                         "msg_send", "sendiov",  "poll",       "poll of two",
                                         "poller_wait", "poller_wait_all", "proxy",
                                         "proxy_steerable"};

struct result
{
    enum call call;
    int rc;
    int error;
};

static int make (enum call call)
{
    zmq_msg_t msg;
    struct iovec iov[2] = {{"x", 1}, {"y", 1}};
    size_t count = 2;
    int rc = -2;
    char buffer[8];
    switch (call) {
        case RECV:
            return zmq_recv (socket_, buffer, sizeof buffer, 0);
        case MSG_RECV:
            zmq_msg_init (&msg);
            return zmq_msg_recv (&msg, socket_, 0);
        case RECVIOV:
            return zmq_recviov (socket_, iov, &count, 0);
        case SEND:
            return zmq_send (socket_, "x", 1, 0);
        case MSG_SEND:
            zmq_msg_init (&msg);
            return zmq_msg_send (&msg, socket_, 0);
        case SENDIOV:
            return zmq_sendiov (socket_, iov, 2, 0);
        case POLL:
        case POLL_TWO: {
            zmq_pollitem_t items[] = {{socket_, 0, ZMQ_POLLIN, 0}, {other, 0, ZMQ_POLLIN, 0}};
            return zmq_poll (items, call == POLL ? 1 : 2, -1);
        }
        case POLLER:
        case POLLER_ALL: {
            void *poller = zmq_poller_new ();
            zmq_poller_event_t events[2];
            zmq_poller_add (poller, socket_, NULL, ZMQ_POLLIN);
            rc = call == POLLER ? zmq_poller_wait (poller, events, -1)
                                : zmq_poller_wait_all (poller, events, 2, -1);
            const int error = errno;
            zmq_poller_destroy (&poller);
            errno = error;
            return rc;
        }
        case PROXY:
            return zmq_proxy (socket_, other, NULL);
        case PROXY_STEERABLE:
            return zmq_proxy_steerable (socket_, other, NULL, NULL);
        case CALLS:
            break;
    }
    return rc;
}

static void *thread (void *argument)
{
    struct result *result = argument;
    result->rc = make (result->call);
    result->error = errno;
    return NULL;
}

static void blocked (int type)
{
    for (enum call call = 0; call < CALLS; ++call) {
        ctx = new_ctx ();
        socket_ = new_socket (ctx, type);
        other = new_socket (ctx, type);
        struct result result = {call, 0, 0};
        pthread_t id;
        CHECK (pthread_create (&id, NULL, thread, &result) == 0);
        usleep (20000);
        OK (zmq_ctx_shutdown (ctx));
        CHECK (pthread_join (id, NULL) == 0);
        errno = result.error;
        say_rc (result.rc, "%s blocked in %s", type_name (type), names[call]);
        /* Every call from now on; libzmq does not survive a poller of sockets that are over. */
        if (call < POLLER)
            say_rc (make (call), "  called again");
        OK (zmq_close (socket_));
        OK (zmq_close (other));
        term (ctx);
    }
}

static void afterwards (void)
{
    ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_DEALER);
    OK (zmq_bind (socket, "inproc://afterwards"));
    OK (zmq_ctx_shutdown (ctx));
    int value = 0;
    size_t size = sizeof value;
    char buffer[8];
    say_rc (zmq_setsockopt (socket, ZMQ_LINGER, &value, sizeof value), "setsockopt");
    say_rc (zmq_setsockopt (socket, 9999, &value, sizeof value), "setsockopt of an unknown one");
    say_rc (zmq_getsockopt (socket, ZMQ_LINGER, &value, &size), "getsockopt");
    say_rc (zmq_bind (socket, "inproc://b"), "bind");
    say_rc (zmq_bind (socket, "nonsense"), "bind nonsense");
    say_rc (zmq_connect (socket, "inproc://b"), "connect");
    say_rc (zmq_unbind (socket, "inproc://afterwards"), "unbind");
    say_rc (zmq_disconnect (socket, "inproc://b"), "disconnect");
    say_rc (zmq_send (socket, "x", 1, ZMQ_DONTWAIT), "send");
    say_rc (zmq_recv (socket, buffer, sizeof buffer, ZMQ_DONTWAIT), "recv");
    say_rc (zmq_socket_monitor (socket, "inproc://m", ZMQ_EVENT_ALL), "monitor");
    say_rc (zmq_socket_monitor (socket, NULL, 0), "monitor NULL");
    zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
    say_rc (zmq_poll (&item, 1, 0), "poll");
    say_rc (zmq_socket_get_peer_state (socket, "x", 1), "get_peer_state");
    say_rc (zmq_join (socket, "x"), "join");
    say_rc (zmq_close (socket), "close");
    term (ctx);
}

/* A term that waits in one thread for a socket that another one closes. */
static void *terminate (void *argument)
{
    struct result *result = argument;
    result->rc = zmq_ctx_term (ctx);
    result->error = errno;
    return NULL;
}

static void waits (void)
{
    ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_PULL);
    struct result result = {0, -2, 0};
    pthread_t id;
    CHECK (pthread_create (&id, NULL, terminate, &result) == 0);
    say_rc (zmq_recv (socket, NULL, 0, 0), "recv until term");
    usleep (20000);
    CHECK (result.rc == -2);
    OK (zmq_close (socket));
    CHECK (pthread_join (id, NULL) == 0);
    errno = result.error;
    say_rc (result.rc, "term");
}

int main (void)
{
    /* A DEALER that is not connected has neither anything to receive nor room to send. */
    blocked (ZMQ_DEALER);
    afterwards ();
    waits ();
    return 0;
}
