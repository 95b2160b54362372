/* zmq_poller: what can be added, and what a wait gives. */
#include "probe.h"

static void set (void)
{
    static long zeros[1024];
    int ends[2];
    CHECK (pipe (ends) == 0);
    void *ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_PAIR);
    void *other = new_socket (ctx, ZMQ_PAIR);
    void *poller = zmq_poller_new ();
    say_rc (zmq_poller_size (poller), "size");
    static const short events[] = {0, 1, 2, 3, 4, 8, 15, 16, 17, -1, 0x100};
    for (size_t i = 0; i < sizeof events / sizeof *events; ++i) {
        say_rc (zmq_poller_add (poller, socket, NULL, events[i]), "add for %d", events[i]);
        say_rc (zmq_poller_modify (poller, socket, events[i]), "modify for %d", events[i]);
        say_rc (zmq_poller_size (poller), "size");
        say_rc (zmq_poller_remove (poller, socket), "remove");
        say_rc (zmq_poller_add_fd (poller, ends[0], NULL, events[i]), "add_fd for %d", events[i]);
        say_rc (zmq_poller_modify_fd (poller, ends[0], events[i]), "modify_fd for %d", events[i]);
        say_rc (zmq_poller_remove_fd (poller, ends[0]), "remove_fd");
    }
    say_rc (zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN), "add");
    say_rc (zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN), "add again");
    say_rc (zmq_poller_add (poller, other, NULL, ZMQ_POLLIN), "add another");
    say_rc (zmq_poller_size (poller), "size");
    say_rc (zmq_poller_add (poller, zeros, NULL, ZMQ_POLLIN), "add what is no socket");
    say_rc (zmq_poller_modify (poller, zeros, ZMQ_POLLIN), "modify what is no socket");
    say_rc (zmq_poller_remove (poller, zeros), "remove what is no socket");
    say_rc (zmq_poller_remove (poller, other), "remove");
    say_rc (zmq_poller_remove (poller, other), "remove again");
    say_rc (zmq_poller_modify (poller, other, ZMQ_POLLIN), "modify what was removed");
    say_rc (zmq_poller_add_fd (poller, -1, NULL, ZMQ_POLLIN), "add_fd -1");
    say_rc (zmq_poller_modify_fd (poller, -1, ZMQ_POLLIN), "modify_fd -1");
    say_rc (zmq_poller_remove_fd (poller, -1), "remove_fd -1");
    say_rc (zmq_poller_add_fd (poller, ends[0], NULL, ZMQ_POLLIN), "add_fd");
    say_rc (zmq_poller_add_fd (poller, ends[0], NULL, ZMQ_POLLIN), "add_fd again");
    say_rc (zmq_poller_modify_fd (poller, ends[1], ZMQ_POLLIN), "modify_fd of another");
    say_rc (zmq_poller_remove_fd (poller, ends[1]), "remove_fd of another");
    say_rc (zmq_poller_size (poller), "size");
    int fd = -1;
    say_rc (zmq_poller_fd (poller, &fd), "fd");
    say_rc (zmq_poller_destroy (&poller), "destroy");
    say_rc (zmq_poller_destroy (&poller), "destroy again");
    drop (socket);
    drop (other);
    term (ctx);
    close (ends[0]);
    close (ends[1]);
}

static void say_event (const zmq_poller_event_t *event, void *const *known, int n)
{
    int which = -1;
    for (int i = 0; i < n; ++i)
        if (event->socket == known[i])
            which = i;
    say ("  socket %s %d, descriptor %s, data %ld, events %d", event->socket ? "yes" : "no", which,
         event->fd == -1 ? "-1" : event->fd == 0 ? "0" : "yes", (long) (size_t) event->user_data,
         event->events);
}

static void wait (void)
{
    int ends[2];
    CHECK (pipe (ends) == 0);
    void *ctx = new_ctx ();
    void *sockets[2] = {new_socket (ctx, ZMQ_PAIR), new_socket (ctx, ZMQ_PAIR)};
    OK (zmq_bind (sockets[0], "inproc://poller"));
    OK (zmq_connect (sockets[1], "inproc://poller"));
    void *poller = zmq_poller_new ();
    zmq_poller_event_t events[8];
    memset (events, 0x55, sizeof events);
    say_rc (zmq_poller_wait (poller, events, 0), "empty, 0");
    say_event (events, sockets, 2);
    say_rc (zmq_poller_wait (poller, events, 10), "empty, 10");
    say_rc (zmq_poller_wait (poller, events, -1), "empty, for ever");
    say_rc (zmq_poller_wait_all (poller, events, 8, 0), "all of empty, 0");
    say_rc (zmq_poller_wait_all (poller, events, 8, 10), "all of empty, 10");
    say_rc (zmq_poller_wait_all (poller, events, 8, -1), "all of empty, for ever");
    OK (zmq_poller_add (poller, sockets[0], (void *) 1, ZMQ_POLLIN));
    OK (zmq_poller_add (poller, sockets[1], (void *) 2, ZMQ_POLLIN));
    OK (zmq_poller_add_fd (poller, ends[0], (void *) 3, ZMQ_POLLIN));
    memset (events, 0x55, sizeof events);
    say_rc (zmq_poller_wait (poller, events, 0), "nothing, 0");
    say_event (events, sockets, 2);
    long began = now_ms ();
    say_rc (zmq_poller_wait (poller, events, 50), "nothing, 50");
    CHECK (now_ms () - began >= 49);
    memset (events, 0, sizeof events);
    say_rc (zmq_poller_wait_all (poller, events, 8, 10), "all, nothing");
    say_event (events, sockets, 2);
    send_text (sockets[0], "x", 0);
    say_rc (zmq_poller_wait (poller, events, -1), "a message");
    say_event (events, sockets, 2);
    say_rc (zmq_poller_wait_all (poller, events, 8, -1), "all, a message");
    say_event (events, sockets, 2);
    send_text (sockets[1], "x", 0);
    CHECK (write (ends[1], "x", 1) == 1);
    for (int n = 1; n < 5; ++n) {
        memset (events, 0, sizeof events);
        const int rc = zmq_poller_wait_all (poller, events, n, -1);
        say_rc (rc, "all, up to %d", n);
        for (int i = 0; i < rc; ++i)
            say_event (&events[i], sockets, 2);
    }
    say_rc (zmq_poller_wait_all (poller, events, 0, 0), "all, up to 0");
    say_rc (zmq_poller_wait_all (poller, events, -1, 0), "all, up to -1");
    say_rc (zmq_poller_modify (poller, sockets[0], ZMQ_POLLOUT), "modify");
    say_rc (zmq_poller_modify_fd (poller, ends[0], 0), "modify_fd");
    int rc = zmq_poller_wait_all (poller, events, 8, -1);
    say_rc (rc, "all");
    for (int i = 0; i < rc; ++i)
        say_event (&events[i], sockets, 2);
    say_rc (zmq_poller_modify (poller, sockets[0], 0), "modify to nothing");
    say_rc (zmq_poller_modify (poller, sockets[1], 0), "modify to nothing");
    say_rc (zmq_poller_wait (poller, events, 10), "wait for nothing");
    say_event (events, sockets, 2);
    OK (zmq_poller_remove (poller, sockets[0]));
    OK (zmq_poller_remove (poller, sockets[1]));
    OK (zmq_poller_modify_fd (poller, ends[0], ZMQ_POLLIN));
    rc = zmq_poller_wait_all (poller, events, 8, -1);
    say_rc (rc, "all, a descriptor");
    for (int i = 0; i < rc; ++i)
        say_event (&events[i], sockets, 2);
    CHECK (read (ends[0], &(char){0}, 1) == 1);
    close (ends[1]);
    rc = zmq_poller_wait_all (poller, events, 8, -1);
    say_rc (rc, "all, hung up");
    for (int i = 0; i < rc; ++i)
        say_event (&events[i], sockets, 2);
    close (ends[0]);
    OK (zmq_poller_remove_fd (poller, ends[0]));
    /* A socket in two pollers. */
    void *second = zmq_poller_new ();
    OK (zmq_poller_add (poller, sockets[0], (void *) 1, ZMQ_POLLIN));
    OK (zmq_poller_add (second, sockets[0], (void *) 5, ZMQ_POLLIN));
    say_rc (zmq_poller_wait (poller, events, -1), "first poller");
    say_event (events, sockets, 2);
    say_rc (zmq_poller_wait (second, events, -1), "second poller");
    say_event (events, sockets, 2);
    OK (zmq_poller_destroy (&second));
    /* Gone while it is in the set. */
    OK (zmq_ctx_shutdown (ctx));
    say_rc (zmq_poller_wait (poller, events, 100), "after shutdown");
    say_event (events, sockets, 2);
    say_rc (zmq_poller_wait_all (poller, events, 8, 100), "all, after shutdown");
    say_rc (zmq_poller_modify (poller, sockets[0], ZMQ_POLLOUT), "modify after shutdown");
    say_rc (zmq_poller_add (poller, sockets[1], NULL, ZMQ_POLLOUT), "add after shutdown");
    say_rc (zmq_poller_remove (poller, sockets[0]), "remove after shutdown");
    OK (zmq_poller_destroy (&poller));
    OK (zmq_close (sockets[0]));
    OK (zmq_close (sockets[1]));
    term (ctx);
}

int main (void)
{
    set ();
    wait ();
    return 0;
}
