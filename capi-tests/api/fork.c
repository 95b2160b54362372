/* A child that inherits a context may close what it inherited, and use one of its own. */
#include "probe.h"

#include <sys/wait.h>

/* Runs `child` in a child process and prints how it ended. */
static void in_child (void (*child) (void *, void *), void *ctx, void *socket, const char *label)
{
    fflush (stdout);
    const pid_t pid = fork ();
    CHECK (pid >= 0);
    if (pid == 0) {
        child (ctx, socket);
        fflush (stdout);
        _exit (0);
    }
    int status = 0;
    CHECK (waitpid (pid, &status, 0) == pid);
    say ("%s: %s %d", label, WIFEXITED (status) ? "exit" : "signal",
         WIFEXITED (status) ? WEXITSTATUS (status) : WTERMSIG (status));
}

static void leaves (void *ctx, void *socket)
{
    (void) ctx;
    (void) socket;
}

static void closes (void *ctx, void *socket)
{
    (void) ctx;
    say_rc (zmq_close (socket), "  child closes");
}

static void own (void *ctx, void *socket)
{
    (void) ctx;
    (void) socket;
    void *mine = new_ctx ();
    void *a = new_socket (mine, ZMQ_PAIR);
    void *b = new_socket (mine, ZMQ_PAIR);
    char where[256];
    bind_any (a, "tcp://127.0.0.1:*", where, sizeof where);
    OK (zmq_connect (b, where));
    send_text (b, "of the child", 0);
    say_recv (a, 0, "  child");
    drop (a);
    drop (b);
    term (mine);
}

int main (void)
{
    void *ctx = new_ctx ();
    void *pull = new_socket (ctx, ZMQ_PULL);
    void *push = new_socket (ctx, ZMQ_PUSH);
    char where[256];
    bind_any (pull, "tcp://127.0.0.1:*", where, sizeof where);
    OK (zmq_connect (push, where));
    send_text (push, "before", 0);
    say_recv (pull, 0, "parent");
    in_child (leaves, ctx, pull, "child that leaves");
    in_child (closes, ctx, pull, "child that closes");
    in_child (own, ctx, pull, "child with a context of its own");
    send_text (push, "after", 0);
    CHECK (wait_for (pull, ZMQ_POLLIN, PATIENCE));
    say_recv (pull, 0, "parent");
    drop (push);
    drop (pull);
    term (ctx);
    return 0;
}
