/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Kept for programs that include it: everything is in zmq.h.
 */

#ifndef ZMQ_UTILS_H_OXMQ
#define ZMQ_UTILS_H_OXMQ

#include <zmq.h>

#endif
