/*
 * context: what surrounds an alert, asked of both stores. No state of its
 * own: it runs on the thread whose connections it is given.
 *
 * What belongs to a service is found by its name as a whole word: the check
 * `orders-db`, the stream `orders.events` and the scope `orders` all are of
 * `orders`; `preorders` is not. Streams are those of the configuration and the
 * one that the alert names: a card is no reason to scan Redis.
 */
#include "core/alert/context.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/group.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/dlq.h"
#include "core/ops/halt.h"

#define MS(column)                                                             \
    " coalesce((extract(epoch from " column ") * 1000)::bigint, 0)"
#define DLQ_SUFFIX ".dlq"

/* A group knows only the labels that it is grouped by. */
static const struct db_stmt stmt_labels = {
    .name = "context_labels",
    .sql = "select coalesce(labels->>'service', labels->>'job',"
           "  labels->>'app', ''),"
           " coalesce(labels->>'stream', ''), coalesce(labels->>'check', '')"
           " from opsbot.alerts where \"group\" = $1::bigint"
           " order by firing desc, severity, at desc limit 1",
    .params = 1,
};

static const struct db_stmt stmt_failing = {
    .name = "context_failing",
    .sql = "select check_id, text," MS("since") " from opsbot.check_states"
                                                " where mark = 'failing'"
                                                " order by since desc",
};

static const struct db_stmt stmt_deploy = {
    .name = "context_deploy",
    .sql = "select service, version, actor, url," MS(
        "at") " from opsbot.deploys where service = $1::text"
              " order by at desc limit 1",
    .params = 1,
};

/* ---- whose it is ----------------------------------------------------------- */

/* Names heap, "" where there is none. */
struct subject {
    char *service, *stream, *check;
};

static void subject_dispose(struct subject *s)
{
    free(s->service);
    free(s->stream);
    free(s->check);
}

/* The first of them that it has; borrowed, "" if none. */
static const char *first_label(const struct labels *l, const char *const *names)
{
    for (; *names; names++)
        if (*labels_get(l, *names))
            return labels_get(l, *names);
    return "";
}

/* Takes value where there is nothing yet. */
static void fill(char **to, const char *value)
{
    if (**to || !*value)
        return;
    free(*to);
    *to = xstrdup(value);
}

static void ask_labels(struct db *db, const struct alert_group *g,
                       struct subject *s)
{
    struct db_rows *rows;
    struct err err = { 0 };
    char number[TEXT_NUMBER];

    if (!db_run(db, &stmt_labels, &rows, &err, text_number(number, g->number)))
        return;
    if (rows_count(rows) > 0) {
        fill(&s->service, rows_text(rows, 0, 0));
        fill(&s->stream, rows_text(rows, 0, 1));
        fill(&s->check, rows_text(rows, 0, 2));
    }
    rows_free(rows);
}

static struct subject subject_of(struct db *db, const struct alert_group *g)
{
    static const char *const services[] = { "service", "job", "app", NULL };
    struct subject s = {
        .service = xstrdup(first_label(&g->labels, services)),
        .stream = xstrdup(labels_get(&g->labels, "stream")),
        .check = xstrdup(labels_get(&g->labels, "check")),
    };

    if (!*s.service || !*s.stream || !*s.check)
        ask_labels(db, g, &s);
    fill(&s.service, s.stream);
    fill(&s.service, s.check);
    return s;
}

/* Is `word` in `name`, with nothing of a word on either side? */
static bool names(const char *name, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = name; len && (at = strstr(at, word)); at++)
        if ((at == name || !isalnum((unsigned char)at[-1])) &&
            !isalnum((unsigned char)at[len]))
            return true;
    return false;
}

/* ---- halts ------------------------------------------------------------------ */

static void add_halt(struct alert_context *out, const struct halt *h)
{
    if (out->halts_count == CONTEXT_EACH)
        return;
    out->halts[out->halts_count++] = (struct context_halt){
        .scope = xstrdup(h->scope),
        .reason = xstrdup(h->reason),
        .by = xstrdup(h->by),
        .at = h->at,
    };
}

static void look_at_halts(struct redis *redis, const struct config *cfg,
                          const struct subject *s, struct alert_context *out)
{
    struct reads reads = { .redis = redis };
    struct halt_list list;
    struct err err = { 0 };

    redis_reset(redis);
    halt_list_ask(&reads, cfg);
    reads.failed = !redis_run(redis, &err);
    halt_list_read(&reads, &list);
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.halts[i].scope, HALT_ALL) == 0 ||
            names(list.halts[i].scope, s->service))
            add_halt(out, &list.halts[i]);
    halt_list_dispose(&list);
}

/* ---- dead letters ------------------------------------------------------------ */

/* dlq NULL: by the suffix. */
static void add_stream(struct stream_names *to, const char *stream,
                       const char *dlq)
{
    if (to->count == CONTEXT_EACH)
        return;
    to->names[to->count++] = (struct stream_name){
        .stream = xstrdup(stream),
        .dlq = dlq ? xstrdup(dlq) : xasprintf("%s" DLQ_SUFFIX, stream),
    };
}

static bool has_stream(const struct stream_names *in, const char *stream)
{
    for (size_t i = 0; i < in->count; i++)
        if (strcmp(in->names[i].stream, stream) == 0)
            return true;
    return false;
}

/* The one that the alert is about: its key, or that of its DLQ. */
static void add_named(struct stream_names *to, const struct config *cfg,
                      const char *label)
{
    size_t len = strlen(label), cut = sizeof DLQ_SUFFIX - 1;
    char *stream;

    for (unsigned i = 0; i < cfg->streams_count; i++) {
        const struct config_stream *c = &cfg->streams[i];

        if (strcmp(label, c->name) == 0 ||
            (c->dlq && strcmp(label, c->dlq) == 0)) {
            add_stream(to, c->name, c->dlq);
            return;
        }
    }
    if (len > cut && strcmp(label + len - cut, DLQ_SUFFIX) == 0)
        len -= cut;
    stream = xstrndup(label, len);
    if (*stream)
        add_stream(to, stream, NULL);
    free(stream);
}

static void add_streams(struct stream_names *to, const struct config *cfg,
                        const struct subject *s)
{
    add_named(to, cfg, s->stream);
    for (unsigned i = 0; i < cfg->streams_count; i++)
        if (names(cfg->streams[i].name, s->service) &&
            !has_stream(to, cfg->streams[i].name))
            add_stream(to, cfg->streams[i].name, cfg->streams[i].dlq);
}

static void look_at_streams(struct redis *redis, const struct config *cfg,
                            const struct subject *s, int64_t now,
                            struct alert_context *out)
{
    struct stream_names want = { .names = xcalloc(CONTEXT_EACH,
                                                  sizeof *want.names) };
    struct dlq_overview all;
    struct err err = { 0 };

    add_streams(&want, cfg, s);
    redis_reset(redis);
    if (!dlq_overview_of(redis, cfg, &want, now, &all, &err)) {
        log_debug("alerts", NULL, "of dead letters nothing: %s", err.text);
        return;
    }
    for (size_t i = 0; i < all.count && all.queues[i].depth > 0; i++) {
        const struct dlq_summary *q = &all.queues[i];

        out->streams[out->streams_count++] = (struct context_stream){
            .name = xstrdup(q->stream),
            .dead = q->depth,
            .grown = q->sampled > 0 ? q->arrived_10m : -1,
            .cause = xstrdup(q->cause_count ? q->causes[0].text : ""),
        };
    }
    dlq_overview_dispose(&all);
}

/* ---- checks ------------------------------------------------------------------- */

static bool of_subject(const struct config_check *c, const struct subject *s)
{
    if (strcmp(c->id, s->check) == 0 || names(c->id, s->service))
        return true;
    for (unsigned i = 0; i < c->scopes_count; i++)
        if (strcmp(c->scopes[i], s->service) == 0)
            return true;
    return false;
}

static bool is_of(const struct config *cfg, const char *id,
                  const struct subject *s)
{
    for (unsigned i = 0; i < cfg->checks_count; i++)
        if (strcmp(cfg->checks[i].id, id) == 0)
            return of_subject(&cfg->checks[i], s);
    return false; /* it is not asked any more */
}

static void look_at_checks(struct db *db, const struct config *cfg,
                           const struct subject *s, struct alert_context *out)
{
    struct db_rows *rows;
    struct err err = { 0 };

    if (!db_run(db, &stmt_failing, &rows, &err, NULL))
        return;
    for (size_t i = 0; i < rows_count(rows); i++)
        if (out->checks_count < CONTEXT_EACH &&
            is_of(cfg, rows_text(rows, i, 0), s))
            out->checks[out->checks_count++] = (struct context_check){
                .id = xstrdup(rows_text(rows, i, 0)),
                .why = xstrdup(rows_text(rows, i, 1)),
                .since = rows_int(rows, i, 2),
            };
    rows_free(rows);
}

/* ---- the last deployment ------------------------------------------------------ */

static void look_at_deploy(struct db *db, const struct subject *s,
                           struct alert_context *out)
{
    struct db_rows *rows;
    struct err err = { 0 };

    if (!*s->service || !db_run(db, &stmt_deploy, &rows, &err, s->service))
        return;
    if (rows_count(rows) > 0) {
        out->deploy_service = xstrdup(rows_text(rows, 0, 0));
        out->deploy_version = xstrdup(rows_text(rows, 0, 1));
        out->deploy_by = xstrdup(rows_text(rows, 0, 2));
        out->deploy_url = xstrdup(rows_text(rows, 0, 3));
        out->deployed_at = rows_int(rows, 0, 4);
    }
    rows_free(rows);
}

/* ---- all of it ----------------------------------------------------------------- */

void context_look(struct db *db, struct redis *redis, const struct config *cfg,
                  const struct alert_group *g, int64_t now,
                  struct alert_context *out)
{
    struct subject s = subject_of(db, g);

    *out = (struct alert_context){ 0 };
    if (redis) {
        look_at_halts(redis, cfg, &s, out);
        look_at_streams(redis, cfg, &s, now, out);
    }
    look_at_checks(db, cfg, &s, out);
    look_at_deploy(db, &s, out);
    subject_dispose(&s);
}

void context_dispose(struct alert_context *c)
{
    for (size_t i = 0; i < c->halts_count; i++) {
        free(c->halts[i].scope);
        free(c->halts[i].reason);
        free(c->halts[i].by);
    }
    for (size_t i = 0; i < c->streams_count; i++) {
        free(c->streams[i].name);
        free(c->streams[i].cause);
    }
    for (size_t i = 0; i < c->checks_count; i++) {
        free(c->checks[i].id);
        free(c->checks[i].why);
    }
    free(c->deploy_service);
    free(c->deploy_version);
    free(c->deploy_by);
    free(c->deploy_url);
    *c = (struct alert_context){ 0 };
}
