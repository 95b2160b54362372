/* Options that are for the kernel: what the sockets of connections have in the end, on either side,
 * where they come from, who is let in, and which I/O thread looks after them. */
#include "probe.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static int kernel_int (int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt (fd, level, option, &value, &size) == 0 ? value : -errno;
}

/* Receives a text and yields the descriptor that it came by. */
static int receive_from (void *socket)
{
    zmq_msg_t msg;
    OK (zmq_msg_init (&msg));
    CHECK (wait_for (socket, ZMQ_POLLIN, PATIENCE));
    OK (zmq_msg_recv (&msg, socket, 0));
    const int fd = zmq_msg_get (&msg, ZMQ_SRCFD);
    CHECK (fd >= 0);
    OK (zmq_msg_close (&msg));
    return fd;
}

struct pair {
    void *ctx, *server, *client;
    int server_fd, client_fd;
};

static struct pair open_pair (void)
{
    struct pair pair = {new_ctx (), NULL, NULL, -1, -1};
    pair.server = new_socket (pair.ctx, ZMQ_DEALER);
    pair.client = new_socket (pair.ctx, ZMQ_DEALER);
    return pair;
}

static void set_both (const struct pair *pair, int option, int value)
{
    set_int (pair->server, option, value);
    set_int (pair->client, option, value);
}

static void join (struct pair *pair, const char *endpoint)
{
    char where[256];
    bind_any (pair->server, endpoint, where, sizeof where);
    OK (zmq_connect (pair->client, where));
    send_text (pair->client, "to", 0);
    pair->server_fd = receive_from (pair->server);
    send_text (pair->server, "fro", 0);
    pair->client_fd = receive_from (pair->client);
}

static void close_pair (const struct pair *pair)
{
    drop (pair->client);
    drop (pair->server);
    term (pair->ctx);
}

static void say_tcp (int fd, const char *side)
{
    say ("  %s: no delay %d, keepalive %d", side, kernel_int (fd, IPPROTO_TCP, TCP_NODELAY) != 0,
         kernel_int (fd, SOL_SOCKET, SO_KEEPALIVE));
    say ("  %s: probes %d, idle %d s, interval %d s", side,
         kernel_int (fd, IPPROTO_TCP, TCP_KEEPCNT), kernel_int (fd, IPPROTO_TCP, TCP_KEEPIDLE),
         kernel_int (fd, IPPROTO_TCP, TCP_KEEPINTVL));
    say ("  %s: retransmits for %d ms", side, kernel_int (fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
    say ("  %s: type of service %d, class %d", side, kernel_int (fd, IPPROTO_IP, IP_TOS),
         kernel_int (fd, IPPROTO_IPV6, IPV6_TCLASS));
}

static void plain (void)
{
    say ("without options");
    struct pair pair = open_pair ();
    join (&pair, "tcp://127.0.0.1:*");
    say_tcp (pair.server_fd, "server");
    say_tcp (pair.client_fd, "client");
    close_pair (&pair);
}

static void tcp (const char *endpoint, int ipv6)
{
    say ("every option, over %s", endpoint);
    struct pair pair = open_pair ();
    set_both (&pair, ZMQ_IPV6, ipv6);
    set_both (&pair, ZMQ_TOS, 0x28);
    set_both (&pair, ZMQ_TCP_KEEPALIVE, 1);
    set_both (&pair, ZMQ_TCP_KEEPALIVE_CNT, 7);
    set_both (&pair, ZMQ_TCP_KEEPALIVE_IDLE, 77);
    set_both (&pair, ZMQ_TCP_KEEPALIVE_INTVL, 17);
    set_both (&pair, ZMQ_TCP_MAXRT, 12345);
    set_both (&pair, ZMQ_SNDBUF, 65536);
    set_both (&pair, ZMQ_RCVBUF, 32768);
    join (&pair, endpoint);
    say_tcp (pair.server_fd, "server");
    say_tcp (pair.client_fd, "client");
    const int fds[] = {pair.server_fd, pair.client_fd};
    for (int i = 0; i < 2; ++i)
        say ("  buffers of %d and %d", kernel_int (fds[i], SOL_SOCKET, SO_SNDBUF),
             kernel_int (fds[i], SOL_SOCKET, SO_RCVBUF));
    close_pair (&pair);
}

/* A connection from an address of the caller's choice, and filters that know it by that. */
static void source_and_filter (void)
{
    struct pair pair = open_pair ();
    char where[256], from[300];
    OK (zmq_setsockopt (pair.server, ZMQ_TCP_ACCEPT_FILTER, "127.0.0.64/26", 13));
    OK (zmq_setsockopt (pair.server, ZMQ_TCP_ACCEPT_FILTER, "127.0.1.1", 9));
    OK (zmq_socket_monitor (pair.server, "inproc://filter",
                            ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED));
    void *monitor = new_socket (pair.ctx, ZMQ_PAIR);
    OK (zmq_connect (monitor, "inproc://filter"));
    bind_any (pair.server, "tcp://127.0.0.1:*", where, sizeof where);
    static const char *const sources[] = {"127.0.0.63", "127.0.0.64", "127.0.0.127", "127.0.0.128",
                                          "127.0.1.1", "127.0.1.2", "127.0.0.1"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; ++i) {
        void *client = new_socket (pair.ctx, ZMQ_DEALER);
        /* Once is enough. */
        set_int (client, ZMQ_RECONNECT_IVL, -1);
        snprintf (from, sizeof from, "tcp://%s:0;%s", sources[i], where + strlen ("tcp://"));
        OK (zmq_connect (client, from));
        zmq_msg_t event;
        OK (zmq_msg_init (&event));
        CHECK (wait_for (monitor, ZMQ_POLLIN, PATIENCE));
        OK (zmq_msg_recv (&event, monitor, 0));
        uint16_t number;
        memcpy (&number, zmq_msg_data (&event), sizeof number);
        OK (zmq_msg_recv (&event, monitor, 0));
        OK (zmq_msg_close (&event));
        say ("from %s: %s", sources[i], number == ZMQ_EVENT_ACCEPTED ? "accepted" : "turned away");
        if (number == ZMQ_EVENT_ACCEPTED) {
            send_text (client, "hello", 0);
            struct sockaddr_in peer;
            socklen_t size = sizeof peer;
            OK (getpeername (receive_from (pair.server), (struct sockaddr *) &peer, &size));
            char text[64] = "";
            CHECK (inet_ntop (AF_INET, &peer.sin_addr, text, sizeof text) != NULL);
            CHECK (strcmp (text, sources[i]) == 0);
        }
        drop (client);
    }
    drop (monitor);
    close_pair (&pair);
}

/* The processor time of I/O thread `index` until now, nanoseconds; -1 before it has given itself its
 * name. */
static long long work_of (int index)
{
    char name[32], path[300], line[128];
    long long work = -1;
    snprintf (name, sizeof name, "ZMQbg/IO/%d\n", index);
    DIR *tasks = opendir ("/proc/self/task");
    CHECK (tasks != NULL);
    for (struct dirent *task; work == -1 && (task = readdir (tasks));) {
        if (task->d_name[0] == '.')
            continue;
        snprintf (path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen (path, "r");
        const int found = file && fgets (line, sizeof line, file) && strcmp (line, name) == 0;
        if (file)
            fclose (file);
        if (!found)
            continue;
        snprintf (path, sizeof path, "/proc/self/task/%s/schedstat", task->d_name);
        file = fopen (path, "r");
        CHECK (file && fscanf (file, "%lld", &work) == 1);
        fclose (file);
    }
    closedir (tasks);
    return work;
}

/* A connection of the kernel's alone. */
static int call (const struct sockaddr_in *address)
{
    const int fd = socket (AF_INET, SOCK_STREAM, 0);
    OK (fd);
    OK (connect (fd, (const struct sockaddr *) address, sizeof *address));
    return fd;
}

static void affinity (void)
{
    enum { THREADS = 3, PEERS = 50 };
    for (int chosen = 0; chosen < THREADS; ++chosen) {
        void *ctx = new_ctx ();
        OK (zmq_ctx_set (ctx, ZMQ_IO_THREADS, THREADS));
        void *socket = new_socket (ctx, ZMQ_DEALER);
        const uint64_t mask = UINT64_C (1) << chosen;
        OK (zmq_setsockopt (socket, ZMQ_AFFINITY, &mask, sizeof mask));
        char where[256];
        bind_any (socket, "tcp://127.0.0.1:*", where, sizeof where);
        struct sockaddr_in address = {0};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
        address.sin_port = htons ((uint16_t) atoi (strrchr (where, ':') + 1));
        long long before[THREADS];
        for (int n = 0; n < THREADS; ++n)
            before[n] = work_of (n);
        /* Each is answered before the next comes. */
        for (int i = 0; i < PEERS; ++i) {
            char signature[10];
            const int fd = call (&address);
            CHECK (recv (fd, signature, sizeof signature, MSG_WAITALL) == sizeof signature);
            close (fd);
        }
        int busiest = 0;
        long long most = 0;
        for (int n = 0; n < THREADS; ++n) {
            const long long work = work_of (n) - before[n];
            if (work > most) {
                most = work;
                busiest = n;
            }
        }
        say ("affinity to thread %d: thread %d works", chosen, busiest);
        drop (socket);
        term (ctx);
    }
    void *ctx = new_ctx ();
    void *socket = new_socket (ctx, ZMQ_DEALER);
    const uint64_t none = 2;
    OK (zmq_setsockopt (socket, ZMQ_AFFINITY, &none, sizeof none));
    say_rc (zmq_bind (socket, "tcp://127.0.0.1:*"), "affinity to no thread, bind tcp");
    say_rc (zmq_bind (socket, "ipc://*"), "affinity to no thread, bind ipc");
    say_rc (zmq_connect (socket, "tcp://127.0.0.1:9"), "affinity to no thread, connect");
    say_rc (zmq_bind (socket, "inproc://affinity"), "affinity to no thread, bind inproc");
    drop (socket);
    term (ctx);
}

int main (void)
{
    plain ();
    tcp ("tcp://127.0.0.1:*", 0);
    tcp ("tcp://[::1]:*", 1);
    tcp ("tcp://127.0.0.1:*", 1);
    source_and_filter ();
    affinity ();
    return 0;
}
