// What libzmq's tests want to know of the platform, in place of the file that libzmq's own build
// makes. Names without meaning for the tests are left out.
#ifndef OXMQ_TEST_PLATFORM_HPP
#define OXMQ_TEST_PLATFORM_HPP

#define ZMQ_IOTHREAD_POLLER_USE_EPOLL
#define ZMQ_POLL_BASED_ON_POLL
#define ZMQ_HAVE_PPOLL
#define ZMQ_HAVE_IPC
#define ZMQ_HAVE_LINUX
#define ZMQ_HAVE_UIO
#define ZMQ_HAVE_SO_PEERCRED
#define ZMQ_HAVE_SO_PRIORITY
#define ZMQ_HAVE_BUSY_POLL
#define HAVE_FORK

#endif
