/* What the performance programs share: options, clocks, CPU and memory use, percentiles, a second
   side in a thread or a process of its own, and the report.

   Only the public header is used, so that one binary measures any libzmq.so.5. */

#ifndef OXMQ_PERF_SUPPORT_H
#define OXMQ_PERF_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

#include <zmq.h>

/* ---- failing ---------------------------------------------------------------------------- */

/* Prints "error in CALL: REASON" with errno's reason as the library words it, and exits. */
void fail(const char *call);

/* For calls that return -1 (or NULL) on failure. */
#define CHECK(call, ok)                                                                          \
    do {                                                                                         \
        if (!(ok))                                                                               \
            fail(call);                                                                          \
    } while (0)

/* A fault of the caller's: prints the message and exits with status 1. */
void usage_error(const char *format, ...);

void *allocate(size_t size);

/* ---- the command line ------------------------------------------------------------------- */

enum option_kind { OPTION_COUNT, OPTION_REAL, OPTION_TEXT, OPTION_FLAG };

struct option {
    char letter; /* 0: no short form */
    const char *name;
    enum option_kind kind;
    void *value; /* uint64_t, double, const char * or int, by kind; holds the default */
    const char *help;
};

enum format { FORMAT_TABLE, FORMAT_KV, FORMAT_CSV };

/* Reads the options, `--kv`, `--csv` and `--help` into their places. */
enum format parse_options(int argc, char **argv, const struct option *options, size_t count);

/* A plain argument of libzmq's tools: a number without a sign. */
uint64_t parse_count(const char *text);

/* ---- time, CPU, memory ------------------------------------------------------------------ */

uint64_t now_ns(void);
void sleep_ns(uint64_t ns);

/* CPU time of all threads of this process, and how often one of them went to sleep. */
struct usage {
    uint64_t cpu_ns;
    uint64_t sleeps;
};
struct usage usage_now(void);

/* Resident bytes of this process. */
uint64_t resident_bytes(void);

/* Lets the process open that many descriptors, or fails with what to do about it. */
void allow_descriptors(uint64_t count);

/* ---- statistics ------------------------------------------------------------------------- */

#define PERCENTILES 9
struct latencies {
    double mean, percentiles[PERCENTILES], max; /* microseconds */
};
/* Sorts the samples (nanoseconds); `divisor` is what one of them stands for (a round trip: 2). */
struct latencies summarise(uint64_t *samples, size_t count, double divisor);

/* ---- the report ------------------------------------------------------------------------- */

/* A line per figure as a table, as `key value` pairs, or as CSV with a heading. */
struct report;
struct report *report_new(enum format format);
void report_text(struct report *report, const char *key, const char *text);
void report_number(struct report *report, const char *key, double value, const char *unit);
void report_latencies(struct report *report, const char *prefix, struct latencies latencies);
/* Prints and frees it. */
void report_print(struct report *report);

/* The lines that libzmq's tools print. */
void print_throughput(uint64_t size, uint64_t count, uint64_t elapsed_ns);
void print_latency(uint64_t size, uint64_t roundtrips, uint64_t elapsed_ns);

/* ---- sockets and messages --------------------------------------------------------------- */

void *new_socket(void *context, int type);
void set_int(void *socket, int option, int value);

/* Binds to a free endpoint of tcp, ipc or inproc and stores what it became. */
#define ENDPOINT_SIZE 256
void bind_any(void *socket, const char *transport, char endpoint[ENDPOINT_SIZE]);
void connect_to(void *socket, const char *endpoint);
void close_socket(void *socket);
void term_context(void *context);

/* Ways to pass one message: `buffer` is zmq_send and zmq_recv, `msg` is zmq_msg_*. */
struct courier {
    int use_msg;
    size_t size;
    char *buffer;
    zmq_msg_t message;
};
void courier_open(struct courier *courier, const char *api, size_t size);
/* Both return 0, or -1 with errno EAGAIN where `flags` has ZMQ_DONTWAIT; they fail otherwise. */
int courier_send(struct courier *courier, void *socket, int flags);
int courier_receive(struct courier *courier, void *socket, int flags);
void courier_close(struct courier *courier);

/* One round trip with the same message there and back, seen from either side. */
void ask(zmq_msg_t *message, void *socket, size_t size);
void echo(zmq_msg_t *message, void *socket, size_t size);

/* ---- the other side --------------------------------------------------------------------- */

/* A peer runs in a process of its own, forked before the library is first used, or, as inproc
   needs it, in a thread. The two sides talk over pipes, which the library knows nothing of. */
struct peer;
typedef void peer_main(struct peer *self, void *argument);

/* `context` is the shared one for a thread, and NULL for a process. */
struct peer *peer_start(void *context, peer_main *run, void *argument);
void peer_tell(struct peer *peer, const void *data, size_t size);
void peer_hear(struct peer *peer, void *data, size_t size);
/* Whether `peer_hear` would find something at once. */
int peer_has_spoken(struct peer *peer);
/* Waits for its end, fails if it failed, and returns the CPU time of its process since
   `peer_mark` and until `peer_stop` (of a thread: 0, as the caller's own count includes it). */
uint64_t peer_join(struct peer *peer);

/* Inside the peer. */
void *peer_context(struct peer *self);
/* From here on its CPU time counts; without it, from its start. */
void peer_mark(struct peer *self);
/* From here on it does not: what is left is to take things down. */
void peer_stop(struct peer *self);
void peer_release_context(struct peer *self, void *context);
void peer_say(struct peer *self, const void *data, size_t size);
void peer_listen(struct peer *self, void *data, size_t size);
/* Whether `peer_listen` would find something at once. */
int peer_is_called(struct peer *self);

int is_inproc(const char *transport);

#endif
