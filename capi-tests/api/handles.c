/* Handles that are none: NULL, and what is no handle of that kind. Handles of closed sockets point to
 * memory that libzmq has given back, and some arguments it does not check: those are in `closed.c`. */
#include "probe.h"

struct iovec;

int main (void)
{
    char buffer[64];
    size_t size;
    int value = 0;
    zmq_msg_t msg;
    void *null = NULL;

    /* Contexts. */
    say_rc (zmq_ctx_term (NULL), "ctx_term NULL");
    say_rc (zmq_ctx_shutdown (NULL), "ctx_shutdown NULL");
    say_rc (zmq_ctx_set (NULL, ZMQ_IO_THREADS, 1), "ctx_set NULL");
    say_rc (zmq_ctx_get (NULL, ZMQ_IO_THREADS), "ctx_get NULL");
    say_rc (zmq_ctx_set_ext (NULL, ZMQ_IO_THREADS, &value, sizeof value), "ctx_set_ext NULL");
    size = sizeof value;
    say_rc (zmq_ctx_get_ext (NULL, ZMQ_IO_THREADS, &value, &size), "ctx_get_ext NULL");
    say_rc (zmq_ctx_destroy (NULL), "ctx_destroy NULL");
    say_rc (zmq_term (NULL), "term NULL");
    say_ptr (zmq_socket (NULL, ZMQ_PAIR), "socket NULL");

    /* Something that is no handle: zeros, letters. */
    static long zeros[1024];
    static long letters[1024];
    memset (letters, 'x', sizeof letters);
    void *const none[] = {NULL, zeros, letters};
    static const char *const names[] = {"NULL", "zeros", "letters"};
    for (int i = 0; i < 3; ++i) {
        void *handle = none[i];
        const char *name = names[i];
        if (i > 0) {
            say_rc (zmq_ctx_shutdown (handle), "ctx_shutdown %s", name);
            say_rc (zmq_ctx_term (handle), "ctx_term %s", name);
            say_rc (zmq_ctx_set (handle, ZMQ_IO_THREADS, 1), "ctx_set %s", name);
            say_rc (zmq_ctx_get (handle, ZMQ_IO_THREADS), "ctx_get %s", name);
            say_ptr (zmq_socket (handle, ZMQ_PAIR), "socket %s", name);
        }
        say_rc (zmq_close (handle), "close %s", name);
        say_rc (zmq_setsockopt (handle, ZMQ_LINGER, &value, sizeof value), "setsockopt %s", name);
        size = sizeof value;
        say_rc (zmq_getsockopt (handle, ZMQ_LINGER, &value, &size), "getsockopt %s", name);
        say_rc (zmq_bind (handle, "inproc://a"), "bind %s", name);
        say_rc (zmq_bind (handle, "nonsense"), "bind %s to nonsense", name);
        say_rc (zmq_connect (handle, "inproc://a"), "connect %s", name);
        say_rc (zmq_unbind (handle, "inproc://a"), "unbind %s", name);
        say_rc (zmq_disconnect (handle, "inproc://a"), "disconnect %s", name);
        say_rc (zmq_send (handle, "x", 1, 0), "send %s", name);
        say_rc (zmq_send_const (handle, "x", 1, 0), "send_const %s", name);
        say_rc (zmq_recv (handle, buffer, sizeof buffer, 0), "recv %s", name);
        OK (zmq_msg_init_size (&msg, 3));
        say_rc (zmq_msg_send (&msg, handle, 0), "msg_send %s", name);
        say_rc (zmq_sendmsg (handle, &msg, 0), "sendmsg %s", name);
        say_rc (zmq_msg_recv (&msg, handle, 0), "msg_recv %s", name);
        say_rc (zmq_recvmsg (handle, &msg, 0), "recvmsg %s", name);
        say ("  size %zu", zmq_msg_size (&msg));
        OK (zmq_msg_close (&msg));
        size = 1;
        say_rc (zmq_sendiov (handle, (struct iovec *) buffer, 1, 0), "sendiov %s", name);
        say_rc (zmq_recviov (handle, (struct iovec *) buffer, &size, 0), "recviov %s", name);
        say_rc (zmq_socket_monitor (handle, "inproc://m", ZMQ_EVENT_ALL), "monitor %s", name);
        say_rc (zmq_socket_monitor (handle, NULL, 0), "monitor %s at NULL", name);
        say_rc (zmq_socket_monitor_versioned (handle, "inproc://m", 1, 2, ZMQ_PAIR),
                "monitor_versioned %s", name);
        say_rc (zmq_socket_monitor_versioned (handle, "inproc://m", 1, 9, ZMQ_PAIR),
                "monitor_versioned 9 %s", name);
        say_rc (zmq_socket_monitor_pipes_stats (handle), "monitor_pipes_stats %s", name);
        say_rc (zmq_socket_get_peer_state (handle, "x", 1), "get_peer_state %s", name);
        say_rc (zmq_join (handle, "group"), "join %s", name);
        say_rc (zmq_leave (handle, "group"), "leave %s", name);
        say_rc ((int) zmq_connect_peer (handle, "inproc://a"), "connect_peer %s", name);
        say ("  %s", errno_name (errno));

        zmq_pollitem_t item = {handle, -1, ZMQ_POLLIN, 0};
        if (handle)
            say_rc (zmq_poll (&item, 1, 0), "poll %s", name);

        /* Pollers and timers. */
        zmq_poller_event_t event;
        say_rc (zmq_poller_size (handle), "poller_size %s", name);
        say_rc (zmq_poller_add (handle, NULL, NULL, ZMQ_POLLIN), "poller_add %s", name);
        say_rc (zmq_poller_modify (handle, NULL, ZMQ_POLLIN), "poller_modify %s", name);
        say_rc (zmq_poller_remove (handle, NULL), "poller_remove %s", name);
        say_rc (zmq_poller_add_fd (handle, 0, NULL, ZMQ_POLLIN), "poller_add_fd %s", name);
        say_rc (zmq_poller_modify_fd (handle, 0, ZMQ_POLLIN), "poller_modify_fd %s", name);
        say_rc (zmq_poller_remove_fd (handle, 0), "poller_remove_fd %s", name);
        say_rc (zmq_poller_fd (handle, &value), "poller_fd %s", name);
        say_rc (zmq_poller_wait (handle, &event, 0), "poller_wait %s", name);
        say_rc (zmq_poller_wait_all (handle, &event, 1, 0), "poller_wait_all %s", name);
        say_rc (zmq_poller_destroy (&handle), "poller_destroy %s", name);
        say_rc (zmq_timers_add (handle, 1, NULL, NULL), "timers_add %s", name);
        say_rc (zmq_timers_cancel (handle, 1), "timers_cancel %s", name);
        say_rc (zmq_timers_set_interval (handle, 1, 1), "timers_set_interval %s", name);
        say_rc (zmq_timers_reset (handle, 1), "timers_reset %s", name);
        say_rc ((int) zmq_timers_timeout (handle), "timers_timeout %s", name);
        say_rc (zmq_timers_execute (handle), "timers_execute %s", name);
        say_rc (zmq_timers_destroy (&handle), "timers_destroy %s", name);
        CHECK (handle == none[i]);
    }
    say_rc (zmq_poller_destroy (NULL), "poller_destroy without a place");
    zmq_atomic_counter_destroy (&null);
    say ("atomic_counter_destroy NULL");

    /* A handle of another kind. */
    void *ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_PAIR);
    void *poller = zmq_poller_new ();
    void *timers = zmq_timers_new ();
    say_rc (zmq_close (ctx), "close a context");
    say_rc (zmq_send (ctx, "x", 1, ZMQ_DONTWAIT), "send on a context");
    say_rc (zmq_bind (ctx, "inproc://x"), "bind a context");
    say_rc (zmq_ctx_get (socket, ZMQ_IO_THREADS), "ctx_get of a socket");
    say_rc (zmq_ctx_shutdown (socket), "ctx_shutdown of a socket");
    say_ptr (zmq_socket (socket, ZMQ_PAIR), "socket of a socket");
    say_rc (zmq_poller_size (socket), "poller_size of a socket");
    say_rc (zmq_timers_execute (socket), "timers_execute of a socket");
    say_rc (zmq_timers_execute (poller), "timers_execute of a poller");
    say_rc (zmq_poller_add (poller, ctx, NULL, ZMQ_POLLIN), "poller_add of a context");

    /* Arguments that are NULL. */
    size = sizeof value;
    say_rc (zmq_poller_add (poller, NULL, NULL, ZMQ_POLLIN), "poller_add NULL");
    say_rc (zmq_poller_modify (poller, NULL, ZMQ_POLLIN), "poller_modify NULL");
    say_rc (zmq_poller_remove (poller, NULL), "poller_remove NULL");
    say_rc (zmq_poller_fd (poller, NULL), "poller_fd NULL");
    say_rc (zmq_poller_wait (poller, NULL, 0), "poller_wait NULL");
    say_rc (zmq_poller_wait_all (poller, NULL, 1, 0), "poller_wait_all NULL");
    say_rc (zmq_timers_add (timers, 1, NULL, NULL), "timers_add without a handler");
    say_rc (zmq_proxy (NULL, NULL, NULL), "proxy NULL NULL");
    say_rc (zmq_proxy (socket, NULL, NULL), "proxy socket NULL");
    say_rc (zmq_proxy (NULL, socket, NULL), "proxy NULL socket");
    say_rc (zmq_poll (NULL, 0, 0), "poll NULL 0");
    say_rc (zmq_ctx_set_ext (ctx, ZMQ_IO_THREADS, NULL, 0), "ctx_set_ext nothing");
    zmq_version (&value, &value, &value);
    say ("version x.x.%d", value);

    OK (zmq_poller_destroy (&poller));
    CHECK (poller == NULL);
    OK (zmq_timers_destroy (&timers));
    CHECK (timers == NULL);
    drop (socket);
    term (ctx);
    return 0;
}
