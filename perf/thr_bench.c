/* Throughput of PUSH to PULL: one receiver, one or more senders, each in a process of its own (in a
   thread for inproc). A part of the messages goes before the rest, so that connections are made,
   buffers have grown and the scheduler has spread the sides over the cores; then the clock runs to
   the last message received. CPU time is that of both sides in the same time. `--both-ways` measures
   one sender that also receives: PAIR to PAIR, both sides sending and receiving in one thread each. */

#include <stdlib.h>
#include <string.h>

#include "support.h"

/* What goes before is a twentieth of the messages. */
#define WARM_UP_PART 20

struct setup {
    const char *transport;
    const char *api;
    uint64_t size;
    uint64_t count;
    uint64_t senders;
    uint64_t io_threads;
    uint64_t hwm;
    int poll;
    int both_ways;
};

struct sender {
    const struct setup *setup;
    uint64_t warm_up;
    uint64_t count;
};

static void prepare(const struct setup *setup, void *socket)
{
    set_int(socket, ZMQ_SNDHWM, (int) setup->hwm);
    set_int(socket, ZMQ_RCVHWM, (int) setup->hwm);
}

/* Sends `count` messages while receiving as many, and never waits for one without the other. */
static void exchange(struct courier *courier, void *socket, uint64_t count)
{
    uint64_t sent = 0;
    uint64_t received = 0;
    while (sent < count || received < count) {
        int progress = 0;
        if (sent < count && courier_send(courier, socket, ZMQ_DONTWAIT) == 0) {
            sent++;
            progress = 1;
        }
        if (received < count && courier_receive(courier, socket, ZMQ_DONTWAIT) == 0) {
            received++;
            progress = 1;
        }
        if (progress)
            continue;
        int events = (sent < count ? ZMQ_POLLOUT : 0) | (received < count ? ZMQ_POLLIN : 0);
        zmq_pollitem_t item = {socket, 0, (short) events, 0};
        CHECK("zmq_poll", zmq_poll(&item, 1, -1) >= 0);
    }
}

static void send_count(const struct setup *setup, struct courier *courier, void *socket,
                       uint64_t count)
{
    if (setup->both_ways)
        exchange(courier, socket, count);
    else
        for (uint64_t i = 0; i < count; i++)
            courier_send(courier, socket, 0);
}

static void send_all(struct peer *self, void *argument)
{
    const struct sender *sender = argument;
    const struct setup *setup = sender->setup;
    char endpoint[ENDPOINT_SIZE];
    peer_listen(self, endpoint, sizeof endpoint);

    void *context = peer_context(self);
    void *socket = new_socket(context, setup->both_ways ? ZMQ_PAIR : ZMQ_PUSH);
    prepare(setup, socket);
    connect_to(socket, endpoint);
    struct courier courier;
    courier_open(&courier, setup->api, setup->size);
    char go;
    send_count(setup, &courier, socket, sender->warm_up);
    peer_listen(self, &go, 1);
    peer_mark(self);
    send_count(setup, &courier, socket, sender->count);
    /* libzmq loses what an ipc receiver at its high-water mark has not read when its peer goes. */
    peer_listen(self, &go, 1);
    peer_stop(self);
    courier_close(&courier);
    close_socket(socket);
    peer_release_context(self, context);
}

static void receive_polling(struct courier *courier, void *socket, uint64_t count)
{
    for (uint64_t received = 0; received < count;) {
        zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
        CHECK("zmq_poll", zmq_poll(&item, 1, -1) >= 0);
        if (item.revents & ZMQ_POLLIN) {
            courier_receive(courier, socket, ZMQ_DONTWAIT);
            received++;
        }
    }
}

static void receive_count(const struct setup *setup, struct courier *courier, void *socket,
                          uint64_t count)
{
    if (setup->both_ways)
        exchange(courier, socket, count);
    else if (setup->poll)
        receive_polling(courier, socket, count);
    else
        for (uint64_t i = 0; i < count; i++)
            courier_receive(courier, socket, 0);
}

/* A sender's part of `count`; the first ones take what does not divide. */
static uint64_t share(uint64_t count, uint64_t senders, uint64_t number)
{
    return count / senders + (number < count % senders ? 1 : 0);
}

int main(int argc, char **argv)
{
    struct setup setup = {"tcp", "buffer", 64, 1000000, 1, 1, 1000, 0, 0};
    const struct option options[] = {
        {'t', "transport", OPTION_TEXT, &setup.transport, "tcp, ipc or inproc"},
        {0, "api", OPTION_TEXT, &setup.api, "msg (zmq_msg_*) or buffer (zmq_send, zmq_recv)"},
        {'s', "size", OPTION_COUNT, &setup.size, "bytes per message"},
        {'n', "count", OPTION_COUNT, &setup.count, "messages of all senders together"},
        {'p', "senders", OPTION_COUNT, &setup.senders, "senders"},
        {0, "io-threads", OPTION_COUNT, &setup.io_threads, "I/O threads of the receiver"},
        {0, "hwm", OPTION_COUNT, &setup.hwm, "high-water marks"},
        {0, "poll", OPTION_FLAG, &setup.poll, "zmq_poll before each message is received"},
        {0, "both-ways", OPTION_FLAG, &setup.both_ways, "PAIR to PAIR, each sends the count"},
    };
    enum format format = parse_options(argc, argv, options, sizeof options / sizeof *options);
    if (!setup.senders || (setup.both_ways && setup.senders != 1))
        usage_error("one sender or more; just one with --both-ways");

    struct sender *senders = allocate(setup.senders * sizeof *senders);
    struct peer **peers = allocate(setup.senders * sizeof *peers);
    void *context = NULL;
    if (is_inproc(setup.transport))
        CHECK("zmq_ctx_new", (context = zmq_ctx_new()));
    for (uint64_t i = 0; i < setup.senders; i++) {
        senders[i].setup = &setup;
        /* One at least: that no sender begins before all are connected. */
        senders[i].warm_up = 1 + share(setup.count / WARM_UP_PART, setup.senders, i);
        senders[i].count = share(setup.count, setup.senders, i);
        peers[i] = peer_start(context, send_all, &senders[i]);
    }
    if (!context)
        CHECK("zmq_ctx_new", (context = zmq_ctx_new()));
    CHECK("zmq_ctx_set", zmq_ctx_set(context, ZMQ_IO_THREADS, (int) setup.io_threads) == 0);
    void *socket = new_socket(context, setup.both_ways ? ZMQ_PAIR : ZMQ_PULL);
    prepare(&setup, socket);
    char endpoint[ENDPOINT_SIZE] = "";
    bind_any(socket, setup.transport, endpoint);

    struct courier courier;
    courier_open(&courier, setup.api, setup.size);
    for (uint64_t i = 0; i < setup.senders; i++)
        peer_tell(peers[i], endpoint, sizeof endpoint);
    receive_count(&setup, &courier, socket, setup.senders + setup.count / WARM_UP_PART);

    struct usage before = usage_now();
    char go = 'g';
    for (uint64_t i = 0; i < setup.senders; i++)
        peer_tell(peers[i], &go, 1);
    uint64_t start = now_ns();
    receive_count(&setup, &courier, socket, setup.count);
    uint64_t elapsed = now_ns() - start;
    uint64_t cpu = usage_now().cpu_ns - before.cpu_ns;

    for (uint64_t i = 0; i < setup.senders; i++) {
        peer_tell(peers[i], &go, 1);
        cpu += peer_join(peers[i]);
    }
    courier_close(&courier);
    close_socket(socket);
    term_context(context);

    double total = (double) setup.count * (setup.both_ways ? 2 : 1);
    double rate = total * 1e9 / (double) (elapsed ? elapsed : 1);
    struct report *report = report_new(format);
    report_text(report, "transport", setup.transport);
    report_text(report, "api", setup.api);
    report_number(report, "size", (double) setup.size, "B");
    report_number(report, "senders", (double) setup.senders, "");
    report_number(report, "messages", total, "");
    report_number(report, "msgs_per_s", rate, "msg/s");
    report_number(report, "mb_per_s", rate * (double) setup.size / 1e6, "MB/s");
    report_number(report, "cpu_ns_per_msg", (double) cpu / (total > 0 ? total : 1), "ns");
    report_print(report);
    free(peers);
    free(senders);
    return EXIT_SUCCESS;
}
