/*
 * model: random sequences of all that can happen to alerts, through the real
 * store, against a small reference that was written without looking at how
 * the rules are. It prints its seed; MODEL_SEED repeats one, MODEL_STEPS makes
 * it longer.
 *
 * The reference keeps an escalation as "so much is left, running since": the
 * store keeps moments. What it does not know, because one line an hour is said
 * of what flaps, it reads back after a group fired again.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/alert/mute.h"
#include "core/base/mem.h"
#include "tests/core/alert/fired.h"
#include "tests/core/alert/reference.h"

#define SERVICES 3
#define USERS    3
#define SILENCES 400

static const char *const services[SERVICES] = { "pay", "db", "web" };
static const char *const severities[] = { "critical", "high", "warning",
                                          "info" };
static const char *const users[USERS + 1] = { "", "U1", "U2", "U3" };

struct ref_silence {
    int64_t id, until;
    int service;
    bool holds;
};

static struct ref refs[SERVICES];
static struct ref_silence silences[SILENCES];
static int silences_count, serial;
static unsigned seed;
static int at_step;
static char what[200];

static int roll(int n)
{
    return (int)((unsigned)rand_r(&seed) % (unsigned)n);
}

static bool silenced(int service)
{
    for (int i = 0; i < silences_count; i++)
        if (silences[i].service == service && silences[i].holds &&
            silences[i].until > fired_now)
            return true;
    return false;
}

/* ---- both -------------------------------------------------------------------------------- */

/* What only the store knows: whether a line was said of what flaps. */
static void read_back(struct ref *r)
{
    const struct alert_group *g = fired_group(r->number);

    r->told = g->told_at;
    r->fresh = g->fresh;
    for (int i = 0; i < PRINTS; i++)
        r->alerts[i].fresh = r->alerts[i].firing && r->fresh > 0;
}

static void began(struct ref *r, int service)
{
    struct ref_alert kept[PRINTS];
    bool again = r->number && r->over > fired_now - 10 * MINUTE;

    memcpy(kept, r->alerts, sizeof kept);
    if (!again) {
        long pages = 0;

        *r = (struct ref){ .pages = pages };
        memcpy(r->alerts, kept, sizeof kept);
        for (int i = 0; i < PRINTS; i++)
            r->alerts[i].known = r->alerts[i].firing;
    }
    r->open = true;
    r->severity = ref_worst(r);
    ref_fresh_policy(r);
    r->quiet = ref_all_muted(r);
    if (again) {
        read_back(r);
        if (!r->quiet)
            r->repeat = fired_now + 4 * HOUR;
    } else {
        r->number = fired_number("select max(id) from opsbot.alert_groups where"
                                 " labels ->> 'service' = '%s'",
                                 services[service]);
        r->fresh = ref_firing(r);
        ref_tell(r);
    }
    ref_run_clock(r);
}

static void fire(int service, int print, int severity, int64_t age)
{
    struct ref *r = &refs[service];
    struct ref_alert *a = &r->alerts[print];
    bool late = fired_now - age < a->ended;
    char name[40];

    snprintf(name, sizeof name, "%s-%d", services[service], print);
    snprintf(a->last, sizeof a->last, "id-%d", ++serial);
    snprintf(what, sizeof what, "fire %s %s, %lld ms ago", name,
             severities[severity], (long long)age);
    FIRE({ .id = a->last,
           .print = name,
           .service = services[service],
           .label = "paged",
           .severity = severities[severity],
           .at = fired_now - age });
    if (late || (a->firing && fired_now - age < a->at))
        return;
    a->at = fired_now - age;
    ref_join(r, a);
    a->severity = severity;
    a->muted = silenced(service);
    if (!r->open)
        began(r, service);
    else
        ref_mind_news(r);
}

static void once_more(int service, int print)
{
    struct ref_alert *a = &refs[service].alerts[print];
    char name[40];

    if (!a->last[0])
        return;
    snprintf(name, sizeof name, "%s-%d", services[service], print);
    snprintf(what, sizeof what, "the same news of %s again", name);
    FIRE({ .id = a->last,
           .print = name,
           .service = services[service],
           .label = "paged",
           .severity = "critical" });
}

static void end(int service, int print, int64_t age)
{
    struct ref *r = &refs[service];
    struct ref_alert *a = &r->alerts[print];
    char name[40];
    int64_t ended = fired_now - age;

    snprintf(name, sizeof name, "%s-%d", services[service], print);
    snprintf(what, sizeof what, "end %s, %lld ms ago", name, (long long)age);
    FIRE({ .print = name,
           .service = services[service],
           .label = "paged",
           .resolved = true,
           .ended = ended });
    if (age > 0) /* before it began: the test says when that was */
        return;
    if (ended > a->ended)
        a->ended = ended;
    if (!a->firing)
        return;
    ref_leave(r, a);
    if (ref_firing(r) == 0)
        ref_end_group(r);
    else
        ref_mind_news(r);
}

static int64_t lease(const struct ref *r)
{
    return r->severity <= 1 ? HOUR : 4 * HOUR;
}

static void person(int service, int user, int kind)
{
    static const enum step_kind kinds[] = { STEP_ACK, STEP_UNACK, STEP_ESCALATE,
                                            STEP_RESOLVE };
    struct ref *r = &refs[service];
    enum step_result expect = STEP_DONE, got;
    int64_t until = fired_now + lease(r);
    char op[40];

    if (!r->number)
        return;
    snprintf(op, sizeof op, "person-%d", ++serial);
    snprintf(what, sizeof what, "%s: %d of A-%lld", users[user], kind,
             (long long)r->number);
    got = fired_change(op, r->number, users[user],
                       (struct step_input){ .kind = kinds[kind],
                                            .text = "",
                                            .until = STEP_LEASE,
                                            .force = true })
              ->result;
    if (!r->open) {
        expect = STEP_OVER;
    } else if (kind == 0 && r->who && r->who != user) {
        expect = STEP_TAKEN;
    } else if (kind == 0 && r->who == user) {
        if (!r->asked && until < r->until + MINUTE)
            expect = STEP_NOTHING;
        else
            r->until = until, r->asked = false;
    } else if (kind == 0) {
        ref_halt_clock(r);
        r->who = user;
        r->since = fired_now;
        r->until = until;
        r->asked = false;
        r->repeat = 0;
    } else if (kind == 1 && !r->who) {
        expect = STEP_NOTHING;
    } else if (kind == 1) {
        ref_drop_ack(r);
        ref_run_clock(r);
        if (!r->quiet && r->told)
            r->repeat = fired_now + 4 * HOUR;
    } else if (kind == 2 && r->who) {
        expect = STEP_TAKEN;
    } else if (kind == 2 && r->taken == STEPS) {
        expect = STEP_NOTHING;
    } else if (kind == 2) {
        r->taken++;
        r->pages++;
        r->running = false;
        r->left = r->taken == STEPS ? 0 : ref_pauses[r->taken % 3];
        ref_run_clock(r);
    } else {
        for (int i = 0; i < PRINTS; i++)
            if (r->alerts[i].firing) {
                ref_leave(r, &r->alerts[i]);
                r->alerts[i].ended = fired_now;
            }
        ref_end_group(r);
    }
    cr_assert_eq(got, expect, "step %d, %s: %d, not %d", at_step, what,
                 (int)got, (int)expect);
}

/* ---- silences ------------------------------------------------------------------------------ */

static void remute(int service)
{
    struct ref *r = &refs[service];

    for (int i = 0; i < PRINTS; i++)
        r->alerts[i].muted = r->alerts[i].firing && silenced(service);
    if (r->open)
        ref_mind_quiet(r);
}

static void silence(int service)
{
    int64_t lasts = (1 + roll(90)) * MINUTE;
    struct ref_silence *s = &silences[silences_count];
    struct alert_world world = fired_world(w.db);
    struct silence_done done = { .before = false };
    char op[40], *matcher = xasprintf("service=%s", services[service]);
    struct act act;

    if (silences_count == SILENCES) {
        free(matcher);
        return;
    }
    snprintf(op, sizeof op, "silence-%d", ++serial);
    snprintf(what, sizeof what, "silence %s", services[service]);
    act = act_of(op, "silence");
    cr_assert(silence_add(&world, &act,
                          &(struct silence_new){
                              .matchers = (const char *const *)&matcher,
                              .matchers_count = 1,
                              .reason = "calm",
                              .until = fired_now + lasts },
                          &done, &w.err),
              "%s", w.err.text);
    free(matcher);
    *s = (struct ref_silence){ done.silence.id, fired_now + lasts, service,
                               true };
    silence_done_dispose(&done);
    silences_count++;
    remute(service);
}

static void unsilence(void)
{
    struct alert_world world = fired_world(w.db);
    struct silence_done done = { .before = false };
    struct ref_silence *s;
    struct act act;
    char op[40];

    if (!silences_count)
        return;
    s = &silences[silences_count - 1 -
                  roll(silences_count < 5 ? silences_count : 5)];
    snprintf(op, sizeof op, "unsilence-%d", ++serial);
    snprintf(what, sizeof what, "end of S-%lld", (long long)s->id);
    act = act_of(op, "unsilence");
    cr_assert(silence_end(&world, &act, s->id, &done, &w.err), "%s",
              w.err.text);
    silence_done_dispose(&done);
    s->holds = false;
    remute(s->service);
}

static void pass(int64_t ms)
{
    struct alert_world world;

    snprintf(what, sizeof what, "%lld ms pass", (long long)ms);
    fired_now += ms;
    world = fired_world(w.db);
    cr_assert(mute_due(&world, &w.err), "%s", w.err.text);
    fired_pass(0);
    for (int i = 0; i < SERVICES; i++) {
        remute(i);
        ref_tick(&refs[i]);
    }
}

static void restart(void)
{
    snprintf(what, sizeof what, "a restart");
    db_free(w.db);
    w.db = stores_db(&w.s);
    db_deadline(w.db, 20000);
}

/* ---- compared -------------------------------------------------------------------------------- */

#define SAME(ours, theirs)                                                     \
    cr_assert_eq((int64_t)(ours), (int64_t)(theirs),                           \
                 "step %d, after %s: A-%lld: " #ours " is %lld, not %lld",     \
                 at_step, what, (long long)r->number, (long long)(ours),       \
                 (long long)(theirs))

static void compare_clock(const struct alert_group *g, const struct ref *r)
{
    SAME(g->step_at, r->running ? r->ran_at + r->left : 0);
    if (!r->running)
        SAME(g->step_left_ms, r->left);
    SAME(g->step, r->taken == STEPS ? 3 : r->taken % 3);
    SAME(g->round, r->taken >= 3);
    SAME(g->tell_at, r->owed);
    SAME(g->repeat_at, r->repeat);
    SAME(g->told_at, r->told);
    SAME(g->fresh, r->fresh);
    SAME(g->due_at && g->due_at <= fired_now, 0);
}

static void compare(const struct ref *r)
{
    const struct alert_group *g;
    int muted = 0, total = 0;

    if (!r->number)
        return;
    g = fired_group(r->number);
    for (int i = 0; i < PRINTS; i++) {
        muted += r->alerts[i].muted;
        total += r->alerts[i].known;
    }
    SAME(!g->resolved_at, r->open);
    SAME(g->firing, ref_firing(r));
    SAME(g->muted, muted);
    SAME(g->total, total);
    SAME(g->severity, r->severity);
    SAME(strcmp(g->acked_by, users[r->who]), 0);
    SAME(g->ack_until, r->until);
    SAME(g->ack_asked, r->asked);
    SAME(g->quiet_why[0] != '\0', r->quiet);
    compare_clock(g, r);
}

/* Nobody was paged twice for one step, nor not at all. */
static void compare_pages(void)
{
    for (int i = 0; i < SERVICES; i++) {
        const struct ref *r = &refs[i];
        long recorded, posted;

        if (!r->number)
            continue;
        recorded = fired_number(
            "select count(*) from opsbot.alert_history where \"group\" = %lld"
            " and reason = 'escalated'",
            (long long)r->number);
        posted = fired_number(
            "select count(*) from opsbot.outbox l join opsbot.outbox c on c.id"
            " = l.thread_of where c.thing = 'alert:%lld' and l.channel ="
            " 'C0OPS' and l.body like '%%escalated%%'",
            (long long)r->number);
        SAME(recorded, r->pages);
        SAME(posted, r->pages);
    }
}

static void one(void)
{
    int service = roll(SERVICES), print = roll(PRINTS), dice = roll(100);

    if (dice < 24)
        fire(service, print, roll(4), 0);
    else if (dice < 27)
        once_more(service, print);
    else if (dice < 31)
        fire(service, print, roll(4), 3 * 24 * HOUR);
    else if (dice < 47)
        end(service, print, 0);
    else if (dice < 50)
        end(service, print, 30 * 24 * HOUR);
    else if (dice < 58)
        person(service, 1 + roll(USERS), 0);
    else if (dice < 62)
        person(service, 1 + roll(USERS), 1);
    else if (dice < 65)
        person(service, 1 + roll(USERS), 2);
    else if (dice < 67)
        person(service, 1 + roll(USERS), 3);
    else if (dice < 70)
        silence(service);
    else if (dice < 73)
        unsilence();
    else if (dice < 75)
        restart();
    else
        pass((int64_t)(1 + roll(dice < 98 ? 360 : 36000)) * SECOND);
}

Test(model, whatever_happens, .init = fired_start, .fini = fired_stop,
     .timeout = 3600)
{
    const char *given = getenv("MODEL_SEED"), *steps = getenv("MODEL_STEPS");
    int most = steps ? atoi(steps) : 1500;

    seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    fprintf(stderr, "model: seed %u, %d steps\n", seed, most);
    db_deadline(w.db, 20000);
    for (at_step = 0; at_step < most; at_step++) {
        one();
        for (int i = 0; i < SERVICES; i++)
            compare(&refs[i]);
        if (at_step % 50 == 0) {
            fired_check_counts();
            compare_pages();
        }
    }
    fired_check_counts();
    compare_pages();
}
