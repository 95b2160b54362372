/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The C interface of ZeroMQ, as libzmq 4.3.5 has it, for programs that use oxmq.
 * What the functions do is told by the manual of libzmq: zmq(7).
 *
 * Generated from src/capi by cbindgen; tests/header.rs says how to do it again.
 */

#ifndef ZMQ_H_OXMQ
#define ZMQ_H_OXMQ
/* The name by which programs ask whether the header was read. */
#define __ZMQ_H_INCLUDED__

#define ZMQ_MAKE_VERSION(major, minor, patch) ((major) * 10000 + (minor) * 100 + (patch))
#define ZMQ_VERSION ZMQ_MAKE_VERSION (ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR, ZMQ_VERSION_PATCH)

#if !defined _WIN32_WCE
#include <errno.h>
#endif
#include <stddef.h>
#include <stdio.h>

#define ZMQ_DEFINED_STDINT 1
#if defined ZMQ_HAVE_SOLARIS || defined ZMQ_HAVE_OPENVMS
#include <inttypes.h>
#elif defined _MSC_VER && _MSC_VER < 1600
#ifndef uint64_t
typedef unsigned __int64 uint64_t;
#endif
#ifndef int32_t
typedef __int32 int32_t;
#endif
#ifndef uint32_t
typedef unsigned __int32 uint32_t;
#endif
#ifndef uint16_t
typedef unsigned __int16 uint16_t;
#endif
#ifndef uint8_t
typedef unsigned __int8 uint8_t;
#endif
#else
#include <stdint.h>
#endif

#if !defined _WIN32
#include <signal.h>
#endif

/* AIX renames the members of its own struct pollfd by macros: they are to be there first. */
#if defined ZMQ_HAVE_AIX
#include <poll.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* How the functions are seen by the linker. */
#if defined ZMQ_NO_EXPORT
#define ZMQ_EXPORT
#elif defined _WIN32
#if defined ZMQ_STATIC
#define ZMQ_EXPORT
#elif defined DLL_EXPORT
#define ZMQ_EXPORT __declspec(dllexport)
#else
#define ZMQ_EXPORT __declspec(dllimport)
#endif
#elif defined __SUNPRO_C || defined __SUNPRO_CC
#define ZMQ_EXPORT __global
#elif (defined __GNUC__ && __GNUC__ >= 4) || defined __INTEL_COMPILER
#define ZMQ_EXPORT __attribute__ ((visibility ("default")))
#else
#define ZMQ_EXPORT
#endif

/* Errors that a system may lack. */
#ifndef ENOTSUP
#define ENOTSUP (ZMQ_HAUSNUMERO + 1)
#endif
#ifndef EPROTONOSUPPORT
#define EPROTONOSUPPORT (ZMQ_HAUSNUMERO + 2)
#endif
#ifndef ENOBUFS
#define ENOBUFS (ZMQ_HAUSNUMERO + 3)
#endif
#ifndef ENETDOWN
#define ENETDOWN (ZMQ_HAUSNUMERO + 4)
#endif
#ifndef EADDRINUSE
#define EADDRINUSE (ZMQ_HAUSNUMERO + 5)
#endif
#ifndef EADDRNOTAVAIL
#define EADDRNOTAVAIL (ZMQ_HAUSNUMERO + 6)
#endif
#ifndef ECONNREFUSED
#define ECONNREFUSED (ZMQ_HAUSNUMERO + 7)
#endif
#ifndef EINPROGRESS
#define EINPROGRESS (ZMQ_HAUSNUMERO + 8)
#endif
#ifndef ENOTSOCK
#define ENOTSOCK (ZMQ_HAUSNUMERO + 9)
#endif
#ifndef EMSGSIZE
#define EMSGSIZE (ZMQ_HAUSNUMERO + 10)
#endif
#ifndef EAFNOSUPPORT
#define EAFNOSUPPORT (ZMQ_HAUSNUMERO + 11)
#endif
#ifndef ENETUNREACH
#define ENETUNREACH (ZMQ_HAUSNUMERO + 12)
#endif
#ifndef ECONNABORTED
#define ECONNABORTED (ZMQ_HAUSNUMERO + 13)
#endif
#ifndef ECONNRESET
#define ECONNRESET (ZMQ_HAUSNUMERO + 14)
#endif
#ifndef ENOTCONN
#define ENOTCONN (ZMQ_HAUSNUMERO + 15)
#endif
#ifndef ETIMEDOUT
#define ETIMEDOUT (ZMQ_HAUSNUMERO + 16)
#endif
#ifndef EHOSTUNREACH
#define EHOSTUNREACH (ZMQ_HAUSNUMERO + 17)
#endif
#ifndef ENETRESET
#define ENETRESET (ZMQ_HAUSNUMERO + 18)
#endif

/* There are timers. */
#define ZMQ_HAVE_TIMERS

/* A message: opaque, and aligned for pointers. */
typedef struct zmq_msg_t
{
#if defined _MSC_VER && (defined _M_X64 || defined _M_ARM64)
    __declspec(align (8)) unsigned char _[64];
#elif defined _MSC_VER && (defined _M_IX86 || defined _M_ARM_ARMV7VE || defined _M_ARM)
    __declspec(align (4)) unsigned char _[64];
#elif defined __GNUC__ || defined __INTEL_COMPILER \
  || (defined __SUNPRO_C && __SUNPRO_C >= 0x590) || (defined __SUNPRO_CC && __SUNPRO_CC >= 0x590)
    unsigned char _[64] __attribute__ ((aligned (sizeof (void *))));
#else
    unsigned char _[64];
#endif
} zmq_msg_t;

struct iovec;

/* The version of libzmq whose interface this is. */
#define ZMQ_VERSION_MAJOR 4

/* See `ZMQ_VERSION_MAJOR`. */
#define ZMQ_VERSION_MINOR 3

/* See `ZMQ_VERSION_MAJOR`. */
#define ZMQ_VERSION_PATCH 5

/* Where the error numbers begin that the system may lack. */
#define ZMQ_HAUSNUMERO 156384712

/* The operation does not fit the socket's state. */
#define EFSM (ZMQ_HAUSNUMERO + 51)

/* The transport does not fit the socket's type. */
#define ENOCOMPATPROTO (ZMQ_HAUSNUMERO + 52)

/* The context was terminated. */
#define ETERM (ZMQ_HAUSNUMERO + 53)

/* There is no I/O thread. */
#define EMTHREAD (ZMQ_HAUSNUMERO + 54)

/* Number of I/O threads. */
#define ZMQ_IO_THREADS 1

/* Most sockets that may be open. */
#define ZMQ_MAX_SOCKETS 2

/* Largest value of `ZMQ_MAX_SOCKETS`; read only. */
#define ZMQ_SOCKET_LIMIT 3

/* Scheduling priority of I/O threads; write only. */
#define ZMQ_THREAD_PRIORITY 3

/* Scheduling policy of I/O threads. */
#define ZMQ_THREAD_SCHED_POLICY 4

/* Largest message that may be sent, bytes. */
#define ZMQ_MAX_MSGSZ 5

/* Size of `zmq_msg_t`, bytes; read only. */
#define ZMQ_MSG_T_SIZE 6

/* Lets I/O threads run on a CPU. */
#define ZMQ_THREAD_AFFINITY_CPU_ADD 7

/* Takes a CPU from the I/O threads again. */
#define ZMQ_THREAD_AFFINITY_CPU_REMOVE 8

/* Begins the names of I/O threads. */
#define ZMQ_THREAD_NAME_PREFIX 9

/* Default of `ZMQ_IO_THREADS`. */
#define ZMQ_IO_THREADS_DFLT 1

/* Default of `ZMQ_MAX_SOCKETS`. */
#define ZMQ_MAX_SOCKETS_DFLT 1023

/* Default of `ZMQ_THREAD_PRIORITY`: the system's. */
#define ZMQ_THREAD_PRIORITY_DFLT -1

/* Default of `ZMQ_THREAD_SCHED_POLICY`: the system's. */
#define ZMQ_THREAD_SCHED_POLICY_DFLT -1

/* One peer, both ways. */
#define ZMQ_PAIR 0

/* Publishes to all that subscribed. */
#define ZMQ_PUB 1

/* Receives what it subscribed to. */
#define ZMQ_SUB 2

/* Asks, and waits for the answer. */
#define ZMQ_REQ 3

/* Answers. */
#define ZMQ_REP 4

/* Sends in turn, receives fairly. */
#define ZMQ_DEALER 5

/* Sends to the peer that the first frame names. */
#define ZMQ_ROUTER 6

/* Receives fairly. */
#define ZMQ_PULL 7

/* Sends in turn. */
#define ZMQ_PUSH 8

/* A PUB that sees subscriptions. */
#define ZMQ_XPUB 9

/* A SUB that sends subscriptions as messages. */
#define ZMQ_XSUB 10

/* Speaks plain TCP. */
#define ZMQ_STREAM 11

/* Older name of `ZMQ_DEALER`. */
#define ZMQ_XREQ ZMQ_DEALER

/* Older name of `ZMQ_ROUTER`. */
#define ZMQ_XREP ZMQ_ROUTER

/* I/O threads that may serve new connections, a bit mask. */
#define ZMQ_AFFINITY 4

/* The socket's own name for ROUTER peers. */
#define ZMQ_ROUTING_ID 5

/* Adds a subscription. */
#define ZMQ_SUBSCRIBE 6

/* Removes a subscription. */
#define ZMQ_UNSUBSCRIBE 7

/* Multicast rate, kbit/s. */
#define ZMQ_RATE 8

/* Multicast recovery interval, ms. */
#define ZMQ_RECOVERY_IVL 9

/* Kernel's send buffer, bytes; -1: the system's default. */
#define ZMQ_SNDBUF 11

/* Kernel's receive buffer, bytes; -1: the system's default. */
#define ZMQ_RCVBUF 12

/* More frames of the message follow; read only. */
#define ZMQ_RCVMORE 13

/* Descriptor that becomes readable on news; read only. */
#define ZMQ_FD 14

/* `ZMQ_POLLIN` and `ZMQ_POLLOUT` as they hold now; read only. */
#define ZMQ_EVENTS 15

/* The socket's type; read only. */
#define ZMQ_TYPE 16

/* How long what is unsent outlives the socket, ms; -1: for ever. */
#define ZMQ_LINGER 17

/* Pause before connecting again, ms; -1: never again. */
#define ZMQ_RECONNECT_IVL 18

/* Length of the queue of connections not yet accepted. */
#define ZMQ_BACKLOG 19

/* Longest pause before connecting again, ms; 0: no growth. */
#define ZMQ_RECONNECT_IVL_MAX 21

/* Largest message accepted from a peer, bytes; -1: any. */
#define ZMQ_MAXMSGSIZE 22

/* Most messages waiting to be sent to a peer; 0: any number. */
#define ZMQ_SNDHWM 23

/* Most messages waiting to be received from a peer; 0: any number. */
#define ZMQ_RCVHWM 24

/* Hops a multicast packet may take. */
#define ZMQ_MULTICAST_HOPS 25

/* How long receiving waits, ms; -1: for ever. */
#define ZMQ_RCVTIMEO 27

/* How long sending waits, ms; -1: for ever. */
#define ZMQ_SNDTIMEO 28

/* The endpoint last bound or connected; read only. */
#define ZMQ_LAST_ENDPOINT 32

/* Sending to an unknown peer fails. */
#define ZMQ_ROUTER_MANDATORY 33

/* TCP keep-alive; -1: the system's default. */
#define ZMQ_TCP_KEEPALIVE 34

/* Probes before the connection counts as dead. */
#define ZMQ_TCP_KEEPALIVE_CNT 35

/* Idle time before the first probe, s. */
#define ZMQ_TCP_KEEPALIVE_IDLE 36

/* Time between probes, s. */
#define ZMQ_TCP_KEEPALIVE_INTVL 37

/* Queues only to peers that are connected. */
#define ZMQ_IMMEDIATE 39

/* Shows all subscriptions, not only new ones. */
#define ZMQ_XPUB_VERBOSE 40

/* The ROUTER speaks plain TCP. */
#define ZMQ_ROUTER_RAW 41

/* IPv6 is used where there is a choice. */
#define ZMQ_IPV6 42

/* The security mechanism in force; read only. */
#define ZMQ_MECHANISM 43

/* Acts as server of PLAIN. */
#define ZMQ_PLAIN_SERVER 44

/* User's name for PLAIN. */
#define ZMQ_PLAIN_USERNAME 45

/* Password for PLAIN. */
#define ZMQ_PLAIN_PASSWORD 46

/* Acts as server of CURVE. */
#define ZMQ_CURVE_SERVER 47

/* The socket's own public key. */
#define ZMQ_CURVE_PUBLICKEY 48

/* The socket's own secret key. */
#define ZMQ_CURVE_SECRETKEY 49

/* The server's public key. */
#define ZMQ_CURVE_SERVERKEY 50

/* An empty message announces new connections. */
#define ZMQ_PROBE_ROUTER 51

/* Requests carry a number that answers must match. */
#define ZMQ_REQ_CORRELATE 52

/* Asking again without waiting is allowed. */
#define ZMQ_REQ_RELAXED 53

/* Only the newest message is kept. */
#define ZMQ_CONFLATE 54

/* Domain that authentication requests name. */
#define ZMQ_ZAP_DOMAIN 55

/* A new peer takes a known routing id over. */
#define ZMQ_ROUTER_HANDOVER 56

/* IP's type of service. */
#define ZMQ_TOS 57

/* Routing id of the next peer connected to. */
#define ZMQ_CONNECT_ROUTING_ID 61

/* Acts as server of GSSAPI. */
#define ZMQ_GSSAPI_SERVER 62

/* The socket's own principal. */
#define ZMQ_GSSAPI_PRINCIPAL 63

/* The server's principal. */
#define ZMQ_GSSAPI_SERVICE_PRINCIPAL 64

/* GSSAPI without encryption. */
#define ZMQ_GSSAPI_PLAINTEXT 65

/* Longest handshake, ms; 0: any. */
#define ZMQ_HANDSHAKE_IVL 66

/* SOCKS5 proxy to connect through. */
#define ZMQ_SOCKS_PROXY 68

/* Sending waits for slow subscribers. */
#define ZMQ_XPUB_NODROP 69

/* Sockets of the context linger by default; an option of contexts. */
#define ZMQ_BLOCKY 70

/* The program decides about subscriptions. */
#define ZMQ_XPUB_MANUAL 71

/* Sent to new subscribers. */
#define ZMQ_XPUB_WELCOME_MSG 72

/* Empty messages tell of connections that come and go. */
#define ZMQ_STREAM_NOTIFY 73

/* Subscriptions select what is not received. */
#define ZMQ_INVERT_MATCHING 74

/* Time between pings, ms; 0: none. */
#define ZMQ_HEARTBEAT_IVL 75

/* How long the peer may wait for our pings, ms. */
#define ZMQ_HEARTBEAT_TTL 76

/* How long we wait for the peer's answers, ms; -1: as the interval. */
#define ZMQ_HEARTBEAT_TIMEOUT 77

/* Shows all unsubscriptions, too. */
#define ZMQ_XPUB_VERBOSER 78

/* Longest attempt to connect, ms; 0: the system's. */
#define ZMQ_CONNECT_TIMEOUT 79

/* Longest time that TCP sends again, ms; 0: the system's. */
#define ZMQ_TCP_MAXRT 80

/* The socket's type allows use by several threads; read only. */
#define ZMQ_THREAD_SAFE 81

/* Largest multicast packet, bytes. */
#define ZMQ_MULTICAST_MAXTPDU 84

/* VMCI's buffer, bytes. */
#define ZMQ_VMCI_BUFFER_SIZE 85

/* VMCI's smallest buffer, bytes. */
#define ZMQ_VMCI_BUFFER_MIN_SIZE 86

/* VMCI's largest buffer, bytes. */
#define ZMQ_VMCI_BUFFER_MAX_SIZE 87

/* Longest attempt to connect over VMCI, ms. */
#define ZMQ_VMCI_CONNECT_TIMEOUT 88

/* Descriptor to use instead of a new one. */
#define ZMQ_USE_FD 89

/* Kind of name of the own principal. */
#define ZMQ_GSSAPI_PRINCIPAL_NAMETYPE 90

/* Kind of name of the server's principal. */
#define ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE 91

/* Network device to be bound to. */
#define ZMQ_BINDTODEVICE 92

/* More frames of the message follow. */
#define ZMQ_MORE 1

/* The body is shared with another message. */
#define ZMQ_SHARED 3

/* Fails with `EAGAIN` instead of waiting. */
#define ZMQ_DONTWAIT 1

/* More frames of the message follow. */
#define ZMQ_SNDMORE 2

/* No security. */
#define ZMQ_NULL 0

/* Name and password, not encrypted. */
#define ZMQ_PLAIN 1

/* Keys, encrypted. */
#define ZMQ_CURVE 2

/* Kerberos. */
#define ZMQ_GSSAPI 3

/* Longest name of a group, bytes. */
#define ZMQ_GROUP_MAX_LENGTH 255

/* Older name of `ZMQ_ROUTING_ID`. */
#define ZMQ_IDENTITY ZMQ_ROUTING_ID

/* Older name of `ZMQ_CONNECT_ROUTING_ID`. */
#define ZMQ_CONNECT_RID ZMQ_CONNECT_ROUTING_ID

/* Addresses whose connections are accepted. */
#define ZMQ_TCP_ACCEPT_FILTER 38

/* Process ids whose connections are accepted. */
#define ZMQ_IPC_FILTER_PID 58

/* User ids whose connections are accepted. */
#define ZMQ_IPC_FILTER_UID 59

/* Group ids whose connections are accepted. */
#define ZMQ_IPC_FILTER_GID 60

/* The opposite of `ZMQ_IPV6`. */
#define ZMQ_IPV4ONLY 31

/* Older name of `ZMQ_IMMEDIATE`. */
#define ZMQ_DELAY_ATTACH_ON_CONNECT ZMQ_IMMEDIATE

/* Older name of `ZMQ_DONTWAIT`. */
#define ZMQ_NOBLOCK ZMQ_DONTWAIT

/* Older name of `ZMQ_ROUTER_MANDATORY`. */
#define ZMQ_FAIL_UNROUTABLE ZMQ_ROUTER_MANDATORY

/* Older name of `ZMQ_ROUTER_MANDATORY`. */
#define ZMQ_ROUTER_BEHAVIOR ZMQ_ROUTER_MANDATORY

/* Descriptor that a message came from; older than `zmq_msg_gets`. */
#define ZMQ_SRCFD 2

/* Service and host. */
#define ZMQ_GSSAPI_NT_HOSTBASED 0

/* User. */
#define ZMQ_GSSAPI_NT_USER_NAME 1

/* Kerberos principal. */
#define ZMQ_GSSAPI_NT_KRB5_PRINCIPAL 2

/* Connected. */
#define ZMQ_EVENT_CONNECTED 1

/* The attempt to connect goes on. */
#define ZMQ_EVENT_CONNECT_DELAYED 2

/* Will connect again after the interval. */
#define ZMQ_EVENT_CONNECT_RETRIED 4

/* Bound. */
#define ZMQ_EVENT_LISTENING 8

/* Not bound. */
#define ZMQ_EVENT_BIND_FAILED 16

/* Accepted a connection. */
#define ZMQ_EVENT_ACCEPTED 32

/* Could not accept a connection. */
#define ZMQ_EVENT_ACCEPT_FAILED 64

/* Closed a descriptor. */
#define ZMQ_EVENT_CLOSED 128

/* Could not close a descriptor. */
#define ZMQ_EVENT_CLOSE_FAILED 256

/* The connection broke. */
#define ZMQ_EVENT_DISCONNECTED 512

/* The monitor ends. */
#define ZMQ_EVENT_MONITOR_STOPPED 1024

/* All events of version 1. */
#define ZMQ_EVENT_ALL 65535

/* The handshake failed by a system error. */
#define ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL 2048

/* The handshake is done. */
#define ZMQ_EVENT_HANDSHAKE_SUCCEEDED 4096

/* The handshake broke the protocol: `ZMQ_PROTOCOL_ERROR_*`. */
#define ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL 8192

/* The peer was refused: status of ZAP. */
#define ZMQ_EVENT_HANDSHAKE_FAILED_AUTH 16384

/* ZMTP broken in some way. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED 268435456

/* A command out of place. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND 268435457

/* Commands out of order. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE 268435458

/* Keys could not be exchanged. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE 268435459

/* A malformed command. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED 268435473

/* A malformed MESSAGE. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE 268435474

/* A malformed HELLO. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO 268435475

/* A malformed INITIATE. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE 268435476

/* A malformed ERROR. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR 268435477

/* A malformed READY. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY 268435478

/* A malformed WELCOME. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME 268435479

/* Malformed properties. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA 268435480

/* What was encrypted could not be opened. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC 285212673

/* The peer has another mechanism. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH 285212674

/* ZAP broken in some way. */
#define ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED 536870912

/* A malformed reply. */
#define ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY 536870913

/* A reply to another request. */
#define ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID 536870914

/* A reply of another version. */
#define ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION 536870915

/* An unknown status. */
#define ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE 536870916

/* Malformed properties. */
#define ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA 536870917

/* WebSocket broken in some way. */
#define ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED 805306368

/* A message can be received. */
#define ZMQ_POLLIN 1

/* A message can be sent. */
#define ZMQ_POLLOUT 2

/* The descriptor has an error. */
#define ZMQ_POLLERR 4

/* The descriptor has urgent data. */
#define ZMQ_POLLPRI 8

/* Number of items that programs take for usual. */
#define ZMQ_POLLITEMS_DFLT 16

/* There is `zmq_has`. */
#define ZMQ_HAS_CAPABILITIES 1

/* Device of PULL and PUSH. */
#define ZMQ_STREAMER 1

/* Device of XSUB and XPUB. */
#define ZMQ_FORWARDER 2

/* Device of ROUTER and DEALER. */
#define ZMQ_QUEUE 3

/* Takes back what `zmq_msg_init_data` lent. */
typedef void (zmq_free_fn) (void *data, void *hint);

#if !defined(_WIN32)
/* A descriptor, as the system has it. */
typedef int zmq_fd_t;
#endif

#if (defined(_WIN32) && defined(_WIN64))
/* A socket of the system. */
typedef uint64_t zmq_fd_t;
#endif

#if (defined(_WIN32) && !defined(_WIN64))
/* A socket of the system. */
typedef unsigned int zmq_fd_t;
#endif

/* What `zmq_poll` waits for, and what it found: a socket, or else a descriptor. */
typedef struct zmq_pollitem_t
{
    void *socket;
    zmq_fd_t fd;
    short events;
    short revents;
} zmq_pollitem_t;

/* Is called when a timer has run down. */
typedef void (zmq_timer_fn) (int timer_id, void *arg);

/* Is run by a thread of its own. */
typedef void (zmq_thread_fn) (void *arg);

/* `zmq_ctx_new(3)` */
ZMQ_EXPORT void *zmq_ctx_new(void);

/* `zmq_ctx_term(3)` */
ZMQ_EXPORT int zmq_ctx_term(void *context);

/* `zmq_ctx_shutdown(3)` */
ZMQ_EXPORT int zmq_ctx_shutdown(void *context);

/* `zmq_ctx_set(3)` */
ZMQ_EXPORT int zmq_ctx_set(void *context, int option, int optval);

/* `zmq_ctx_get(3)` */
ZMQ_EXPORT int zmq_ctx_get(void *context, int option);

/* `zmq_init(3)`, deprecated */
ZMQ_EXPORT void *zmq_init(int io_threads);

/* `zmq_term(3)`, deprecated */
ZMQ_EXPORT int zmq_term(void *context);

/* `zmq_ctx_destroy(3)`, deprecated */
ZMQ_EXPORT int zmq_ctx_destroy(void *context);

/* `zmq_z85_encode(3)` */
ZMQ_EXPORT char *zmq_z85_encode(char *dest, const uint8_t *data, size_t size);

/* `zmq_z85_decode(3)` */
ZMQ_EXPORT uint8_t *zmq_z85_decode(uint8_t *dest, const char *string);

/* `zmq_curve_keypair(3)`: `ENOTSUP`, CURVE is not there yet */
ZMQ_EXPORT int zmq_curve_keypair(char *_z85_public_key, char *_z85_secret_key);

/* `zmq_curve_public(3)`: `ENOTSUP`, CURVE is not there yet */
ZMQ_EXPORT int zmq_curve_public(char *_z85_public_key, const char *_z85_secret_key);

/* `zmq_errno(3)` */
ZMQ_EXPORT int zmq_errno(void);

/* `zmq_strerror(3)` */
ZMQ_EXPORT const char *zmq_strerror(int errnum);

/* `zmq_msg_init(3)` */
ZMQ_EXPORT int zmq_msg_init(zmq_msg_t *msg);

/* `zmq_msg_init_size(3)` */
ZMQ_EXPORT int zmq_msg_init_size(zmq_msg_t *msg, size_t size);

/* `zmq_msg_init_data(3)` */
ZMQ_EXPORT
int zmq_msg_init_data(zmq_msg_t *msg,
                      void *data,
                      size_t size,
                      zmq_free_fn *ffn,
                      void *hint);

/* `zmq_msg_close(3)` */
ZMQ_EXPORT int zmq_msg_close(zmq_msg_t *msg);

/* `zmq_msg_move(3)` */
ZMQ_EXPORT int zmq_msg_move(zmq_msg_t *dest, zmq_msg_t *src);

/* `zmq_msg_copy(3)` */
ZMQ_EXPORT int zmq_msg_copy(zmq_msg_t *dest, zmq_msg_t *src);

/* `zmq_msg_data(3)` */
ZMQ_EXPORT void *zmq_msg_data(zmq_msg_t *msg);

/* `zmq_msg_size(3)` */
ZMQ_EXPORT size_t zmq_msg_size(const zmq_msg_t *msg);

/* `zmq_msg_more(3)` */
ZMQ_EXPORT int zmq_msg_more(const zmq_msg_t *msg);

/* `zmq_msg_get(3)` */
ZMQ_EXPORT int zmq_msg_get(const zmq_msg_t *msg, int property);

/* `zmq_msg_set(3)`: there is no property that can be set */
ZMQ_EXPORT int zmq_msg_set(zmq_msg_t *_msg, int _property, int _optval);

/* `zmq_msg_gets(3)` */
ZMQ_EXPORT const char *zmq_msg_gets(const zmq_msg_t *msg, const char *property);

/* `zmq_poll(3)` */
ZMQ_EXPORT int zmq_poll(struct zmq_pollitem_t *items, int nitems, long timeout);

/* `zmq_proxy(3)` */
ZMQ_EXPORT int zmq_proxy(void *frontend, void *backend, void *capture);

/* `zmq_proxy_steerable(3)` */
ZMQ_EXPORT int zmq_proxy_steerable(void *frontend, void *backend, void *capture, void *control);

/* `zmq_device`, deprecated */
ZMQ_EXPORT int zmq_device(int _kind, void *frontend, void *backend);

/* `zmq_socket(3)` */
ZMQ_EXPORT void *zmq_socket(void *context, int kind);

/* `zmq_close(3)` */
ZMQ_EXPORT int zmq_close(void *socket);

/* `zmq_setsockopt(3)` */
ZMQ_EXPORT int zmq_setsockopt(void *socket, int option, const void *optval, size_t optvallen);

/* `zmq_getsockopt(3)` */
ZMQ_EXPORT int zmq_getsockopt(void *socket, int option, void *optval, size_t *optvallen);

/* `zmq_bind(3)` */
ZMQ_EXPORT int zmq_bind(void *socket, const char *endpoint);

/* `zmq_connect(3)` */
ZMQ_EXPORT int zmq_connect(void *socket, const char *endpoint);

/* `zmq_unbind(3)` */
ZMQ_EXPORT int zmq_unbind(void *socket, const char *endpoint);

/* `zmq_disconnect(3)` */
ZMQ_EXPORT int zmq_disconnect(void *socket, const char *endpoint);

/* `zmq_send(3)` */
ZMQ_EXPORT int zmq_send(void *socket, const void *buf, size_t len, int flags);

/* `zmq_send_const(3)` */
ZMQ_EXPORT int zmq_send_const(void *socket, const void *buf, size_t len, int flags);

/* `zmq_recv(3)` */
ZMQ_EXPORT int zmq_recv(void *socket, void *buf, size_t len, int flags);

/* `zmq_msg_send(3)` */
ZMQ_EXPORT int zmq_msg_send(zmq_msg_t *msg, void *socket, int flags);

/* `zmq_msg_recv(3)` */
ZMQ_EXPORT int zmq_msg_recv(zmq_msg_t *msg, void *socket, int flags);

/* `zmq_sendmsg`, deprecated */
ZMQ_EXPORT int zmq_sendmsg(void *socket, zmq_msg_t *msg, int flags);

/* `zmq_recvmsg`, deprecated */
ZMQ_EXPORT int zmq_recvmsg(void *socket, zmq_msg_t *msg, int flags);

/* `zmq_sendiov`: each buffer a frame; of one message with `ZMQ_SNDMORE`, else a message of its own */
ZMQ_EXPORT int zmq_sendiov(void *socket, struct iovec *iov, size_t n, int flags);

/* `zmq_recviov`: each frame of one message into memory made by `malloc` */
ZMQ_EXPORT int zmq_recviov(void *socket, struct iovec *iov, size_t *n, int flags);

/* `zmq_socket_monitor(3)` */
ZMQ_EXPORT int zmq_socket_monitor(void *socket, const char *endpoint, int events);

/* `zmq_timers_new(3)` */
ZMQ_EXPORT void *zmq_timers_new(void);

/* `zmq_timers_destroy(3)` */
ZMQ_EXPORT int zmq_timers_destroy(void **timers_p);

/* `zmq_timers_add(3)` */
ZMQ_EXPORT int zmq_timers_add(void *timers, size_t interval, zmq_timer_fn *handler, void *arg);

/* `zmq_timers_cancel(3)` */
ZMQ_EXPORT int zmq_timers_cancel(void *timers, int timer_id);

/* `zmq_timers_set_interval(3)` */
ZMQ_EXPORT int zmq_timers_set_interval(void *timers, int timer_id, size_t interval);

/* `zmq_timers_reset(3)` */
ZMQ_EXPORT int zmq_timers_reset(void *timers, int timer_id);

/* `zmq_timers_timeout(3)` */
ZMQ_EXPORT long zmq_timers_timeout(void *timers);

/* `zmq_timers_execute(3)` */
ZMQ_EXPORT int zmq_timers_execute(void *timers);

/* `zmq_version(3)` */
ZMQ_EXPORT void zmq_version(int *major, int *minor, int *patch);

/* `zmq_has(3)` */
ZMQ_EXPORT int zmq_has(const char *capability);

/* `zmq_sleep`, deprecated */
ZMQ_EXPORT void zmq_sleep(int seconds);

/* `zmq_stopwatch_start(3)` */
ZMQ_EXPORT void *zmq_stopwatch_start(void);

/* `zmq_stopwatch_intermediate(3)`, microseconds */
ZMQ_EXPORT unsigned long zmq_stopwatch_intermediate(void *watch);

/* `zmq_stopwatch_stop(3)`, microseconds */
ZMQ_EXPORT unsigned long zmq_stopwatch_stop(void *watch);

/* `zmq_threadstart` */
ZMQ_EXPORT void *zmq_threadstart(zmq_thread_fn *func, void *arg);

/* `zmq_threadclose`: waits for the thread's end */
ZMQ_EXPORT void zmq_threadclose(void *thread);

/* `zmq_atomic_counter_new(3)` */
ZMQ_EXPORT void *zmq_atomic_counter_new(void);

/* `zmq_atomic_counter_set(3)` */
ZMQ_EXPORT void zmq_atomic_counter_set(void *counter, int value);

/* `zmq_atomic_counter_inc(3)`: the value before */
ZMQ_EXPORT int zmq_atomic_counter_inc(void *counter);

/* `zmq_atomic_counter_dec(3)`: 1 while the value is not zero */
ZMQ_EXPORT int zmq_atomic_counter_dec(void *counter);

/* `zmq_atomic_counter_value(3)` */
ZMQ_EXPORT int zmq_atomic_counter_value(void *counter);

/* `zmq_atomic_counter_destroy(3)` */
ZMQ_EXPORT void zmq_atomic_counter_destroy(void **counter_p);

/* The draft API: always in the library, shown to those who ask for it. */
#if defined ZMQ_BUILD_DRAFT_API

/* There are pollers. */
#define ZMQ_HAVE_POLLER

/* Names of properties of messages. */
#define ZMQ_MSG_PROPERTY_ROUTING_ID "Routing-Id"
#define ZMQ_MSG_PROPERTY_SOCKET_TYPE "Socket-Type"
#define ZMQ_MSG_PROPERTY_USER_ID "User-Id"
#define ZMQ_MSG_PROPERTY_PEER_ADDRESS "Peer-Address"

/* Many clients, each known by a number. */
#define ZMQ_SERVER 12

/* Talks to SERVERs. */
#define ZMQ_CLIENT 13

/* Publishes to groups. */
#define ZMQ_RADIO 14

/* Receives what groups get that it joined. */
#define ZMQ_DISH 15

/* Receives fairly, single frames. */
#define ZMQ_GATHER 16

/* Sends in turn, single frames. */
#define ZMQ_SCATTER 17

/* UDP datagrams. */
#define ZMQ_DGRAM 18

/* As SERVER, and connects to others of its type. */
#define ZMQ_PEER 19

/* A PAIR for several threads. */
#define ZMQ_CHANNEL 20

/* Without a domain nothing is asked of ZAP. */
#define ZMQ_ZAP_ENFORCE_DOMAIN 93

/* Windows' short cut for local TCP. */
#define ZMQ_LOOPBACK_FASTPATH 94

/* A property that the handshake tells the peer. */
#define ZMQ_METADATA 95

/* Multicast packets come back to the sender's machine. */
#define ZMQ_MULTICAST_LOOP 96

/* Empty messages tell of peers: `ZMQ_NOTIFY_*`. */
#define ZMQ_ROUTER_NOTIFY 97

/* As `ZMQ_XPUB_MANUAL`; the next message goes to the last subscriber. */
#define ZMQ_XPUB_MANUAL_LAST_VALUE 98

/* User's name for the SOCKS5 proxy. */
#define ZMQ_SOCKS_USERNAME 99

/* Password for the SOCKS5 proxy. */
#define ZMQ_SOCKS_PASSWORD 100

/* Bytes read at once. */
#define ZMQ_IN_BATCH_SIZE 101

/* Bytes written at once. */
#define ZMQ_OUT_BATCH_SIZE 102

/* Private key of WSS, PEM. */
#define ZMQ_WSS_KEY_PEM 103

/* Certificate of WSS, PEM. */
#define ZMQ_WSS_CERT_PEM 104

/* Certificates that WSS trusts, PEM. */
#define ZMQ_WSS_TRUST_PEM 105

/* Name that the server's certificate must have. */
#define ZMQ_WSS_HOSTNAME 106

/* WSS trusts the system's certificates. */
#define ZMQ_WSS_TRUST_SYSTEM 107

/* Only the first frame of a message can be a subscription. */
#define ZMQ_ONLY_FIRST_SUBSCRIBE 108

/* When not to connect again: `ZMQ_RECONNECT_STOP_*`. */
#define ZMQ_RECONNECT_STOP 109

/* First message to each peer. */
#define ZMQ_HELLO_MSG 110

/* Received when a peer has gone. */
#define ZMQ_DISCONNECT_MSG 111

/* Priority of the packets. */
#define ZMQ_PRIORITY 112

/* Time of busy polling in the kernel, us. */
#define ZMQ_BUSY_POLL 113

/* Received when a connection broke for a while. */
#define ZMQ_HICCUP_MSG 114

/* Sends all unsubscriptions on. */
#define ZMQ_XSUB_VERBOSE_UNSUBSCRIBE 115

/* Number of topics subscribed to; read only. */
#define ZMQ_TOPICS_COUNT 116

/* Mode of NORM: `ZMQ_NORM_*`. */
#define ZMQ_NORM_MODE 117

/* NORM's receivers answer by unicast. */
#define ZMQ_NORM_UNICAST_NACK 118

/* NORM's buffer, KB. */
#define ZMQ_NORM_BUFFER_SIZE 119

/* NORM's segments, bytes. */
#define ZMQ_NORM_SEGMENT_SIZE 120

/* NORM's blocks, segments. */
#define ZMQ_NORM_BLOCK_SIZE 121

/* NORM's parity segments of a block. */
#define ZMQ_NORM_NUM_PARITY 122

/* NORM's parity segments sent unasked. */
#define ZMQ_NORM_NUM_AUTOPARITY 123

/* NORM delivers what came in without waiting for order. */
#define ZMQ_NORM_PUSH 124

/* Fixed rate. */
#define ZMQ_NORM_FIXED 0

/* Congestion control. */
#define ZMQ_NORM_CC 1

/* The same, by loss only. */
#define ZMQ_NORM_CCL 2

/* The same, with explicit congestion notification. */
#define ZMQ_NORM_CCE 3

/* The same, by explicit notification only. */
#define ZMQ_NORM_CCE_ECNONLY 4

/* When the connection is refused. */
#define ZMQ_RECONNECT_STOP_CONN_REFUSED 1

/* When the handshake fails. */
#define ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED 2

/* After `zmq_disconnect`. */
#define ZMQ_RECONNECT_STOP_AFTER_DISCONNECT 4

/* Large messages may share the buffer they were read into. */
#define ZMQ_ZERO_COPY_RECV 10

/* Of peers that come. */
#define ZMQ_NOTIFY_CONNECT 1

/* Of peers that go. */
#define ZMQ_NOTIFY_DISCONNECT 2

/* Lengths of queues, asked for. */
#define ZMQ_EVENT_PIPES_STATS 65536

/* Version that `zmq_socket_monitor` gives. */
#define ZMQ_CURRENT_EVENT_VERSION 1

/* Newest version. */
#define ZMQ_CURRENT_EVENT_VERSION_DRAFT 2

/* All events of version 1. */
#define ZMQ_EVENT_ALL_V1 ZMQ_EVENT_ALL

/* All events of version 2. */
#define ZMQ_EVENT_ALL_V2 (ZMQ_EVENT_ALL_V1 | ZMQ_EVENT_PIPES_STATS)

/* What a poller found. */
typedef struct zmq_poller_event_t
{
    void *socket;
    zmq_fd_t fd;
    void *user_data;
    short events;
} zmq_poller_event_t;

/* `zmq_ctx_set_ext` */
ZMQ_EXPORT int zmq_ctx_set_ext(void *context, int option, const void *optval, size_t optvallen);

/* `zmq_ctx_get_ext` */
ZMQ_EXPORT int zmq_ctx_get_ext(void *context, int option, void *optval, size_t *optvallen);

/* `zmq_socket_monitor_versioned(3)` */
ZMQ_EXPORT
int zmq_socket_monitor_versioned(void *socket,
                                 const char *endpoint,
                                 uint64_t events,
                                 int version,
                                 int kind);

/* `zmq_socket_monitor_pipes_stats` */
ZMQ_EXPORT int zmq_socket_monitor_pipes_stats(void *socket);

/* `zmq_msg_init_buffer` */
ZMQ_EXPORT int zmq_msg_init_buffer(zmq_msg_t *msg, const void *buf, size_t size);

/* `zmq_msg_set_routing_id` */
ZMQ_EXPORT int zmq_msg_set_routing_id(zmq_msg_t *msg, uint32_t routing_id);

/* `zmq_msg_routing_id` */
ZMQ_EXPORT uint32_t zmq_msg_routing_id(zmq_msg_t *msg);

/* `zmq_msg_set_group` */
ZMQ_EXPORT int zmq_msg_set_group(zmq_msg_t *msg, const char *group);

/* `zmq_msg_group` */
ZMQ_EXPORT const char *zmq_msg_group(zmq_msg_t *msg);

/* `zmq_join`: only a DISH has groups */
ZMQ_EXPORT int zmq_join(void *socket, const char *group);

/* `zmq_leave`: only a DISH has groups */
ZMQ_EXPORT int zmq_leave(void *socket, const char *group);

/* `zmq_connect_peer`: only a PEER names its peers; 0 and `errno` */
ZMQ_EXPORT uint32_t zmq_connect_peer(void *socket, const char *endpoint);

/* `zmq_socket_get_peer_state` */
ZMQ_EXPORT
int zmq_socket_get_peer_state(void *socket,
                              const void *routing_id,
                              size_t routing_id_size);

#if !defined(_WIN32)
/* `zmq_ppoll(3)` */
ZMQ_EXPORT int zmq_ppoll(zmq_pollitem_t *items, int nitems, long timeout, const sigset_t *sigmask);
#endif

#if defined(_WIN32)
/* `zmq_ppoll(3)`: there are no signal masks */
ZMQ_EXPORT int zmq_ppoll(zmq_pollitem_t *items, int nitems, long timeout, const void *_sigmask);
#endif

/* `zmq_poller_new(3)` */
ZMQ_EXPORT void *zmq_poller_new(void);

/* `zmq_poller_destroy(3)` */
ZMQ_EXPORT int zmq_poller_destroy(void **poller_p);

/* `zmq_poller_size` */
ZMQ_EXPORT int zmq_poller_size(void *poller);

/* `zmq_poller_add(3)` */
ZMQ_EXPORT int zmq_poller_add(void *poller, void *socket, void *user_data, short events);

/* `zmq_poller_modify(3)` */
ZMQ_EXPORT int zmq_poller_modify(void *poller, void *socket, short events);

/* `zmq_poller_remove(3)` */
ZMQ_EXPORT int zmq_poller_remove(void *poller, void *socket);

/* `zmq_poller_add_fd(3)` */
ZMQ_EXPORT int zmq_poller_add_fd(void *poller, zmq_fd_t fd, void *user_data, short events);

/* `zmq_poller_modify_fd(3)` */
ZMQ_EXPORT int zmq_poller_modify_fd(void *poller, zmq_fd_t fd, short events);

/* `zmq_poller_remove_fd(3)` */
ZMQ_EXPORT int zmq_poller_remove_fd(void *poller, zmq_fd_t fd);

/* `zmq_poller_wait(3)` */
ZMQ_EXPORT int zmq_poller_wait(void *poller, struct zmq_poller_event_t *event, long timeout);

/* `zmq_poller_wait_all(3)` */
ZMQ_EXPORT
int zmq_poller_wait_all(void *poller,
                        struct zmq_poller_event_t *events,
                        int n_events,
                        long timeout);

/* `zmq_poller_fd(3)` */
ZMQ_EXPORT int zmq_poller_fd(void *poller, zmq_fd_t *fd);

#endif

#undef ZMQ_EXPORT

#ifdef __cplusplus
}
#endif

#endif
