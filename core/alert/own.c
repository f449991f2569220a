/*
 * own: what is wrong, what was said of it, and what is to be said. See own.h.
 */
#include "core/alert/own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define BEGIN "opsbot/"
/* What was said is not looked for sooner: it may be on its way. */
#define GRACE_MS 30000

#define MS(column)                                                             \
    " coalesce((extract(epoch from " column ") * 1000)::bigint, 0)"

/* Of all groups that are open: by the index alerts_own. */
static const struct db_stmt stmt_standing = {
    .name = "own_standing",
    .sql = "select fingerprint, severity, title, message, labels," MS(
        "at") " from opsbot.alerts"
              " where firing and starts_with(fingerprint, 'opsbot/')",
};

static const struct {
    const char *name, *alert;
} kinds[OWN_KINDS] = {
    [OWN_CHECK] = { "check", "HealthCheckFails" },
    [OWN_DLQ_AGE] = { "dlq-age", "DeadLettersOld" },
    [OWN_DLQ_INFLOW] = { "dlq-inflow", "DeadLettersComing" },
    [OWN_DLQ_CAUSE] = { "dlq-cause", "DeadLetterNewCause" },
    [OWN_LAG] = { "lag", "StreamLags" },
    [OWN_OUTBOX] = { "outbox", "OpsbotPostsLate" },
    [OWN_ESCALATION] = { "escalation", "OpsbotEscalationStuck" },
    [OWN_UNREAD] = { "unread", "OpsbotAlertsUnread" },
    [OWN_REDIS] = { "redis", "OpsbotRedisAway" },
    [OWN_POSTGRES] = { "postgres", "OpsbotPostgresAway" },
    [OWN_REFUSING] = { "refusing", "OpsbotRedisRefuses" },
    [OWN_AUDIT] = { "audit", "OpsbotAuditWaits" },
    [OWN_JOURNAL] = { "journal", "OpsbotJournalWaits" },
    [OWN_DEAF] = { "deaf", "OpsbotDeaf" },
    [OWN_WAS_DEAF] = { "was-deaf", "OpsbotWasDeaf" },
};

/* What was said of one last; one mover: said(). */
enum said { SAID_NOTHING, SAID_FIRING, SAID_OVER };

struct entry {
    char *print, *title, *message, *runbook, *replica;
    enum own_kind kind;
    enum alert_severity severity;
    struct labels labels;
    int64_t at;
    bool holds;  /* since it was looked at last */
    bool due;    /* it is to be said that … */
    bool over;   /* … it is over; otherwise that it is wrong */
    bool stands; /* by Postgres, or by what was said since */
    bool once;
    enum said said;
    int64_t said_at; /* mono ms */
};

struct own {
    const char *replica;
    struct entry *items;
    size_t count;
};

const char *own_name(enum own_kind kind)
{
    return kinds[kind].name;
}

/* ---- entries ---------------------------------------------------------------- */

struct own *own_new(const char *replica)
{
    struct own *o = xcalloc(1, sizeof *o);

    o->replica = replica;
    return o;
}

static void entry_dispose(struct entry *e)
{
    free(e->print);
    free(e->title);
    free(e->message);
    free(e->runbook);
    free(e->replica);
    labels_dispose(&e->labels);
}

void own_free(struct own *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->count; i++)
        entry_dispose(&o->items[i]);
    free(o->items);
    free(o);
}

/* "opsbot/dlq-age/7F3K…": at most 40 bytes. Heap. */
static char *print_of(enum own_kind kind, const char *subject)
{
    char digest[OP_ID];

    digest_op(digest, "own", kinds[kind].name, subject, NULL);
    return xasprintf(BEGIN "%s/%s", kinds[kind].name, digest);
}

static struct entry *find(const struct own *o, const char *print)
{
    for (size_t i = 0; i < o->count; i++)
        if (strcmp(o->items[i].print, print) == 0)
            return &o->items[i];
    return NULL;
}

/* Takes print. room grows by doubling at powers of two. */
static struct entry *add(struct own *o, char *print)
{
    if ((o->count & (o->count - 1)) == 0)
        o->items = xrealloc(o->items,
                            (o->count ? o->count * 2 : 1) * sizeof *o->items);
    o->items[o->count] = (struct entry){ .print = print };
    return &o->items[o->count++];
}

static void forget(struct own *o, size_t i)
{
    entry_dispose(&o->items[i]);
    o->items[i] = o->items[--o->count];
}

static void put(char **to, const char *text)
{
    free(*to);
    *to = xstrdup(text ? text : "");
}

/* ---- what there is -------------------------------------------------------- */

static void take_labels(struct entry *e, const struct own_fact *fact)
{
    labels_dispose(&e->labels);
    labels_set(&e->labels, "alertname", kinds[fact->kind].alert);
    for (const char *const *l = fact->labels; l && *l; l += 2)
        labels_set(&e->labels, l[0], l[1]);
    if (fact->replica)
        labels_set(&e->labels, "replica", fact->replica);
}

/* A file of ours is a word to whoever reads the message. */
static void take_runbook(struct entry *e, const char *runbook)
{
    char *message;

    put(&e->runbook, strstr(runbook, "://") ? runbook : "");
    if (*e->runbook || !*runbook)
        return;
    message = xasprintf("%s%sRunbook: %s", e->message, *e->message ? "\n" : "",
                        runbook);
    free(e->message);
    e->message = message;
}

static void take(struct entry *e, const struct own_fact *fact)
{
    e->kind = fact->kind;
    e->severity = fact->severity;
    e->at = fact->at;
    put(&e->title, fact->title);
    put(&e->message, fact->message);
    take_runbook(e, fact->runbook ? fact->runbook : "");
    put(&e->replica, fact->replica);
    take_labels(e, fact);
}

void own_holds(struct own *o, const struct own_fact *fact)
{
    char *print = print_of(fact->kind, fact->subject);
    struct entry *e = find(o, print);

    if (e)
        free(print);
    else
        e = add(o, print);
    /* Of another severity it is another alert to a route: the one that stands
     * comes to an end first, under the labels that it has. */
    e->holds = !e->stands || e->severity == fact->severity;
    if (!e->stands)
        take(e, fact);
}

void own_once(struct own *o, const struct own_fact *fact)
{
    struct entry *e = add(o, print_of(fact->kind, fact->subject));

    take(e, fact);
    e->once = e->due = true;
}

static bool ours(const struct own *o, const struct entry *e)
{
    return !*e->replica || strcmp(e->replica, o->replica) == 0;
}

void own_looked(struct own *o, enum own_kind kind)
{
    for (size_t i = 0; i < o->count; i++) {
        struct entry *e = &o->items[i];

        if (e->kind != kind || e->once || !ours(o, e))
            continue;
        e->due = e->holds != e->stands;
        e->over = e->stands;
        e->holds = false;
    }
}

static const struct entry *standing(const struct own *o, enum own_kind kind,
                                    const char *subject)
{
    char *print = print_of(kind, subject);
    const struct entry *e = find(o, print);

    free(print);
    return e && e->stands ? e : NULL;
}

bool own_stands(const struct own *o, enum own_kind kind, const char *subject)
{
    return standing(o, kind, subject) != NULL;
}

int64_t own_since(const struct own *o, enum own_kind kind, const char *subject)
{
    const struct entry *e = standing(o, kind, subject);

    return e ? e->at : 0;
}

/* ---- what stands by Postgres ------------------------------------------------- */

/* The kind of "opsbot/dlq-age/…"; -1: one of a newer version. */
static int kind_of(const char *print)
{
    const char *name = print + sizeof BEGIN - 1;
    size_t len = strcspn(name, "/");

    for (int k = 0; k < OWN_KINDS; k++)
        if (strlen(kinds[k].name) == len &&
            strncmp(kinds[k].name, name, len) == 0)
            return k;
    return -1;
}

static void read_labels(struct entry *e, const char *text)
{
    struct err err = { 0 };
    struct json_doc *doc = json_doc_parse(text, strlen(text), &err);

    if (doc)
        labels_read(&e->labels, doc, "");
    json_doc_free(doc);
}

static void adopt(struct own *o, const struct db_rows *rows, size_t row,
                  int kind)
{
    struct entry *e = add(o, xstrdup(rows_text(rows, row, 0)));

    e->kind = (enum own_kind)kind;
    e->severity = (enum alert_severity)rows_int(rows, row, 1);
    e->title = xstrdup(rows_text(rows, row, 2));
    e->message = xstrdup(rows_text(rows, row, 3));
    e->runbook = xstrdup("");
    e->at = rows_int(rows, row, 5);
    read_labels(e, rows_text(rows, row, 4));
    e->replica = xstrdup(labels_get(&e->labels, "replica"));
    e->stands = true;
}

/* Postgres knows; but not yet of what was said a moment ago. */
static void settle(struct entry *e, bool stands, int64_t now)
{
    bool said = e->said == SAID_FIRING;

    if (stands == said)
        e->said = SAID_NOTHING;
    if (e->said == SAID_NOTHING || now - e->said_at > GRACE_MS)
        e->stands = stands;
}

bool own_read(struct own *o, struct db *db, struct err *err)
{
    int64_t now = clock_mono_ms();
    size_t known = o->count;
    struct db_rows *rows;
    bool *seen;

    if (!db_run(db, &stmt_standing, &rows, err, NULL))
        return false;
    seen = xcalloc(known + 1, sizeof *seen);
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct entry *e = find(o, rows_text(rows, i, 0));
        int kind = kind_of(rows_text(rows, i, 0));

        if (e && (size_t)(e - o->items) < known)
            seen[e - o->items] = true;
        else if (!e && kind >= 0)
            adopt(o, rows, i, kind);
    }
    for (size_t i = 0; i < known; i++)
        settle(&o->items[i], seen[i], now);
    free(seen);
    rows_free(rows);
    return true;
}

size_t own_replicas(const struct own *o, const char **out, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < o->count; i++) {
        const struct entry *e = &o->items[i];
        size_t j = 0;

        while (j < count && strcmp(out[j], e->replica) != 0)
            j++;
        if (j == count && count < most && e->stands && !ours(o, e))
            out[count++] = e->replica;
    }
    return count;
}

void own_gone(struct own *o, const char *replica)
{
    for (size_t i = 0; i < o->count; i++) {
        struct entry *e = &o->items[i];

        if (e->stands && strcmp(e->replica, replica) == 0)
            e->due = e->over = true;
    }
}

/* ---- what to say ------------------------------------------------------------- */

/* The same news have the same id, whoever has them; but those that had no
 * effect would be taken for known. Heap. */
static char *id_of(const struct entry *e, bool over, int64_t now)
{
    char again[TEXT_NUMBER + 1] = "";

    if (e->said == (over ? SAID_OVER : SAID_FIRING))
        snprintf(again, sizeof again, "+%lld", (long long)now);
    return xasprintf("%s@%lld%s/%s%s", e->print, (long long)e->at, again,
                     event_severity_name(e->severity), over ? "/over" : "");
}

static void tell(struct alert_event *out, const struct entry *e, bool over,
                 const struct config *cfg, int64_t now)
{
    *out = (struct alert_event){
        .id = id_of(e, over, now),
        .fingerprint = xstrdup(e->print),
        .source = xstrdup("bot"),
        .severity = e->severity,
        .resolved = over,
        .resolves = true,
        .title = xstrdup(e->title),
        .message = xstrdup(e->message),
        .runbook = xstrdup(e->runbook),
        .at = e->at,
        .ended = over ? now : 0,
        .received = now,
    };
    labels_copy(&out->labels, &e->labels);
    event_finish(out, cfg);
}

static void said(struct entry *e)
{
    e->said = e->over ? SAID_OVER : SAID_FIRING;
    e->said_at = clock_mono_ms();
    e->stands = !e->over;
    e->due = e->once = false;
}

/* Nothing is wrong, nothing was said that is not known. */
static bool needless(const struct entry *e)
{
    return !e->due && !e->holds && !e->stands &&
           (e->said == SAID_NOTHING ||
            clock_mono_ms() - e->said_at > 2 * GRACE_MS);
}

size_t own_news(struct own *o, const struct config *cfg, int64_t now,
                struct alert_event **events)
{
    size_t count = 0;

    *events = xcalloc(2 * o->count + 1, sizeof **events);
    for (size_t i = o->count; i-- > 0;) {
        struct entry *e = &o->items[i];

        if (e->due) {
            tell(&(*events)[count++], e, e->over, cfg, now);
            e->over = e->over || e->once;
            if (e->once)
                tell(&(*events)[count++], e, true, cfg, now);
            said(e);
        }
        if (needless(e))
            forget(o, i);
    }
    return count;
}

void own_unsaid(struct own *o)
{
    for (size_t i = 0; i < o->count; i++) {
        struct entry *e = &o->items[i];

        if (e->said == SAID_NOTHING)
            continue;
        e->due = e->once = e->kind == OWN_WAS_DEAF;
        e->over = false;
        e->stands = e->said == SAID_OVER && !e->once;
        e->said = SAID_NOTHING;
    }
}

void own_count(const struct own *o, int64_t out[OWN_KINDS])
{
    memset(out, 0, OWN_KINDS * sizeof *out);
    for (size_t i = 0; i < o->count; i++)
        out[o->items[i].kind] += o->items[i].stands;
}
