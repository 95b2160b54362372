/* Pairs of connected sockets, and messages between them. */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "probe.h"

/* Largest message, bytes. */
enum { MAX_SIZE = 4096 };

struct pattern {
    const char *name;
    int sender;
    int receiver;
    /* The receiver's messages begin with a routing id. */
    int addressed;
    /* The receiver answers each message. */
    int answered;
};

/* PUSH/PULL, DEALER/ROUTER, XPUB/SUB that waits rather than drops, REQ/REP. */
enum { PATTERNS = 4 };
extern const struct pattern patterns[PATTERNS];

/* tcp, ipc, inproc: endpoints to bind to. */
enum { TRANSPORTS = 3 };
extern const char *const transports[TRANSPORTS];

struct pair {
    const struct pattern *pattern;
    void *ctx;
    void *sender;
    void *receiver;
};

/* Connected: a message has gone through. */
struct pair pair_new (const struct pattern *pattern, const char *transport);
void pair_end (struct pair *pair);

/* By which functions messages are sent and received. */
enum way { BUFFERS, MESSAGES };

/* A message from the sender, and where it arrives. */
void pair_send (const struct pair *pair, enum way way, size_t size);
void pair_receive (const struct pair *pair, enum way way, size_t size);
/* The receiver's answer, and where that arrives. */
void pair_answer (const struct pair *pair, enum way way, size_t size);
void pair_hear (const struct pair *pair, enum way way, size_t size);

/* Runs `count` messages of `size` bytes through, and their answers if the pattern has any, with a
 * thread on either side. */
void pair_stream (const struct pair *pair, enum way way, size_t size, long count);

#endif
