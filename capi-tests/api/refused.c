/* A filter of system calls, as sandboxes have it, that comes when sockets are in use: what a library
 * may have found to be there is refused from then on. Sockets change threads, and streams end, as
 * before. */
#include "probe.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Calls that make a thread a socket's usual one, and messages that make a stream. */
enum { CALLS = 500, STREAM = 20000 };

/* Refuses membarrier(2) to all threads; 0 where there are no filters. */
static int refuse (void)
{
    struct sock_filter rules[] = {
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof rules / sizeof *rules, rules};
    return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
           && syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0;
}

struct work {
    void *sender, *receiver;
    int count;
};

static void *send_all (void *argument)
{
    const struct work *work = argument;
    for (int i = 0; i < work->count; ++i)
        CHECK (zmq_send (work->sender, &i, sizeof i, 0) == sizeof i);
    return NULL;
}

static void *receive_all (void *argument)
{
    const struct work *work = argument;
    for (int i = 0; i < work->count; ++i) {
        int number = -1;
        CHECK (zmq_recv (work->receiver, &number, sizeof number, 0) == sizeof number);
        CHECK (number == i);
    }
    return NULL;
}

/* In a thread that ends before this returns. */
static void run (void *(*part) (void *), struct work *work)
{
    pthread_t thread;
    CHECK (pthread_create (&thread, NULL, part, work) == 0);
    CHECK (pthread_join (thread, NULL) == 0);
}

/* Two threads at a time: a receiver that keeps up sleeps now and then. */
static void stream (struct work *work)
{
    pthread_t thread;
    CHECK (pthread_create (&thread, NULL, receive_all, work) == 0);
    send_all (work);
    CHECK (pthread_join (thread, NULL) == 0);
}

int main (void)
{
    void *ctx = new_ctx ();
    struct work work = {new_socket (ctx, ZMQ_PUSH), new_socket (ctx, ZMQ_PULL), CALLS};
    OK (zmq_bind (work.receiver, "inproc://refused"));
    OK (zmq_connect (work.sender, "inproc://refused"));
    send_all (&work);
    receive_all (&work);
    work.count = STREAM;
    stream (&work);
    if (!refuse ())
        return 77;
    for (int i = 0; i < 3; ++i) {
        work.count = CALLS;
        run (send_all, &work);
        run (receive_all, &work);
        work.count = STREAM;
        stream (&work);
    }
    say ("all messages arrived in order");
    drop (work.sender);
    drop (work.receiver);
    term (ctx);
    return 0;
}
