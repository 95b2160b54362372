/* Sockets made and closed, and contexts made and ended, in one thread. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define FULL_PAUSE_NS 20000

/* Closed sockets keep their slot until the library has done with them: then this waits. */
static void *socket_when_free(void *context, int type)
{
    void *socket;
    while (!(socket = zmq_socket(context, type))) {
        CHECK("zmq_socket", errno == EMFILE);
        sleep_ns(FULL_PAUSE_NS);
    }
    return socket;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int type;
    } types[] = {{"dealer", ZMQ_DEALER}, {"router", ZMQ_ROUTER}, {"push", ZMQ_PUSH},
                 {"pull", ZMQ_PULL},     {"pub", ZMQ_PUB},       {"sub", ZMQ_SUB},
                 {"req", ZMQ_REQ},       {"rep", ZMQ_REP},       {"pair", ZMQ_PAIR}};
    const char *name = "dealer";
    uint64_t count = 20000;
    uint64_t contexts = 500;
    const struct option options[] = {
        {0, "type", OPTION_TEXT, &name, "type of the sockets"},
        {'n', "count", OPTION_COUNT, &count, "sockets"},
        {0, "contexts", OPTION_COUNT, &contexts, "contexts"},
    };
    enum format format = parse_options(argc, argv, options, sizeof options / sizeof *options);
    int type = -1;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i].name, name))
            type = types[i].type;
    if (type < 0 || !count || !contexts)
        usage_error("an unknown type of socket, or a count of zero");

    struct usage before = usage_now();
    uint64_t start = now_ns();
    void *context = zmq_ctx_new();
    CHECK("zmq_ctx_new", context);
    for (uint64_t i = 0; i < count; i++)
        close_socket(socket_when_free(context, type));
    term_context(context);
    uint64_t elapsed = now_ns() - start;
    uint64_t cpu = usage_now().cpu_ns - before.cpu_ns;

    /* A context of libzmq starts its threads with the first socket. */
    start = now_ns();
    for (uint64_t i = 0; i < contexts; i++) {
        CHECK("zmq_ctx_new", (context = zmq_ctx_new()));
        close_socket(new_socket(context, type));
        term_context(context);
    }
    uint64_t context_time = now_ns() - start;

    struct report *report = report_new(format);
    report_text(report, "type", name);
    report_number(report, "sockets", (double) count, "");
    report_number(report, "sockets_per_s", (double) count * 1e9 / (double) elapsed, "");
    report_number(report, "cpu_ns_per_socket", (double) cpu / (double) count, "ns");
    report_number(report, "contexts_per_s", (double) contexts * 1e9 / (double) context_time, "");
    report_print(report);
    return EXIT_SUCCESS;
}
