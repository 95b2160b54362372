/* Many connections between two processes, a ROUTER and another that is connected to it COUNT times:
   how fast they are set up, what each costs in memory on either side, what all of them cost in CPU
   time and wake-ups while nothing happens, and how fast messages come in from all of them. CPU time
   of setting up and of traffic is that of both sides.

   The client is a ROUTER because a DEALER connects to the same endpoint only once.

   Memory is the growth of the resident set, taken after the handshakes and again after traffic. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define MONITOR "inproc://monitor"
#define SETTLE_NS 300000000u

struct setup {
    const char *transport;
    uint64_t count;
    uint64_t messages;
    uint64_t size;
    double idle_s;
};

/* Beside one for each connection. */
#define OTHER_DESCRIPTORS 256

/* What either side sees of itself. */
struct side {
    uint64_t memory;
    uint64_t memory_after;
    uint64_t setup_cpu_ns;
    uint64_t idle_cpu_ns;
    uint64_t idle_sleeps;
    uint64_t traffic_cpu_ns;
};

static uint64_t growth(uint64_t before)
{
    uint64_t now = resident_bytes();
    return now > before ? now - before : 0;
}

static void stay_idle(const struct setup *setup, struct side *side)
{
    struct usage before = usage_now();
    sleep_ns((uint64_t) (setup->idle_s * 1e9));
    struct usage after = usage_now();
    side->idle_cpu_ns = after.cpu_ns - before.cpu_ns;
    side->idle_sleeps = after.sleeps - before.sleeps;
}

/* The client's name for its connection `index`. */
static size_t connection_name(char name[24], uint64_t index)
{
    return (size_t) snprintf(name, 24, "%llu", (unsigned long long) index);
}

/* Sends `messages` over all connections in turn. */
static void send_over_all(const struct setup *setup, void *socket, const char *body,
                          uint64_t messages)
{
    char name[24];
    for (uint64_t i = 0; i < messages; i++) {
        size_t size = connection_name(name, i % setup->count);
        CHECK("zmq_send", zmq_send(socket, name, size, ZMQ_SNDMORE) >= 0);
        CHECK("zmq_send", zmq_send(socket, body, setup->size, 0) >= 0);
    }
}

static void run_client(struct peer *self, void *argument)
{
    const struct setup *setup = argument;
    char endpoint[ENDPOINT_SIZE];
    char step;
    struct side side;
    void *context = peer_context(self);
    void *socket = new_socket(context, ZMQ_ROUTER);
    set_int(socket, ZMQ_ROUTER_MANDATORY, 1);
    char *body = allocate(setup->size);
    peer_listen(self, endpoint, sizeof endpoint);
    uint64_t memory = resident_bytes();
    uint64_t cpu = usage_now().cpu_ns;
    char name[24];
    for (uint64_t i = 0; i < setup->count; i++) {
        size_t size = connection_name(name, i);
        CHECK("zmq_setsockopt",
              zmq_setsockopt(socket, ZMQ_CONNECT_ROUTING_ID, name, size) == 0);
        connect_to(socket, endpoint);
    }

    peer_listen(self, &step, 1);
    side.setup_cpu_ns = usage_now().cpu_ns - cpu;
    side.memory = growth(memory);
    stay_idle(setup, &side);
    peer_say(self, &step, 1);

    peer_listen(self, &step, 1);
    send_over_all(setup, socket, body, setup->count);
    peer_listen(self, &step, 1);
    cpu = usage_now().cpu_ns;
    send_over_all(setup, socket, body, setup->messages);

    peer_listen(self, &step, 1);
    side.traffic_cpu_ns = usage_now().cpu_ns - cpu;
    side.memory_after = growth(memory);
    peer_say(self, &side, sizeof side);
    peer_listen(self, &step, 1);
    close_socket(socket);
    peer_release_context(self, context);
    free(body);
}

static void await_handshakes(void *monitor, uint64_t count)
{
    while (count--) {
        char event[6];
        char address[ENDPOINT_SIZE];
        CHECK("zmq_recv", zmq_recv(monitor, event, sizeof event, 0) == (int) sizeof event);
        CHECK("zmq_recv", zmq_recv(monitor, address, sizeof address, 0) >= 0);
    }
}

static void receive_all(const struct setup *setup, void *socket, char *body, uint64_t messages)
{
    char identity[256];
    for (uint64_t i = 0; i < messages; i++) {
        CHECK("zmq_recv", zmq_recv(socket, identity, sizeof identity, 0) >= 0);
        CHECK("zmq_recv", zmq_recv(socket, body, setup->size, 0) == (int) setup->size);
    }
}

static void report_side(struct report *report, const char *name, const struct side *side,
                        const struct setup *setup)
{
    const struct {
        const char *name;
        double value;
        const char *unit;
    } figures[] = {
        {"kib_per_connection", (double) side->memory / 1024 / (double) setup->count, "KiB"},
        {"kib_after_traffic", (double) side->memory_after / 1024 / (double) setup->count, "KiB"},
        {"idle_cpu_us_per_s", (double) side->idle_cpu_ns / 1000 / setup->idle_s, "us"},
        {"idle_sleeps_per_s", (double) side->idle_sleeps / setup->idle_s, ""},
    };
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        char key[48];
        strcpy(key, name);
        strcat(key, "_");
        strcat(key, figures[i].name);
        report_number(report, key, figures[i].value, figures[i].unit);
    }
}

int main(int argc, char **argv)
{
    struct setup setup = {"tcp", 1000, 100000, 64, 1};
    uint64_t io_threads = 1;
    const struct option options[] = {
        {'t', "transport", OPTION_TEXT, &setup.transport, "tcp or ipc"},
        {'n', "count", OPTION_COUNT, &setup.count, "connections"},
        {0, "messages", OPTION_COUNT, &setup.messages, "messages sent over all in turn"},
        {'s', "size", OPTION_COUNT, &setup.size, "bytes per message"},
        {0, "idle-s", OPTION_REAL, &setup.idle_s, "seconds of idleness"},
        {0, "io-threads", OPTION_COUNT, &io_threads, "I/O threads of the server"},
    };
    enum format format = parse_options(argc, argv, options, sizeof options / sizeof *options);
    if (!setup.count || is_inproc(setup.transport) || !(setup.idle_s > 0))
        usage_error("one connection at least, some idleness, and not inproc");

    allow_descriptors(OTHER_DESCRIPTORS + setup.count);
    struct peer *peer = peer_start(NULL, run_client, &setup);
    void *context = zmq_ctx_new();
    CHECK("zmq_ctx_new", context);
    CHECK("zmq_ctx_set", zmq_ctx_set(context, ZMQ_IO_THREADS, (int) io_threads) == 0);
    void *socket = new_socket(context, ZMQ_ROUTER);
    set_int(socket, ZMQ_BACKLOG, 4096);
    CHECK("zmq_socket_monitor",
          zmq_socket_monitor(socket, MONITOR, ZMQ_EVENT_HANDSHAKE_SUCCEEDED) == 0);
    void *monitor = new_socket(context, ZMQ_PAIR);
    set_int(monitor, ZMQ_RCVHWM, 0);
    connect_to(monitor, MONITOR);
    char endpoint[ENDPOINT_SIZE] = "";
    bind_any(socket, setup.transport, endpoint);
    char *body = allocate(setup.size);
    struct side here;
    struct side there;
    char step = 's';

    uint64_t memory = resident_bytes();
    struct usage before = usage_now();
    uint64_t start = now_ns();
    peer_tell(peer, endpoint, sizeof endpoint);
    await_handshakes(monitor, setup.count);
    uint64_t set_up = now_ns() - start;

    /* The client's side of the last handshakes, and what both clean up afterwards. */
    sleep_ns(SETTLE_NS);
    here.setup_cpu_ns = usage_now().cpu_ns - before.cpu_ns;
    here.memory = growth(memory);
    peer_tell(peer, &step, 1);
    stay_idle(&setup, &here);
    peer_hear(peer, &step, 1);

    /* One over each connection goes before: what its first message needs is not traffic's cost. */
    peer_tell(peer, &step, 1);
    receive_all(&setup, socket, body, setup.count);
    before = usage_now();
    start = now_ns();
    peer_tell(peer, &step, 1);
    receive_all(&setup, socket, body, setup.messages);
    uint64_t traffic = now_ns() - start;
    sleep_ns(SETTLE_NS);
    here.traffic_cpu_ns = usage_now().cpu_ns - before.cpu_ns;
    here.memory_after = growth(memory);
    peer_tell(peer, &step, 1);
    peer_hear(peer, &there, sizeof there);

    peer_tell(peer, &step, 1);
    peer_join(peer);
    close_socket(monitor);
    close_socket(socket);
    term_context(context);

    struct report *report = report_new(format);
    report_text(report, "transport", setup.transport);
    report_number(report, "connections", (double) setup.count, "");
    report_number(report, "connections_per_s", (double) setup.count * 1e9 / (double) set_up, "");
    report_number(report, "setup_cpu_us_per_connection",
                  (double) (here.setup_cpu_ns + there.setup_cpu_ns) / 1000 / (double) setup.count,
                  "us");
    report_side(report, "server", &here, &setup);
    report_side(report, "client", &there, &setup);
    report_number(report, "fan_in_msgs_per_s", (double) setup.messages * 1e9 / (double) traffic,
                  "msg/s");
    report_number(report, "fan_in_cpu_ns_per_msg",
                  (double) (here.traffic_cpu_ns + there.traffic_cpu_ns) /
                      (double) (setup.messages ? setup.messages : 1),
                  "ns");
    report_print(report);
    free(body);
    return EXIT_SUCCESS;
}
