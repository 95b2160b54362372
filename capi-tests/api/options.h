/* Which socket options are probed. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "probe.h"

#define FIRST_OPTION -1
#define LAST_OPTION 130

/* Options that are there or not, as a libzmq was built: CURVE, GSSAPI, SOCKS, VMCI, WSS, NORM, and
 * what its build scripts find or miss in the headers of the system. */
static inline int depends_on_build (int option)
{
    return (option >= ZMQ_CURVE_SERVER && option <= ZMQ_CURVE_SERVERKEY)
           || (option >= ZMQ_GSSAPI_SERVER && option <= ZMQ_GSSAPI_PLAINTEXT)
           || option == ZMQ_SOCKS_PROXY
           || (option >= ZMQ_VMCI_BUFFER_SIZE && option <= ZMQ_VMCI_CONNECT_TIMEOUT)
           || option == ZMQ_GSSAPI_PRINCIPAL_NAMETYPE
           || option == ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE
           || option == ZMQ_BINDTODEVICE || option == ZMQ_PRIORITY
           || option == ZMQ_SOCKS_USERNAME || option == ZMQ_SOCKS_PASSWORD
           || (option >= ZMQ_WSS_KEY_PEM && option <= ZMQ_WSS_TRUST_SYSTEM)
           || (option >= ZMQ_NORM_MODE && option <= ZMQ_NORM_PUSH);
}

/* Prints what an option is, asked for with a buffer of `size` bytes. */
static inline void say_option (void *socket, int option, size_t size, const char *label)
{
    unsigned char value[512];
    memset (value, 0x55, sizeof value);
    size_t length = size;
    const int rc = zmq_getsockopt (socket, option, value, &length);
    if (rc == -1) {
        say_rc (rc, "%s get %d of size %zu", label, option, size);
        CHECK (length == size);
        return;
    }
    printf ("%s get %d of size %zu: %zu", label, option, size, length);
    CHECK (length <= sizeof value);
    if (option == ZMQ_FD)
        printf (" a descriptor");
    else
        for (size_t i = 0; i < length; ++i)
            printf (" %02x", value[i]);
    say (" ");
}

#endif
