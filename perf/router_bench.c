/* ROUTER to ROUTER: one bound server, PEERS connected clients, each in a thread of this process.

   First every client sends COUNT messages to the server, all at once: one-way throughput. Then the
   clients take turns, each asking and awaiting ROUNDTRIPS answers: latency of a round trip. Nothing
   is dropped: clients set ZMQ_ROUTER_MANDATORY and so wait where the server is full. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define SERVER "server"
#define IDENTITY_SIZE 32

struct setup {
    uint64_t size;
    uint64_t count;
    uint64_t peers;
    uint64_t roundtrips;
    const char *transport;
};

struct client {
    const struct setup *setup;
    uint64_t number;
    char endpoint[ENDPOINT_SIZE];
    uint64_t *samples;
};

/* Sends [receiver][body]. */
static void send_to(void *socket, const void *receiver, size_t receiver_size, const void *body,
                    size_t size)
{
    CHECK("zmq_send", zmq_send(socket, receiver, receiver_size, ZMQ_SNDMORE) >= 0);
    CHECK("zmq_send", zmq_send(socket, body, size, 0) >= 0);
}

/* Receives [sender][body] and returns the size of the sender's id. */
static size_t receive_from(void *socket, char sender[IDENTITY_SIZE], void *body, size_t size)
{
    int sender_size = zmq_recv(socket, sender, IDENTITY_SIZE, 0);
    CHECK("zmq_recv", sender_size >= 0);
    int body_size = zmq_recv(socket, body, size, 0);
    CHECK("zmq_recv", body_size >= 0);
    if ((size_t) body_size != size)
        usage_error("message of incorrect size received");
    return (size_t) sender_size;
}

static void run_client(struct peer *self, void *argument)
{
    struct client *client = argument;
    const struct setup *setup = client->setup;
    char identity[IDENTITY_SIZE];
    char *body = allocate(setup->size);
    char signal = 's';
    int size = snprintf(identity, sizeof identity, "client-%llu",
                        (unsigned long long) client->number);

    void *socket = new_socket(peer_context(self), ZMQ_ROUTER);
    set_int(socket, ZMQ_ROUTER_MANDATORY, 1);
    CHECK("zmq_setsockopt",
          zmq_setsockopt(socket, ZMQ_ROUTING_ID, identity, (size_t) size) == 0);
    CHECK("zmq_setsockopt",
          zmq_setsockopt(socket, ZMQ_CONNECT_ROUTING_ID, SERVER, strlen(SERVER)) == 0);
    connect_to(socket, client->endpoint);

    /* Greets the server, so that it knows all its clients when the clock starts. */
    send_to(socket, SERVER, strlen(SERVER), body, setup->size);
    receive_from(socket, identity, body, setup->size);

    peer_say(self, &signal, 1);
    peer_listen(self, &signal, 1);
    for (uint64_t i = 0; i < setup->count; i++)
        send_to(socket, SERVER, strlen(SERVER), body, setup->size);

    peer_listen(self, &signal, 1);
    for (uint64_t i = 0; i < setup->roundtrips; i++) {
        uint64_t start = now_ns();
        send_to(socket, SERVER, strlen(SERVER), body, setup->size);
        receive_from(socket, identity, body, setup->size);
        client->samples[i] = now_ns() - start;
    }
    peer_say(self, &signal, 1);
    close_socket(socket);
    free(body);
}

/* Answers `count` messages. */
static void answer(void *socket, char *body, size_t size, uint64_t count)
{
    char identity[IDENTITY_SIZE];
    for (uint64_t i = 0; i < count; i++) {
        size_t identity_size = receive_from(socket, identity, body, size);
        send_to(socket, identity, identity_size, body, size);
    }
}

int main(int argc, char **argv)
{
    struct setup setup = {64, 100000, 4, 0, "tcp"};
    uint64_t io_threads = 1;
    const struct option options[] = {
        {'s', "size", OPTION_COUNT, &setup.size, "bytes per message"},
        {'n', "count", OPTION_COUNT, &setup.count, "messages per peer"},
        {'p', "peers", OPTION_COUNT, &setup.peers, "connected clients"},
        {'t', "transport", OPTION_TEXT, &setup.transport, "tcp, ipc or inproc"},
        {'r', "roundtrips", OPTION_COUNT, &setup.roundtrips,
         "round trips per peer; 0: a hundredth of the count, from 100 to 10000"},
        {0, "io-threads", OPTION_COUNT, &io_threads, "I/O threads"},
    };
    enum format format = parse_options(argc, argv, options, sizeof options / sizeof *options);
    if (!setup.peers)
        usage_error("at least one peer is needed");
    if (!setup.roundtrips) {
        setup.roundtrips = setup.count / 100;
        if (setup.roundtrips < 100)
            setup.roundtrips = 100;
        if (setup.roundtrips > 10000)
            setup.roundtrips = 10000;
    }

    uint64_t total = setup.peers * setup.count;
    uint64_t trips = setup.peers * setup.roundtrips;
    uint64_t *samples = allocate(trips * sizeof *samples);
    struct client *clients = allocate(setup.peers * sizeof *clients);
    struct peer **peers = allocate(setup.peers * sizeof *peers);
    char *body = allocate(setup.size);
    char identity[IDENTITY_SIZE];
    char signal;

    allow_descriptors(64 + 8 * setup.peers);
    void *context = zmq_ctx_new();
    CHECK("zmq_ctx_new", context);
    CHECK("zmq_ctx_set", zmq_ctx_set(context, ZMQ_IO_THREADS, (int) io_threads) == 0);
    CHECK("zmq_ctx_set", zmq_ctx_set(context, ZMQ_MAX_SOCKETS, (int) setup.peers + 16) == 0);
    void *socket = new_socket(context, ZMQ_ROUTER);
    CHECK("zmq_setsockopt", zmq_setsockopt(socket, ZMQ_ROUTING_ID, SERVER, strlen(SERVER)) == 0);
    set_int(socket, ZMQ_ROUTER_MANDATORY, 1);
    char endpoint[ENDPOINT_SIZE];
    bind_any(socket, setup.transport, endpoint);

    for (uint64_t i = 0; i < setup.peers; i++) {
        clients[i].setup = &setup;
        clients[i].number = i;
        clients[i].samples = samples + i * setup.roundtrips;
        memcpy(clients[i].endpoint, endpoint, ENDPOINT_SIZE);
        peers[i] = peer_start(context, run_client, &clients[i]);
    }
    answer(socket, body, setup.size, setup.peers);
    for (uint64_t i = 0; i < setup.peers; i++)
        peer_hear(peers[i], &signal, 1);

    struct usage before = usage_now();
    uint64_t start = now_ns();
    for (uint64_t i = 0; i < setup.peers; i++)
        peer_tell(peers[i], &signal, 1);
    for (uint64_t i = 0; i < total; i++)
        receive_from(socket, identity, body, setup.size);
    uint64_t elapsed = now_ns() - start;
    uint64_t cpu = usage_now().cpu_ns - before.cpu_ns;

    before = usage_now();
    for (uint64_t i = 0; i < setup.peers; i++) {
        peer_tell(peers[i], &signal, 1);
        answer(socket, body, setup.size, setup.roundtrips);
        peer_hear(peers[i], &signal, 1);
    }
    uint64_t latency_cpu = usage_now().cpu_ns - before.cpu_ns;

    for (uint64_t i = 0; i < setup.peers; i++)
        peer_join(peers[i]);
    close_socket(socket);
    term_context(context);

    double rate = (double) total * 1e9 / (double) (elapsed ? elapsed : 1);
    struct report *report = report_new(format);
    report_text(report, "transport", setup.transport);
    report_number(report, "size", (double) setup.size, "B");
    report_number(report, "peers", (double) setup.peers, "");
    report_number(report, "messages", (double) total, "");
    report_number(report, "msgs_per_s", rate, "msg/s");
    report_number(report, "mb_per_s", rate * (double) setup.size / 1e6, "MB/s");
    report_number(report, "cpu_ns_per_msg", (double) cpu / (double) (total ? total : 1), "ns");
    report_number(report, "roundtrips", (double) trips, "");
    report_latencies(report, "rtt", summarise(samples, trips, 1));
    report_number(report, "cpu_ns_per_rtt", (double) latency_cpu / (double) trips, "ns");
    report_print(report);
    free(body);
    free(peers);
    free(clients);
    free(samples);
    return EXIT_SUCCESS;
}
