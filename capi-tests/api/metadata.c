/* What a received message tells of its sender: properties and descriptor. */
#include "probe.h"

static void say_properties (zmq_msg_t *msg, const char *label)
{
    static const char *const names[] = {"Socket-Type", "Routing-Id", "Identity", "Peer-Address",
                                        "User-Id", "X-key", "X-none", "socket-type", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        const char *value = zmq_msg_gets (msg, names[i]);
        if (value) {
            /* A local peer's is its credentials: the process changes. */
            char credentials[64];
            snprintf (credentials, sizeof credentials, "localhost:%d:%d:%d", (int) getuid (),
                      (int) getgid (), (int) getpid ());
            say ("%s %s: '%s'", label, names[i],
                 strcmp (value, credentials) == 0 ? "CREDENTIALS" : value);
        }
        else
            say ("%s %s: %s", label, names[i], errno_name (errno));
    }
    const int fd = zmq_msg_get (msg, ZMQ_SRCFD);
    if (fd == -1)
        say_rc (fd, "%s srcfd", label);
    else
        say ("%s srcfd %s", label, fd >= 0 ? "a descriptor" : "?");
}

static void over (const char *endpoint)
{
    say ("over %.6s", endpoint);
    void *ctx = new_ctx ();
    void *server = new_socket (ctx, ZMQ_DEALER);
    void *client = new_socket (ctx, ZMQ_DEALER);
    OK (zmq_setsockopt (client, ZMQ_ROUTING_ID, "client", 6));
    OK (zmq_setsockopt (client, ZMQ_METADATA, "X-key:value", 11));
    char where[256];
    bind_any (server, endpoint, where, sizeof where);
    OK (zmq_connect (client, where));
    send_text (client, "one", ZMQ_SNDMORE);
    send_text (client, "two", 0);
    zmq_msg_t msg, copy;
    OK (zmq_msg_init (&msg));
    OK (zmq_msg_recv (&msg, server, 0));
    say_properties (&msg, "first");
    OK (zmq_msg_init (&copy));
    OK (zmq_msg_copy (&copy, &msg));
    say_properties (&copy, "copy");
    OK (zmq_msg_recv (&msg, server, 0));
    say_properties (&msg, "second");
    OK (zmq_msg_move (&copy, &msg));
    say_properties (&copy, "moved");
    say_properties (&msg, "moved from");
    /* Passed on, a message is the passer's own. */
    OK (zmq_msg_send (&copy, server, 0));
    say_properties (&copy, "sent");
    OK (zmq_msg_recv (&msg, client, 0));
    say_properties (&msg, "passed on");
    OK (zmq_msg_close (&msg));
    OK (zmq_msg_close (&copy));
    drop (client);
    drop (server);
    term (ctx);
}

int main (void)
{
    over ("tcp://127.0.0.1:*");
    over ("ipc://*");
    over ("inproc://metadata");
    return 0;
}
