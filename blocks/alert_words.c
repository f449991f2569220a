/*
 * alert_words: an alert in few words: its title, what a phone shows of it,
 * its state, why somebody was told. See alert_parts.h.
 */
#include "blocks/alert_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blocks/words.h"
#include "core/base/clock.h"
#include "core/base/text.h"

#define HEADLINE 80 /* characters that a phone shows for certain */
#define SYSTEM   32 /* characters of what it is about, in the title */
#define TITLE    110

const char *alert_severity_text(enum alert_severity severity)
{
    static const char *const texts[ALERT_SEVERITIES] = {
        [ALERT_CRITICAL] = "🔴 CRITICAL",
        [ALERT_HIGH] = "🟠 HIGH",
        [ALERT_WARNING] = "🟡 WARNING",
        [ALERT_INFO] = "🔵 INFO",
    };

    return texts[severity];
}

/* The word alone. */
static const char *severity_word(enum alert_severity severity)
{
    return strchr(alert_severity_text(severity), ' ') + 1;
}

struct span alert_when(int64_t at, int64_t now)
{
    return now ? say_when(at, now) : say_at(at);
}

void alert_clock(struct buf *out, int64_t at)
{
    time_t seconds = (time_t)(at / 1000);
    char text[16];
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%H:%M UTC", &tm);
    buf_str(out, text);
}

void alert_zone_note(struct card *card, const char *zone, bool said)
{
    if (said)
        card_note(card, LINE(say_fmt(card, "The time was read in %s.", zone)));
    else
        card_note(card,
                  LINE(say_fmt(card, "The time was read in %s, as ", zone),
                       say_code("alerts.zone"),
                       say_text(" has it. For another zone type it: "),
                       say_code("18:00 Europe/Berlin"), say_text(".")));
}

const char *alert_lasted(struct card *card, int64_t from, int64_t to)
{
    char age[CLOCK_TEXT];

    return say_fmt(card, "%s", clock_age(to > from ? to - from : 0, age)).text;
}

const char *alert_id(struct card *card, const struct alert_group *g)
{
    return g->number ? say_fmt(card, "A-%lld", (long long)g->number).text : "";
}

/* ---- people ------------------------------------------------------------------- */

static bool is_id(const char *word, size_t len)
{
    return len >= 3 && strchr("UWSCG", word[0]) &&
           strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") >= len;
}

static struct span person(const char *id)
{
    if (id[0] == 'S')
        return say_group(id, "");
    return id[0] == 'C' || id[0] == 'G' ? say_channel(id) : say_user(id, "");
}

/* Bytes up to the next ", " or the end. */
static size_t target_length(const char *text)
{
    const char *end = strstr(text, ", ");

    return end ? (size_t)(end - text) : strlen(text);
}

size_t alert_people(struct card *card, const char *text,
                    struct span out[ALERT_PEOPLE])
{
    size_t n = 0, len;
    const char *word;

    while (*text && n + 2 < ALERT_PEOPLE) {
        len = target_length(text);
        word = say_fmt(card, "%.*s", (int)len, text).text;
        out[n++] = is_id(text, len) ? person(word) : say_text(word);
        text += len;
        if (!*text)
            break;
        out[n++] = say_text(", ");
        text += 2;
    }
    if (*text)
        out[n++] = say_text("…");
    return n;
}

bool alert_has_ids(const char *text)
{
    for (size_t len; *text; text += len + (text[len] ? 2 : 0)) {
        len = target_length(text);
        if (is_id(text, len))
            return true;
    }
    return false;
}

/* ---- labels ------------------------------------------------------------------- */

const char *alert_common(const struct alert_group *g,
                         const struct group_alerts *alerts, const char *name)
{
    const char *value = labels_get(&g->labels, name);

    if (*value || !alerts || !alerts->count)
        return value;
    value = labels_get(&alerts->items[0].labels, name);
    for (size_t i = 1; i < alerts->count; i++)
        if (strcmp(labels_get(&alerts->items[i].labels, name), value) != 0)
            return "";
    return value;
}

const char *alert_first(const struct alert_group *g,
                        const struct group_alerts *alerts,
                        const char *const *names, const char **name)
{
    const char *value = "";

    for (; *names && !*value; names++) {
        value = alert_common(g, alerts, *names);
        if (name)
            *name = *names;
    }
    return value;
}

const char *alert_system(const struct alert_group *g)
{
    static const char *const names[] = { "service",  "app",   "job",
                                         "stream",   "check", "host",
                                         "instance", NULL };
    const char *system = alert_first(g, NULL, names, NULL);

    return *system && strstr(g->title, system) ? "" : system;
}

/* ---- title and headline ---------------------------------------------------------- */

static void add_cut(struct buf *out, const char *text, size_t most)
{
    char *line = text_first_line(text), *cut = text_cut(line, most);

    buf_str(out, cut);
    free(cut);
    free(line);
}

static void add_fact(struct buf *out, const struct alert_group *g,
                     const char *between, size_t most)
{
    const char *system = alert_system(g);
    struct buf fact = { 0 };

    if (*system) {
        add_cut(&fact, system, SYSTEM);
        buf_str(&fact, between);
    }
    buf_str(&fact, text_blank(g->title) ? "something is wrong" : g->title);
    add_cut(out, buf_text(&fact), most);
    buf_dispose(&fact);
}

void alert_title(struct buf *out, const struct alert_group *g)
{
    if (g->test)
        buf_str(out, "🧪 TEST · ");
    buf_fmt(out, "%s · ", alert_severity_text(g->severity));
    add_fact(out, g, " · ", TITLE);
}

const char *alert_state_word(const struct alert_group *g)
{
    static const char *const words[] = {
        [GROUP_FIRING] = "unacknowledged",
        [GROUP_ACKED] = "acknowledged",
        [GROUP_SILENCED] = "silenced",
        [GROUP_RESOLVED] = "resolved",
    };

    return words[group_state(g)];
}

const char *alert_state_colour(const struct alert_group *g)
{
    static const char *const colours[] = {
        [GROUP_FIRING] = "#a30200",
        [GROUP_ACKED] = "#daa038",
        [GROUP_SILENCED] = "#dddddd",
        [GROUP_RESOLVED] = "#2eb886",
    };

    return colours[group_state(g)];
}

/* What is known is kept whole; the fact has what is left. */
void alert_headline(struct buf *out, const struct alert_group *g)
{
    struct buf head = { 0 }, tail = { 0 };
    size_t around;

    buf_fmt(&head, "[%s%s] ", g->test ? "TEST " : "",
            severity_word(g->severity));
    buf_fmt(&tail, " — %s", alert_state_word(g));
    if (g->number)
        buf_fmt(&tail, ". A-%lld", (long long)g->number);
    around = text_length(head.data) + text_length(tail.data);
    buf_str(out, head.data);
    add_fact(out, g, ": ", HEADLINE - around);
    buf_str(out, tail.data);
    buf_dispose(&head);
    buf_dispose(&tail);
}

/* ---- why --------------------------------------------------------------------------- */

const char *alert_reason(struct card *card, enum group_reason reason, int64_t n)
{
    char count[WORDS_TEXT];

    switch (reason) {
    case REASON_FIRST:
        return "first notification";
    case REASON_MORE:
        return say_fmt(card, "%s new in group", words_count(n, count)).text;
    case REASON_REPEAT:
        return "re-sent: it still fires";
    case REASON_WORSE:
        return "severity up";
    case REASON_BETTER:
        return "severity down";
    case REASON_AGAIN:
        return "fires again";
    case REASON_FLAPPING:
        return "flapping";
    case REASON_SOME_OVER:
        return "some are over";
    case REASON_RESOLVED:
        return "resolved";
    case REASON_ACKED:
        return "acknowledged";
    case REASON_UNACKED:
        return "unacknowledged";
    case REASON_ASKED:
        return "acknowledgement ends soon";
    case REASON_EXTENDED:
        return "acknowledgement extended";
    case REASON_ACK_EXPIRED:
        return "acknowledgement expired";
    case REASON_SILENCED:
        return "silenced";
    case REASON_UNSILENCED:
        return "no longer silenced";
    case REASON_ESCALATED:
        return "escalated";
    case REASON_ASSIGNED:
        return "assigned";
    case REASON_NOTE:
        return "a note";
    case REASON_REPOSTED:
        return "posted anew: its card was deleted";
    }
    return "";
}
