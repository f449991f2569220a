/*
 * context: what else is known of an alert's service at this moment: halts,
 * dead letters, failing checks, the last deployment (field.md 16). Best
 * effort: what cannot be asked in time is left out.
 *
 * No state of its own: it runs on the thread whose connections it is given.
 * Texts heap and not NULL, but for those of a deployment that is not known.
 */
#ifndef CORE_ALERT_CONTEXT_H
#define CORE_ALERT_CONTEXT_H

#include "core/config.h"
#include "core/store/db.h"
#include "core/store/redis.h"

struct alert_group; /* core/alert/group.h */

struct context_halt {
    char *scope, *reason, *by;
    int64_t at;
};
struct context_stream {
    char *name;          /* of the stream */
    int64_t dead, grown; /* dead letters; how many more in ten minutes, -1: not
                          * known */
    char *cause;         /* the commonest; "" */
};
struct context_check {
    char *id, *why;
    int64_t since;
};
#define CONTEXT_EACH 3
struct alert_context {
    struct context_halt halts[CONTEXT_EACH];
    struct context_stream streams[CONTEXT_EACH];
    struct context_check checks[CONTEXT_EACH];
    size_t halts_count, streams_count, checks_count;
    char *deploy_service, *deploy_version, *deploy_by, *deploy_url;
    int64_t deployed_at; /* 0: none known */
};
/* The service is the label service, else job, app, stream, check. Kept for a
 * few seconds by the caller. redis NULL: away. */
void context_look(struct db *db, struct redis *redis, const struct config *cfg,
                  const struct alert_group *g, int64_t now,
                  struct alert_context *out);
void context_dispose(struct alert_context *c);

struct deploy {
    char *service, *version, *actor, *url;
    int64_t at;
};
/* Of POST /events/deploy: {"service","version","by","url","at"}. ERR_USER. */
MUST_CHECK bool deploy_read(struct deploy *out, const char *body, size_t len,
                            struct err *err);
void deploy_dispose(struct deploy *d);
/* op: what comes twice is one. */
MUST_CHECK bool deploy_put(struct db *db, const char *op,
                           const struct deploy *d, struct err *err);

#endif
