/* zmq_poll over many sockets of which one is active, in a single thread: a ROUTER sends to one of
   SOCKETS connected DEALERs, zmq_poll finds it, the message is received. Some cycles go before the
   clock starts: what a thread's first look at its sockets needs is not each look's cost. A second
   figure is zmq_poll with nothing to find and no time to wait. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* Cycles that go before: this part of them, and one at least. */
#define WARM_UP_PART 20

struct party {
    void *router;
    zmq_pollitem_t *items;
    uint64_t sockets;
};

/* Sends to the last socket, as whoever looks at all of them in turn comes to it last. Returns the
   time that zmq_poll takes to find it. */
static uint64_t run_cycle(const struct party *party)
{
    char identity[32];
    char body[64] = "";
    uint64_t last = party->sockets - 1;
    int size = snprintf(identity, sizeof identity, "%llu", (unsigned long long) last);
    CHECK("zmq_send", zmq_send(party->router, identity, (size_t) size, ZMQ_SNDMORE) >= 0);
    CHECK("zmq_send", zmq_send(party->router, body, sizeof body, 0) >= 0);
    uint64_t start = now_ns();
    int ready = zmq_poll(party->items, (int) party->sockets, -1);
    uint64_t polling = now_ns() - start;
    CHECK("zmq_poll", ready >= 0);
    if (ready != 1 || !(party->items[last].revents & ZMQ_POLLIN))
        usage_error("zmq_poll found %d sockets, or not the active one", ready);
    CHECK("zmq_recv", zmq_recv(party->items[last].socket, body, sizeof body, 0) >= 0);
    return polling;
}

int main(int argc, char **argv)
{
    const char *transport = "inproc";
    uint64_t sockets = 100;
    uint64_t count = 10000;
    const struct option options[] = {
        {'t', "transport", OPTION_TEXT, &transport, "tcp, ipc or inproc"},
        {'p', "sockets", OPTION_COUNT, &sockets, "sockets polled"},
        {'n', "count", OPTION_COUNT, &count, "cycles"},
    };
    enum format format = parse_options(argc, argv, options, sizeof options / sizeof *options);
    if (!sockets || !count)
        usage_error("one socket and one cycle at least");

    allow_descriptors(64 + 8 * sockets);
    void *context = zmq_ctx_new();
    CHECK("zmq_ctx_new", context);
    CHECK("zmq_ctx_set", zmq_ctx_set(context, ZMQ_MAX_SOCKETS, (int) sockets + 16) == 0);
    void *router = new_socket(context, ZMQ_ROUTER);
    set_int(router, ZMQ_ROUTER_MANDATORY, 1);
    set_int(router, ZMQ_BACKLOG, 4096);
    char endpoint[ENDPOINT_SIZE];
    bind_any(router, transport, endpoint);

    zmq_pollitem_t *items = allocate(sockets * sizeof *items);
    char identity[32];
    char body[64] = "";
    for (uint64_t i = 0; i < sockets; i++) {
        int size = snprintf(identity, sizeof identity, "%llu", (unsigned long long) i);
        items[i].socket = new_socket(context, ZMQ_DEALER);
        items[i].events = ZMQ_POLLIN;
        CHECK("zmq_setsockopt",
              zmq_setsockopt(items[i].socket, ZMQ_ROUTING_ID, identity, (size_t) size) == 0);
        connect_to(items[i].socket, endpoint);
        CHECK("zmq_send", zmq_send(items[i].socket, body, sizeof body, 0) >= 0);
    }
    for (uint64_t i = 0; i < sockets; i++) {
        CHECK("zmq_recv", zmq_recv(router, identity, sizeof identity, 0) >= 0);
        CHECK("zmq_recv", zmq_recv(router, body, sizeof body, 0) >= 0);
    }

    const struct party party = {router, items, sockets};
    for (uint64_t i = 0; i <= count / WARM_UP_PART; i++)
        run_cycle(&party);
    uint64_t polling = 0;
    struct usage before = usage_now();
    uint64_t start = now_ns();
    for (uint64_t i = 0; i < count; i++)
        polling += run_cycle(&party);
    uint64_t elapsed = now_ns() - start;
    uint64_t cpu = usage_now().cpu_ns - before.cpu_ns;

    start = now_ns();
    for (uint64_t i = 0; i < count; i++)
        CHECK("zmq_poll", zmq_poll(items, (int) sockets, 0) == 0);
    uint64_t empty = now_ns() - start;

    for (uint64_t i = 0; i < sockets; i++)
        close_socket(items[i].socket);
    close_socket(router);
    term_context(context);

    struct report *report = report_new(format);
    report_text(report, "transport", transport);
    report_number(report, "sockets", (double) sockets, "");
    report_number(report, "cycles", (double) count, "");
    report_number(report, "cycle_us", (double) elapsed / 1000 / (double) count, "us");
    report_number(report, "poll_us", (double) polling / 1000 / (double) count, "us");
    report_number(report, "empty_poll_us", (double) empty / 1000 / (double) count, "us");
    report_number(report, "cpu_ns_per_cycle", (double) cpu / (double) count, "ns");
    report_print(report);
    free(items);
    return EXIT_SUCCESS;
}
