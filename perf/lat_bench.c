/* Latency of a request and its answer, with all that users complain about: pauses between requests,
   the first message after a connect, a second message right after the first.

   A round is a pause, then BURST messages sent back to back, then as many echoes. Figures are one
   way (half a round trip) where BURST is 1; for a larger one, and with `--first`, the time of the
   whole round, and `gap`, the time from the first echo to the last: a message that is held back
   would show there. Rounds that do not count have no pause. CPU time is that of both sides. */

#include <stdlib.h>
#include <string.h>

#include "support.h"

struct setup {
    const char *transport;
    const char *api;
    uint64_t size;
    uint64_t count;
    uint64_t warm_up;
    uint64_t burst;
    double pause_ms;
    int poll;
    int first;
};

static void await_input(const struct setup *setup, void *socket)
{
    if (!setup->poll)
        return;
    zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
    CHECK("zmq_poll", zmq_poll(&item, 1, -1) == 1);
}

/* Echoes until all rounds are over. DEALER to DEALER, as a burst does not suit REQ. */
static void echo_all(struct peer *self, void *argument)
{
    const struct setup *setup = argument;
    void *context = peer_context(self);
    void *socket = new_socket(context, setup->first ? ZMQ_ROUTER : ZMQ_DEALER);
    char endpoint[ENDPOINT_SIZE] = "";
    bind_any(socket, setup->transport, endpoint);
    peer_say(self, endpoint, sizeof endpoint);

    uint64_t per_round = setup->burst * (setup->first ? 2 : 1);
    uint64_t frames = (setup->warm_up + setup->count) * per_round;
    zmq_msg_t message;
    CHECK("zmq_msg_init", zmq_msg_init(&message) == 0);
    for (uint64_t i = 0; i < frames; i++) {
        if (i == setup->warm_up * per_round)
            peer_mark(self);
        await_input(setup, socket);
        CHECK("zmq_msg_recv", zmq_msg_recv(&message, socket, 0) >= 0);
        int more = zmq_msg_more(&message) ? ZMQ_SNDMORE : 0;
        CHECK("zmq_msg_send", zmq_msg_send(&message, socket, more) >= 0);
    }
    CHECK("zmq_msg_close", zmq_msg_close(&message) == 0);
    /* The last answer must have left before an inproc peer may go. */
    char done;
    peer_listen(self, &done, 1);
    peer_stop(self);
    close_socket(socket);
    peer_release_context(self, context);
}

/* Returns when the first echo was there, or 0 where it is the only one. */
static uint64_t round_trip(const struct setup *setup, struct courier *courier, void *socket)
{
    uint64_t first = 0;
    for (uint64_t i = 0; i < setup->burst; i++)
        courier_send(courier, socket, 0);
    for (uint64_t i = 0; i < setup->burst; i++) {
        await_input(setup, socket);
        courier_receive(courier, socket, 0);
        if (i == 0 && setup->burst > 1)
            first = now_ns();
    }
    return first;
}

static void *connected(void *context, const char *endpoint)
{
    void *socket = new_socket(context, ZMQ_DEALER);
    connect_to(socket, endpoint);
    return socket;
}

int main(int argc, char **argv)
{
    struct setup setup = {"tcp", "buffer", 64, 10000, 100, 1, 0, 0, 0};
    const struct option options[] = {
        {'t', "transport", OPTION_TEXT, &setup.transport, "tcp, ipc or inproc"},
        {0, "api", OPTION_TEXT, &setup.api, "msg (zmq_msg_*) or buffer (zmq_send, zmq_recv)"},
        {'s', "size", OPTION_COUNT, &setup.size, "bytes per message"},
        {'n', "count", OPTION_COUNT, &setup.count, "rounds that count"},
        {0, "warm-up", OPTION_COUNT, &setup.warm_up, "rounds before those"},
        {0, "burst", OPTION_COUNT, &setup.burst, "messages sent back to back in a round"},
        {0, "pause-ms", OPTION_REAL, &setup.pause_ms, "pause before each round, milliseconds"},
        {0, "poll", OPTION_FLAG, &setup.poll, "zmq_poll before each message is received"},
        {0, "first", OPTION_FLAG, &setup.first, "a new connection for each round"},
    };
    enum format format = parse_options(argc, argv, options, sizeof options / sizeof *options);
    if (!setup.burst)
        usage_error("a burst has at least one message");

    void *context = NULL;
    if (is_inproc(setup.transport))
        CHECK("zmq_ctx_new", (context = zmq_ctx_new()));
    struct peer *peer = peer_start(context, echo_all, &setup);
    if (!context)
        CHECK("zmq_ctx_new", (context = zmq_ctx_new()));
    char endpoint[ENDPOINT_SIZE];
    peer_hear(peer, endpoint, sizeof endpoint);

    uint64_t *samples = allocate(setup.count * sizeof *samples);
    uint64_t *gaps = allocate(setup.count * sizeof *gaps);
    struct courier courier;
    courier_open(&courier, setup.api, setup.size);
    void *socket = setup.first ? NULL : connected(context, endpoint);
    struct usage before = usage_now();
    for (uint64_t i = 0; i < setup.warm_up + setup.count; i++) {
        if (i == setup.warm_up)
            before = usage_now();
        if (i >= setup.warm_up && setup.pause_ms > 0)
            sleep_ns((uint64_t) (setup.pause_ms * 1e6));
        uint64_t start = now_ns();
        if (setup.first)
            socket = connected(context, endpoint);
        uint64_t first = round_trip(&setup, &courier, socket);
        uint64_t end = now_ns();
        if (i >= setup.warm_up) {
            samples[i - setup.warm_up] = end - start;
            gaps[i - setup.warm_up] = end - first;
        }
        if (setup.first)
            close_socket(socket);
    }
    uint64_t cpu = usage_now().cpu_ns - before.cpu_ns;

    char done = 'd';
    peer_tell(peer, &done, 1);
    cpu += peer_join(peer);
    courier_close(&courier);
    if (!setup.first)
        close_socket(socket);
    term_context(context);

    int whole_round = setup.burst > 1 || setup.first;
    struct report *report = report_new(format);
    report_text(report, "transport", setup.transport);
    report_text(report, "api", setup.api);
    report_number(report, "size", (double) setup.size, "B");
    report_number(report, "rounds", (double) setup.count, "");
    report_number(report, "burst", (double) setup.burst, "");
    report_number(report, "pause_ms", setup.pause_ms, "ms");
    report_latencies(report, whole_round ? "round" : "lat",
                     summarise(samples, setup.count, whole_round ? 1 : 2));
    if (setup.burst > 1)
        report_latencies(report, "gap", summarise(gaps, setup.count, 1));
    report_number(report, "cpu_ns_per_round",
                  (double) cpu / (double) (setup.count ? setup.count : 1), "ns");
    report_print(report);
    free(gaps);
    free(samples);
    return EXIT_SUCCESS;
}
