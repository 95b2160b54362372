/* zmq_poll: sockets, descriptors, timeouts, odd items. */
#include "probe.h"

#include <fcntl.h>

static void say_items (const zmq_pollitem_t *items, int n)
{
    for (int i = 0; i < n; ++i)
        say ("  item %d revents %d", i, items[i].revents);
}

static void nothing (void)
{
    say_rc (zmq_poll (NULL, 0, 0), "nothing, 0");
    long began = now_ms ();
    say_rc (zmq_poll (NULL, 0, 50), "nothing, 50");
    CHECK (now_ms () - began >= 49);
    zmq_pollitem_t item = {NULL, -1, ZMQ_POLLIN, 77};
    say_rc (zmq_poll (&item, 0, 0), "no items, 0");
    say_items (&item, 1);
}

static void sockets (void)
{
    void *ctx = new_ctx ();
    void *a = new_socket (ctx, ZMQ_PAIR);
    void *b = new_socket (ctx, ZMQ_PAIR);
    zmq_pollitem_t items[] = {{a, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 77}, {b, 0, ZMQ_POLLIN, 77}};
    say_rc (zmq_poll (items, 2, 0), "unconnected");
    say_items (items, 2);
    long began = now_ms ();
    say_rc (zmq_poll (items, 2, 50), "unconnected, 50");
    CHECK (now_ms () - began >= 49);
    say_items (items, 2);
    OK (zmq_bind (a, "inproc://poll"));
    OK (zmq_connect (b, "inproc://poll"));
    say_rc (zmq_poll (items, 2, 0), "connected");
    say_items (items, 2);
    items[0].events = ZMQ_POLLIN;
    say_rc (zmq_poll (items, 2, 0), "for input");
    say_items (items, 2);
    send_text (a, "x", 0);
    say_rc (zmq_poll (items, 2, -1), "something there, for ever");
    say_items (items, 2);
    say_rc (zmq_poll (items, 2, -1), "still there");
    say_items (items, 2);
    items[1].events = ZMQ_POLLIN | ZMQ_POLLOUT | ZMQ_POLLERR | ZMQ_POLLPRI;
    say_rc (zmq_poll (items, 2, 0), "for everything");
    say_items (items, 2);
    items[1].events = ZMQ_POLLERR | ZMQ_POLLPRI;
    say_rc (zmq_poll (items, 2, 0), "for errors of a socket");
    say_items (items, 2);
    items[1].events = 0;
    say_rc (zmq_poll (items, 2, 0), "for nothing");
    say_items (items, 2);
    items[1].events = 0x40;
    say_rc (zmq_poll (items, 2, 0), "for what is unknown");
    say_items (items, 2);
    /* The same socket twice. */
    zmq_pollitem_t twice[] = {{b, 0, ZMQ_POLLIN, 0}, {b, 0, ZMQ_POLLIN, 0}, {b, 0, ZMQ_POLLOUT, 0}};
    say_rc (zmq_poll (twice, 3, 0), "the same socket three times");
    say_items (twice, 3);
    /* Other timeouts below zero. */
    say_rc (zmq_poll (twice, 3, -2), "timeout -2");
    say_rc (zmq_poll (twice, 3, -1000), "timeout -1000");
    say_rc (zmq_poll (twice, 3, 0x7fffffffL), "timeout of a month");
    drop (a);
    drop (b);
    term (ctx);
}

static void descriptors (void)
{
    int ends[2];
    CHECK (pipe (ends) == 0);
    zmq_pollitem_t items[] = {{NULL, ends[0], ZMQ_POLLIN, 77}, {NULL, ends[1], ZMQ_POLLOUT, 77}};
    say_rc (zmq_poll (items, 2, 0), "an empty pipe");
    say_items (items, 2);
    CHECK (write (ends[1], "x", 1) == 1);
    say_rc (zmq_poll (items, 2, 0), "a byte in the pipe");
    say_items (items, 2);
    items[0].events = ZMQ_POLLIN | ZMQ_POLLOUT | ZMQ_POLLPRI | ZMQ_POLLERR;
    say_rc (zmq_poll (items, 1, 0), "for everything");
    say_items (items, 1);
    items[0].events = 0;
    say_rc (zmq_poll (items, 1, 0), "for nothing");
    say_items (items, 1);
    items[0].events = ZMQ_POLLERR;
    say_rc (zmq_poll (items, 1, 0), "for errors");
    say_items (items, 1);
    items[0].events = ZMQ_POLLIN;
    CHECK (read (ends[0], &(char){0}, 1) == 1);
    close (ends[1]);
    say_rc (zmq_poll (items, 1, 0), "hung up");
    say_items (items, 1);
    close (ends[0]);
    CHECK (pipe (ends) == 0);
    close (ends[0]);
    zmq_pollitem_t broken = {NULL, ends[1], ZMQ_POLLOUT, 77};
    say_rc (zmq_poll (&broken, 1, 0), "a broken pipe");
    say_items (&broken, 1);
    broken.events = ZMQ_POLLIN;
    say_rc (zmq_poll (&broken, 1, 0), "a broken pipe, for input");
    say_items (&broken, 1);
    close (ends[1]);
    /* A descriptor that is closed, and one that never was. */
    zmq_pollitem_t gone = {NULL, ends[1], ZMQ_POLLIN, 77};
    say_rc (zmq_poll (&gone, 1, 0), "a closed descriptor");
    say_items (&gone, 1);
    zmq_pollitem_t negative = {NULL, -1, ZMQ_POLLIN, 77};
    say_rc (zmq_poll (&negative, 1, 0), "descriptor -1");
    say_items (&negative, 1);
    const int file = open ("/dev/null", O_RDWR);
    zmq_pollitem_t null = {NULL, file, ZMQ_POLLIN | ZMQ_POLLOUT, 77};
    say_rc (zmq_poll (&null, 1, -1), "/dev/null");
    say_items (&null, 1);
    close (file);
}

static void mixed (void)
{
    int ends[2];
    CHECK (pipe (ends) == 0);
    void *ctx = new_ctx ();
    void *a = new_socket (ctx, ZMQ_PAIR);
    void *b = new_socket (ctx, ZMQ_PAIR);
    OK (zmq_bind (a, "inproc://mixed"));
    OK (zmq_connect (b, "inproc://mixed"));
    zmq_pollitem_t items[] = {{a, 0, ZMQ_POLLIN, 0},
                              {NULL, ends[0], ZMQ_POLLIN, 0},
                              {b, ends[0], ZMQ_POLLIN, 0}};
    say_rc (zmq_poll (items, 3, 0), "nothing there");
    say_items (items, 3);
    CHECK (write (ends[1], "x", 1) == 1);
    say_rc (zmq_poll (items, 3, -1), "a byte");
    say_items (items, 3);
    send_text (a, "x", 0);
    say_rc (zmq_poll (items, 3, -1), "a byte and a message");
    say_items (items, 3);
    CHECK (read (ends[0], &(char){0}, 1) == 1);
    say_rc (zmq_poll (items, 3, -1), "a message");
    say_items (items, 3);
    /* An error in one item hides the others. */
    static long zeros[1024];
    items[1].socket = zeros;
    say_rc (zmq_poll (items, 3, 0), "one that is no socket");
    drop (a);
    drop (b);
    term (ctx);
    close (ends[0]);
    close (ends[1]);
}

/* A socket and its own descriptor: the descriptor is looked at first. */
static void both (void)
{
    void *ctx = new_ctx ();
    void *a = new_socket (ctx, ZMQ_PAIR);
    void *b = new_socket (ctx, ZMQ_PAIR);
    OK (zmq_bind (a, "inproc://both"));
    OK (zmq_connect (b, "inproc://both"));
    const int fd = get_int (a, ZMQ_FD);
    get_int (a, ZMQ_EVENTS);
    zmq_pollitem_t items[] = {{a, 0, ZMQ_POLLIN, 0}, {NULL, fd, ZMQ_POLLIN, 0}};
    say_rc (zmq_poll (items, 2, 0), "nothing for the socket");
    say_items (items, 2);
    send_text (b, "x", 0);
    say_rc (zmq_poll (items, 2, -1), "a message for the socket");
    say_items (items, 2);
    say_rc (zmq_poll (items, 2, -1), "again");
    say_items (items, 2);
    say_recv (a, 0, "recv");
    say_rc (zmq_poll (items, 2, 0), "afterwards");
    say_items (items, 2);
    drop (a);
    drop (b);
    term (ctx);
}

/* Many sockets; which of them are ready. */
static void many (void)
{
    enum { COUNT = 60 };
    void *ctx = new_ctx ();
    void *in[COUNT], *out[COUNT];
    zmq_pollitem_t items[COUNT];
    for (int i = 0; i < COUNT; ++i) {
        char name[32];
        snprintf (name, sizeof name, "inproc://many-%d", i);
        in[i] = new_socket (ctx, ZMQ_PULL);
        out[i] = new_socket (ctx, ZMQ_PUSH);
        OK (zmq_bind (in[i], name));
        OK (zmq_connect (out[i], name));
        items[i] = (zmq_pollitem_t){in[i], 0, ZMQ_POLLIN, 0};
    }
    say_rc (zmq_poll (items, COUNT, 0), "none of many");
    for (int i = 0; i < COUNT; i += 7)
        send_text (out[i], "x", 0);
    say_rc (zmq_poll (items, COUNT, -1), "some of many");
    say_items (items, COUNT);
    for (int i = 0; i < COUNT; ++i) {
        drop (in[i]);
        drop (out[i]);
    }
    term (ctx);
}

int main (void)
{
    nothing ();
    sockets ();
    descriptors ();
    mixed ();
    both ();
    many ();
    return 0;
}
