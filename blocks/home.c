/* home: see home.h. */
#include "blocks/home.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "blocks/health.h"
#include "blocks/home_parts.h"
#include "blocks/incident.h"
#include "blocks/job_parts.h"
#include "blocks/model.h"
#include "blocks/sentence.h"
#include "blocks/words.h"
#include "core/base/clock.h"

#define HALTS_SHOWN     6
#define CHECKS_SHOWN    8
#define INCIDENTS_SHOWN 5
#define JOBS_SHOWN      5

/* ---- where a section goes -------------------------------------------------- */

void home_heading(struct place *p, enum tone tone, const char *fmt, ...)
{
    char text[200];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (p->own)
        card_title(p->card, tone, "%s", text);
    else
        card_row(p->card, LINE(say_fmt(p->card, "%s%s", tone_icon(tone),
                                       tone == TONE_NONE ? "" : " "),
                               say_bold(text)));
}

void home_item(struct place *p, const struct span *line)
{
    if (p->own)
        card_row(p->card, line);
    else
        card_detail(p->card, line);
}

void home_more(struct place *p, size_t all, size_t shown, const char *command)
{
    if (all > shown)
        home_item(p, LINE(say_fmt(p->card, "…and %zu more: ", all - shown),
                          say_typed(p->card, command)));
}

void home_unknown(struct place *p, const char *what, const char *store,
                  int64_t since, int64_t now)
{
    home_heading(p, TONE_WARN, "%s: not known", what);
    if (since)
        home_item(p, LINE(say_fmt(p->card, "%s is down since ", store),
                          say_when(since, now), say_text(".")));
    else
        home_item(p, LINE(say_fmt(p->card, "%s did not answer.", store)));
}

/* ---- the sections ---------------------------------------------------------- */

static void halt_item(struct place *p, const struct halt *h,
                      const struct home *home)
{
    struct buf line = { 0 };

    home_item(p, LINE(say_bold(h->scope),
                      say_fmt(p->card, "  \"%s\" · by ", h->reason),
                      say_user(h->by, h->by_name), say_text(" · since "),
                      say_when(h->at, home->now)));
    if (home->may_unhalt) {
        buf_str(&line, "unhalt");
        words_typed(&line, h->scope);
        card_row_action(
            p->card, &(struct action){
                         .label = say_fmt(p->card, "Unhalt %s…", h->scope).text,
                         .command = buf_text(&line) });
    }
    buf_dispose(&line);
}

static void section_halts(struct place *p, const struct home *home)
{
    const struct halt_list *list = home->halts;
    size_t shown = least(list->count, HALTS_SHOWN);

    if (list->unknown) {
        home_unknown(p, "What is halted", "Redis", home->redis.since,
                     home->now);
        return;
    }
    if (list->count == 0) {
        home_heading(p, TONE_RUN, "Nothing is halted");
        return;
    }
    home_heading(p, TONE_HALT, "Halted: %zu scope%s", list->count,
                 words_s((int64_t)list->count));
    for (size_t i = 0; i < shown; i++)
        halt_item(p, &list->halts[i], home);
    home_more(p, list->count, shown, "halts");
}

static void check_item(struct place *p, const struct home_check *c, int64_t now)
{
    const struct config_check *spec = c->check;
    bool dated = c->state.since > 0;

    home_item(p, LINE(say_fmt(p->card, "%s %s  ", health_icon(spec->severity),
                              check_severity_name(spec->severity)),
                      say_bold(health_name(spec)),
                      say_fmt(p->card, "  %s", c->state.last.text),
                      say_text(dated ? " · since " : ""),
                      dated ? say_when(c->state.since, now) : say_text("")));
}

/* As the health card says it: red is for what is critical. */
static enum tone failing_tone(const struct home *home)
{
    bool critical = home->failing[0].check->severity == CHECK_CRITICAL;

    return critical ? TONE_BAD : TONE_WARN; /* worst first */
}

static void section_checks(struct place *p, const struct home *home)
{
    size_t all = home->failing_count + home->passing + home->waiting;
    size_t shown = least(home->failing_count, CHECKS_SHOWN);

    if (all == 0) {
        home_heading(p, TONE_INFO, "Health: no checks");
        home_item(p, LINE(say_text("None are configured: see "),
                          say_code("checks:"),
                          say_text(" in the configuration.")));
        return;
    }
    if (home->failing_count)
        home_heading(p, failing_tone(home), "Health: %zu of %zu checks failing",
                     home->failing_count, all);
    else if (home->passing)
        home_heading(p, TONE_OK, "Health: %zu of %zu checks passing",
                     home->passing, all);
    else
        home_heading(p, TONE_INFO, "Health: %zu checks, none asked yet", all);
    for (size_t i = 0; i < shown; i++)
        check_item(p, &home->failing[i], home->now);
    home_more(p, home->failing_count, shown, "health");
    if (home->failing_count && home->passing)
        home_item(p, LINE(say_fmt(p->card, "✅ %zu passing", home->passing)));
    if (home->waiting && home->failing_count + home->passing)
        home_item(p,
                  LINE(say_fmt(p->card, "%zu not asked yet", home->waiting)));
}

static void incident_item(struct place *p, const struct incident *i,
                          int64_t now)
{
    char line[40];

    home_item(
        p,
        LINE(say_fmt(p->card, "%s  ", incident_severity_text(i->severity)),
             say_bold(say_fmt(p->card, "INC-%lld", (long long)i->number).text),
             say_fmt(p->card, "  %s · lead ", i->title),
             say_user(i->opened_by, i->opened_name), say_text(" · since "),
             say_when(i->opened_at, now)));
    snprintf(line, sizeof line, "incident status %lld", (long long)i->number);
    card_row_action(
        p->card,
        &(struct action){
            .label =
                say_fmt(p->card, "Show INC-%lld", (long long)i->number).text,
            .command = line });
}

static void section_incidents(struct place *p, const struct home *home)
{
    const struct incident_list *list = &home->incidents;
    size_t shown = least(list->count, INCIDENTS_SHOWN);

    if (!home->incidents_known) {
        home_unknown(p, "Incidents", "Postgres", home->postgres.since,
                     home->now);
        return;
    }
    if (list->open == 0) {
        home_heading(p, TONE_OK, "No open incidents");
        return;
    }
    home_heading(p, TONE_ALARM, "%lld open incident%s", (long long)list->open,
                 words_s(list->open));
    for (size_t i = 0; i < shown; i++)
        incident_item(p, &list->items[i], home->now);
    home_more(p, (size_t)list->open, shown, "incident list");
}

static void job_item(struct place *p, const struct job *j, int64_t now)
{
    char moved[WORDS_TEXT], total[WORDS_TEXT], op[WORDS_TEXT];
    bool open = j->state == JOB_RUNNING || j->state == JOB_CANCELLING;

    home_item(
        p,
        LINE(say_fmt(p->card, "%s %s  ", open ? "⏳" : "•",
                     job_words(j->kind)->name),
             say_bold(j->stream),
             say_fmt(p->card, "  %s · %s of %s · op %s · ",
                     job_state_name(j->state), words_count(j->moved, moved),
                     words_count(j->total, total), words_op(j->id, op)),
             say_when(j->finished_at ? j->finished_at : j->created_at, now)));
}

static void section_jobs(struct place *p, const struct home *home)
{
    size_t shown = least(home->job_count, JOBS_SHOWN), open = 0;

    if (!home->jobs_known) {
        home_unknown(p, "Your jobs", "Postgres", home->postgres.since,
                     home->now);
        return;
    }
    if (home->job_count == 0)
        return;
    for (size_t i = 0; i < home->job_count; i++)
        open += home->jobs[i].finished_at == 0;
    if (open)
        home_heading(p, TONE_NONE, "Your jobs: %zu running", open);
    else
        home_heading(p, TONE_NONE, "Your last jobs");
    for (size_t i = 0; i < shown; i++)
        job_item(p, &home->jobs[i], home->now);
}

/* ---- the bot itself -------------------------------------------------------- */

static void peer_add(struct sentence *s, struct card *card, const char *name,
                     const struct home_peer *peer, int64_t now)
{
    char us[WORDS_TEXT];

    sentence_add(s, say_fmt(card, " · %s ", name));
    if (peer->since) {
        sentence_add(s, say_text("down since "));
        sentence_add(s, say_when(peer->since, now));
    } else {
        sentence_add(s, say_fmt(card, "%s",
                                peer->us < 0 ? "not measured yet"
                                             : words_us(peer->us, us)));
    }
}

static void section_bot(struct place *p, const struct home *home)
{
    struct card *card = p->card;
    char age[CLOCK_TEXT], us[WORDS_TEXT], n[WORDS_TEXT];
    struct sentence s = { 0 };

    sentence_add(&s, say_fmt(card, "opsbot %s: %s", home->version,
                             home->socket_off         ? "request URLs"
                             : home->socket_up_ms < 0 ? "socket not connected"
                                                      : "socket up "));
    if (!home->socket_off && home->socket_up_ms >= 0)
        sentence_add(&s,
                     say_fmt(card, "%s", clock_age(home->socket_up_ms, age)));
    if (home->slack_us >= 0)
        sentence_add(
            &s, say_fmt(card, " · Slack %s", words_us(home->slack_us, us)));
    if (home->outbox >= 0)
        sentence_add(
            &s, say_fmt(card, " · outbox %s", words_count(home->outbox, n)));
    peer_add(&s, card, "Redis", &home->redis, home->now);
    peer_add(&s, card, "Postgres", &home->postgres, home->now);
    card_note(card, s.spans);
}

/* ---- the whole ------------------------------------------------------------- */

/* Adds to a title: "Halted: all · 2 checks failing". */
static void part(struct buf *title, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void part(struct buf *title, const char *fmt, ...)
{
    char text[120];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    buf_fmt(title, "%s%s", title->len ? " · " : "", text);
}

static void say_halts(struct buf *title, const struct halt_list *list)
{
    part(title, "Halted: %s", list->halts[0].scope);
    if (list->count > 1)
        buf_fmt(title, " and %zu more", list->count - 1);
}

/* All that is wrong in words, the worst first, and the tone of that. */
static enum tone sum_up(const struct home *home, struct buf *title)
{
    bool open = home->incidents_known && home->incidents.open;
    bool unknown = home->halts->unknown || !home->incidents_known;
    int64_t alerts = home_unacked(home);

    if (home->halts->count)
        say_halts(title, home->halts);
    if (open)
        part(title, "%lld incident%s open", (long long)home->incidents.open,
             words_s(home->incidents.open));
    if (alerts)
        part(title, "%lld alert%s unacknowledged", (long long)alerts,
             words_s(alerts));
    if (home->failing_count)
        part(title, "%zu check%s failing", home->failing_count,
             words_s((int64_t)home->failing_count));
    if (unknown)
        part(title, "%s",
             title->len ? "the rest is not known" : "Not everything is known");
    if (!title->len)
        part(title, "All is well");
    if (home->halts->count)
        return TONE_HALT;
    if (open)
        return TONE_ALARM;
    if (alerts && home_alerts_tone(home) == TONE_BAD)
        return TONE_BAD;
    if (home->failing_count)
        return failing_tone(home);
    return unknown || alerts ? TONE_WARN : TONE_OK;
}

static void section_head(struct place *p, const struct home *home)
{
    struct buf title = { 0 };
    enum tone tone = sum_up(home, &title);

    card_title(p->card, tone, "%s", buf_text(&title));
    card_lead(p->card,
              LINE(say_text("As of "), say_at(home->now), say_text(".")));
    card_action(p->card, &(struct action){ .label = "Refresh",
                                           .command = "home",
                                           .replace = true });
    if (home->health)
        card_action(p->card, &(struct action){ .label = "Run health checks",
                                               .command = "health" });
    if (home->streams)
        card_action(p->card, &(struct action){ .label = "Dead letters",
                                               .command = "dlq list" });
    buf_dispose(&title);
}

static void (*const sections[])(struct place *p, const struct home *home) = {
    section_head,      section_halts, home_alerts, section_checks,
    section_incidents, section_jobs,  home_rights, section_bot,
};
#define SECTIONS (sizeof sections / sizeof *sections)

static_assert(SECTIONS <= TAB_CARDS, "more sections than a tab takes");

void home_card(struct card *card, const struct home *home)
{
    struct place p = { card, false };

    for (size_t i = 0; i < SECTIONS; i++)
        sections[i](&p, home);
}

char *home_tab(const struct home *home, const char *slash, const char *nonce)
{
    struct card *cards[SECTIONS];
    char *view;

    for (size_t i = 0; i < SECTIONS; i++) {
        struct place p = { cards[i] = card_new(), true };
        char own[CARD_NONCE_BYTES];

        snprintf(own, sizeof own, "%s.%c", nonce, (char)('a' + i));
        card_slash(p.card, slash);
        card_nonce(p.card, own);
        sections[i](&p, home);
    }
    view = tab_render(cards, SECTIONS);
    for (size_t i = 0; i < SECTIONS; i++)
        card_free(cards[i]);
    return view;
}
