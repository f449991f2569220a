/*
 * own: what the bot itself has found wrong. See own.h.
 */
#include "core/alert/own_parts.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"

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
    [OWN_PAGES] = { "pages", "OpsbotPagesLost" },
    [OWN_UNREAD] = { "unread", "OpsbotAlertsUnread" },
    [OWN_REDIS] = { "redis", "OpsbotRedisAway" },
    [OWN_POSTGRES] = { "postgres", "OpsbotPostgresAway" },
    [OWN_REFUSING] = { "refusing", "OpsbotRedisRefuses" },
    [OWN_AUDIT] = { "audit", "OpsbotAuditWaits" },
    [OWN_JOURNAL] = { "journal", "OpsbotJournalWaits" },
    [OWN_DEAF] = { "deaf", "OpsbotDeaf" },
    [OWN_WAS_DEAF] = { "was-deaf", "OpsbotWasDeaf" },
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

static void entry_dispose(struct own_entry *e)
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
    return xasprintf(OWN_BEGIN "%s/%s", kinds[kind].name, digest);
}

struct own_entry *own_find(const struct own *o, const char *print)
{
    for (size_t i = 0; i < o->count; i++)
        if (strcmp(o->items[i].print, print) == 0)
            return &o->items[i];
    return NULL;
}

/* Takes print. room grows by doubling at powers of two. */
struct own_entry *own_add(struct own *o, char *print)
{
    if ((o->count & (o->count - 1)) == 0)
        o->items = xrealloc(o->items,
                            (o->count ? o->count * 2 : 1) * sizeof *o->items);
    o->items[o->count] = (struct own_entry){ .print = print };
    return &o->items[o->count++];
}

void own_forget(struct own *o, size_t i)
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

static void take_labels(struct own_entry *e, const struct own_fact *fact)
{
    labels_dispose(&e->labels);
    labels_set(&e->labels, "alertname", kinds[fact->kind].alert);
    for (const char *const *l = fact->labels; l && *l; l += 2)
        labels_set(&e->labels, l[0], l[1]);
    if (fact->replica)
        labels_set(&e->labels, "replica", fact->replica);
}

/* A file of ours is a word to whoever reads the message. */
static void take_runbook(struct own_entry *e, const char *runbook)
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

static void take(struct own_entry *e, const struct own_fact *fact)
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
    struct own_entry *e = own_find(o, print);

    if (e)
        free(print);
    else
        e = own_add(o, print);
    /* Of another severity it is another alert to a route: the one that stands
     * comes to an end first, under the labels that it has. */
    e->holds = !e->stands || e->severity == fact->severity;
    if (!e->stands)
        take(e, fact);
}

void own_once(struct own *o, const struct own_fact *fact)
{
    struct own_entry *e = own_add(o, print_of(fact->kind, fact->subject));

    take(e, fact);
    e->once = e->due = true;
}

bool own_ours(const struct own *o, const struct own_entry *e)
{
    return !*e->replica || strcmp(e->replica, o->replica) == 0;
}

void own_looked(struct own *o, enum own_kind kind)
{
    for (size_t i = 0; i < o->count; i++) {
        struct own_entry *e = &o->items[i];

        if (e->kind != kind || e->once || !own_ours(o, e))
            continue;
        e->due = e->holds != e->stands;
        e->over = e->stands;
        e->holds = false;
    }
}

static const struct own_entry *standing(const struct own *o, enum own_kind kind,
                                        const char *subject)
{
    char *print = print_of(kind, subject);
    const struct own_entry *e = own_find(o, print);

    free(print);
    return e && e->stands ? e : NULL;
}

bool own_stands(const struct own *o, enum own_kind kind, const char *subject)
{
    return standing(o, kind, subject) != NULL;
}

int64_t own_since(const struct own *o, enum own_kind kind, const char *subject)
{
    const struct own_entry *e = standing(o, kind, subject);

    return e ? e->at : 0;
}
