/* Many subscriptions between an XPUB and a SUB in one thread: how fast they are added on both
   sides, how fast messages that each match one of them pass, how fast they are removed, and the
   memory that both sides need for one. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define BATCH 100
#define TOPIC_SIZE 24

/* Topic `index`: the bits of the index, well mixed, after a prefix that all share. */
static size_t topic_name(char name[TOPIC_SIZE], uint64_t index)
{
    uint64_t bits = index * 0x9e3779b97f4a7c15u;
    bits ^= bits >> 29;
    bits *= 0xbf58476d1ce4e5b9u;
    bits ^= bits >> 32;
    return (size_t) snprintf(name, TOPIC_SIZE, "topic/%016llx", (unsigned long long) bits);
}

static void change_all(void *subscriber, void *publisher, int option, uint64_t topics)
{
    char name[TOPIC_SIZE];
    char news[TOPIC_SIZE + 1];
    for (uint64_t done = 0; done < topics;) {
        uint64_t batch = topics - done < BATCH ? topics - done : BATCH;
        for (uint64_t i = 0; i < batch; i++) {
            size_t size = topic_name(name, done + i);
            CHECK("zmq_setsockopt", zmq_setsockopt(subscriber, option, name, size) == 0);
        }
        for (uint64_t i = 0; i < batch; i++)
            CHECK("zmq_recv", zmq_recv(publisher, news, sizeof news, 0) >= 0);
        done += batch;
    }
}

static void match_all(void *subscriber, void *publisher, uint64_t topics, uint64_t messages)
{
    char name[TOPIC_SIZE];
    for (uint64_t done = 0; done < messages;) {
        uint64_t batch = messages - done < BATCH ? messages - done : BATCH;
        for (uint64_t i = 0; i < batch; i++) {
            /* A stride that visits them all, out of order. */
            size_t size = topic_name(name, (done + i) * 7919 % topics);
            CHECK("zmq_send", zmq_send(publisher, name, size, 0) >= 0);
        }
        for (uint64_t i = 0; i < batch; i++)
            CHECK("zmq_recv", zmq_recv(subscriber, name, sizeof name, 0) >= 0);
        done += batch;
    }
}

int main(int argc, char **argv)
{
    const char *transport = "inproc";
    uint64_t topics = 10000;
    uint64_t messages = 200000;
    const struct option options[] = {
        {'t', "transport", OPTION_TEXT, &transport, "tcp, ipc or inproc"},
        {'n', "topics", OPTION_COUNT, &topics, "subscriptions"},
        {0, "messages", OPTION_COUNT, &messages, "messages published"},
    };
    enum format format = parse_options(argc, argv, options, sizeof options / sizeof *options);
    if (!topics || !messages)
        usage_error("one topic and one message at least");

    void *context = zmq_ctx_new();
    CHECK("zmq_ctx_new", context);
    void *publisher = new_socket(context, ZMQ_XPUB);
    void *subscriber = new_socket(context, ZMQ_SUB);
    /* Nothing is dropped: a publisher may hear of room long after there is some. */
    void *sockets[] = {publisher, subscriber};
    for (size_t i = 0; i < 2; i++) {
        set_int(sockets[i], ZMQ_SNDHWM, 0);
        set_int(sockets[i], ZMQ_RCVHWM, 0);
    }
    char endpoint[ENDPOINT_SIZE];
    bind_any(publisher, transport, endpoint);
    connect_to(subscriber, endpoint);

    uint64_t memory = resident_bytes();
    uint64_t start = now_ns();
    change_all(subscriber, publisher, ZMQ_SUBSCRIBE, topics);
    uint64_t adding = now_ns() - start;
    uint64_t grown = resident_bytes();
    grown = grown > memory ? grown - memory : 0;

    start = now_ns();
    match_all(subscriber, publisher, topics, messages);
    uint64_t matching = now_ns() - start;

    start = now_ns();
    change_all(subscriber, publisher, ZMQ_UNSUBSCRIBE, topics);
    uint64_t removing = now_ns() - start;

    close_socket(subscriber);
    close_socket(publisher);
    term_context(context);

    struct report *report = report_new(format);
    report_text(report, "transport", transport);
    report_number(report, "topics", (double) topics, "");
    report_number(report, "adds_per_s", (double) topics * 1e9 / (double) adding, "");
    report_number(report, "matches_per_s", (double) messages * 1e9 / (double) matching, "");
    report_number(report, "removes_per_s", (double) topics * 1e9 / (double) removing, "");
    report_number(report, "bytes_per_topic", (double) grown / (double) topics, "B");
    report_print(report);
    return EXIT_SUCCESS;
}
