/* What a zmq_msg_t costs without a socket. */

#include <stdlib.h>
#include <string.h>

#include "support.h"

static void nothing_to_free(void *data, void *hint)
{
    (void) data;
    (void) hint;
}

static double per_call(uint64_t start, uint64_t count)
{
    return (double) (now_ns() - start) / (double) count;
}

int main(int argc, char **argv)
{
    uint64_t size = 64;
    uint64_t count = 5000000;
    const struct option options[] = {
        {'s', "size", OPTION_COUNT, &size, "bytes per message"},
        {'n', "count", OPTION_COUNT, &count, "messages"},
    };
    enum format format = parse_options(argc, argv, options, sizeof options / sizeof *options);
    if (!count)
        usage_error("one message at least");

    char *data = allocate(size);
    zmq_msg_t message;
    zmq_msg_t other;
    CHECK("zmq_msg_init", zmq_msg_init(&message) == 0 && zmq_msg_init(&other) == 0);

    uint64_t start = now_ns();
    for (uint64_t i = 0; i < count; i++) {
        CHECK("zmq_msg_init_size", zmq_msg_init_size(&message, size) == 0);
        CHECK("zmq_msg_close", zmq_msg_close(&message) == 0);
    }
    double init_size = per_call(start, count);

    start = now_ns();
    for (uint64_t i = 0; i < count; i++) {
        CHECK("zmq_msg_init_data",
              zmq_msg_init_data(&message, data, size, nothing_to_free, NULL) == 0);
        CHECK("zmq_msg_close", zmq_msg_close(&message) == 0);
    }
    double init_data = per_call(start, count);

    CHECK("zmq_msg_init_size", zmq_msg_init_size(&message, size) == 0);
    memset(zmq_msg_data(&message), 'm', size);
    start = now_ns();
    for (uint64_t i = 0; i < count; i++) {
        CHECK("zmq_msg_copy", zmq_msg_copy(&other, &message) == 0);
        CHECK("zmq_msg_close", zmq_msg_close(&other) == 0);
        CHECK("zmq_msg_init", zmq_msg_init(&other) == 0);
    }
    double copy = per_call(start, count);

    start = now_ns();
    for (uint64_t i = 0; i < count; i++) {
        CHECK("zmq_msg_move", zmq_msg_move(&other, &message) == 0);
        CHECK("zmq_msg_move", zmq_msg_move(&message, &other) == 0);
    }
    double move = per_call(start, count) / 2;
    CHECK("zmq_msg_close", zmq_msg_close(&message) == 0 && zmq_msg_close(&other) == 0);

    struct report *report = report_new(format);
    report_number(report, "size", (double) size, "B");
    report_number(report, "init_size_close_ns", init_size, "ns");
    report_number(report, "init_data_close_ns", init_data, "ns");
    report_number(report, "copy_close_ns", copy, "ns");
    report_number(report, "move_ns", move, "ns");
    report_print(report);
    free(data);
    return EXIT_SUCCESS;
}
