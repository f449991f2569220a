#include "bot/flow/poster.h"

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/outbox.h"

#define CLAIM    8
#define LEASE_MS 10000 /* a dead replica's rows wait no longer */
#define RENEW_MS 3000
#define POST_MS  50000 /* for one attempt, retries of the sender included */
#define IDLE_MS  1000
#define RETRY_MS 5000
#define LOOK_MS  2000
#define EVENT    "opsbot_outbox" /* metadata event_type */

/* What is being done for a row; the answer to it comes back as a report. */
enum step { STEP_POST, STEP_JOIN, STEP_LOOK, STEP_URL };

struct report {
    struct node node;
    struct poster *poster;
    struct outbox_row row; /* owned */
    enum step step;
    enum post_result result;
    char *error, *body;
};

struct poster {
    struct poster_needs needs;
    pthread_t thread;
    struct queue *reports;
    struct db *db;
    int64_t renewed;           /* mono ms */
    struct report *unrecorded; /* Postgres was away when they were over */
    size_t out;                /* rows claimed and not over */
    atomic_bool stop, kicked;
    _Atomic int64_t turned;
};

static void report_free(struct report *r)
{
    free(r->row.op);
    free(r->row.channel);
    free(r->row.body);
    free(r->row.response_url);
    free(r->error);
    free(r->body);
    free(r);
}

/* The outbox thread: nothing more is done for this row. */
static void over(struct poster *p, struct report *r)
{
    p->out--;
    report_free(r);
}

/* ---- out ----------------------------------------------------------------------- */

/* Sender thread. */
static void done(void *arg, const struct post_outcome *outcome)
{
    struct report *r = arg;

    r->result = outcome->result;
    r->error = xstrdup(outcome->error);
    r->body = xstrdup(outcome->body ? outcome->body : "");
    if (!queue_force(r->poster->reports, &r->node))
        report_free(r); /* stopping: the lease runs out, another posts it */
}

static char *quoted(const char *text)
{
    struct buf b = { 0 };

    json_quote(&b, text);
    return buf_take(&b);
}

/* The row's body with its channel, and the metadata to find it again by. */
static char *post_body(const struct outbox_row *row)
{
    char *channel = quoted(row->channel);
    char *payload =
        json_text(member_int("row", row->id), member_str("op", row->op));
    char *metadata = json_text(member_str("event_type", EVENT),
                               member_raw("event_payload", payload));
    char *with = json_with(row->body, "channel", channel);
    char *body = json_with(with, "metadata", metadata);

    free(channel);
    free(payload);
    free(metadata);
    free(with);
    return body;
}

/* By response URL, which is for its asker alone unless told otherwise. */
static char *url_body(const struct outbox_row *row)
{
    char *public = json_with_str(row->body, "response_type", "in_channel");
    char *body = json_with(public, "replace_original", "false");

    free(public);
    return body;
}

static struct post *post_for(const struct report *r)
{
    struct post *post;

    switch (r->step) {
    case STEP_JOIN:
        return post_method("conversations.join",
                           json_text(member_str("channel", r->row.channel)));
    case STEP_LOOK:
        return post_method("conversations.history",
                           json_text(member_str("channel", r->row.channel),
                                     member_bool("include_all_metadata", true),
                                     member_int("limit", 50)));
    case STEP_URL:
        return post_url(xstrdup(r->row.response_url), url_body(&r->row));
    case STEP_POST:
        break;
    }
    post = post_method("chat.postMessage", post_body(&r->row));
    post->channel = xstrdup(r->row.channel);
    return post;
}

static void start(struct poster *p, struct report *r, enum step step)
{
    struct err err = { 0 };
    struct post *post;

    r->step = step;
    free(r->error);
    free(r->body);
    r->error = r->body = NULL;
    post = post_for(r);
    post->lane = POST_CLICK;
    post->trace = xstrdup(r->row.op);
    post->deadline = clock_mono_ms() + POST_MS;
    post->done = done;
    post->arg = r;
    if (sender_submit(p->needs.sender, post) == PUSH_OK)
        return;
    post_free(post);
    if (!outbox_retry(p->db, r->row.id, "the sender is full", RETRY_MS, false,
                      &err))
        log_warn("outbox", NULL, "%s", err.text);
    over(p, r);
}

/* ---- in ------------------------------------------------------------------------- */

/* The end of a row, once Postgres knows. Until then it stays ours, and is not
 * looked for or posted again. */
static bool record(struct poster *p, struct report *r, bool ok,
                   const struct err *err)
{
    struct log_ctx ctx = { .op = r->row.op };

    if (ok)
        return true;
    log_warn("outbox", &ctx, "row %lld: %s", (long long)r->row.id, err->text);
    r->node.next = (struct node *)p->unrecorded;
    p->unrecorded = r;
    return false;
}

static char *ts_of(const char *body)
{
    json_t *root = json_loads(body, 0, NULL);
    const char *ts = json_string_value(json_object_get(root, "ts"));
    char *copy = xstrdup(ts ? ts : "");

    json_decref(root);
    return copy;
}

/* The ts of our row in a channel's history; NULL: it is not there. */
static char *found_ts(const char *body, int64_t row)
{
    json_t *root = json_loads(body, 0, NULL), *message;
    char *ts = NULL;
    size_t i;

    json_array_foreach(json_object_get(root, "messages"), i, message)
    {
        json_t *meta = json_object_get(message, "metadata");
        json_t *payload = json_object_get(meta, "event_payload");
        const char *type =
            json_string_value(json_object_get(meta, "event_type"));

        if (!ts && type && strcmp(type, EVENT) == 0 &&
            json_integer_value(json_object_get(payload, "row")) == row)
            ts = xstrdup(json_string_value(json_object_get(message, "ts")));
    }
    json_decref(root);
    return ts;
}

static void sent(struct poster *p, struct report *r, const char *ts)
{
    struct err err = { 0 };
    int64_t late = clock_wall_ms() - r->row.created_at;

    if (!record(p, r, outbox_sent(p->db, &r->row, ts, &err), &err))
        return;
    log_info("outbox", &(struct log_ctx){ .op = r->row.op },
             "posted to %s %lld ms after it was written", r->row.channel,
             (long long)late);
    over(p, r);
}

static void again(struct poster *p, struct report *r, int64_t delay_ms)
{
    struct err err = { 0 };
    bool ok = outbox_retry(p->db, r->row.id, r->error, delay_ms, false, &err);

    if (record(p, r, ok, &err))
        over(p, r);
}

static void undeliverable(struct poster *p, struct report *r)
{
    struct err err = { 0 };
    bool ok = outbox_undeliverable(p->db, r->row.id, r->error, &err);

    if (!record(p, r, ok, &err))
        return;
    log_error("outbox", &(struct log_ctx){ .op = r->row.op },
              "cannot be posted to %s: %s. Invite the bot to the channel, or "
              "name another one in channels.ops.",
              r->row.channel, r->error);
    over(p, r);
}

static void by_url(struct poster *p, struct report *r)
{
    if (r->row.response_url[0])
        start(p, r, STEP_URL);
    else
        undeliverable(p, r);
}

static void refused(struct poster *p, struct report *r)
{
    if (r->step == STEP_POST && strcmp(r->error, "not_in_channel") == 0)
        start(p, r, STEP_JOIN);
    else if (r->step == STEP_POST || r->step == STEP_JOIN)
        by_url(p, r);
    else if (r->step == STEP_LOOK)
        start(p, r, STEP_POST); /* no look-up to be had: sent again */
    else
        undeliverable(p, r);
}

static void succeeded(struct poster *p, struct report *r)
{
    char *ts;

    switch (r->step) {
    case STEP_JOIN:
        start(p, r, STEP_POST);
        return;
    case STEP_LOOK:
        ts = found_ts(r->body, r->row.id);
        if (ts)
            sent(p, r, ts);
        else
            start(p, r, STEP_POST);
        free(ts);
        return;
    case STEP_POST:
    case STEP_URL:
        ts = ts_of(r->body);
        sent(p, r, ts);
        free(ts);
        return;
    }
}

static void settle(struct poster *p, struct report *r)
{
    if (r->result == POST_SENT)
        succeeded(p, r);
    else if (r->result == POST_REFUSED)
        refused(p, r);
    else if (r->result == POST_UNKNOWN && r->step == STEP_POST)
        start(p, r, STEP_LOOK);
    else
        again(p, r, r->result == POST_UNKNOWN ? LOOK_MS : RETRY_MS);
}

/* ---- the thread ------------------------------------------------------------------- */

static void claim(struct poster *p)
{
    struct outbox_row *rows = NULL;
    struct err err = { 0 };
    size_t n = 0;

    if (!store_up(p->needs.postgres))
        return;
    if (!outbox_claim(p->db, p->needs.replica, CLAIM, LEASE_MS, &rows, &n,
                      &err)) {
        log_debug("outbox", NULL, "%s", err.text);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct report *r = xcalloc(1, sizeof *r);

        p->out++;
        r->poster = p;
        r->row = rows[i];
        /* Tried before, end unknown (a crash, a lost lease): look first. */
        start(p, r, rows[i].attempts > 1 ? STEP_LOOK : STEP_POST);
    }
    free(rows);
    if (n)
        atomic_store(&p->kicked, true); /* the next row of a channel */
}

/* False: our leases may have run out, and our own rows look like a dead
 * replica's. */
static bool renew(struct poster *p)
{
    struct err err = { 0 };
    int64_t now = clock_mono_ms();

    if (p->out == 0 || now - p->renewed < RENEW_MS)
        return true;
    if (!outbox_renew(p->db, p->needs.replica, LEASE_MS, &err)) {
        log_debug("outbox", NULL, "%s", err.text);
        return false;
    }
    p->renewed = now;
    return true;
}

static void record_rest(struct poster *p)
{
    struct report *r = p->unrecorded, *next;

    if (!store_up(p->needs.postgres))
        return;
    p->unrecorded = NULL;
    for (; r; r = next) {
        next = (struct report *)r->node.next;
        r->node.next = NULL;
        settle(p, r);
    }
}

static void *poster_main(void *arg)
{
    struct poster *p = arg;

    pthread_setname_np(pthread_self(), "outbox");
    while (!atomic_load(&p->stop)) {
        int patience = atomic_exchange(&p->kicked, false) ? 0 : IDLE_MS;
        struct node *nodes, *next;

        atomic_store(&p->turned, clock_mono_ms());
        if (renew(p)) {
            record_rest(p);
            claim(p);
        }
        nodes = queue_take(p->reports, CLAIM, patience);
        for (; nodes; nodes = next) {
            next = nodes->next;
            settle(p, (struct report *)nodes);
            atomic_store(&p->kicked, true);
        }
    }
    return NULL;
}

struct poster *poster_start(const struct poster_needs *needs, struct err *err)
{
    struct poster *p = xcalloc(1, sizeof *p);

    p->needs = *needs;
    p->reports = queue_new(1024, 16 << 20);
    p->db = db_new(needs->config->database_url, needs->postgres);
    atomic_store(&p->turned, clock_mono_ms());
    if (pthread_create(&p->thread, NULL, poster_main, p) == 0)
        return p;
    err_set(err, ERR_SYSTEM, "The outbox thread could not be started.");
    db_free(p->db);
    queue_free(p->reports);
    free(p);
    return NULL;
}

void poster_kick(void *poster)
{
    struct poster *p = poster;

    atomic_store(&p->kicked, true);
    queue_kick(p->reports);
}

int64_t poster_turned_ms(struct poster *p)
{
    return clock_mono_ms() - atomic_load(&p->turned);
}

void poster_stop(struct poster *p)
{
    if (!p)
        return;
    atomic_store(&p->stop, true);
    queue_kick(p->reports);
    pthread_join(p->thread, NULL);
}

void poster_free(struct poster *p)
{
    struct node *nodes, *next;

    if (!p)
        return;
    queue_close(p->reports);
    for (nodes = queue_take(p->reports, 1024, 0); nodes; nodes = next) {
        next = nodes->next;
        report_free((struct report *)nodes);
    }
    while (p->unrecorded) {
        struct report *r = p->unrecorded;

        p->unrecorded = (struct report *)r->node.next;
        report_free(r);
    }
    queue_free(p->reports);
    db_free(p->db);
    free(p);
}
