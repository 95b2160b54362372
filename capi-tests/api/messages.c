/* Messages: making, copying, moving and closing them, and when a free function is called. */
#include "probe.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int freed;
static void *freed_data;
static void *freed_hint;

static void on_free (void *data, void *hint)
{
    pthread_mutex_lock (&lock);
    ++freed;
    freed_data = data;
    freed_hint = hint;
    pthread_mutex_unlock (&lock);
}

static int times_freed (void)
{
    pthread_mutex_lock (&lock);
    const int times = freed;
    pthread_mutex_unlock (&lock);
    return times;
}

/* Waits until the free function was called so often, as other threads may do it. */
static int await_freed (int times)
{
    const long until = now_ms () + PATIENCE;
    while (times_freed () < times && now_ms () < until)
        usleep (1000);
    return times_freed ();
}

static void sizes (void)
{
    static const size_t sizes[] = {0, 1, 8, 29, 30, 32, 33, 34, 39, 40, 41, 64, 100, 255, 256, 511,
                                   512, 4096, 8191, 8192, 8193, 65536, 1000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        zmq_msg_t msg, copy, moved;
        say_rc (zmq_msg_init_size (&msg, sizes[i]), "init_size %zu", sizes[i]);
        CHECK (zmq_msg_size (&msg) == sizes[i]);
        CHECK (zmq_msg_data (&msg) != NULL);
        CHECK ((size_t) zmq_msg_data (&msg) % sizeof (void *) == 0 || sizes[i] <= 40);
        memset (zmq_msg_data (&msg), 7, sizes[i]);
        say ("  more %d shared %d", zmq_msg_more (&msg), zmq_msg_get (&msg, ZMQ_SHARED));
        say_rc (zmq_msg_get (&msg, ZMQ_SRCFD), "  srcfd");
        OK (zmq_msg_init (&copy));
        say_rc (zmq_msg_copy (&copy, &msg), "  copy");
        say ("  sizes %zu %zu, shared %d %d", zmq_msg_size (&msg), zmq_msg_size (&copy),
             zmq_msg_get (&msg, ZMQ_SHARED), zmq_msg_get (&copy, ZMQ_SHARED));
        say ("  same memory %d", zmq_msg_data (&msg) == zmq_msg_data (&copy));
        OK (zmq_msg_init_size (&moved, 3));
        void *const data = zmq_msg_data (&msg);
        say_rc (zmq_msg_move (&moved, &msg), "  move");
        say ("  sizes %zu %zu %zu, shared %d %d", zmq_msg_size (&msg), zmq_msg_size (&copy),
             zmq_msg_size (&moved), zmq_msg_get (&moved, ZMQ_SHARED),
             zmq_msg_get (&copy, ZMQ_SHARED));
        if (sizes[i] > 256)
            CHECK (zmq_msg_data (&moved) == data);
        say_rc (zmq_msg_close (&copy), "  close the copy");
        say ("  shared %d", zmq_msg_get (&moved, ZMQ_SHARED));
        say_rc (zmq_msg_close (&moved), "  close");
        say_rc (zmq_msg_close (&msg), "  close what was moved from");
        say_rc (zmq_msg_close (&msg), "  close again");
    }
    zmq_msg_t msg;
    say_rc (zmq_msg_init_size (&msg, (size_t) -1), "init_size of everything");
    say_rc (zmq_msg_init_size (&msg, (size_t) -1 - 4096), "init_size of nearly everything");
}

static void closed (void)
{
    zmq_msg_t msg, other;
    OK (zmq_msg_init (&msg));
    OK (zmq_msg_init (&other));
    OK (zmq_msg_close (&msg));
    say_rc (zmq_msg_close (&msg), "close twice");
    say_rc (zmq_msg_copy (&other, &msg), "copy from a closed one");
    say_rc (zmq_msg_copy (&msg, &other), "copy to a closed one");
    say_rc (zmq_msg_move (&other, &msg), "move from a closed one");
    say_rc (zmq_msg_move (&msg, &other), "move to a closed one");
    /* Self copies are left out: libzmq closes the source first. */
    say_rc (zmq_msg_close (&other), "close");
}

static void properties (void)
{
    zmq_msg_t msg;
    OK (zmq_msg_init_size (&msg, 10));
    for (int property = -1; property < 6; ++property)
        say_rc (zmq_msg_get (&msg, property), "get %d", property);
    for (int property = -1; property < 6; ++property)
        say_rc (zmq_msg_set (&msg, property, 1), "set %d", property);
    static const char *const names[] = {"Socket-Type", "Routing-Id", "Identity", "Peer-Address",
                                        "User-Id", "", "nothing"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        say_ptr (zmq_msg_gets (&msg, names[i]), "gets '%s'", names[i]);
    say_rc ((int) zmq_msg_routing_id (&msg), "routing id");
    say_rc (zmq_msg_set_routing_id (&msg, 0), "set routing id 0");
    say_rc (zmq_msg_set_routing_id (&msg, 7), "set routing id 7");
    say_rc ((int) zmq_msg_routing_id (&msg), "routing id");
    say_rc (zmq_msg_set_routing_id (&msg, 8), "set routing id 8");
    say_rc ((int) zmq_msg_routing_id (&msg), "routing id");
    say ("group '%s'", zmq_msg_group (&msg));
    static const size_t lengths[] = {0, 1, 13, 14, 15, 16, 100, 254, 255, 256, 300};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; ++i) {
        char group[301];
        memset (group, 'g', sizeof group);
        group[lengths[i]] = 0;
        say_rc (zmq_msg_set_group (&msg, group), "set group of %zu", lengths[i]);
        say ("  is %zu long", strlen (zmq_msg_group (&msg)));
    }
    OK (zmq_msg_close (&msg));
    OK (zmq_msg_init_buffer (&msg, "buffer", 6));
    say ("buffer: %zu '%.6s'", zmq_msg_size (&msg), (char *) zmq_msg_data (&msg));
    OK (zmq_msg_close (&msg));
    OK (zmq_msg_init_buffer (&msg, NULL, 0));
    say ("buffer: %zu", zmq_msg_size (&msg));
    OK (zmq_msg_close (&msg));
}

/* The free function is called once, with what was given, when the last holder lets go. */
static void free_function (void)
{
    static char data[100000];
    static const size_t sizes[] = {0, 1, 10, 100, 1000, 10000, 100000};
    int hint;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        zmq_msg_t msg, copy;
        freed = 0;
        OK (zmq_msg_init_data (&msg, data, sizes[i], on_free, &hint));
        say ("init_data %zu: size %zu, same %d, shared %d", sizes[i], zmq_msg_size (&msg),
             zmq_msg_data (&msg) == data, zmq_msg_get (&msg, ZMQ_SHARED));
        OK (zmq_msg_close (&msg));
        say ("  freed %d, data %d, hint %d", freed, freed_data == data, freed_hint == &hint);

        freed = 0;
        OK (zmq_msg_init_data (&msg, data, sizes[i], on_free, &hint));
        OK (zmq_msg_init (&copy));
        OK (zmq_msg_copy (&copy, &msg));
        say ("  copied: same %d, shared %d %d", zmq_msg_data (&copy) == data,
             zmq_msg_get (&msg, ZMQ_SHARED), zmq_msg_get (&copy, ZMQ_SHARED));
        OK (zmq_msg_close (&msg));
        say ("  one closed: freed %d", freed);
        OK (zmq_msg_close (&copy));
        say ("  both closed: freed %d", freed);

        /* Overwritten by a copy, a move, an answer. */
        freed = 0;
        OK (zmq_msg_init_data (&msg, data, sizes[i], on_free, &hint));
        OK (zmq_msg_init_size (&copy, 5));
        OK (zmq_msg_copy (&msg, &copy));
        say ("  copied over: freed %d", freed);
        OK (zmq_msg_close (&msg));
        OK (zmq_msg_init_data (&msg, data, sizes[i], on_free, &hint));
        OK (zmq_msg_move (&msg, &copy));
        say ("  moved over: freed %d", freed);
        OK (zmq_msg_close (&msg));
        OK (zmq_msg_close (&copy));

        freed = 0;
        OK (zmq_msg_init_data (&msg, data, sizes[i], NULL, NULL));
        say ("  no free function: same %d, shared %d", zmq_msg_data (&msg) == data,
             zmq_msg_get (&msg, ZMQ_SHARED));
        OK (zmq_msg_init (&copy));
        OK (zmq_msg_copy (&copy, &msg));
        say ("  copied: same %d, shared %d", zmq_msg_data (&copy) == data,
             zmq_msg_get (&copy, ZMQ_SHARED));
        OK (zmq_msg_close (&msg));
        OK (zmq_msg_close (&copy));
    }
    zmq_msg_t msg;
    freed = 0;
    OK (zmq_msg_init_data (&msg, NULL, 0, on_free, NULL));
    OK (zmq_msg_close (&msg));
    say ("NULL data: freed %d", freed);
}

/* The same of messages that are sent. */
static void sent (const char *endpoint)
{
    static char data[200000];
    static const size_t sizes[] = {0, 1, 10, 33, 34, 100, 1000, 8192, 10000, 200000};
    void *ctx = new_ctx ();
    void *pull = new_socket (ctx, ZMQ_PULL);
    void *push = new_socket (ctx, ZMQ_PUSH);
    char where[256];
    bind_any (pull, endpoint, where, sizeof where);
    OK (zmq_connect (push, where));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        zmq_msg_t msg, answer;
        freed = 0;
        OK (zmq_msg_init_data (&msg, data, sizes[i], on_free, NULL));
        say_rc (zmq_msg_send (&msg, push, 0), "%.6s send %zu", endpoint, sizes[i]);
        say ("  afterwards: size %zu, more %d", zmq_msg_size (&msg), zmq_msg_more (&msg));
        OK (zmq_msg_close (&msg));
        OK (zmq_msg_init (&answer));
        CHECK (zmq_msg_recv (&answer, pull, 0) == (int) sizes[i]);
        OK (zmq_msg_close (&answer));
        say ("  received and closed: freed %d", await_freed (1));
    }
    /* Several holders of one message. */
    freed = 0;
    zmq_msg_t msg, copy, answer;
    OK (zmq_msg_init_data (&msg, data, sizeof data, on_free, NULL));
    OK (zmq_msg_init (&copy));
    OK (zmq_msg_copy (&copy, &msg));
    OK (zmq_msg_send (&copy, push, 0));
    OK (zmq_msg_init (&answer));
    OK (zmq_msg_recv (&answer, pull, 0));
    OK (zmq_msg_close (&answer));
    say ("a copy was sent: freed %d", times_freed ());
    OK (zmq_msg_close (&msg));
    say ("the other closed: freed %d", await_freed (1));
    /* A failed send leaves the message to its owner. */
    freed = 0;
    OK (zmq_msg_init_data (&msg, data, sizeof data, on_free, NULL));
    say_rc (zmq_msg_send (&msg, pull, 0), "send on a PULL");
    say ("size %zu, freed %d", zmq_msg_size (&msg), freed);
    OK (zmq_msg_close (&msg));
    say ("freed %d", freed);
    /* What nobody received goes with the sockets. */
    freed = 0;
    for (int i = 0; i < 5; ++i) {
        OK (zmq_msg_init_data (&msg, data, 20000, on_free, NULL));
        OK (zmq_msg_send (&msg, push, 0));
    }
    drop (push);
    drop (pull);
    term (ctx);
    say ("context gone: freed %d", times_freed ());
}

/* A message that waits for a peer is not through, however small; an empty one has nothing to wait
 * for. */
static void waiting (const char *place)
{
    static char data[100000];
    static const size_t sizes[] = {1, 10, 33, 34, 1000, 8192, 100000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        void *ctx = new_ctx ();
        void *push = new_socket (ctx, ZMQ_PUSH);
        OK (zmq_connect (push, place));
        freed = 0;
        for (int n = 0; n < 100; ++n) {
            zmq_msg_t msg;
            OK (zmq_msg_init_data (&msg, data, sizes[i], on_free, NULL));
            OK (zmq_msg_send (&msg, push, 0));
        }
        say ("%.6s waiting %zu: freed %d", place, sizes[i], times_freed ());
        drop (push);
        term (ctx);
        say ("  context gone: freed %d", times_freed ());
    }
}

/* A message that is received over an old one frees that. */
static void received_over (void)
{
    static char data[50];
    void *ctx = new_ctx ();
    void *a = new_socket (ctx, ZMQ_PAIR);
    void *b = new_socket (ctx, ZMQ_PAIR);
    OK (zmq_bind (a, "inproc://over"));
    OK (zmq_connect (b, "inproc://over"));
    zmq_msg_t msg;
    freed = 0;
    OK (zmq_msg_init_data (&msg, data, sizeof data, on_free, NULL));
    say_rc (zmq_msg_recv (&msg, a, ZMQ_DONTWAIT), "recv nothing");
    say ("size %zu, freed %d", zmq_msg_size (&msg), freed);
    send_text (b, "new", 0);
    say_rc (zmq_msg_recv (&msg, a, 0), "recv");
    say ("size %zu, freed %d", zmq_msg_size (&msg), freed);
    OK (zmq_msg_close (&msg));
    drop (a);
    drop (b);
    term (ctx);
}

int main (void)
{
    sizes ();
    closed ();
    properties ();
    free_function ();
    sent ("inproc://sent");
    sent ("tcp://127.0.0.1:*");
    sent ("ipc://*");
    waiting ("inproc://nobody");
    waiting ("tcp://127.0.0.1:1");
    waiting ("ipc://@messages-nobody");
    received_over ();
    return 0;
}
