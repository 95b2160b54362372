/* PUSH to PULL in a single thread: a batch is sent, then received. Nothing waits for another thread
   of the program, so that instructions per message can be counted (see `instructions`), and what is
   timed is the work itself. */

#include <stdlib.h>

#include "support.h"

int main(int argc, char **argv)
{
    const char *transport = "inproc";
    const char *api = "buffer";
    uint64_t size = 64;
    uint64_t count = 1000000;
    uint64_t batch = 100;
    const struct option options[] = {
        {'t', "transport", OPTION_TEXT, &transport, "tcp, ipc or inproc"},
        {0, "api", OPTION_TEXT, &api, "msg (zmq_msg_*) or buffer (zmq_send, zmq_recv)"},
        {'s', "size", OPTION_COUNT, &size, "bytes per message"},
        {'n', "count", OPTION_COUNT, &count, "messages"},
        {0, "batch", OPTION_COUNT, &batch, "messages sent before they are received"},
    };
    enum format format = parse_options(argc, argv, options, sizeof options / sizeof *options);
    if (!batch || batch > 1000)
        usage_error("a batch has from 1 to 1000 messages, as many as a socket takes");

    void *context = zmq_ctx_new();
    CHECK("zmq_ctx_new", context);
    void *pull = new_socket(context, ZMQ_PULL);
    void *push = new_socket(context, ZMQ_PUSH);
    char endpoint[ENDPOINT_SIZE];
    bind_any(pull, transport, endpoint);
    connect_to(push, endpoint);
    struct courier courier;
    courier_open(&courier, api, size);
    /* The connection is made and warm when the clock starts. */
    courier_send(&courier, push, 0);
    courier_receive(&courier, pull, 0);

    struct usage before = usage_now();
    uint64_t start = now_ns();
    for (uint64_t done = 0; done < count;) {
        uint64_t now = count - done < batch ? count - done : batch;
        for (uint64_t i = 0; i < now; i++)
            courier_send(&courier, push, 0);
        for (uint64_t i = 0; i < now; i++)
            courier_receive(&courier, pull, 0);
        done += now;
    }
    uint64_t elapsed = now_ns() - start;
    uint64_t cpu = usage_now().cpu_ns - before.cpu_ns;
    courier_close(&courier);
    close_socket(push);
    close_socket(pull);
    term_context(context);

    double total = (double) (count ? count : 1);
    struct report *report = report_new(format);
    report_text(report, "transport", transport);
    report_text(report, "api", api);
    report_number(report, "size", (double) size, "B");
    report_number(report, "messages", (double) count, "");
    report_number(report, "msgs_per_s", total * 1e9 / (double) (elapsed ? elapsed : 1), "msg/s");
    report_number(report, "cpu_ns_per_msg", (double) cpu / total, "ns");
    report_print(report);
    return EXIT_SUCCESS;
}
