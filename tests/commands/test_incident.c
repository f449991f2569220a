/*
 * The incident commands with a core of our own: what they ask of it, what they
 * make of its answers, and the forms that they open instead.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/incident.h"
#include "commands/thing.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/commands/calls.h"

static struct {
    enum incident_result result;
    bool resolved, none;
    size_t open;
    enum err_kind fail;
    char did[512];   /* what was asked of the core, with its arguments */
    char view[8192]; /* the form that was opened */
    bool dead;       /* Slack does not open it */
} core;

static struct incident an_incident(int64_t number)
{
    return (struct incident){
        .number = number,
        .severity = INCIDENT_P1,
        .resolved = core.resolved || core.result == INCIDENT_OVER,
        .title = xstrdup("checkout is down"),
        .impact = xstrdup(""),
        .channel = xstrdup("C0INC"),
        .op = xstrdup("OP"),
        .opened_by = xstrdup("U0ANN"),
        .opened_name = xstrdup("ann"),
        .opened_at = NOW - 60000,
        .update = xstrdup(""),
        .updated_by = xstrdup(""),
        .updated_name = xstrdup(""),
        .due_minutes = 30,
        .resolution = xstrdup(""),
        .resolved_by = xstrdup("U0LEE"),
        .resolved_name = xstrdup("lee"),
        .resolved_at = NOW,
    };
}

/* ---- the core ---------------------------------------------------------------- */

static bool done(int64_t number, struct incident_done *out, struct err *err)
{
    if (core.fail)
        return err_set(err, core.fail, "Postgres is down since 14:02:11 UTC");
    *out = (struct incident_done){ .result = core.result };
    if (core.result != INCIDENT_UNKNOWN)
        out->incident = an_incident(number);
    return true;
}

bool incident_open(const struct incident_world *w, const struct act *act,
                   const struct incident_new *want, struct incident_done *out,
                   struct err *err)
{
    (void)w;
    (void)act;
    snprintf(core.did, sizeof core.did, "open P%d [%s] [%s] %d",
             (int)want->severity, want->title, want->impact, want->due_minutes);
    return done(1, out, err);
}

bool incident_update(const struct incident_world *w, const struct act *act,
                     int64_t number, const char *text, int minutes,
                     struct incident_done *out, struct err *err)
{
    (void)w;
    (void)act;
    snprintf(core.did, sizeof core.did, "update %d [%s] %d", (int)number, text,
             minutes);
    return done(number, out, err);
}

bool incident_resolve(const struct incident_world *w, const struct act *act,
                      int64_t number, const char *text,
                      struct incident_done *out, struct err *err)
{
    (void)w;
    (void)act;
    snprintf(core.did, sizeof core.did, "resolve %d [%s]", (int)number, text);
    return done(number, out, err);
}

bool incident_load(struct db *db, int64_t number, struct incident *out,
                   bool *found, struct err *err)
{
    (void)db;
    (void)err;
    *found = !core.none;
    *out = core.none ? (struct incident){ 0 } : an_incident(number);
    return true;
}

bool incident_list(struct db *db, bool resolved, size_t skip, size_t limit,
                   struct incident_list *out, struct err *err)
{
    (void)db;
    (void)err;
    snprintf(core.did, sizeof core.did, "list%s from %zu",
             resolved ? " all" : "", skip);
    *out = (struct incident_list){ .open = (int64_t)core.open,
                                   .more = core.open > limit };
    out->count = core.open > limit ? limit : core.open;
    out->items = xcalloc(out->count + 1, sizeof *out->items);
    for (size_t i = 0; i < out->count; i++)
        out->items[i] = an_incident((int64_t)(i + 1));
    return true;
}

bool incident_timeline(struct db *db, int64_t number, size_t skip, size_t limit,
                       struct incident_timeline *out, struct err *err)
{
    (void)db;
    (void)limit;
    (void)err;
    snprintf(core.did, sizeof core.did, "timeline %d from %zu", (int)number,
             skip);
    *out = (struct incident_timeline){ 0 };
    return true;
}

static bool open_view(void *arg, const char *trigger_id, const char *view,
                      struct err *err)
{
    (void)arg;
    cr_expect_str_eq(trigger_id, "1.2.3");
    snprintf(core.view, sizeof core.view, "%s", view);
    return !core.dead || err_set(err, ERR_SLACK,
                                 "Slack refused views.open: "
                                 "expired_trigger_id");
}

static void start(void)
{
    memset(&core, 0, sizeof core);
}

static void stop(void)
{
    atomic_store(&calls_postgres.down_since, 0);
    calls_end();
}

TestSuite(incident_commands, .init = start, .fini = stop);

static void does(const char *text, const char *what)
{
    struct called *c = call_as("U0INC", text);

    cr_expect_eq(c->err.kind, ERR_NONE, "%s: %s", text, c->err.text);
    cr_expect_str_eq(core.did, what);
}

static struct called *refuses(const char *text, const char *why,
                              const char *field)
{
    struct called *c = call_as("U0INC", text);

    core.did[0] = '\0';
    cr_expect_eq(c->err.kind, ERR_USER, "%s", text);
    cr_expect(strstr(c->err.text, why), "%s", c->err.text);
    cr_expect_str_eq(c->call.field ? c->call.field : "", field, "%s", text);
    cr_expect_str_empty(core.did);
    return c;
}

static void shows(const struct called *c, const char *part)
{
    cr_expect(strstr(c->text, part), "no \"%s\" in:\n%s", part, c->text);
}

/* The call once more, where a form can be opened. */
static struct called *asks(const char *text)
{
    static const struct services services = { .open_view = open_view };
    struct called *c = call_as("U0INC", text);
    struct card *card = card_new();

    c->call.services = &services;
    c->call.trigger_id = "1.2.3";
    c->call.response_url = "https://hooks.slack.com/x";
    c->err = (struct err){ 0 };
    (void)c->command->run(&c->call, card, &c->err);
    card_free(card);
    return c;
}

/* ---- by words ------------------------------------------------------------------- */

Test(incident_commands, words_are_what_is_done)
{
    does("incident open P1 checkout is down",
         "open P1 [checkout is down] [] 0");
    does("incident open critical \"x  y\" --impact 'all of eu' --due 1h",
         "open P0 [x  y] [all of eu] 60");
    does("incident open P3 tell <@U0ANN|ann> due=15m",
         "open P3 [tell @ann] [] 15");
    does("incident open P2 \" a\nb \" ", "open P2 [a b] [] 0");
    does("incident update INC-7 it is the disk",
         "update 7 [it is the disk] -1");
    does("incident update 7 \"a\n b\" --due none", "update 7 [a\n b] 0");
    does("incident resolve inc7 a new disk", "resolve 7 [a new disk]");
}

Test(incident_commands, what_is_missing_names_its_field)
{
    refuses("incident open P1 ' '", "Title is needed", "title");
    refuses("incident open P1 \"\u200b\"", "Title is needed", "title");
    refuses("incident open P1 \"\u2003\"", "Title is needed", "title");
    refuses("incident open P1 \"\u3000 \u00a0\"", "Title is needed", "title");
    refuses("incident open worst x", "`worst` is no severity", "severity");
    refuses("incident open worst", "`worst` is no severity", "");
    refuses("incident open P1 x --due soon", "`soon` is no time", "due");
    refuses("incident update 7 ' '", "A word is needed", "text");
    refuses("incident resolve 7 \"\"", "A word is needed", "text");
    refuses("incident update seven x", "`seven` is no incident", "");
}

Test(incident_commands, what_is_too_long_is_refused)
{
    struct buf text = { 0 };

    buf_str(&text, "incident open P1 ");
    for (int i = 0; i < INCIDENT_TITLE + 1; i++)
        buf_str(&text, "é");
    refuses(text.data, "The title has 151 characters; 150 are the most",
            "title");
    buf_cut(&text, 0);
    buf_str(&text, "incident update 7");
    for (int i = 0; i < INCIDENT_TEXT; i++)
        buf_str(&text, " x");
    refuses(text.data, "The text has 4999 characters; 2500 are the most",
            "text");
    buf_dispose(&text);
}

/* Secrets that were typed by mistake go nowhere (P8). */
Test(incident_commands, secrets_are_masked)
{
    does("incident update 7 set password=hunter2 again",
         "update 7 [set password=*** again] -1");
}

Test(incident_commands, outcomes)
{
    struct called *c = call_as("U0INC", "incident open P1 x");

    cr_expect_str_eq(c->call.outcome, "ok");
    shows(c, "INC-1 · P1 high");
    core.result = INCIDENT_BEFORE;
    c = call_as("U0INC", "incident open P1 x");
    cr_expect_str_eq(c->call.outcome, "already");
    shows(c, "This was done before");
    core.result = INCIDENT_OVER;
    c = call_as("U0INC", "incident resolve 1 x");
    cr_expect_str_eq(c->call.outcome, "already");
    shows(c, "INC-1 is resolved already\nBy @lee");
    core.result = INCIDENT_UNKNOWN;
    c = call_as("U0INC", "incident update 9 x");
    cr_expect_eq(c->err.kind, ERR_USER);
    shows(c, "There is no INC-9");
    core.fail = ERR_DB;
    c = call_as("U0INC", "incident open P1 x");
    shows(c, "incident open could not use Postgres");
}

Test(incident_commands, need_their_rights)
{
    cr_expect_eq(call_as("U0ANN", "incident open")->err.kind, ERR_DENIED);
    cr_expect_eq(call_as("U0ANN", "incident update 1 x")->err.kind, ERR_DENIED);
    cr_expect_eq(call_as("U0ANN", "incident resolve 1 x")->err.kind,
                 ERR_DENIED);
    cr_expect_eq(call_as("U0ANN", "incident list")->err.kind, ERR_NONE);
    cr_expect_eq(call_as("U0ANN", "incident status")->err.kind, ERR_NONE);
}

/* ---- looking --------------------------------------------------------------------- */

Test(incident_commands, status_without_a_number)
{
    shows(call_as("U0BEN", "incident status"), "No open incidents");
    core.open = 1;
    shows(call_as("U0BEN", "incident status"), "Open: it is being worked on");
    core.open = 3;
    shows(call_as("U0BEN", "incident status"), "3 open incidents");
    shows(call_as("U0BEN", "incident status 3"), "INC-3 · P1 high");
    core.none = true;
    shows(call_as("U0BEN", "incident status 3"), "There is no INC-3");
}

Test(incident_commands, pages)
{
    core.open = 30;
    does("incident list", "list from 0");
    does("incident list --all --page 3", "list all from 20");
    does("incident status 4 --timeline --page 2", "timeline 4 from 10");
    core.open = 1;
    does("incident status --timeline", "timeline 1 from 0");
}

/* ---- forms ----------------------------------------------------------------------- */

static void form_has(const char *part)
{
    cr_expect(strstr(core.view, part), "no %s in %s", part, core.view);
}

Test(incident_commands, without_words_a_form_opens)
{
    struct called *c = asks("incident open high");

    cr_expect_eq(c->err.kind, ERR_NONE, "%s", c->err.text);
    cr_expect(c->call.silent);
    cr_expect_str_eq(c->call.outcome, "asked");
    cr_expect_not(command_acts(c->command, &c->call.args));
    form_has("\\\"command\\\":\\\"incident open\\\"");
    form_has("\\\"channel\\\":\\\"C0OPS\\\"");
    form_has("\\\"url\\\":\\\"https://hooks.slack.com/x\\\"");
    form_has("\"initial_option\":{\"text\":{\"type\":\"plain_text\",\"text\":"
             "\"🟠 P1 high");
    asks("incident update 7");
    form_has("\"text\":\"Update INC-7\"");
    form_has("\\\"command\\\":\\\"incident update 7\\\"");
    form_has("\"initial_option\":{\"text\":{\"type\":\"plain_text\",\"text\":"
             "\"in 30 minutes\"");
    form_has("🟠 P1 high · checkout is down");
    asks("incident resolve 7");
    form_has("\"text\":\"Resolve INC-7\"");
}

Test(incident_commands, the_only_open_one_is_meant)
{
    struct called *c;

    core.open = 1;
    c = asks("incident update");
    cr_expect_eq(c->err.kind, ERR_NONE, "%s", c->err.text);
    form_has("\"text\":\"Update INC-1\"");
    core.open = 2;
    c = asks("incident resolve");
    cr_expect(strstr(c->err.text, "Which one? 2 are open"), "%s", c->err.text);
    core.open = 0;
    c = asks("incident resolve");
    cr_expect(strstr(c->err.text, "No incident is open"), "%s", c->err.text);
}

/* Nobody fills in what cannot be recorded. */
Test(incident_commands, no_form_for_nothing)
{
    struct called *c;

    core.resolved = true;
    c = asks("incident update 7");
    cr_expect_str_empty(core.view);
    cr_expect_str_eq(c->call.outcome, "already");
    atomic_store(&calls_postgres.down_since, NOW - 1000);
    c = asks("incident open");
    cr_expect_str_empty(core.view);
    cr_expect_eq(c->err.kind, ERR_DB);
}

Test(incident_commands, a_form_that_does_not_open_says_what_to_type)
{
    struct called *c = call_as("U0INC", "incident open");

    cr_expect_eq(c->err.kind, ERR_USER);
    shows(c, "Say it in full: incident open P1 what is broken");
    core.dead = true;
    c = asks("incident update 7");
    cr_expect_eq(c->err.kind, ERR_SLACK);
    cr_expect(strstr(c->err.text, "expired_trigger_id"), "%s", c->err.text);
    cr_expect(
        strstr(c->err.text, "`/bot incident update 7 what is to be said`"),
        "%s", c->err.text);
    cr_expect_not(c->call.silent);
}

Test(incident_commands, its_headline_is_a_thing)
{
    struct err err = { 0 };
    char *body = thing_message(NULL, calls_config(), "incident:7", NOW, &err);

    cr_assert(body, "%s", err.text);
    cr_expect(strstr(body, "INC-7"), "%s", body);
    free(body);
    core.none = true;
    cr_expect_null(
        thing_message(NULL, calls_config(), "incident:7", NOW, &err));
    cr_expect_eq(err.kind, ERR_USER);
}
