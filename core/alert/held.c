/*
 * held: see held.h. In Redis an entry for each event, in the journal a record
 * for some of them. What was taken and could not be deleted is taken again,
 * and known by its id.
 *
 * An event that Postgres will never take (its text, not its state) must not
 * hold up the others: it is buried among the dead letters of the stream, from
 * where it can be shown and requeued.
 */
#include "core/alert/held.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define AT_ONCE      200    /* entries in one round trip */
#define RECORD_BYTES 131072 /* of a journal's record, more or less */

static char *held_key(const struct config *cfg)
{
    return xasprintf("%salerts", cfg->redis_prefix);
}

/* ---- putting -------------------------------------------------------------- */

/* Sends what was appended; every one of it has to be taken. */
static bool run_all(struct redis *redis, struct err *err)
{
    if (!redis_run(redis, err))
        return false;
    for (size_t i = 0; i < redis_count(redis); i++) {
        const char *why = reply_error(redis_reply(redis, i));

        if (why)
            return err_set(err, ERR_REDIS, "Redis would not hold an alert: %s",
                           why);
    }
    return true;
}

static bool put_redis(struct redis *redis, const struct config *cfg,
                      const struct alert_event *events, size_t count,
                      bool posted, struct err *err)
{
    char *key = held_key(cfg);
    bool ok = true;

    redis_reset(redis);
    for (size_t i = 0; ok && i < count; i++) {
        char *text = event_text(&events[i]);

        redis_cmd(redis, "XADD", key, "*", "event", text, "posted",
                  posted ? "1" : "0");
        free(text);
        if ((i + 1) % AT_ONCE == 0 || i + 1 == count)
            ok = run_all(redis, err);
    }
    free(key);
    return ok;
}

/* Takes list, which is the events of a record without its end. */
static bool put_record(struct journal *journal, struct buf *list, bool posted,
                       struct err *err)
{
    char *record;
    bool ok;

    buf_char(list, ']');
    record = json_text(member_bool("posted", posted),
                       member_raw("events", buf_text(list)));
    ok = journal_add(journal, JOURNAL_ALERT, record, err);
    free(record);
    buf_dispose(list);
    return ok;
}

static bool put_journal(struct journal *journal,
                        const struct alert_event *events, size_t count,
                        bool posted, struct err *err)
{
    struct buf list = { 0 };
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++) {
        char *text = event_text(&events[i]);

        buf_char(&list, list.len ? ',' : '[');
        buf_str(&list, text);
        free(text);
        if (list.len >= RECORD_BYTES || i + 1 == count)
            ok = put_record(journal, &list, posted, err);
    }
    return ok;
}

enum held_place held_put(struct redis *redis, struct journal *journal,
                         const struct config *cfg,
                         const struct alert_event *events, size_t count,
                         bool posted, struct err *err)
{
    if (redis && put_redis(redis, cfg, events, count, posted, err))
        return HELD_REDIS;
    if (put_journal(journal, events, count, posted, err))
        return HELD_JOURNAL;
    return HELD_NONE;
}

/* ---- burying --------------------------------------------------------------- */

/* A dead letter's name and value, while both are there. */
struct letter {
    const char *argv[40];
    int argc;
};

static void letter_add(struct letter *l, const char *name, const char *value)
{
    if (!name || !*name || !value || !*value)
        return;
    l->argv[l->argc++] = name;
    l->argv[l->argc++] = value;
}

static void letter_event(struct letter *l, const struct config *cfg,
                         const struct alert_event *e, const char *labels,
                         const char *at)
{
    const struct config_alert_fields *f = &cfg->alerts.fields;

    letter_add(l, f->trace, e->trace);
    letter_add(l, f->severity, event_severity_name(e->severity));
    letter_add(l, f->title, e->title);
    letter_add(l, f->message, e->message);
    letter_add(l, f->source, e->source);
    letter_add(l, f->labels, labels);
    letter_add(l, f->at, at);
    letter_add(l, f->status, e->resolved ? "resolved" : "firing");
    letter_add(l, f->runbook, e->runbook);
    letter_add(l, f->fingerprint, e->fingerprint);
}

bool held_bury(struct redis *redis, const struct config *cfg,
               const struct alert_event *e, const char *why, struct err *err)
{
    struct letter l = { .argv = { "XADD", cfg->alerts.dead, "*" }, .argc = 3 };
    char *labels = labels_text(&e->labels);
    char at[CLOCK_TEXT], now[CLOCK_TEXT];
    bool ok = redis != NULL;

    clock_rfc3339(e->resolved ? e->ended : e->at, at);
    clock_rfc3339(clock_wall_ms(), now);
    letter_event(&l, cfg, e, labels, at);
    letter_add(&l, cfg->dlq.error, why);
    letter_add(&l, cfg->dlq.original_id, e->id);
    letter_add(&l, cfg->dlq.attempts, "1");
    letter_add(&l, cfg->dlq.failed_at, now);
    if (ok)
        ok = redis_do(redis, err, l.argc, l.argv) != NULL;
    else
        err_set(err, ERR_REDIS, "Redis is away");
    log_error("alerts", NULL, "an alert cannot be taken (%s): \"%s\" of %s%s%s",
              why, e->title, e->source,
              ok ? " is among the dead letters of "
                 : " is in this log alone, as there are no dead letters: ",
              ok ? cfg->alerts.dead : err->text);
    free(labels);
    return ok;
}

/* ---- taking ----------------------------------------------------------------- */

bool held_is_poison(const struct db *db)
{
    const char *state = db_sqlstate(db);

    if (held_lost_race(db))
        return false;
    return strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 ||
           strncmp(state, "54", 2) == 0;
}

bool held_lost_race(const struct db *db)
{
    const char *state = db_sqlstate(db);

    return strncmp(state, "40", 2) == 0 || strcmp(state, "23505") == 0;
}

/* Each for itself, as one of them is what Postgres refuses. */
static bool take_singly(const struct alert_world *w,
                        const struct alert_event *events, size_t count,
                        bool posted, struct err *err)
{
    struct taken taken;
    struct err lost;

    for (size_t i = 0; i < count; i++) {
        if (alerts_take(w, &events[i], 1, posted, &taken, err))
            continue;
        if (!held_is_poison(w->db))
            return false;
        (void)!held_bury(w->redis, w->config, &events[i], err->text, &lost);
    }
    return true;
}

/* True: none of them has to be held any longer. */
static bool take_all(const struct alert_world *w,
                     const struct alert_event *events, size_t count,
                     bool posted, struct err *err)
{
    struct taken taken;

    for (size_t from = 0; from < count; from += TAKE_MOST) {
        size_t n = count - from < TAKE_MOST ? count - from : TAKE_MOST;

        if (alerts_take(w, events + from, n, posted, &taken, err))
            continue;
        if (!held_is_poison(w->db) ||
            !take_singly(w, events + from, n, posted, err))
            return false;
    }
    return true;
}

/* ---- from Redis ---------------------------------------------------------------- */

/* What a page of entries holds. *posted: of any of them. */
static size_t read_page(const struct reply *page, struct alert_event *events,
                        bool *posted)
{
    size_t count = 0;
    struct err err;

    *posted = false;
    for (size_t i = 0; i < reply_count(page); i++) {
        const struct reply *entry = reply_at(page, i);
        const struct reply *fields = reply_at(entry, 1);

        if (strcmp(reply_str(reply_field(fields, "posted")), "1") == 0)
            *posted = true;
        if (event_read(&events[count], reply_str(reply_field(fields, "event")),
                       &err))
            count++;
        else
            log_error("alerts", NULL, "entry %s of what is held is none: %s",
                      reply_str(reply_at(entry, 0)), err.text);
    }
    return count;
}

/* The ids of a page, which is not there any more once something is asked.
 * Heap, as is each. */
static char **page_ids(const struct reply *page)
{
    size_t count = reply_count(page);
    char **ids = xcalloc(count + 1, sizeof *ids);

    for (size_t i = 0; i < count; i++)
        ids[i] = xstrdup(reply_str(reply_at(reply_at(page, i), 0)));
    return ids;
}

static bool delete_page(struct redis *redis, const char *key, char *const *ids,
                        size_t count, struct err *err)
{
    const char **argv = xmalloc((count + 2) * sizeof *argv);
    bool ok;

    argv[0] = "XDEL";
    argv[1] = key;
    for (size_t i = 0; i < count; i++)
        argv[i + 2] = ids[i];
    ok = redis_do(redis, err, (int)count + 2, argv) != NULL;
    free(argv);
    return ok;
}

static bool drain_page(const struct alert_world *w, const char *key,
                       size_t *taken, struct err *err)
{
    char most[TEXT_NUMBER];
    const struct reply *page = redis_one(w->redis, err, "XRANGE", key, "-", "+",
                                         "COUNT", text_number(most, TAKE_MOST));
    size_t entries = reply_count(page), count;
    struct alert_event *events;
    char **ids;
    bool posted, ok;

    if (!page || entries == 0)
        return page != NULL;
    events = xcalloc(entries, sizeof *events);
    ids = page_ids(page);
    count = read_page(page, events, &posted);
    ok = take_all(w, events, count, posted, err) &&
         delete_page(w->redis, key, ids, entries, err);
    *taken = ok ? entries : 0;
    for (size_t i = 0; i < entries; i++)
        free(ids[i]);
    free(ids);
    events_free(events, count);
    return ok;
}

bool held_drain(const struct alert_world *w, size_t *taken, struct err *err)
{
    char *key = held_key(w->config);
    bool ok;

    *taken = 0;
    redis_reset(w->redis);
    ok = drain_page(w, key, taken, err);
    free(key);
    return ok;
}

/* ---- from the journal ------------------------------------------------------------ */

/* NULL: it is no record of ours. */
static struct alert_event *read_record(const char *json, size_t *count,
                                       bool *posted)
{
    struct err err;
    struct json_doc *doc = json_doc_parse(json, strlen(json), &err);
    size_t all = doc ? json_doc_count(doc, "events") : 0;
    struct alert_event *events = xcalloc(all + 1, sizeof *events);

    *count = 0;
    *posted = json_doc_bool(doc, "posted");
    for (size_t i = 0; i < all; i++) {
        char at[32], *text;

        snprintf(at, sizeof at, "events.%zu", i);
        text = json_doc_raw(doc, at);
        if (event_read(&events[*count], text, &err))
            ++*count;
        else
            log_error("journal", NULL, "an alert in it is none: %s", err.text);
        free(text);
    }
    if (!doc)
        log_error("journal", NULL, "a record of alerts cannot be read: %s",
                  err.text);
    json_doc_free(doc);
    return events;
}

bool held_of_journal(const struct alert_world *w, const char *json,
                     struct err *err)
{
    size_t count;
    bool posted, ok;
    struct alert_event *events = read_record(json, &count, &posted);

    ok = take_all(w, events, count, posted, err);
    events_free(events, count);
    return ok;
}

bool held_to_redis(struct redis *redis, const struct config *cfg,
                   const char *json, struct err *err)
{
    size_t count;
    bool posted, ok;
    struct alert_event *events = read_record(json, &count, &posted);

    ok = put_redis(redis, cfg, events, count, posted, err);
    events_free(events, count);
    return ok;
}

bool held_count(struct redis *redis, const struct config *cfg, int64_t *count,
                struct err *err)
{
    char *key = held_key(cfg);
    const struct reply *rep = redis_one(redis, err, "XLEN", key);

    if (rep)
        *count = reply_int(rep);
    free(key);
    return rep != NULL;
}
