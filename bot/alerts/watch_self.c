/*
 * watch_self: the bot itself: is it heard, does it hear, does what it has to
 * say go out. See watch_int.h.
 *
 * A fact begins when its limit was passed, by the clock of what is late: the
 * same moment whoever looks.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bot/alerts/watch_int.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

#define STORE_MS   5000   /* away or back for so long, before it is said */
#define UNREAD_MS  30000  /* the alerts' stream */
#define RECORDS_MS 600000 /* records that wait, with their store up */

static const char *const labels_own[] = { "service", "opsbot", NULL };

/* Of the bot as a whole: there is one of each kind. */
static void holds(struct watch *w, const struct own_fact *what)
{
    struct own_fact fact = *what;

    fact.subject = "";
    fact.labels = labels_own;
    own_holds(w->own, &fact);
}

/* ---- of this replica alone --------------------------------------------------- */

static struct own_fact of_replica(struct watch *w, enum own_kind kind,
                                  int64_t at)
{
    return (struct own_fact){
        .kind = kind,
        .subject = w->needs.replica,
        .severity = ALERT_HIGH,
        .runbook = "deploy/runbooks/bot-deaf.md",
        .labels = labels_own,
        .replica = w->needs.replica,
        .at = at,
    };
}

static void deaf(struct watch *w, const char *limit)
{
    struct own_fact fact = of_replica(w, OWN_DEAF, w->deaf_since);
    char *title = xasprintf("Deaf: Slack's socket has been away for more than"
                            " %s",
                            limit);

    fact.title = title;
    fact.message = "This replica hears no command and no click; Slack shows"
                   " an error to whoever tries, unless another replica hears"
                   " them. It goes on trying by itself. What is typed on the"
                   " host still works: opsctl.";
    own_holds(w->own, &fact);
    free(title);
}

/* "14:02-14:09 UTC", from RFC 3339. */
static char *span(int64_t from, int64_t to)
{
    char a[CLOCK_TEXT], b[CLOCK_TEXT];

    return xasprintf("%.5s-%.5s UTC", clock_rfc3339(from, a) + 11,
                     clock_rfc3339(to, b) + 11);
}

static void was_deaf(struct watch *w, int64_t now)
{
    struct own_fact fact = of_replica(w, OWN_WAS_DEAF, w->deaf_since);
    char age[CLOCK_TEXT], *when = span(w->deaf_since, now);
    char *title =
        xasprintf("Deaf %s (%s)", when, clock_age(now - w->deaf_since, age));
    char *subject =
        xasprintf("%s %lld", w->needs.replica, (long long)w->deaf_since);

    fact.subject = subject;
    fact.severity = ALERT_INFO;
    fact.replica = NULL; /* over at once, whoever is left to say so */
    fact.title = title;
    fact.message = "It hears Slack again. Commands and clicks of that time did"
                   " not arrive; whoever made them was shown an error, and has"
                   " to do it again. Events Slack sends again by itself.";
    own_once(w->own, &fact);
    free(title);
    free(subject);
    free(when);
}

static void look_at_socket(struct watch *w, const struct config *cfg,
                           const struct watch_self *self, int64_t now)
{
    int64_t limit = cfg->alerts.watch.deaf_ms;
    char text[CLOCK_TEXT];
    bool hears = self->socket_off || self->socket_up || limit == 0;

    if (hears && w->deaf_said && limit)
        was_deaf(w, now);
    if (hears) {
        w->deaf_since = 0;
        w->deaf_said = false;
    } else if (w->deaf_since == 0) {
        w->deaf_since = now;
    }
    if (!hears && now - w->deaf_since > limit) {
        w->deaf_said = true;
        deaf(w, clock_age(limit, text));
    }
    own_looked(w->own, OWN_DEAF);
}

/* Records that wait though they could be moved: since when, kept in *since;
 * true once that is long. */
static bool stuck(int64_t *since, int64_t waiting, bool up, int64_t now)
{
    if (waiting <= 0 || !up)
        *since = 0;
    else if (*since == 0)
        *since = now;
    return *since && now - *since > RECORDS_MS;
}

static void look_at_journal(struct watch *w, const struct watch_self *self,
                            int64_t now)
{
    bool up = store_up(w->needs.redis) && store_up(w->needs.postgres);
    struct own_fact fact = of_replica(w, OWN_JOURNAL, now);

    fact.title = "Records wait in the journal of a replica";
    fact.message = "What was done while Redis and Postgres were both away is"
                   " not recorded yet, though it should be by now. It is in"
                   " the file `journal` of the state directory: keep that.";
    fact.runbook = "deploy/runbooks/postgres-down.md";
    if (stuck(&w->journal_since, self->journal_waiting, up, now))
        own_holds(w->own, &fact);
    own_looked(w->own, OWN_JOURNAL);
}

void watch_replica(struct watch *w, const struct config *cfg,
                   const struct watch_self *self, int64_t now)
{
    look_at_socket(w, cfg, self, now);
    look_at_journal(w, self, now);
}

/* ---- the stores ------------------------------------------------------------- */

/* True also for a moment after it is back. */
static bool is_away(const struct store_health *h, int64_t now)
{
    int64_t since = store_down_since(h);

    return since ? now - since > STORE_MS
                 : now - atomic_load(&h->up_since) < STORE_MS;
}

/* While it is up nobody says that it is away for the first time. */
static void look_at_store(struct watch *w, enum own_kind kind,
                          const struct store_health *h, const char *runbook,
                          const char *means, int64_t now)
{
    int64_t since = store_down_since(h);
    char *title = xasprintf("%s is away", h->name);

    if (is_away(h, now) && (since || own_stands(w->own, kind, "")))
        holds(w, &(struct own_fact){ .kind = kind,
                                     .severity = ALERT_CRITICAL,
                                     .title = title,
                                     .message = means,
                                     .runbook = runbook,
                                     .at = since });
    own_looked(w->own, kind);
    free(title);
}

static void look_at_stores(struct watch *w, int64_t now)
{
    look_at_store(w, OWN_REDIS, w->needs.redis, "deploy/runbooks/redis-down.md",
                  "opsbot cannot reach it. Halts, streams and dead letters"
                  " cannot be looked at or changed; health, incidents and"
                  " audit work. A halt asked for now acts when it is back.",
                  now);
    look_at_store(w, OWN_POSTGRES, w->needs.postgres,
                  "deploy/runbooks/postgres-down.md",
                  "opsbot cannot reach it. Changes are refused, but for halt"
                  " and acknowledge, which are recorded elsewhere meanwhile;"
                  " alerts come without their history.",
                  now);
}

static void look_at_refusing(struct watch *w, const struct watch_self *self,
                             int64_t now)
{
    if (self->refusing_since && now - self->refusing_since > STORE_MS)
        holds(w,
              &(struct own_fact){ .kind = OWN_REFUSING,
                                  .severity = ALERT_CRITICAL,
                                  .title = "Redis refuses to be written",
                                  .message = "It answers, but takes nothing: "
                                             "it has no memory or no disk left,"
                                             " or may only be read. Commands "
                                             "are answered from memory, and"
                                             " halts cannot be set.",
                                  .runbook = "deploy/runbooks/redis-down.md",
                                  .at = self->refusing_since });
    own_looked(w->own, OWN_REFUSING);
}

/* ---- what goes out ------------------------------------------------------------ */

static void look_at_outbox(struct watch *w, const struct config *cfg,
                           const struct watch_self *self, int64_t now)
{
    int64_t limit = cfg->alerts.watch.outbox_ms;
    char text[CLOCK_TEXT], *title;

    if (limit && self->outbox_oldest_ms > limit) {
        title = xasprintf("A post has waited for Slack for more than %s",
                          clock_age(limit, text));
        holds(
            w,
            &(struct own_fact){
                .kind = OWN_OUTBOX,
                .severity = ALERT_HIGH,
                .title = title,
                .message =
                    "What the bot has to say does not reach Slack, or one "
                    "channel of"
                    " it. Nothing is lost: `outbox` lists what waits, and why.",
                .runbook = "deploy/runbooks/slack-down.md",
                .at = now - self->outbox_oldest_ms + limit });
        free(title);
    }
    own_looked(w->own, OWN_OUTBOX);
}

static void look_at_escalations(struct watch *w, const struct config *cfg,
                                const struct watch_self *self, int64_t now)
{
    int64_t limit = cfg->alerts.watch.escalation_ms;
    char text[CLOCK_TEXT], *title;

    if (limit && self->overdue_ms > limit) {
        title = xasprintf("An escalation should have moved more than %s ago",
                          clock_age(limit, text));
        holds(w, &(struct own_fact){
                     .kind = OWN_ESCALATION,
                     .severity = ALERT_CRITICAL,
                     .title = title,
                     .message = "A timer of alerts is due and nothing happens: "
                                "people who should"
                                " be told are not. Look at `alerts --unacked` "
                                "and call whoever is"
                                " on call yourself (`oncall`).",
                     .runbook = "deploy/runbooks/alerts-stuck.md",
                     .at = now - self->overdue_ms + limit });
        free(title);
    }
    own_looked(w->own, OWN_ESCALATION);
}

static void look_at_unread(struct watch *w, const struct config *cfg,
                           const struct watch_self *self, int64_t now)
{
    char *title, *message;

    if (self->unread_since && now - self->unread_since > UNREAD_MS &&
        store_up(w->needs.redis)) {
        title = xasprintf("No alerts can be read from %s",
                          cfg->alerts.stream ? cfg->alerts.stream : "Redis");
        message = xasprintf("What other services write there reaches nobody."
                            " Redis says: %s",
                            self->unread_why);
        holds(w,
              &(struct own_fact){ .kind = OWN_UNREAD,
                                  .severity = ALERT_CRITICAL,
                                  .title = title,
                                  .message = message,
                                  .runbook = "deploy/runbooks/alerts-stuck.md",
                                  .at = self->unread_since });
        free(title);
        free(message);
    }
    own_looked(w->own, OWN_UNREAD);
}

static void look_at_audit(struct watch *w, const struct watch_self *self,
                          int64_t now)
{
    if (stuck(&w->audit_since, self->audit_waiting, store_up(w->needs.postgres),
              now))
        holds(w, &(struct own_fact){
                     .kind = OWN_AUDIT,
                     .severity = ALERT_HIGH,
                     .title = "Audit records wait in Redis, with Postgres up",
                     .message = "Who did what while Postgres was away is not "
                                "recorded yet, though"
                                " it should be by now. The bot's log says why "
                                "(area `keeper`).",
                     .runbook = "deploy/runbooks/postgres-down.md",
                     .at = now });
    own_looked(w->own, OWN_AUDIT);
}

void watch_whole(struct watch *w, const struct config *cfg,
                 const struct watch_self *self, int64_t now)
{
    look_at_stores(w, now);
    look_at_refusing(w, self, now);
    look_at_outbox(w, cfg, self, now);
    look_at_escalations(w, cfg, self, now);
    look_at_unread(w, cfg, self, now);
    look_at_audit(w, self, now);
    own_looked(w->own, OWN_WAS_DEAF);
}
