/*
 * alerts_who: who may tell us of alerts over HTTP, and who asks. No I/O; the
 * server's thread.
 */
#ifndef BOT_HTTP_ALERTS_WHO_H
#define BOT_HTTP_ALERTS_WHO_H

#include "bot/http/server.h"
#include "core/config.h"

struct alerts_who {
    char name[96];  /* "token:<name>", "signed", "<address>": for rates, logs */
    bool is_signed; /* by alerts.secret: to be verified with the body */
};

/*
 * What the headers alone tell. 0, or the status that refuses it, and *why for
 * people. may_sign: a signature is good enough for this path. now: wall ms.
 */
int alerts_who(const struct config_alerts *cfg, const struct request *rq,
               bool may_sign, int64_t now, struct alerts_who *out,
               const char **why);
/* Of one that is signed, with its body. */
bool alerts_who_signed(const struct config_alerts *cfg,
                       const struct request *rq);
/* The header itself, formed as it should be. */
const char *alerts_who_signature(const struct request *rq);

#endif
