/* Signals: calls that wait return EINTR; zmq_ppoll changes the mask while it waits. */
#include "probe.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

static volatile sig_atomic_t caught;
static pthread_t main_thread;

static void handler (int number)
{
    (void) number;
    ++caught;
}

/* Signals the main thread again and again until it says that it was interrupted. */
static volatile sig_atomic_t running;

static void *pester (void *argument)
{
    (void) argument;
    while (running) {
        pthread_kill (main_thread, SIGUSR1);
        usleep (20000);
    }
    return NULL;
}

static pthread_t begin (void)
{
    pthread_t id;
    running = 1;
    caught = 0;
    CHECK (pthread_create (&id, NULL, pester, NULL) == 0);
    return id;
}

static void finish (pthread_t id)
{
    const int error = errno;
    running = 0;
    CHECK (pthread_join (id, NULL) == 0);
    errno = error;
}

int main (void)
{
    main_thread = pthread_self ();
    struct sigaction action;
    memset (&action, 0, sizeof action);
    action.sa_handler = handler;
    CHECK (sigaction (SIGUSR1, &action, NULL) == 0);

    void *ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_DEALER);
    char buffer[8];

    pthread_t id = begin ();
    int rc = zmq_recv (socket, buffer, sizeof buffer, 0);
    finish (id);
    say_rc (rc, "recv");

    id = begin ();
    rc = zmq_send (socket, "x", 1, 0);
    finish (id);
    say_rc (rc, "send");

    zmq_msg_t msg;
    OK (zmq_msg_init_size (&msg, 3));
    id = begin ();
    rc = zmq_msg_send (&msg, socket, 0);
    finish (id);
    say_rc (rc, "msg_send");
    say ("size %zu", zmq_msg_size (&msg));

    id = begin ();
    rc = zmq_msg_recv (&msg, socket, 0);
    finish (id);
    say_rc (rc, "msg_recv");
    OK (zmq_msg_close (&msg));

    zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
    id = begin ();
    rc = zmq_poll (&item, 1, -1);
    finish (id);
    say_rc (rc, "poll");

    id = begin ();
    rc = zmq_poll (&item, 1, 10000);
    finish (id);
    say_rc (rc, "poll with a timeout");

    void *poller = zmq_poller_new ();
    zmq_poller_event_t event;
    OK (zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN));
    id = begin ();
    rc = zmq_poller_wait (poller, &event, -1);
    finish (id);
    say_rc (rc, "poller_wait");
    OK (zmq_poller_destroy (&poller));

    id = begin ();
    rc = zmq_ppoll (&item, 1, -1, NULL);
    finish (id);
    say_rc (rc, "ppoll without a mask");

    /* With the signal blocked, it waits until its time is over. */
    sigset_t mask, old;
    sigemptyset (&mask);
    sigaddset (&mask, SIGUSR1);
    id = begin ();
    rc = zmq_ppoll (&item, 1, 200, &mask);
    finish (id);
    say_rc (rc, "ppoll with the signal masked");

    /* Blocked outside, let through while waiting: the signal is seen there and only there. */
    CHECK (pthread_sigmask (SIG_BLOCK, &mask, &old) == 0);
    caught = 0;
    CHECK (pthread_kill (main_thread, SIGUSR1) == 0);
    say ("blocked: caught %d", (int) caught);
    rc = zmq_ppoll (&item, 1, 10000, &old);
    say_rc (rc, "ppoll that lets the signal through");
    say ("caught %d", (int) caught);
    sigset_t now;
    CHECK (pthread_sigmask (SIG_BLOCK, NULL, &now) == 0);
    say ("mask is back: %d", sigismember (&now, SIGUSR1));
    CHECK (pthread_sigmask (SIG_SETMASK, &old, NULL) == 0);

    /* A message that is there already is told of, pending signal or not. */
    void *peer = new_socket (ctx, ZMQ_DEALER);
    OK (zmq_bind (peer, "inproc://ppoll"));
    OK (zmq_connect (socket, "inproc://ppoll"));
    send_text (peer, "x", 0);
    say_rc (zmq_ppoll (&item, 1, -1, &mask), "ppoll with a message");
    say ("revents %d", item.revents);
    drop (peer);
    drop (socket);
    term (ctx);
    return 0;
}
