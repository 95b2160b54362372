/* zmq_strerror, zmq_errno, zmq_has. */
#include "probe.h"

int main (void)
{
    for (int error = 0; error < 140; ++error)
        say ("%d: %s", error, zmq_strerror (error));
    for (int error = ZMQ_HAUSNUMERO - 1; error < ZMQ_HAUSNUMERO + 60; ++error)
        say ("HAUSNUMERO + %d: %s", error - ZMQ_HAUSNUMERO, zmq_strerror (error));
    say ("-1: %s", zmq_strerror (-1));
    say ("large: %s", zmq_strerror (2147483647));

    errno = 0;
    say ("errno %d", zmq_errno ());
    errno = 1234;
    say ("errno %d", zmq_errno ());
    CHECK (zmq_close (NULL) == -1 && zmq_errno () == ENOTSOCK && errno == ENOTSOCK);

    static const char *const capabilities[] = {"ipc", "draft", "", "IPC", "ipc ", "tcp", "udp",
                                               "inproc", "nothing"};
    for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; ++i)
        say ("has '%s': %d", capabilities[i], zmq_has (capabilities[i]));
    return 0;
}
