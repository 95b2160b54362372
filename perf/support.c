#define _POSIX_C_SOURCE 200809L

#include "support.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- failing ---------------------------------------------------------------------------- */

void fail(const char *call)
{
    fprintf(stderr, "error in %s: %s\n", call, zmq_strerror(errno));
    exit(EXIT_FAILURE);
}

void usage_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

void *allocate(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    CHECK("calloc", memory);
    return memory;
}

/* ---- the command line ------------------------------------------------------------------- */

static void print_help(const char *program, const struct option *options, size_t count)
{
    printf("usage: %s [options]\n", program);
    for (size_t i = 0; i < count; i++) {
        const struct option *option = &options[i];
        char left[64];
        char letter[8] = "";
        if (option->letter)
            snprintf(letter, sizeof letter, "-%c, ", option->letter);
        snprintf(left, sizeof left, "%s--%s", letter, option->name);
        printf("  %-24s %s", left, option->help);
        switch (option->kind) {
        case OPTION_COUNT:
            printf(" (%llu)\n", (unsigned long long) *(uint64_t *) option->value);
            break;
        case OPTION_REAL:
            printf(" (%g)\n", *(double *) option->value);
            break;
        case OPTION_TEXT:
            printf(" (%s)\n", *(const char **) option->value);
            break;
        case OPTION_FLAG:
            printf("\n");
            break;
        }
    }
    printf("  %-24s %s\n", "--kv", "print `key value` lines");
    printf("  %-24s %s\n", "--csv", "print a heading and one line of values");
}

uint64_t parse_count(const char *text)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || end == text || *end || strchr(text, '-'))
        usage_error("not a number: %s", text);
    return value;
}

static double parse_real(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= 0))
        usage_error("not a number: %s", text);
    return value;
}

static const struct option *find_option(const char *argument, const struct option *options,
                                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (argument[0] == '-' && argument[1] == options[i].letter && argument[1] && !argument[2])
            return &options[i];
        if (!strncmp(argument, "--", 2) && !strcmp(argument + 2, options[i].name))
            return &options[i];
    }
    return NULL;
}

enum format parse_options(int argc, char **argv, const struct option *options, size_t count)
{
    enum format format = FORMAT_TABLE;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--kv")) {
            format = FORMAT_KV;
            continue;
        }
        if (!strcmp(argv[i], "--csv")) {
            format = FORMAT_CSV;
            continue;
        }
        if (!strcmp(argv[i], "--help")) {
            print_help(argv[0], options, count);
            exit(EXIT_SUCCESS);
        }
        const struct option *option = find_option(argv[i], options, count);
        if (!option)
            usage_error("unknown option %s; %s --help lists them", argv[i], argv[0]);
        if (option->kind == OPTION_FLAG) {
            *(int *) option->value = 1;
            continue;
        }
        if (++i == argc)
            usage_error("%s needs a value", argv[i - 1]);
        if (option->kind == OPTION_COUNT)
            *(uint64_t *) option->value = parse_count(argv[i]);
        else if (option->kind == OPTION_REAL)
            *(double *) option->value = parse_real(argv[i]);
        else
            *(const char **) option->value = argv[i];
    }
    return format;
}

/* ---- time, CPU, memory ------------------------------------------------------------------ */

uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

void sleep_ns(uint64_t ns)
{
    struct timespec left = {(time_t) (ns / 1000000000u), (long) (ns % 1000000000u)};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

struct usage usage_now(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    uint64_t seconds = (uint64_t) usage.ru_utime.tv_sec + (uint64_t) usage.ru_stime.tv_sec;
    uint64_t micros = (uint64_t) usage.ru_utime.tv_usec + (uint64_t) usage.ru_stime.tv_usec;
    struct usage result = {(seconds * 1000000u + micros) * 1000u, (uint64_t) usage.ru_nvcsw};
    return result;
}

uint64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file)
        return 0;
    unsigned long long size = 0;
    unsigned long long resident = 0;
    if (fscanf(file, "%llu %llu", &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (uint64_t) sysconf(_SC_PAGESIZE);
}

void allow_descriptors(uint64_t count)
{
    struct rlimit limit;
    CHECK("getrlimit", getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur >= count)
        return;
    limit.rlim_cur = count;
    if (limit.rlim_max < count)
        limit.rlim_max = count;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        usage_error("%llu descriptors are needed; raise the limit with ulimit -n",
                    (unsigned long long) count);
}

/* ---- statistics ------------------------------------------------------------------------- */

static int compare_samples(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *) left;
    uint64_t b = *(const uint64_t *) right;
    return (a > b) - (a < b);
}

static double percentile(const uint64_t *sorted, size_t count, double fraction)
{
    size_t index = (size_t) (fraction * (double) count);
    return (double) sorted[index < count ? index : count - 1] / 1000;
}

static const struct {
    const char *name;
    double fraction;
} percentiles[PERCENTILES] = {{"p10", 0.1},   {"p25", 0.25}, {"p50", 0.5},
                              {"p75", 0.75},  {"p90", 0.9},  {"p95", 0.95},
                              {"p99", 0.99},  {"p999", 0.999}, {"p9999", 0.9999}};

struct latencies summarise(uint64_t *samples, size_t count, double divisor)
{
    struct latencies result = {0};
    if (!count)
        return result;
    qsort(samples, count, sizeof *samples, compare_samples);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double) samples[i];
    result.mean = sum / (double) count / 1000 / divisor;
    for (size_t i = 0; i < PERCENTILES; i++)
        result.percentiles[i] = percentile(samples, count, percentiles[i].fraction) / divisor;
    result.max = percentile(samples, count, 1) / divisor;
    return result;
}

/* ---- the report ------------------------------------------------------------------------- */

#define REPORT_LIMIT 64

struct report {
    enum format format;
    size_t count;
    struct {
        char key[48];
        char value[64];
        const char *unit;
    } entries[REPORT_LIMIT];
};

struct report *report_new(enum format format)
{
    struct report *report = allocate(sizeof *report);
    report->format = format;
    return report;
}

static void report_add(struct report *report, const char *key, const char *value, const char *unit)
{
    if (report->count == REPORT_LIMIT)
        usage_error("the report has too many entries");
    snprintf(report->entries[report->count].key, sizeof report->entries->key, "%s", key);
    snprintf(report->entries[report->count].value, sizeof report->entries->value, "%s", value);
    report->entries[report->count].unit = unit;
    report->count++;
}

void report_text(struct report *report, const char *key, const char *text)
{
    report_add(report, key, text, "");
}

void report_number(struct report *report, const char *key, double value, const char *unit)
{
    char text[64];
    int whole = value >= 1000 || value == (double) (int64_t) value;
    snprintf(text, sizeof text, whole ? "%.0f" : "%.3f", value);
    report_add(report, key, text, unit);
}

static void report_latency(struct report *report, const char *prefix, const char *name,
                           double value)
{
    char key[48];
    snprintf(key, sizeof key, "%s_%s_us", prefix, name);
    report_number(report, key, value, "us");
}

void report_latencies(struct report *report, const char *prefix, struct latencies latencies)
{
    report_latency(report, prefix, "mean", latencies.mean);
    for (size_t i = 0; i < PERCENTILES; i++)
        report_latency(report, prefix, percentiles[i].name, latencies.percentiles[i]);
    report_latency(report, prefix, "max", latencies.max);
}

void report_print(struct report *report)
{
    if (report->format == FORMAT_CSV) {
        for (size_t i = 0; i < report->count; i++)
            printf("%s%s", i ? "," : "", report->entries[i].key);
        printf("\n");
        for (size_t i = 0; i < report->count; i++)
            printf("%s%s", i ? "," : "", report->entries[i].value);
        printf("\n");
    }
    for (size_t i = 0; i < report->count && report->format != FORMAT_CSV; i++) {
        if (report->format == FORMAT_KV)
            printf("%s %s\n", report->entries[i].key, report->entries[i].value);
        else
            printf("%-28s %14s %s\n", report->entries[i].key, report->entries[i].value,
                   report->entries[i].unit);
    }
    fflush(stdout);
    free(report);
}

void print_throughput(uint64_t size, uint64_t count, uint64_t elapsed_ns)
{
    double per_second = (double) count * 1e9 / (double) (elapsed_ns ? elapsed_ns : 1);
    printf("message size: %llu [B]\n", (unsigned long long) size);
    printf("message count: %llu\n", (unsigned long long) count);
    printf("mean throughput: %.0f [msg/s]\n", per_second);
    printf("mean throughput: %.3f [Mb/s]\n", per_second * (double) size * 8 / 1e6);
}

void print_latency(uint64_t size, uint64_t roundtrips, uint64_t elapsed_ns)
{
    printf("message size: %llu [B]\n", (unsigned long long) size);
    printf("roundtrip count: %llu\n", (unsigned long long) roundtrips);
    printf("average latency: %.3f [us]\n",
           (double) elapsed_ns / 1000 / 2 / (double) (roundtrips ? roundtrips : 1));
}

/* ---- sockets and messages --------------------------------------------------------------- */

void *new_socket(void *context, int type)
{
    void *socket = zmq_socket(context, type);
    CHECK("zmq_socket", socket);
    return socket;
}

void set_int(void *socket, int option, int value)
{
    CHECK("zmq_setsockopt", zmq_setsockopt(socket, option, &value, sizeof value) == 0);
}

int is_inproc(const char *transport)
{
    return !strcmp(transport, "inproc");
}

void bind_any(void *socket, const char *transport, char endpoint[ENDPOINT_SIZE])
{
    size_t size = ENDPOINT_SIZE;
    const char *wildcard;
    if (!strcmp(transport, "tcp"))
        wildcard = "tcp://127.0.0.1:*";
    else if (!strcmp(transport, "ipc"))
        wildcard = "ipc://*";
    else if (is_inproc(transport))
        wildcard = "inproc://perf";
    else
        usage_error("unknown transport %s: tcp, ipc or inproc", transport), wildcard = NULL;
    CHECK("zmq_bind", zmq_bind(socket, wildcard) == 0);
    CHECK("zmq_getsockopt", zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0);
}

void connect_to(void *socket, const char *endpoint)
{
    CHECK("zmq_connect", zmq_connect(socket, endpoint) == 0);
}

void close_socket(void *socket)
{
    CHECK("zmq_close", zmq_close(socket) == 0);
}

void term_context(void *context)
{
    CHECK("zmq_ctx_term", zmq_ctx_term(context) == 0);
}

void courier_open(struct courier *courier, const char *api, size_t size)
{
    if (strcmp(api, "msg") && strcmp(api, "buffer"))
        usage_error("unknown api %s: msg or buffer", api);
    courier->use_msg = !strcmp(api, "msg");
    courier->size = size;
    courier->buffer = allocate(size);
    CHECK("zmq_msg_init", zmq_msg_init(&courier->message) == 0);
}

int courier_send(struct courier *courier, void *socket, int flags)
{
    int rc;
    if (courier->use_msg) {
        zmq_msg_t message;
        CHECK("zmq_msg_init_size", zmq_msg_init_size(&message, courier->size) == 0);
        rc = zmq_msg_send(&message, socket, flags);
        if (rc < 0) {
            int reason = errno;
            zmq_msg_close(&message);
            errno = reason;
        }
    } else {
        rc = zmq_send(socket, courier->buffer, courier->size, flags);
    }
    if (rc >= 0)
        return 0;
    CHECK("send", (flags & ZMQ_DONTWAIT) && errno == EAGAIN);
    return -1;
}

int courier_receive(struct courier *courier, void *socket, int flags)
{
    int rc = courier->use_msg ? zmq_msg_recv(&courier->message, socket, flags)
                              : zmq_recv(socket, courier->buffer, courier->size, flags);
    if (rc >= 0) {
        if ((size_t) rc != courier->size)
            usage_error("message of incorrect size received");
        return 0;
    }
    CHECK("receive", (flags & ZMQ_DONTWAIT) && errno == EAGAIN);
    return -1;
}

void courier_close(struct courier *courier)
{
    CHECK("zmq_msg_close", zmq_msg_close(&courier->message) == 0);
    free(courier->buffer);
}

static void receive_message(zmq_msg_t *message, void *socket, size_t size)
{
    CHECK("zmq_msg_recv", zmq_msg_recv(message, socket, 0) >= 0);
    if (zmq_msg_size(message) != size)
        usage_error("message of incorrect size received");
}

void ask(zmq_msg_t *message, void *socket, size_t size)
{
    CHECK("zmq_msg_send", zmq_msg_send(message, socket, 0) >= 0);
    receive_message(message, socket, size);
}

void echo(zmq_msg_t *message, void *socket, size_t size)
{
    receive_message(message, socket, size);
    CHECK("zmq_msg_send", zmq_msg_send(message, socket, 0) >= 0);
}

/* ---- the other side --------------------------------------------------------------------- */

struct peer {
    void *context; /* NULL: a process */
    peer_main *run;
    void *argument;
    pthread_t thread;
    pid_t process;
    uint64_t cpu_at_mark;
    uint64_t cpu_at_stop; /* 0: it has not stopped */
    int to_peer[2];
    int from_peer[2];
};

static void write_all(int descriptor, const void *data, size_t size)
{
    const char *next = data;
    while (size) {
        ssize_t written = write(descriptor, next, size);
        if (written < 0 && errno == EINTR)
            continue;
        CHECK("write", written > 0);
        next += written;
        size -= (size_t) written;
    }
}

static void read_all(int descriptor, void *data, size_t size)
{
    char *next = data;
    while (size) {
        ssize_t got = read(descriptor, next, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            usage_error("the other side has gone");
        CHECK("read", got > 0);
        next += got;
        size -= (size_t) got;
    }
}

static void *peer_thread(void *argument)
{
    struct peer *peer = argument;
    peer->run(peer, peer->argument);
    return NULL;
}

struct peer *peer_start(void *context, peer_main *run, void *argument)
{
    struct peer *peer = allocate(sizeof *peer);
    peer->context = context;
    peer->run = run;
    peer->argument = argument;
    CHECK("pipe", pipe(peer->to_peer) == 0 && pipe(peer->from_peer) == 0);
    if (context) {
        errno = pthread_create(&peer->thread, NULL, peer_thread, peer);
        CHECK("pthread_create", errno == 0);
        return peer;
    }
    fflush(stdout);
    peer->process = fork();
    CHECK("fork", peer->process >= 0);
    if (peer->process == 0) {
        /* So that a side that ends early is noticed by the other. */
        close(peer->to_peer[1]);
        close(peer->from_peer[0]);
        run(peer, argument);
        if (!peer->cpu_at_stop)
            peer_stop(peer);
        uint64_t cpu = peer->cpu_at_stop - peer->cpu_at_mark;
        write_all(peer->from_peer[1], &cpu, sizeof cpu);
        exit(EXIT_SUCCESS);
    }
    close(peer->to_peer[0]);
    close(peer->from_peer[1]);
    return peer;
}

void peer_tell(struct peer *peer, const void *data, size_t size)
{
    write_all(peer->to_peer[1], data, size);
}

void peer_hear(struct peer *peer, void *data, size_t size)
{
    read_all(peer->from_peer[0], data, size);
}

static int has_input(int descriptor)
{
    struct pollfd item = {descriptor, POLLIN, 0};
    return poll(&item, 1, 0) > 0;
}

int peer_has_spoken(struct peer *peer)
{
    return has_input(peer->from_peer[0]);
}

int peer_is_called(struct peer *self)
{
    return has_input(self->to_peer[0]);
}

uint64_t peer_join(struct peer *peer)
{
    uint64_t cpu = 0;
    if (peer->context) {
        errno = pthread_join(peer->thread, NULL);
        CHECK("pthread_join", errno == 0);
        close(peer->to_peer[0]);
        close(peer->from_peer[1]);
    } else {
        int status;
        peer_hear(peer, &cpu, sizeof cpu);
        while (waitpid(peer->process, &status, 0) < 0)
            CHECK("waitpid", errno == EINTR);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
            usage_error("the other process failed");
    }
    close(peer->to_peer[1]);
    close(peer->from_peer[0]);
    free(peer);
    return cpu;
}

void *peer_context(struct peer *self)
{
    if (self->context)
        return self->context;
    void *context = zmq_ctx_new();
    CHECK("zmq_ctx_new", context);
    return context;
}

void peer_mark(struct peer *self)
{
    self->cpu_at_mark = usage_now().cpu_ns;
}

void peer_stop(struct peer *self)
{
    self->cpu_at_stop = usage_now().cpu_ns;
}

void peer_release_context(struct peer *self, void *context)
{
    if (!self->context)
        term_context(context);
}

void peer_say(struct peer *self, const void *data, size_t size)
{
    write_all(self->from_peer[1], data, size);
}

void peer_listen(struct peer *self, void *data, size_t size)
{
    read_all(self->to_peer[0], data, size);
}
