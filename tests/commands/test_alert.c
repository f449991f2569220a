/*
 * The alert commands with a core of our own: what they ask of it, what they
 * make of its answers, and what they refuse before they ask.
 */
#include "tests/commands/alert_core.h"

#include <criterion/criterion.h>

#include "commands/alert.c"
#include "commands/alert_ack.c"
#include "commands/alert_act.c"
#include "core/base/mem.h"
#include "tests/commands/calls.h"

static struct {
    bool none; /* there is no such group */
    bool resolves, over;
    enum step_result result;
    bool before;
    enum err_kind fail;
    const char *trace; /* that A-7 has an alert of */
    char did[600];     /* what was asked of the core */
    int64_t version;
} core;

static struct alert_group a_group(int64_t number)
{
    struct alert_group g = { .number = number,
                             .version = 3,
                             .op = xstrdup("7F3K21ABCDEFGHJK"),
                             .title = xstrdup("checkout is slow"),
                             .source = xstrdup("alertmanager"),
                             .resolves = core.resolves,
                             .firing = 1,
                             .total = 1,
                             .resolved_at = core.over ? NOW : 0 };

    g.acked_by = xstrdup("");
    return g;
}

/* ---- the core ---------------------------------------------------------------- */

bool fake_group_load(struct db *db, int64_t number, struct alert_group *out,
                     bool *found, struct err *err)
{
    (void)db;
    if (core.fail)
        return err_set(err, core.fail, "Postgres is down since 14:02:11 UTC");
    *found = !core.none;
    *out = core.none ? (struct alert_group){ 0 } : a_group(number);
    return true;
}

int64_t fake_db_until(struct db *db, int64_t moment)
{
    (void)db;
    (void)moment;
    return 0;
}

bool fake_group_of_trace(struct db *db, const char *trace, int64_t *number,
                         bool *found, struct err *err)
{
    (void)db;
    (void)err;
    *found = core.trace && strcmp(trace, core.trace) == 0;
    *number = 7;
    return true;
}

bool fake_group_list(struct db *db, const struct group_query *filter,
                     size_t skip, size_t limit, struct fake_group_list *out,
                     struct err *err)
{
    (void)db;
    (void)err;
    snprintf(core.did, sizeof core.did, "list%s%s mine=%s %d [%s] %zu+%zu",
             filter->unacked ? " unacked" : "", filter->over ? " all" : "",
             filter->mine ? filter->mine : "", filter->severity,
             filter->text ? filter->text : "", skip, limit);
    *out = (struct fake_group_list){ 0 };
    return true;
}

bool fake_group_history(struct db *db, int64_t number, size_t skip,
                        size_t limit, struct fake_group_history *out,
                        struct err *err)
{
    (void)db;
    (void)err;
    snprintf(core.did, sizeof core.did, "history %lld %zu+%zu",
             (long long)number, skip, limit);
    *out = (struct fake_group_history){ 0 };
    return true;
}

static const char *kind_name(enum step_kind kind)
{
    static const char *const names[] = {
        [STEP_ACK] = "ack",         [STEP_UNACK] = "unack",
        [STEP_RESOLVE] = "resolve", [STEP_ESCALATE] = "escalate",
        [STEP_ASSIGN] = "assign",   [STEP_NOTE] = "note",
    };

    return names[kind];
}

bool fake_alert_change(const struct alert_world *w, const struct act *act,
                       int64_t number, const struct step_input *in,
                       struct alert_done *out, struct err *err)
{
    cr_expect(w->line == alert_line_text);
    snprintf(core.did, sizeof core.did, "%s %lld [%s] by %s",
             kind_name(in->kind), (long long)number, in->text, act->user);
    core.version = in->version;
    if (core.fail)
        return err_set(err, core.fail, "Postgres is down since 14:02:11 UTC");
    *out = (struct alert_done){ .result = core.result,
                                .before = core.before,
                                .found = !core.none };
    if (out->found)
        out->group = a_group(number);
    return true;
}

void fake_alert_done_dispose(struct alert_done *done)
{
    group_dispose(&done->group);
}

bool fake_alert_see(struct db *db, struct redis *redis,
                    const struct config *cfg, const struct alert_group *g,
                    int64_t now, struct alert_seen *out, struct err *err)
{
    (void)db;
    (void)redis;
    (void)cfg;
    (void)g;
    (void)err;
    *out = (struct alert_seen){ .view = { .now = now } };
    return true;
}

/* ---- what is shown ------------------------------------------------------------- */

void fake_alert_card(struct card *card, const struct alert_group *g,
                     const struct alert_view *view)
{
    (void)view;
    card_title(card, TONE_ALARM, "A-%lld %s", (long long)g->number, g->title);
}

void fake_alert_list_card(struct card *card, const struct fake_group_list *list,
                          const struct alert_list_view *view)
{
    (void)list;
    card_title(card, TONE_ALARM, "page %zu of <%s>", view->page, view->again);
}

void fake_alert_history_card(struct card *card, const struct alert_group *g,
                             const struct fake_group_history *history,
                             size_t page, const struct alert_view *view)
{
    (void)history;
    (void)view;
    card_title(card, TONE_ALARM, "history of A-%lld, page %zu",
               (long long)g->number, page);
}

void fake_alert_done_card(struct card *card, const struct alert_done *done,
                          enum step_kind kind, const struct alert_view *view)
{
    (void)view;
    card_title(card, TONE_OK, "%s: %d%s", kind_name(kind), (int)done->result,
               done->before ? " before" : "");
}

static void start(void)
{
    memset(&core, 0, sizeof core);
    atomic_store(&calls_postgres.down_since, 0);
}

TestSuite(alert_commands, .init = start, .fini = calls_end);

static void shows(const struct called *c, const char *part)
{
    cr_expect(strstr(c->text, part), "no \"%s\" in:\n%s", part, c->text);
}

static void does(const char *text, const char *what)
{
    struct called *c = call_as("U0ALE", text);

    cr_expect_eq(c->err.kind, ERR_NONE, "%s: %s", text, c->err.text);
    cr_expect_str_eq(core.did, what, "%s: %s", text, core.did);
}

static void refuses(const char *text, const char *part)
{
    struct called *c = call_as("U0ALE", text);

    cr_expect_eq(c->err.kind, ERR_USER, "%s: %d", text, c->err.kind);
    cr_expect(strstr(c->err.text, part), "%s: %s", text, c->err.text);
    cr_expect_str_empty(core.did, "%s did %s", text, core.did);
}

/* ---- looking ------------------------------------------------------------------- */

Test(alert_commands, list_takes_filters)
{
    does("alerts", "list mine= -1 [] 0+10");
    does("alerts --mine --unacked", "list unacked mine=U0ALE -1 [] 0+10");
    does("alerts critical", "list mine= 0 [] 0+10");
    does("alerts P1 --all", "list all mine= 1 [] 0+10");
    does("alerts pay db --page 3", "list mine= -1 [pay db] 20+10");
    does("alerts critical pay", "list mine= -1 [critical pay] 0+10");
}

/* A button of the list types the same list. */
Test(alert_commands, list_is_typed_again)
{
    shows(call_as("U0ALE", "alerts --mine --unacked 'a b'"),
          "<alerts --mine --unacked \"a b\">");
    shows(call_as("U0ALE", "alerts warning --all"), "<alerts --all warning>");
}

Test(alert_commands, one_is_shown_or_its_history)
{
    shows(call_as("U0ALE", "alert show A-1042"), "A-1042 checkout is slow");
    shows(call_as("U0ALE", "alert show a1042"), "A-1042 checkout");
    shows(call_as("U0ALE", "alert show 7 --history --page 2"),
          "history of A-7, page 2");
    cr_expect_str_eq(core.did, "history 7 10+10");
    core.none = true;
    shows(call_as("U0ALE", "alert show A-9"), "There is no A-9");
    core.did[0] = '\0';
    refuses("alert show nine", "nine");
}

/* ---- doing --------------------------------------------------------------------- */

Test(alert_commands, words_are_what_is_done)
{
    does("ack A-1042 looking into it", "ack 1042 [looking into it] by U0ALE");
    does("ack a-1042", "ack 1042 [] by U0ALE");
    does("unack A-1042", "unack 1042 [] by U0ALE");
    does("assign A-7 <@U0ANN|ann>", "assign 7 [U0ANN] by U0ALE");
    does("assign A-7 me", "assign 7 [U0ALE] by U0ALE");
    does("assign A-7 U0BEN", "assign 7 [U0BEN] by U0ALE");
    does("escalate A-7", "escalate 7 [] by U0ALE");
    does("alert resolve A-7 by hand", "resolve 7 [by hand] by U0ALE");
    does("alert note A-7 password=hunter2hunter2",
         "note 7 [password=***] by U0ALE");
    cr_expect_eq(core.version, 0, "typed: whatever there is");
}

/* Its trace id is as good as its number. */
Test(alert_commands, a_trace_id_acknowledges_its_alert)
{
    core.trace = "4bf92f3577b34da6";
    does("ack 4bf92f3577b34da6 mine", "ack 7 [mine] by U0ALE");
    does("unack 4bf92f3577b34da6", "unack 7 [] by U0ALE");
}

Test(alert_commands, refuse_what_they_cannot_do)
{
    struct buf text = { 0 };

    refuses("assign A-7 somebody", "`somebody` is nobody I know");
    refuses("assign A-7 C0OPS", "is nobody I know");
    refuses("escalate seven", "seven");
    refuses("assign", "needs <A-n>");
    refuses("alert note A-7", "something is missing");
    refuses("escalate A-7 now", "does not know what to do with `now`");
    buf_str(&text, "alert note A-7 ");
    for (int i = 0; i < ALERT_NOTE + 1; i++)
        buf_char(&text, 'x');
    refuses(text.data, "The text has 501 characters; 500 are the most");
    buf_dispose(&text);
}

/* What a source ends is not ended by hand. */
Test(alert_commands, resolve_is_for_what_nobody_resolves)
{
    core.resolves = true;
    refuses("alert resolve A-7", "is over when alertmanager says so");
    core.over = true;
    core.result = STEP_OVER;
    does("alert resolve A-7", "resolve 7 [] by U0ALE");
}

Test(alert_commands, outcomes)
{
    static const struct {
        enum step_result result;
        const char *outcome;
    } all[] = { { STEP_DONE, "ok" },       { STEP_NOTHING, "already" },
                { STEP_STALE, "stale" },   { STEP_OVER, "already" },
                { STEP_TAKEN, "already" }, { STEP_REFUSED, "refused" } };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        core.result = all[i].result;
        cr_expect_str_eq(call_as("U0ALE", "escalate A-7")->call.outcome,
                         all[i].outcome);
    }
    core.result = STEP_DONE;
    core.before = true;
    cr_expect_str_eq(call_as("U0ALE", "ack A-7")->call.outcome, "already");
    core.none = true;
    shows(call_as("U0ALE", "ack A-9"), "There is no A-9");
}

/* An acknowledgement does not wait for Postgres; nothing else goes without. */
Test(alert_commands, postgres_away)
{
    core.fail = ERR_DB;
    shows(call_as("U0ALE", "escalate A-7"), "escalate could not use Postgres");
    shows(call_as("U0ALE", "alert show A-7"), "could not use Postgres");
}

/* The configuration of these tests has no section `alerts`. */
Test(alert_commands, a_test_says_so_where_alerts_are_off)
{
    shows(call_as("U0ALE", "alert test info"), "has no section");
}

Test(alert_commands, need_their_rights)
{
    static const char *const all[] = {
        "alerts",       "alert show A-1",    "alert test info",
        "ack A-1",      "unack A-1",         "assign A-1 me",
        "escalate A-1", "alert resolve A-1", "silence",
        "silences",     "unsilence S-1",     "alert note A-1 x",
        "alert file 3",
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct called *c = call_as("U0BEN", all[i]);

        cr_expect_eq(c->err.kind, ERR_DENIED, "%s", all[i]);
        cr_expect(strstr(c->err.text, "needs the right `alert."), "%s",
                  c->err.text);
    }
    cr_expect_str_empty(core.did);
}

/* The right had another name. */
Test(alert_commands, who_could_acknowledge_still_can)
{
    cr_expect_eq(call_as("U0ACK", "ack A-7")->err.kind, ERR_NONE);
    cr_expect_eq(call_as("U0ACK", "escalate A-7")->err.kind, ERR_DENIED);
}

/* ---- pressed ------------------------------------------------------------------- */

Test(alert_commands, a_press_says_which_version_was_seen)
{
    struct called *c = call_as("U0ALE", "escalate A-7");
    struct card *card = card_new();

    c->call.pressed = true;
    c->call.seen = 12;
    cr_expect(c->command->run(&c->call, card, &c->err));
    cr_expect_eq(core.version, 12);
    card_free(card);
}

Test(alert_commands, names_of_alerts)
{
    char name[ALERT_NAME];

    cr_expect(alert_name("A-1042", name));
    cr_expect_str_eq(name, "A-1042");
    cr_expect(alert_name("a-7", name));
    cr_expect_str_eq(name, "A-7");
    cr_expect_not(alert_name("1042", name), "that may be a trace id");
    cr_expect_not(alert_name("a1042", name));
    cr_expect_not(alert_name("A-", name));
    cr_expect_not(alert_name("A-1b", name));
    cr_expect_not(alert_name("A-1234567890123456789", name));
}

Test(alert_commands, acknowledging_is_urgent)
{
    cr_expect_eq(command_lane("ack A-7"), LANE_URGENT);
    cr_expect_eq(command_lane("escalate A-7"), LANE_SLOW);
}
