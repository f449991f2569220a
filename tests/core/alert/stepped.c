/* stepped: see stepped.h. */
#include "tests/core/alert/stepped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

struct route step_route;
struct config_policy step_policy;
struct config_step step_steps[3];
struct config_alert_severity step_severities[ALERT_SEVERITIES];
struct alert_group step_group;
struct step_out step_came;
int64_t step_now, step_quiet_until;

static const char *const mentions[] = { "S9" };
static char policy_name[] = "page";
static char text[2000];

static void severities(void)
{
    for (int i = 0; i < ALERT_SEVERITIES; i++)
        step_severities[i] = (struct config_alert_severity){
            .lease_ms = i <= ALERT_HIGH ? HOUR : 4 * HOUR,
            .worse = i == ALERT_INFO ? VOICE_THREAD : VOICE_BROADCAST,
            .better = VOICE_THREAD,
            .chatter = VOICE_THREAD,
        };
}

void stepped_start(void)
{
    for (int i = 0; i < 3; i++)
        step_steps[i] =
            (struct config_step){ .after_ms = (i + 1) * 5 * MINUTE };
    step_policy = (struct config_policy){
        .name = policy_name, .steps = step_steps, .steps_count = 3, .repeat = 1
    };
    step_route = (struct route){ .mention = mentions,
                                 .mention_count = 1,
                                 .policy = &step_policy,
                                 .interval_ms = 5 * MINUTE,
                                 .repeat_ms = 4 * HOUR };
    severities();
    step_now = INT64_C(1767614400000);
    step_quiet_until = 0;
    group_dispose(&step_group);
    step_out_dispose(&step_came);
    step_group = (struct alert_group){
        .number = 1,
        .severity = ALERT_WARNING,
        .acked_by = xstrdup(""),
        .acked_name = xstrdup(""),
        .ack_note = xstrdup(""),
        .assignee = xstrdup(""),
        .assigned_by = xstrdup(""),
        .quiet_why = xstrdup(""),
        .resolved_by = xstrdup(""),
        .policy = xstrdup(""),
        .resolves = true,
    };
}

void stepped_stop(void)
{
    step_out_dispose(&step_came);
    group_dispose(&step_group);
}

/* ---- what happens ------------------------------------------------------------- */

static void step(struct step_input in)
{
    struct step_terms terms = { .route = &step_route, .of = step_severities };

    in.now = step_now;
    in.quiet = step_now < step_quiet_until;
    in.look_at = in.quiet ? step_quiet_until : 0;
    step_out_dispose(&step_came);
    group_step(&step_group, &terms, &in, &step_came);
}

/* What joins what is silenced is silenced too. */
static void counts(int severity, int add)
{
    step_group.firing += add;
    step_group.by[severity] += add;
    step_group.muted += step_group.muted ? add : 0;
}

static void fire(int severity)
{
    counts(severity, 1);
    step((struct step_input){ .kind = STEP_NEWS, .news = { .added = 1 } });
}

/* One of its worst gets worse, or all of them better. */
static void turns(int by)
{
    int severity = (int)step_group.severity;
    int64_t n = by < 0 ? 1 : step_group.by[severity];

    step_group.by[severity] -= n;
    step_group.by[severity + by] += n;
    step((struct step_input){ .kind = STEP_NEWS });
}

static void over(int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int s = ALERT_INFO; s >= 0; s--)
            if (step_group.by[s] > 0) {
                counts(s, -1);
                break;
            }
    step((struct step_input){ .kind = STEP_NEWS, .news = { .resolved = n } });
}

static bool news(const char *verb)
{
    if (strcmp(verb, "fire") == 0)
        fire((int)step_group.severity);
    else if (strcmp(verb, "worse") == 0)
        turns(-1);
    else if (strcmp(verb, "better") == 0)
        turns(1);
    else if (strcmp(verb, "over") == 0)
        over(1);
    else if (strcmp(verb, "end") == 0)
        over(step_group.firing);
    else if (strcmp(verb, "blip") == 0)
        step((struct step_input){ .kind = STEP_NEWS,
                                  .news = { .added = 1, .resolved = 1 } });
    else if (strcmp(verb, "same") == 0)
        step((struct step_input){ .kind = STEP_NEWS });
    else if (strcmp(verb, "words") == 0)
        step((struct step_input){ .kind = STEP_NEWS,
                                  .news = { .renewed = true } });
    else
        return false;
    return true;
}

static bool quiet(const char *verb)
{
    bool mutes = strcmp(verb, "mute") == 0;

    if (!mutes && strcmp(verb, "unmute") != 0)
        return false;
    step_group.muted = mutes ? step_group.firing : 0;
    step((struct step_input){ .kind = STEP_QUIET,
                              .text = mutes ? "S-1" : "",
                              .until = mutes ? step_now + 2 * HOUR : 0 });
    return true;
}

/* "5m" */
static int64_t span(const char *words)
{
    char unit = 0;
    long n = 0;

    cr_assert_eq(sscanf(words, "%ld%c", &n, &unit), 2, "%s", words);
    return n * (unit == 'h' ? HOUR : unit == 'm' ? MINUTE : SECOND);
}

static bool passes(const char *verb)
{
    if (*verb != '+')
        return false;
    step_now += span(verb + 1);
    step((struct step_input){ .kind = STEP_TICK });
    return true;
}

static enum step_kind kind_of(const char *verb)
{
    static const struct {
        const char *verb;
        enum step_kind kind;
    } all[] = {
        { "ack", STEP_ACK },           { "unack", STEP_UNACK },
        { "resolve", STEP_RESOLVE },   { "resolve!", STEP_RESOLVE },
        { "escalate", STEP_ESCALATE }, { "assign", STEP_ASSIGN },
        { "note", STEP_NOTE },
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(verb, all[i].verb) == 0)
            return all[i].kind;
    cr_assert_fail("nothing happens like `%s`", verb);
    return STEP_NOTE;
}

static void person(char *verb)
{
    char *version = strchr(verb, '@'), *lasts = strstr(verb, " for "), *who;
    struct step_input in = { .until = STEP_LEASE };

    if (lasts) {
        in.until = step_now + span(lasts + 5);
        *lasts = '\0';
    }
    if (version)
        *version = '\0';
    who = strchr(verb, ' ');
    if (who)
        *who++ = '\0';
    in.kind = kind_of(verb);
    in.version = version ? atoi(version + 1) : 0;
    in.force = strcmp(verb, "resolve!") == 0;
    in.actor = in.actor_name = who ? who : "U9";
    in.text = in.kind == STEP_ASSIGN ? who : in.kind == STEP_NOTE ? "so" : "";
    step(in);
}

static void one(char *verb)
{
    if (!news(verb) && !quiet(verb) && !passes(verb))
        person(verb);
}

void happens(const char *what)
{
    char *all = xstrdup(what), *left = all;

    while (*left) {
        char *end = strstr(left, ", ");

        if (end)
            *end = '\0';
        one(left);
        left = end ? end + 2 : left + strlen(left);
    }
    free(all);
}

/* ---- how it stands -------------------------------------------------------------- */

static void say(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void say(const char *fmt, ...)
{
    size_t len = strlen(text);
    va_list args;

    va_start(args, fmt);
    vsnprintf(text + len, sizeof text - len, fmt, args);
    va_end(args);
}

static void say_time(const char *what, int64_t n)
{
    say("%s ", what);
    if (n && n % HOUR == 0)
        say("%lldh", (long long)(n / HOUR));
    else if (n && n % MINUTE == 0)
        say("%lldm", (long long)(n / MINUTE));
    else
        say("%llds", (long long)(n / SECOND));
}

static void say_line(const struct step_line *l)
{
    const struct group_change *c = &l->change;

    say(" %s", group_reason_name(c->reason));
    if (c->of)
        say(" %lld/%lld", (long long)c->n, (long long)c->of);
    else if (c->n)
        say(" %lld", (long long)c->n);
    say("%s%s", l->tell ? "!" : "",
        l->voice == VOICE_BROADCAST ? " broadcast,"
        : l->voice == VOICE_THREAD  ? " thread,"
                                    : ",");
}

static void say_clocks(const struct alert_group *g)
{
    if (g->step_at) {
        say(" step %d.%d", g->step + 1, g->round);
        say_time(" in", g->step_at - step_now);
        say(",");
    } else if (g->step_left_ms) {
        say(" step %d.%d", g->step + 1, g->round);
        say_time(" left", g->step_left_ms);
        say(",");
    }
    if (g->tell_at) {
        say_time(" tell in", g->tell_at - step_now);
        say(",");
    }
    if (g->repeat_at) {
        say_time(" repeat in", g->repeat_at - step_now);
        say(",");
    }
    if (g->ack_until) {
        say_time(" lease", g->ack_until - step_now);
        say("%s,", g->ack_asked ? " asked" : "");
    }
    if (g->fresh)
        say(" fresh %lld,", (long long)g->fresh);
}

static void say_rest(const struct step_out *out)
{
    size_t len = strlen(text);

    if (text[len - 1] == ',')
        text[len - 1] = '\0';
    if (out->post)
        say("; card");
    if (out->page)
        say("; page %d.%d", out->page_step + 1, out->page_round);
    if (out->result == STEP_DONE && !out->changed)
        say("; no edit");
}

const char *stands(void)
{
    static const char *const refused[] = { "",     "nothing", "stale",
                                           "over", "taken",   "refused" };
    const struct alert_group *g = &step_group;
    bool waits = !g->posted_at && !g->storm && !g->resolved_at;

    text[0] = '\0';
    if (step_came.result != STEP_DONE)
        say("%s: ", refused[step_came.result]);
    say("%s%s%s:", g->acked_by[0] && g->quiet_why[0] ? "acked " : "",
        group_state_name(group_state(g)), waits ? " waits" : "");
    for (size_t i = 0; i < step_came.lines_count; i++)
        say_line(&step_came.lines[i]);
    say_clocks(g);
    if (text[strlen(text) - 1] == ':')
        say(" -");
    say_rest(&step_came);
    return text;
}

/* Whatever the rule: what nobody has to look at has no clock, and what is due
 * is the earliest of all. */
static void check_due(const char *row)
{
    const struct alert_group *g = &step_group;
    int64_t all[] = { g->step_at, g->tell_at, g->repeat_at, g->look_at };

    cr_assert_leq(step_came.lines_count, STEP_LINES, "%s", row);
    if (step_came.result != STEP_DONE)
        return;
    if (g->resolved_at)
        cr_assert_eq(g->due_at, 0, "%s: over, and due", row);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cr_assert(!all[i] || (g->due_at && g->due_at <= all[i]),
                  "%s: nobody looks in time", row);
    cr_assert(!g->ack_until || (g->due_at && g->due_at <= g->ack_until),
              "%s: nobody looks when its lease ends", row);
}

static bool clocks_stand(const struct alert_group *g)
{
    return !g->step_at && !g->repeat_at && !g->tell_at;
}

void step_check(const char *row)
{
    const struct alert_group *g = &step_group;
    enum group_state state = group_state(g);
    bool quiet = state == GROUP_SILENCED, acked = g->acked_by[0];
    bool waits = !g->posted_at && !g->storm;
    bool open = state == GROUP_FIRING && !waits;

    check_due(row);
    cr_assert(state != GROUP_RESOLVED || (clocks_stand(g) && !acked),
              "%s: something moves that is over", row);
    cr_assert(!quiet || clocks_stand(g), "%s: it moves, and is quiet", row);
    cr_assert(!quiet || !waits, "%s: quiet, and without a card", row);
    cr_assert(!acked || (!g->step_at && !g->repeat_at),
              "%s: it moves, and somebody has it", row);
    cr_assert(!waits || state == GROUP_RESOLVED || g->tell_at,
              "%s: it waits for ever", row);
    cr_assert(!open || g->step_at || g->step == (int)step_policy.steps_count,
              "%s: its escalation does not move", row);
    cr_assert(!open || g->repeat_at, "%s: it is never sent again", row);
    cr_assert(state == GROUP_RESOLVED || quiet || !g->fresh || g->tell_at,
              "%s: what is new is never told", row);
    for (size_t i = 0; i < step_came.lines_count; i++)
        cr_assert(!step_came.lines[i].tell || !quiet,
                  "%s: people are told, and it is quiet", row);
}

void step_expect(const char *row, const char *what, const char *want)
{
    const char *got;

    happens(what);
    step_check(row);
    got = stands();
    cr_expect_str_eq(got, want, "%s: %s\n  is   %s\n  not  %s", row, what, got,
                     want);
}
