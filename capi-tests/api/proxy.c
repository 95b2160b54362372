/* zmq_proxy, zmq_proxy_steerable, zmq_device. */
#include "probe.h"

#include <pthread.h>

static void *frontend, *backend, *capture, *control;
static int steerable;
static int result, error;

static void *run (void *argument)
{
    (void) argument;
    result = steerable ? zmq_proxy_steerable (frontend, backend, capture, control)
                       : zmq_proxy (frontend, backend, capture);
    error = errno;
    return NULL;
}

static void say_all (void *socket, const char *label)
{
    CHECK (wait_for (socket, ZMQ_POLLIN, PATIENCE));
    do
        say_recv (socket, 0, label);
    while (get_int (socket, ZMQ_RCVMORE));
}

static void queue (void)
{
    void *ctx = new_ctx ();
    frontend = new_socket (ctx, ZMQ_ROUTER);
    backend = new_socket (ctx, ZMQ_DEALER);
    capture = new_socket (ctx, ZMQ_PUSH);
    void *captured = new_socket (ctx, ZMQ_PULL);
    void *client = new_socket (ctx, ZMQ_REQ);
    void *server = new_socket (ctx, ZMQ_REP);
    OK (zmq_setsockopt (client, ZMQ_ROUTING_ID, "C", 1));
    OK (zmq_bind (frontend, "inproc://front"));
    OK (zmq_bind (backend, "inproc://back"));
    OK (zmq_bind (captured, "inproc://capture"));
    OK (zmq_connect (capture, "inproc://capture"));
    OK (zmq_connect (client, "inproc://front"));
    OK (zmq_connect (server, "inproc://back"));
    pthread_t id;
    steerable = 0;
    CHECK (pthread_create (&id, NULL, run, NULL) == 0);
    send_text (client, "one", ZMQ_SNDMORE);
    send_text (client, "two", 0);
    say_all (server, "server");
    send_text (server, "reply", 0);
    say_all (client, "client");
    say_all (captured, "captured");
    say_all (captured, "captured");
    OK (zmq_ctx_shutdown (ctx));
    CHECK (pthread_join (id, NULL) == 0);
    errno = error;
    say_rc (result, "proxy");
    void *const all[] = {frontend, backend, capture, captured, client, server};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        OK (zmq_close (all[i]));
    term (ctx);
}

/* Commands, by each type that may send them. What PAUSE does is not probed: libzmq 4.3.5 answers it
 * and goes on. */
static void steered (int type)
{
    say ("steered by a %s", type_name (type));
    void *ctx = new_ctx ();
    frontend = new_socket (ctx, ZMQ_PULL);
    backend = new_socket (ctx, ZMQ_PUSH);
    capture = NULL;
    control = new_socket (ctx, type == ZMQ_REQ ? ZMQ_REP : type == ZMQ_PUB ? ZMQ_SUB : ZMQ_PAIR);
    if (type == ZMQ_PUB)
        OK (zmq_setsockopt (control, ZMQ_SUBSCRIBE, "", 0));
    void *steer = new_socket (ctx, type);
    void *in = new_socket (ctx, ZMQ_PUSH);
    void *out = new_socket (ctx, ZMQ_PULL);
    OK (zmq_bind (frontend, "inproc://front"));
    OK (zmq_bind (backend, "inproc://back"));
    OK (zmq_bind (control, "inproc://control"));
    OK (zmq_connect (in, "inproc://front"));
    OK (zmq_connect (out, "inproc://back"));
    OK (zmq_connect (steer, "inproc://control"));
    pthread_t id;
    steerable = 1;
    CHECK (pthread_create (&id, NULL, run, NULL) == 0);
    for (int i = 0; i < 3; ++i) {
        send_text (in, "abc", ZMQ_SNDMORE);
        send_text (in, "de", 0);
        say_all (out, "out");
    }
    static const char *const commands[] = {"STATISTICS", "PAUSE", "RESUME", "nonsense", "", "STATISTICS"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands && type != ZMQ_PUB; ++i) {
        send_text (steer, commands[i], 0);
        say ("%s", commands[i]);
        if (strcmp (commands[i], "STATISTICS") == 0) {
            CHECK (wait_for (steer, ZMQ_POLLIN, PATIENCE));
            uint64_t value;
            do {
                CHECK (zmq_recv (steer, &value, sizeof value, 0) == 8);
                say ("  %llu", (unsigned long long) value);
            } while (get_int (steer, ZMQ_RCVMORE));
        } else {
            /* The answer tells that it is in force. */
            say ("  answer: %d", wait_for (steer, ZMQ_POLLIN, type == ZMQ_REQ ? PATIENCE : SETTLE));
            if (wait_for (steer, ZMQ_POLLIN, 0))
                say_all (steer, "  answer");
        }
    }
    send_text (steer, "TERMINATE", 0);
    if (type != ZMQ_PUB) {
        say ("TERMINATE: answer %d", wait_for (steer, ZMQ_POLLIN, type == ZMQ_REQ ? PATIENCE : SETTLE));
        if (wait_for (steer, ZMQ_POLLIN, 0))
            say_all (steer, "  answer");
    }
    CHECK (pthread_join (id, NULL) == 0);
    errno = error;
    say_rc (result, "proxy_steerable");
    void *const all[] = {frontend, backend, control, steer, in, out};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        drop (all[i]);
    term (ctx);
}

/* A proxy of one socket gives back what it gets. */
static void echo (void)
{
    void *ctx = new_ctx ();
    frontend = backend = new_socket (ctx, ZMQ_DEALER);
    capture = control = NULL;
    steerable = 0;
    void *client = new_socket (ctx, ZMQ_DEALER);
    OK (zmq_bind (frontend, "inproc://echo"));
    OK (zmq_connect (client, "inproc://echo"));
    pthread_t id;
    CHECK (pthread_create (&id, NULL, run, NULL) == 0);
    send_text (client, "echo", 0);
    say_all (client, "back");
    OK (zmq_ctx_shutdown (ctx));
    CHECK (pthread_join (id, NULL) == 0);
    errno = error;
    say_rc (result, "proxy of one socket");
    OK (zmq_close (frontend));
    OK (zmq_close (client));
    term (ctx);
}

/* What the backend refuses ends the proxy. */
static void refused (void)
{
    void *ctx = new_ctx ();
    frontend = new_socket (ctx, ZMQ_PULL);
    backend = new_socket (ctx, ZMQ_ROUTER);
    capture = control = NULL;
    steerable = 0;
    void *client = new_socket (ctx, ZMQ_PUSH);
    void *server = new_socket (ctx, ZMQ_DEALER);
    set_int (backend, ZMQ_ROUTER_MANDATORY, 1);
    OK (zmq_bind (frontend, "inproc://front"));
    OK (zmq_bind (backend, "inproc://back"));
    OK (zmq_connect (client, "inproc://front"));
    OK (zmq_connect (server, "inproc://back"));
    send_text (client, "nobody", ZMQ_SNDMORE);
    send_text (client, "hello", 0);
    run (NULL);
    errno = error;
    say_rc (result, "proxy to nobody");
    void *const all[] = {frontend, backend, client, server};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        drop (all[i]);
    term (ctx);
}

int main (void)
{
    queue ();
    steered (ZMQ_PAIR);
    steered (ZMQ_REQ);
    steered (ZMQ_PUB);
    echo ();
    refused ();
    return 0;
}
