/* A program written against libzmq's header, as strict compilers read it; it is never run. It uses
   each type of the header, and the names that C and C++ treat differently. */
#include <zmq.h>
#include <zmq_utils.h>

#include <string.h>

static void free_body (void *data, void *hint)
{
    (void) data;
    (void) hint;
}

static void timer_is_due (int timer_id, void *arg)
{
    (void) timer_id;
    (void) arg;
}

static void run (void *arg)
{
    (void) arg;
}

int main (void)
{
    static char body[] = "body";
    char text[41];
    uint8_t key[32];
    int value = ZMQ_IO_THREADS_DFLT, major, minor, patch;
    size_t size = sizeof value;
    zmq_free_fn *free_fn = free_body;
    zmq_fd_t fd;
    zmq_msg_t msg, other;
    zmq_pollitem_t items[1];
    void *context = zmq_ctx_new ();
    void *socket = zmq_socket (context, ZMQ_XREP);
    void *counter = zmq_atomic_counter_new ();
    void *timers = zmq_timers_new ();
    void *thread = zmq_threadstart (&run, NULL);
    const char *property;

    zmq_version (&major, &minor, &patch);
    if (ZMQ_VERSION < ZMQ_MAKE_VERSION (4, 3, 5) || ZMQ_MAKE_VERSION (major, minor, patch) == 0)
        return 1;
    zmq_ctx_set (context, ZMQ_IO_THREADS, value);
    zmq_setsockopt (socket, ZMQ_IDENTITY, "name", 4);
    size = sizeof fd;
    zmq_getsockopt (socket, ZMQ_FD, &fd, &size);
    zmq_msg_init_data (&msg, body, strlen (body), free_fn, NULL);
    zmq_msg_init_data (&other, body, strlen (body), free_body, NULL);
    if (zmq_msg_send (&msg, socket, ZMQ_DONTWAIT | ZMQ_SNDMORE) == -1 && zmq_errno () == EFSM)
        return 1;
    property = zmq_msg_gets (&other, "Peer-Address");
    memset (items, 0, sizeof items);
    items[0].socket = socket;
    items[0].fd = fd;
    items[0].events = ZMQ_POLLIN;
    zmq_poll (items, 1, -1L);
    zmq_timers_add (timers, 10, timer_is_due, NULL);
    zmq_z85_encode (text, key, sizeof key);
    zmq_atomic_counter_destroy (&counter);
    zmq_timers_destroy (&timers);
    zmq_threadclose (thread);
#ifdef ZMQ_BUILD_DRAFT_API
    {
        zmq_poller_event_t event;
        void *poller = zmq_poller_new ();
        sigset_t *mask = NULL;
        zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN);
        zmq_poller_wait (poller, &event, -1L);
        zmq_poller_destroy (&poller);
        zmq_ppoll (items, 1, -1L, mask);
        zmq_msg_set_routing_id (&other, zmq_connect_peer (socket, "inproc://name"));
        zmq_socket_monitor_versioned (socket, NULL, ZMQ_EVENT_ALL_V2, 2, ZMQ_PAIR);
    }
#endif
    zmq_close (socket);
    return zmq_ctx_term (context) == 0 && property != NULL ? 0 : 1;
}
