/* The optional last argument of local_thr and remote_thr turns CURVE on. The keys are the two
   example pairs of the manual page zmq_curve(7): this measures, it does not protect. */

#ifndef OXMQ_PERF_CURVE_H
#define OXMQ_PERF_CURVE_H

#include "support.h"

#define SERVER_PUBLIC "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define SERVER_SECRET "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
#define CLIENT_PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define CLIENT_SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

static inline void set_key(void *socket, int option, const char *key)
{
    CHECK("zmq_setsockopt", zmq_setsockopt(socket, option, key, 41) == 0);
}

#endif
