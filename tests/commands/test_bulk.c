/*
 * The commands of bulk moves with a core of our own: what they ask of it, in
 * which order, and what they make of its answers.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/bulk.h"
#include "core/base/mem.h"
#include "core/ops/audit.h"
#include "tests/commands/calls.h"

#define TEXT(s) ((char *)(size_t)(s))
#define OP      "7F3K21ABCDEFGHJK"

static struct {
    char steps[400]; /* what was done, in order */
    struct job_set set;
    int rate;
    bool known, added, gone_by_lee;
    enum confirm_state state;
    enum job_state job_state;
    const char *actor;
    enum err_kind fail; /* at the commit */
    const char *asked_as;
} core;

static void step(const char *what)
{
    size_t n = strlen(core.steps);

    snprintf(core.steps + n, sizeof core.steps - n, "%s%s", n ? " " : "", what);
}

static struct job a_job(void)
{
    return (struct job){ .id = xstrdup(OP),
                         .kind = JOB_REQUEUE,
                         .state = core.job_state,
                         .stream = TEXT("notify.events"),
                         .dlq = TEXT("notify.events.dlq"),
                         .rate = 200,
                         .total = 12,
                         .moved = 4,
                         .error = TEXT(""),
                         .actor = TEXT(core.actor),
                         .actor_name = TEXT(""),
                         .channel = TEXT("C0OPS"),
                         .cancelled_by = TEXT("U0ANN"),
                         .cancelled_name = TEXT("") };
}

/* ---- the core -------------------------------------------------------------- */

bool streams_resolve(struct redis *r, const struct config *cfg,
                     const char *typed, struct stream_name *out,
                     struct err *err)
{
    (void)r;
    (void)cfg;
    if (strcmp(typed, "notify.events") != 0)
        return err_set(err, ERR_USER, "there is no stream `%s`", typed);
    *out = (struct stream_name){ .stream = xstrdup(typed),
                                 .dlq = xasprintf("%s.dlq", typed) };
    return true;
}

bool job_set_find(struct redis *r, enum job_kind kind,
                  const struct stream_name *name, const char *const *ids,
                  size_t count, struct job_set *out, struct err *err)
{
    (void)r;
    (void)kind;
    (void)name;
    (void)ids;
    (void)err;
    step(count ? "find-ids" : "find-all");
    *out = core.set;
    return true;
}

void job_set_dispose(struct job_set *set)
{
    *set = (struct job_set){ 0 };
}

char *job_bound_text(enum job_kind kind, const struct stream_name *name,
                     const struct job_set *set, int rate)
{
    (void)kind;
    (void)name;
    (void)set;
    core.rate = rate;
    return xstrdup("{}");
}

bool confirm_ask(struct db *db, const struct act *act, const char *bound,
                 struct err *err)
{
    (void)db;
    (void)bound;
    step("ask");
    core.asked_as = strcmp(act->op, OP) == 0 ? "itself" : "another";
    return core.fail == ERR_NONE ||
           err_set(err, core.fail, "Postgres is down since 14:02:11 UTC");
}

static bool closed(struct confirm *out)
{
    *out = (struct confirm){ .state = core.state };
    if (core.state == CONFIRM_UNKNOWN)
        return true;
    out->id = xstrdup(OP);
    out->command = xstrdup("dlq requeue");
    out->act = (struct act){ .op = out->id,
                             .channel = "C0OPS",
                             .text = "dlq requeue notify.events --all" };
    return true;
}

bool confirm_take(struct db *db, const char *id, const char *user,
                  struct confirm *out, struct err *err)
{
    (void)db;
    (void)id;
    (void)user;
    (void)err;
    step("take");
    return closed(out);
}

bool confirm_cancel(struct db *db, const char *id, const char *user,
                    struct confirm *out, struct err *err)
{
    (void)db;
    (void)id;
    (void)user;
    (void)err;
    step("withdraw");
    return closed(out);
}

void confirm_dispose(struct confirm *c)
{
    free(c->id);
    free(c->command);
    *c = (struct confirm){ .state = CONFIRM_UNKNOWN };
}

bool job_begin(struct db *db, const struct config *cfg,
               const struct job_start *start, bool *added, struct err *err)
{
    struct job job = a_job();
    char *body = start->body(&job, start->arg);

    (void)db;
    (void)cfg;
    (void)err;
    step("begin");
    cr_expect(strstr(body, "/bot") || strstr(body, "Requeueing"), "%s", body);
    free(body);
    free(job.id);
    *added = core.added;
    core.known = true;
    return true;
}

bool job_load(struct db *db, const char *id, struct job *out, bool *found,
              struct err *err)
{
    (void)db;
    (void)id;
    (void)err;
    *found = core.known;
    *out = (struct job){ 0 };
    if (core.known)
        *out = a_job();
    return true;
}

void job_dispose(struct job *job)
{
    free(job->id);
    *job = (struct job){ 0 };
}

bool job_cancel(struct db *db, const char *id, const struct act *act,
                struct job *out, bool *found, bool *first, struct err *err)
{
    (void)db;
    (void)id;
    (void)act;
    (void)err;
    step("stop");
    *first = core.job_state == JOB_RUNNING;
    if (*first)
        core.job_state = JOB_CANCELLING;
    *found = true;
    *out = a_job();
    return true;
}

bool job_mover_of(struct redis *r, struct db *db, const struct config *cfg,
                  const char *dlq, const char *id, struct job_mover *out,
                  struct err *err)
{
    (void)r;
    (void)db;
    (void)cfg;
    (void)dlq;
    (void)id;
    (void)err;
    *out = (struct job_mover){ 0 };
    if (core.gone_by_lee)
        *out = (struct job_mover){ .op = TEXT("9ZZZ99AAAAAAAAAA"),
                                   .by = TEXT("U0LEE"),
                                   .by_name = TEXT("lee"),
                                   .kind = TEXT("discard"),
                                   .at = NOW - 60000 };
    return true;
}

void job_mover_dispose(struct job_mover *m)
{
    *m = (struct job_mover){ 0 };
}

bool audit_write(struct db *db, const struct audit_row *row, struct err *err)
{
    (void)db;
    (void)row;
    (void)err;
    step("record");
    return true;
}

bool db_begin(struct db *db, struct err *err)
{
    (void)db;
    (void)err;
    return true;
}

bool db_commit(struct db *db, struct err *err)
{
    (void)db;
    step("commit");
    return core.fail == ERR_NONE ||
           err_set(err, core.fail, "Postgres is down since 14:02:11 UTC");
}

void db_rollback(struct db *db)
{
    (void)db;
}

/* ---- the tests ------------------------------------------------------------- */

static void begin(void)
{
    core.set =
        (struct job_set){ .count = 12, .upper_id = TEXT("1700000000000-12") };
    core.added = true;
    core.actor = "U0LEE";
}

TestSuite(bulk, .init = begin, .fini = calls_end);

static void shows(const struct called *c, const char *part)
{
    cr_expect(strstr(c->text, part), "no \"%s\" in:\n%s", part, c->text);
}

static void did(const char *steps)
{
    cr_expect_str_eq(core.steps, steps);
    core.steps[0] = '\0';
}

Test(bulk, several_are_asked_about)
{
    const struct called *c =
        call_as("U0ANN", "dlq requeue notify.events --all --rate 3");

    did("find-all ask");
    shows(c, "Requeue 12 entries of notify.events?");
    shows(c, "3/s, which takes about 4 s");
    shows(c, "/bot confirm 7F3K21 or /bot cancel 7F3K21");
    cr_expect_eq(core.rate, 3);
    cr_expect_str_eq(core.asked_as, "itself");
    cr_expect_str_eq(c->call.outcome, "asked");
    call_as("U0ANN", "dlq discard notify.events 1-0 2-0 --rate max");
    did("find-ids ask");
    cr_expect_eq(core.rate, 0);
    call_as("U0ANN", "dlq restore notify.events --all");
    did("find-all ask");
    cr_expect_eq(core.rate, JOB_RATE);
}

Test(bulk, words_that_do_not_fit)
{
    shows(call_as("U0ANN", "dlq requeue notify.events"),
          "Which entries of notify.events? Name their ids, or say --all.");
    shows(call_as("U0ANN", "dlq requeue notify.events 1-0 --all"),
          "both at once is not clear");
    shows(call_as("U0ANN", "dlq discard notify.events --all --rate 0"),
          "--rate takes entries a second, or max");
    shows(call_as("U0ANN", "dlq discard notify.evens --all"),
          "There is no stream notify.evens");
    did("");
}

Test(bulk, a_failing_store_asks_nothing)
{
    const struct called *c;

    core.fail = ERR_DB;
    c = call_as("U0ANN", "dlq requeue notify.events --all");
    shows(c, "Postgres is down since");
    cr_expect_null(strstr(c->text, "confirm"));
}

Test(bulk, one_is_discarded_at_once)
{
    struct called *c;

    core.set.count = 1;
    c = call_as("U0ANN", "dlq discard notify.events 1-0");
    did("find-ids begin commit");
    cr_expect(c->call.begun);
    core.added = false;
    c = call_as("U0ANN", "dlq discard notify.events 1-0");
    did(""); /* known by its operation */
    cr_expect_not(c->call.begun);
    shows(c, "Confirmed before");
}

Test(bulk, what_is_gone_is_explained)
{
    struct called *c;

    core.set = (struct job_set){ .upper_id = TEXT(""), .missing = 1 };
    c = call_as("U0ANN", "dlq discard notify.events 1-0");
    shows(c, "The entry you named is not in notify.events.dlq");
    cr_expect_str_eq(c->call.outcome, "gone");
    core.gone_by_lee = true;
    c = call_as("U0ANN", "dlq discard notify.events 1-0");
    shows(c, "Already discarded by @lee");
    cr_expect_str_eq(c->call.outcome, "already");
    core.set.missing = 0;
    shows(call_as("U0ANN", "dlq requeue notify.events --all"),
          "There is no entry in notify.events.dlq.");
}

Test(bulk, confirmed)
{
    struct called *c;

    core.state = CONFIRM_TAKEN;
    c = call_as("U0ANN", "confirm 7F3K21");
    did("take begin commit");
    shows(c, "↩️ Requeueing 12 entries of notify.events\n"
             "The card is in this channel · op 7F3K21");
    cr_expect_null(c->call.outcome);
}

Test(bulk, confirmed_without_the_right)
{
    struct called *c;

    core.state = CONFIRM_TAKEN;
    c = call_as("U0LEE", "confirm 7F3K21");
    did("take");
    cr_expect_eq(c->err.kind, ERR_DENIED);
    shows(c, "dlq requeue needs the right dlq.requeue");
    shows(c, "operator");
}

Test(bulk, confirmed_before)
{
    struct called *c;

    core.state = CONFIRM_USED;
    core.known = true;
    c = call_as("U0ANN", "confirm 7F3K21");
    did("take");
    shows(c, "Confirmed before · op 7F3K21: 4 of 12");
    cr_expect_str_eq(c->call.outcome, "already");
    core.known = false;
    shows(call_as("U0ANN", "confirm 7F3K21"), "no longer on record");
}

Test(bulk, not_to_be_confirmed)
{
    core.state = CONFIRM_EXPIRED;
    shows(call_as("U0ANN", "confirm 7F3K21"), "Too late: nothing was changed");
    core.state = CONFIRM_CANCELLED;
    shows(call_as("U0ANN", "confirm 7F3K21"),
          "Cancelled before: nothing was changed");
    core.state = CONFIRM_UNKNOWN;
    shows(call_as("U0ANN", "confirm 7F3K21"),
          "There is nothing of yours to confirm or cancel under 7F3K21.");
    did("take take take");
}

/* The commit is where it may fail: nothing was begun, and it says so. */
Test(bulk, confirmed_while_postgres_falls)
{
    struct called *c;

    core.state = CONFIRM_TAKEN;
    core.fail = ERR_DB;
    c = call_as("U0ANN", "confirm 7F3K21");
    cr_expect_eq(c->err.kind, ERR_DB);
    shows(c, "Postgres is down since");
}

Test(bulk, withdrawn)
{
    struct called *c;

    core.state = CONFIRM_TAKEN;
    c = call_as("U0ANN", "cancel 7F3K21");
    did("withdraw record commit");
    shows(c, "Cancelled: nothing was changed");
    cr_expect_str_eq(c->call.outcome, "ok");
    core.state = CONFIRM_CANCELLED;
    c = call_as("U0ANN", "cancel 7F3K21");
    shows(c, "Cancelled before");
    cr_expect_str_eq(c->call.outcome, "already");
    core.state = CONFIRM_EXPIRED;
    shows(call_as("U0ANN", "cancel 7F3K21"), "Too late");
}

/* What its audit row says. */
static void denied(const struct called *c, const char *detail)
{
    char *is = command_denial(&c->call);

    cr_assert(is);
    cr_expect_str_eq(is, detail);
    free(is);
}

Test(bulk, a_job_is_stopped_by_those_who_may)
{
    struct called *c;

    core.state = CONFIRM_UNKNOWN;
    core.known = true;
    c = call_as("U0BEN", "cancel 7F3K21");
    did("withdraw");
    cr_expect_eq(c->err.kind, ERR_DENIED);
    shows(c, "Only who began it, or whoever has the right dlq.requeue");
    shows(c, "operator has it: U0ANN");
    denied(
        c,
        "{\"right\":\"dlq.requeue\",\"why\":\"no role of theirs gives it\"}");
    c = call_as("U0LEE", "cancel 7F3K21"); /* who began it */
    did("withdraw stop record commit");
    cr_expect_str_eq(c->call.outcome, "ok");
    shows(c, "stopping after 4 of 12");
    c = call_as("U0ANN", "cancel 7F3K21"); /* who has the right */
    cr_expect_str_eq(c->call.outcome, "already");
    core.known = false;
    shows(call_as("U0ANN", "cancel 7F3K21"), "nothing of yours");
}

/* What a dead replica left: questions are asked anew, a confirmation that was
 * not taken is asked about. */
Test(bulk, recovery)
{
    const struct command *c = command_named("confirm 7F3K21");
    struct called *called = call_as("U0ANN", "confirm 7F3K21");
    struct err err = { 0 };
    bool begun;

    core.state = CONFIRM_TAKEN;
    cr_assert(command_begun(NULL, c, &called->call, &begun, &err));
    cr_expect_not(begun);
    core.state = CONFIRM_USED;
    cr_assert(command_begun(NULL, c, &called->call, &begun, &err));
    cr_expect(begun);
    cr_assert(command_begun(NULL, command_named("cancel 7F3K21"), &called->call,
                            &begun, &err));
    cr_expect(begun);
    called = call_as("U0ANN", "dlq requeue notify.events --all");
    cr_expect_not(command_acts(called->command, &called->call.args));
    called = call_as("U0ANN", "dlq discard notify.events 1-0");
    cr_expect(command_acts(called->command, &called->call.args));
}
