/* PUB to many SUB: one publisher, SUBSCRIBERS subscribers to everything, each in a process of its
   own (in a thread for inproc). What counts is deliveries per second to the fast subscribers.

   With fast subscribers only, nothing is dropped: the publisher waits for them (ZMQ_XPUB_NODROP).
   With `--slow`, that many of them pause after each message and the publisher drops what they do
   not take, which must not cost the fast ones much; `delivered_share` tells what those got. Where all
   are slow, `published_per_s` is the figure: how fast the publisher gets rid of its messages.

   With `--topics` each subscriber has one of its own, and messages go to one after the other; with
   `--work` the publisher has something else to do between messages. */

#include <stdlib.h>
#include <string.h>

#include "support.h"

#define SLOW_PAUSE_NS 100000
#define PROBE_PAUSE_NS 1000000

enum kind { PROBE = 'p', DATA = 'd', END = 'e' };

struct setup {
    const char *transport;
    uint64_t size;
    uint64_t count;
    uint64_t subscribers;
    uint64_t slow;
    uint64_t work_ns;
    int topics;
};

struct result {
    uint64_t received;
    uint64_t last_ns;
};

/* The first byte of a message tells its kind, the second one its topic. */
#define TOPICS 250

struct subscriber {
    const struct setup *setup;
    uint64_t index;
    int slow;
};

static void subscribe(struct peer *self, void *argument)
{
    const struct subscriber *subscriber = argument;
    const struct setup *setup = subscriber->setup;
    char endpoint[ENDPOINT_SIZE];
    peer_listen(self, endpoint, sizeof endpoint);
    void *context = peer_context(self);
    void *socket = new_socket(context, ZMQ_SUB);
    const char topic[] = {DATA, (char) subscriber->index};
    const char all[] = {PROBE, END};
    if (setup->topics) {
        CHECK("zmq_setsockopt", zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topic, 2) == 0);
        for (size_t i = 0; i < sizeof all; i++)
            CHECK("zmq_setsockopt", zmq_setsockopt(socket, ZMQ_SUBSCRIBE, all + i, 1) == 0);
    } else
        CHECK("zmq_setsockopt", zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0) == 0);
    connect_to(socket, endpoint);

    struct result result = {0, 0};
    char *body = allocate(setup->size);
    int ready = 0;
    for (;;) {
        CHECK("zmq_recv", zmq_recv(socket, body, setup->size, 0) == (int) setup->size);
        if (body[0] == END || (subscriber->slow && ready && peer_is_called(self)))
            break;
        if (!ready) {
            ready = 1;
            peer_mark(self);
            peer_say(self, &body[0], 1);
        }
        if (body[0] == DATA) {
            result.received++;
            if (subscriber->slow)
                sleep_ns(SLOW_PAUSE_NS);
        }
    }
    result.last_ns = now_ns();
    peer_stop(self);
    peer_say(self, &result, sizeof result);
    close_socket(socket);
    peer_release_context(self, context);
    free(body);
}

static void publish(void *socket, char *body, size_t size, enum kind kind)
{
    body[0] = (char) kind;
    CHECK("zmq_send", zmq_send(socket, body, size, 0) >= 0);
}

/* Publishes at intervals until every peer has said something: subscriptions take their time. */
static void publish_until_heard(void *socket, char *body, const struct setup *setup,
                                enum kind kind, struct peer **peers, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        while (!peer_has_spoken(peers[i])) {
            publish(socket, body, setup->size, kind);
            sleep_ns(PROBE_PAUSE_NS);
        }
    }
}

static void publish_data(void *socket, char *body, const struct setup *setup)
{
    for (uint64_t i = 0; i < setup->count; i++) {
        if (setup->topics)
            body[1] = (char) (i % setup->subscribers);
        publish(socket, body, setup->size, DATA);
        if (setup->work_ns) {
            uint64_t until = now_ns() + setup->work_ns;
            while (now_ns() < until)
                ;
        }
    }
}

int main(int argc, char **argv)
{
    struct setup setup = {"tcp", 64, 200000, 8, 0, 0, 0};
    const struct option options[] = {
        {'t', "transport", OPTION_TEXT, &setup.transport, "tcp, ipc or inproc"},
        {'s', "size", OPTION_COUNT, &setup.size, "bytes per message"},
        {'n', "count", OPTION_COUNT, &setup.count, "messages published"},
        {'p', "subscribers", OPTION_COUNT, &setup.subscribers, "subscribers"},
        {0, "slow", OPTION_COUNT, &setup.slow, "how many of them are slow"},
        {0, "topics", OPTION_FLAG, &setup.topics, "a topic for each"},
        {0, "work", OPTION_COUNT, &setup.work_ns, "what the publisher does in between, ns"},
    };
    enum format format = parse_options(argc, argv, options, sizeof options / sizeof *options);
    if (!setup.size || !setup.subscribers || setup.slow > setup.subscribers)
        usage_error("a message has one byte or more, and only subscribers can be slow");
    if (setup.topics && (setup.size < 2 || setup.subscribers > TOPICS || setup.slow))
        usage_error("with topics: two bytes or more, %d subscribers at most, none slow", TOPICS);

    uint64_t fast = setup.subscribers - setup.slow;
    struct subscriber *subscribers = allocate(setup.subscribers * sizeof *subscribers);
    struct peer **peers = allocate(setup.subscribers * sizeof *peers);
    void *context = NULL;
    if (is_inproc(setup.transport))
        CHECK("zmq_ctx_new", (context = zmq_ctx_new()));
    for (uint64_t i = 0; i < setup.subscribers; i++) {
        subscribers[i] = (struct subscriber){&setup, i, i >= fast};
        peers[i] = peer_start(context, subscribe, &subscribers[i]);
    }
    if (!context)
        CHECK("zmq_ctx_new", (context = zmq_ctx_new()));
    void *socket = new_socket(context, ZMQ_PUB);
    if (!setup.slow)
        set_int(socket, ZMQ_XPUB_NODROP, 1);
    char endpoint[ENDPOINT_SIZE] = "";
    bind_any(socket, setup.transport, endpoint);
    for (uint64_t i = 0; i < setup.subscribers; i++)
        peer_tell(peers[i], endpoint, sizeof endpoint);

    char *body = allocate(setup.size);
    publish_until_heard(socket, body, &setup, PROBE, peers, setup.subscribers);
    for (uint64_t i = 0; i < setup.subscribers; i++)
        peer_hear(peers[i], &body[0], 1);

    struct usage before = usage_now();
    uint64_t start = now_ns();
    publish_data(socket, body, &setup);
    uint64_t published = now_ns() - start;
    /* For the fast ones; the slow ones are called off, as they would take long to come to it. */
    publish_until_heard(socket, body, &setup, END, peers, fast);
    uint64_t cpu = usage_now().cpu_ns - before.cpu_ns;
    char stop = 's';
    for (uint64_t i = fast; i < setup.subscribers; i++)
        peer_tell(peers[i], &stop, 1);
    publish_until_heard(socket, body, &setup, END, peers + fast, setup.slow);

    uint64_t deliveries = 0;
    uint64_t last = start + 1;
    for (uint64_t i = 0; i < setup.subscribers; i++) {
        struct result result;
        peer_hear(peers[i], &result, sizeof result);
        if (i < fast) {
            deliveries += result.received;
            last = result.last_ns > last ? result.last_ns : last;
        }
        cpu += peer_join(peers[i]);
    }
    set_int(socket, ZMQ_LINGER, 0);
    close_socket(socket);
    term_context(context);

    double elapsed = (double) (last - start);
    double expected = (double) setup.count * (double) (fast && !setup.topics ? fast : 1);
    double passed = (double) (fast ? deliveries : setup.count);
    struct report *report = report_new(format);
    report_text(report, "transport", setup.transport);
    report_number(report, "size", (double) setup.size, "B");
    report_number(report, "messages", (double) setup.count, "");
    report_number(report, "subscribers", (double) setup.subscribers, "");
    report_number(report, "slow", (double) setup.slow, "");
    report_number(report, "published_per_s",
                  (double) setup.count * 1e9 / (double) (published ? published : 1), "msg/s");
    report_number(report, "deliveries_per_s", (double) deliveries * 1e9 / elapsed, "msg/s");
    report_number(report, "delivered_share", (double) deliveries / (expected > 0 ? expected : 1),
                  "");
    report_number(report, "cpu_ns_per_msg", (double) cpu / (passed > 0 ? passed : 1), "ns");
    report_print(report);
    free(body);
    free(peers);
    free(subscribers);
    return EXIT_SUCCESS;
}
