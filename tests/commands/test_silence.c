/*
 * silence, silences, unsilence with a core of our own: what is understood, and
 * every refusal with the field of the form that it is about.
 */
#define alert_named fake_alert_named
#define silence_ask fake_silence_ask
#include "tests/commands/alert_core.h"

#include <criterion/criterion.h>

#include "commands/silence.c"
#include "tests/commands/calls.h"

#define HOUR INT64_C(3600000)

static struct {
    bool none, before, unknown;
    bool wide;            /* it takes very many */
    bool bare;            /* its group is not grouped by anything */
    bool odd;             /* its label needs quotes, name and value */
    const char *names[3]; /* alertname of its alerts; NULL ends */
    char did[1200];
    char view[9000]; /* the form that was opened */
} core;

/* ---- the core ---------------------------------------------------------------- */

bool fake_alert_named(const struct call *call, const char *word,
                      struct alert_group *out, struct err *err)
{
    (void)call;
    *out = (struct alert_group){ 0 };
    if (core.none)
        return err_set(err, ERR_USER, "There is no `%s`.", word);
    out->number = strtoll(word + 2, NULL, 10);
    out->title = xstrdup("checkout is \"slow\"");
    if (core.odd)
        labels_set(&out->labels, "disk 'a'", "1\n2\\");
    else if (!core.bare)
        labels_set(&out->labels, "service", "pay \"eu\"");
    return true;
}

bool fake_silence_ask(struct call *call, const struct silence_new *want,
                      bool *asks, struct card *card, struct err *err)
{
    (void)want;
    (void)err;
    *asks = core.wide;
    if (core.wide) {
        card_title(card, TONE_WARN, "Silence all of that?");
        call->outcome = "asked";
    }
    return true;
}

bool fake_group_alerts(struct db *db, int64_t number, size_t skip, size_t limit,
                       struct fake_group_alerts *out, struct err *err)
{
    (void)db;
    (void)number;
    (void)skip;
    (void)limit;
    (void)err;
    *out = (struct fake_group_alerts){ 0 };
    out->items = xcalloc(3, sizeof *out->items);
    while (out->count < 3 && core.names[out->count]) {
        labels_set(&out->items[out->count].labels, "alertname",
                   core.names[out->count]);
        out->count++;
    }
    return true;
}

bool fake_silence_add(const struct alert_world *w, const struct act *act,
                      const struct silence_new *want, struct silence_done *out,
                      struct err *err)
{
    struct buf all = { 0 };

    (void)w;
    (void)act;
    (void)err;
    for (size_t i = 0; i < want->matchers_count; i++)
        buf_fmt(&all, "%s%s", i ? " & " : "", want->matchers[i]);
    snprintf(core.did, sizeof core.did, "%s | %lld min | %s | %lld",
             buf_text(&all), (long long)((want->until - NOW) / 60000),
             want->reason, (long long)want->group);
    buf_dispose(&all);
    *out = (struct silence_done){ .before = core.before, .found = true };
    return true;
}

bool fake_silence_end(const struct alert_world *w, const struct act *act,
                      int64_t id, struct silence_done *out, struct err *err)
{
    (void)w;
    (void)act;
    (void)err;
    snprintf(core.did, sizeof core.did, "end %lld", (long long)id);
    *out = (struct silence_done){ .found = !core.unknown };
    return true;
}

bool fake_silences_list(struct db *db, bool over, size_t skip, size_t limit,
                        struct silences *out, struct err *err)
{
    (void)db;
    (void)err;
    snprintf(core.did, sizeof core.did, "list%s %zu+%zu", over ? " all" : "",
             skip, limit);
    *out = (struct silences){ 0 };
    return true;
}

void fake_silences_dispose(struct silences *s)
{
    (void)s;
}

void fake_silence_done_dispose(struct silence_done *d)
{
    (void)d;
}

void fake_silence_done_card(struct card *card, const struct silence_done *done,
                            bool ended, int64_t now)
{
    (void)done;
    (void)now;
    card_title(card, TONE_OK, ended ? "ended" : "silenced");
}

void fake_silence_list_card(struct card *card, const struct silences *list,
                            bool over, size_t page, int64_t now)
{
    (void)list;
    (void)over;
    (void)now;
    card_title(card, TONE_OK, "page %zu", page);
}

static bool open_view(void *arg, const char *trigger_id, const char *view,
                      struct err *err)
{
    (void)arg;
    (void)trigger_id;
    (void)err;
    snprintf(core.view, sizeof core.view, "%s", view);
    return true;
}

static void start(void)
{
    memset(&core, 0, sizeof core);
    atomic_store(&calls_postgres.down_since, 0);
}

TestSuite(silence_commands, .init = start, .fini = calls_end);

static void does(const char *text, const char *what)
{
    struct called *c = call_as("U0ALE", text);

    cr_expect_eq(c->err.kind, ERR_NONE, "%s: %s", text, c->err.text);
    cr_expect_str_eq(core.did, what, "%s: %s", text, core.did);
}

static void refuses(const char *text, const char *part, const char *field)
{
    struct called *c = call_as("U0ALE", text);

    cr_expect_eq(c->err.kind, ERR_USER, "%s", text);
    cr_expect(strstr(c->err.text, part), "%s: %s", text, c->err.text);
    cr_expect_str_eq(c->call.field ? c->call.field : "", field, "%s: %s", text,
                     c->call.field);
    cr_expect_str_empty(core.did);
}

/* ---- understood ---------------------------------------------------------------- */

Test(silence_commands, matchers_a_time_and_a_reason)
{
    does("silence service=pay 1h the disk is replaced",
         "service=pay | 60 min | the disk is replaced | 0");
    does("silence service=~\"pay|bill\" severity!=critical 2d why not",
         "service=~\"pay|bill\" & severity!=critical | 2880 min | why not | 0");
    does("silence service=pay 90m password=hunter2hunter2",
         "service=pay | 90 min | password=*** | 0");
}

/* NOW is 14:08:07 UTC. */
Test(silence_commands, until_a_time_of_day_or_a_moment)
{
    does("silence service=pay until 15:08 x", "service=pay | 59 min | x | 0");
    does("silence service=pay until 14:00 tomorrow's",
         "service=pay | 1431 min | tomorrow's | 0");
    does("silence service=pay until 2026-11-24 x",
         "service=pay | 591 min | x | 0");
    does("silence service=pay --until 15:08 until x",
         "service=pay | 59 min | x | 0");
    does("silence service=pay --until 15:08 the disk",
         "service=pay | 59 min | the disk | 0");
    does("silence service=pay 4h --until 15:08 the disk",
         "service=pay | 59 min | the disk | 0");
}

/* Wherever it is typed, it says in which zone it took it. */
Test(silence_commands, the_zone_of_a_time_is_said)
{
    cr_expect(strstr(call_as("U0ALE", "silence a=b until 15:08 x")->text,
                     "The time was read in UTC"));
    does("silence service=pay until 17:08 Europe/Berlin x",
         "service=pay | 119 min | x | 0");
    cr_expect(strstr(
        call_as("U0ALE", "silence a=b until 17:08 Europe/Berlin x")->text,
        "The time was read in Europe/Berlin."));
    does("silence service=pay until 16:38+01:00 x",
         "service=pay | 89 min | x | 0");
    cr_expect_not(
        strstr(call_as("U0ALE", "silence a=b 1h x")->text, "was read in"));
}

/* alerts.zone */
Test(silence_commands, a_time_is_one_of_the_house)
{
    struct config *cfg = (struct config *)(uintptr_t)calls_config();
    char berlin[] = "Europe/Berlin";

    cfg->alerts.zone = berlin;
    does("silence service=pay until 16:08 x", "service=pay | 59 min | x | 0");
    cr_expect(strstr(call_as("U0ALE", "silence a=b until 16:08 x")->text,
                     "The time was read in Europe/Berlin, as alerts.zone"));
    does("silence service=pay until 15:08 UTC x",
         "service=pay | 59 min | x | 0");
    core.did[0] = '\0';
    refuses("silence service=pay", "(Europe/Berlin)", "for");
    cfg->alerts.zone = NULL;
}

/* As the form types it: a line each. */
Test(silence_commands, matchers_of_a_form)
{
    does("silence \"service=pay\n severity=warning \n\n\" 4h \"a\nb\"",
         "service=pay & severity=warning | 240 min | a\nb | 0");
    does("silence A-7 'service=pay' 1h x", "service=pay | 60 min | x | 7");
}

Test(silence_commands, an_alert_is_what_its_alerts_share)
{
    core.names[0] = core.names[1] = "Slow";
    does("silence A-7 1h", "service=\"pay \\\"eu\\\"\" & alertname=\"Slow\" | "
                           "60 min | no reason was given | 7");
    core.names[1] = "Down";
    does("silence a-7 4h because",
         "service=\"pay \\\"eu\\\"\" | 240 min | because | 7");
}

Test(silence_commands, unsilence_and_the_list)
{
    does("unsilence S-7", "end 7");
    does("unsilence s7", "end 7");
    does("silences --all --page 2", "list all 10+10");
    core.unknown = true;
    cr_expect(strstr(call_as("U0ALE", "unsilence 9")->text, "There is no S-9"));
}

Test(silence_commands, outcomes)
{
    cr_expect_str_eq(call_as("U0ALE", "silence a=b 1h x")->call.outcome, "ok");
    core.before = true;
    cr_expect_str_eq(call_as("U0ALE", "silence a=b 1h x")->call.outcome,
                     "already");
}

/* What takes very many is asked about first. */
Test(silence_commands, a_wide_one_is_asked_about)
{
    struct called *c;

    core.wide = true;
    c = call_as("U0ALE", "silence severity=~.+ until 15:08 x");
    cr_expect_str_eq(c->call.outcome, "asked");
    cr_expect(strstr(c->text, "Silence all of that?"), "%s", c->text);
    cr_expect(strstr(c->text, "The time was read in UTC"), "%s", c->text);
    cr_expect_str_empty(core.did);
}

/* ---- refused ------------------------------------------------------------------- */

Test(silence_commands, refuses_with_its_field)
{
    char text[900] = "silence a=b 1h ";

    refuses("silence everything 1h x",
            "`everything` is neither an alert (`A-1042`) nor a matcher",
            "matchers");
    refuses("silence 1h x", "What is to be quiet?", "matchers");
    refuses("silence service=pay", "How long?", "for");
    refuses("silence service=pay soon x", "`soon` is not a time", "for");
    refuses("silence service=pay until x", "`x` is not a time", "until");
    refuses("silence a=b until 16:00 Europe/Berlni x",
            "`16:00 Europe/Berlni` is not a time", "until");
    refuses("silence a=b until 16:00 CEST x", "`16:00 CEST` is not a time",
            "until");
    refuses("silence service=pay until 2026-11-20 x", "is over already",
            "until");
    refuses("silence service=pay 31d x", "30 days at most", "for");
    refuses("silence service=pay 1h", "Why?", "reason");
    refuses("silence service=pay 1h ' '", "Why?", "reason");
    refuses("silence 'service=~.*' 1h x", "would silence everything",
            "matchers");
    refuses("silence 'service!=pay' 1h x", "would silence everything",
            "matchers");
    refuses("silence 'service=~(' 1h x", "", "matchers");
    memset(text + 15, 'x', 510);
    refuses(text, "510 characters", "reason");
    refuses("unsilence nothing", "is no silence", "");
    refuses("unsilence S-0", "is no silence", "");
}

/* A matcher that is read as it was meant, whatever is in the label. */
Test(silence_commands, a_label_is_matched_exactly)
{
    core.odd = true;
    does("silence A-7 1h x", "\"disk 'a'\"=\"1\\n2\\\\\" | 60 min | x | 7");
}

Test(silence_commands, a_group_without_labels_needs_matchers)
{
    core.bare = true;
    refuses("silence A-7 1h", "What is to be quiet?", "matchers");
}

/* ---- the form ------------------------------------------------------------------ */

static struct called *opens(const char *text)
{
    static const struct services services = { .open_view = open_view };
    struct called *c = call_as("U0ALE", text);
    struct card *card = card_new();

    c->call.services = &services;
    c->call.trigger_id = "1.2.3";
    c->call.response_url = "https://hooks.slack.com/x";
    c->err = (struct err){ 0 };
    (void)c->command->run(&c->call, card, &c->err);
    card_free(card);
    return c;
}

static void form_has(const char *part)
{
    cr_expect(strstr(core.view, part), "no %s in %s", part, core.view);
}

Test(silence_commands, without_words_a_form_opens)
{
    struct called *c = opens("silence A-7");

    cr_expect_eq(c->err.kind, ERR_NONE, "%s", c->err.text);
    cr_expect(c->call.silent);
    cr_expect_str_eq(c->call.outcome, "asked");
    cr_expect_not(command_acts(c->command, &c->call.args));
    form_has("\"text\":\"Silence A-7\"");
    form_has("\\\"command\\\":\\\"silence A-7\\\"");
    form_has("service=\\\"pay \\\\\\\"eu\\\\\\\"\\\"");
    form_has("for 1 hour");
    opens("silence");
    form_has("\\\"command\\\":\\\"silence\\\"");
    cr_expect_str_empty(core.did);
}

Test(silence_commands, no_form_for_nothing)
{
    core.none = true;
    cr_expect_eq(opens("silence A-7")->err.kind, ERR_USER);
    core.none = false;
    atomic_store(&calls_postgres.down_since, NOW - 1000);
    cr_expect_eq(opens("silence")->err.kind, ERR_DB);
    cr_expect_str_empty(core.view);
}
