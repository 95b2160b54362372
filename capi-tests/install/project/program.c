/* Sends itself a message over TCP: a name of each part of the library has to be found. */
#include <zmq.h>

#include <stdio.h>
#include <string.h>

int main (void)
{
    char endpoint[64], text[16];
    size_t size = sizeof endpoint;
    int major, minor, patch, rc;
    void *context = zmq_ctx_new ();
    void *pull = zmq_socket (context, ZMQ_PULL);
    void *push = zmq_socket (context, ZMQ_PUSH);

    zmq_version (&major, &minor, &patch);
    if (major != ZMQ_VERSION_MAJOR || minor != ZMQ_VERSION_MINOR || patch != ZMQ_VERSION_PATCH)
        return 1;
    if (zmq_bind (pull, "tcp://127.0.0.1:*") != 0
        || zmq_getsockopt (pull, ZMQ_LAST_ENDPOINT, endpoint, &size) != 0
        || zmq_connect (push, endpoint) != 0 || zmq_send (push, "hello", 5, 0) != 5)
        return 2;
    rc = zmq_recv (pull, text, sizeof text, 0);
    if (rc != 5 || memcmp (text, "hello", 5) != 0)
        return 3;
    if (zmq_close (push) != 0 || zmq_close (pull) != 0 || zmq_ctx_term (context) != 0)
        return 4;
    printf ("%s over %s\n", "hello", endpoint);
    return 0;
}
