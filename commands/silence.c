/*
 * silence, silences, unsilence: what fires, and needs no voice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/alert.h"
#include "commands/clicked.h"
#include "commands/registry.h"
#include "commands/when.h"
#include "core/base/duration.h"
#include "core/base/mem.h"
#include "core/base/text.h"

/* What was asked for, taken apart. */
struct asked {
    struct alert_group group; /* number 0: of no alert */
    char *matchers[ALERT_MATCHERS];
    size_t count;
    size_t at; /* the first word that is not read yet */
    struct when until;
    char *reason;
};

static void asked_dispose(struct asked *a)
{
    group_dispose(&a->group);
    for (size_t i = 0; i < a->count; i++)
        free(a->matchers[i]);
    free(a->reason);
}

static bool wrong(struct call *call, const char *field)
{
    call->field = field;
    return false;
}

/* ---- matchers -------------------------------------------------------------- */

/* Takes text; blank ones are none. */
static bool add(struct asked *a, char *text, struct err *err)
{
    size_t len = strlen(text);

    while (len > 0 && strchr(" \t\r", text[len - 1]))
        text[--len] = '\0';
    if (len > 0 && a->count < ALERT_MATCHERS) {
        a->matchers[a->count++] = text;
        return true;
    }
    free(text);
    return len == 0 || err_set(err, ERR_USER,
                               "More than %d matchers: an alert has to match "
                               "all of them, so a few are enough.",
                               ALERT_MATCHERS);
}

/* A word may hold several, a line each: as the form has them. */
static bool add_lines(struct asked *a, const char *text, struct err *err)
{
    while (*text) {
        size_t blank = strspn(text, " \t\n"), len;

        text += blank;
        len = strcspn(text, "\n");
        if (len && !add(a, xstrndup(text, len), err))
            return false;
        text += len;
    }
    return true;
}

/* name="value", as matcher_new() reads it. Heap. */
static char *exactly(const char *name, const char *value)
{
    struct buf b = { 0 };

    if (strpbrk(name, " \t\r\n{}!=~,\\\"'`"))
        label_quoted(&b, name);
    else
        buf_str(&b, name);
    buf_char(&b, '=');
    label_quoted(&b, value);
    return buf_take(&b);
}

/* The alert's name, when all of the group have the same. Borrowed; "". */
static const char *common_name(const struct group_alerts *alerts)
{
    const char *name = "";

    for (size_t i = 0; i < alerts->count; i++) {
        const char *its = labels_get(&alerts->items[i].labels, "alertname");

        if (i > 0 && strcmp(name, its) != 0)
            return "";
        name = its;
    }
    return alerts->more ? "" : name;
}

/* What its alerts have in common: the labels that it is grouped by, and their
 * name. */
static bool of_group(const struct call *call, struct asked *a, struct err *err)
{
    const struct labels *l = &a->group.labels;
    struct group_alerts alerts = { 0 };
    const char *name;
    bool ok = group_alerts(call->db, a->group.number, 0, 100, &alerts, err);

    name = common_name(&alerts);
    for (size_t i = 0; ok && i < l->count; i++)
        ok = add(a, exactly(l->items[i].name, l->items[i].value), err);
    if (ok && *name && !*labels_get(l, "alertname"))
        ok = add(a, exactly("alertname", name), err);
    group_alerts_dispose(&alerts);
    return ok;
}

/* The button of a card that shows it as it was: what is over, or quiet already,
 * is not made quiet by that. */
static bool is_as_seen(struct call *call, const struct alert_group *g,
                       struct err *err)
{
    enum group_state state = group_state(g);

    if (!call->seen || call->seen >= g->turned ||
        (state != GROUP_RESOLVED && state != GROUP_SILENCED))
        return true;
    call->outcome = "stale";
    return err_set(err, ERR_USER,
                   "The card that you pressed on is old: A-%lld is %s by now. "
                   "Nothing was silenced. `alert show A-%lld` shows it as it "
                   "is; `silence A-%lld 1h <reason>` silences it all the same.",
                   (long long)g->number, group_state_name(state),
                   (long long)g->number, (long long)g->number);
}

/* An alert, or not; then matchers, or not. */
static bool what(struct call *call, struct asked *a, struct err *err)
{
    const struct args *args = &call->args;
    char name[ALERT_NAME];

    if (alert_name(args_word(args, 0), name)) {
        a->at = 1;
        if (!alert_named(call, name, &a->group, err) ||
            !is_as_seen(call, &a->group, err))
            return false;
    }
    while (strchr(args_word(args, a->at), '=')) {
        if (!add_lines(a, args_word(args, a->at++), err))
            return wrong(call, "matchers");
    }
    return true;
}

/* Without any, everything would be quiet. */
static bool matchers_check(struct call *call, const struct asked *a,
                           struct err *err)
{
    struct labels nothing = { 0 };
    struct matchers read = { 0 };
    bool ok;

    call->field = "matchers";
    if (a->count == 0)
        return err_set(err, ERR_USER,
                       "What is to be quiet? Say an alert (`A-1042`) or "
                       "matchers (`service=pay`).");
    ok = matchers_read(&read, (const char *const *)a->matchers, a->count, err);
    if (ok && matchers_fit(&read, &nothing))
        ok = err_set(err, ERR_USER,
                     "That would silence everything. Say at least one label "
                     "that an alert must have: `service=pay`.");
    matchers_dispose(&read);
    return ok;
}

/* ---- how long, and why ----------------------------------------------------- */

/*
 * "1h", "until 18:00 Europe/Berlin", --until=…; a form has a choice and, filled
 * in or not, a time: that holds then, whatever was chosen. Heap, "" without
 * any.
 */
static char *until_words(struct call *call, struct asked *a)
{
    const struct args *args = &call->args;
    const char *flag = args_flag(args, "until");
    bool clock = strcmp(args_word(args, a->at), "until") == 0;
    size_t used = 0;
    int64_t chosen;
    char *text;

    call->field = clock || flag ? "until" : "for";
    if (clock || (flag && duration_parse(args_word(args, a->at), &chosen)))
        a->at++;
    if (flag || (clock && call->filled_in)) /* what follows is the reason */
        return xstrdup(flag ? flag : "");
    text = when_words(args, a->at, &used);
    a->at += used;
    return text;
}

/* The first word is none of what a silence begins with. */
static bool says_what(struct call *call, struct err *err)
{
    call->field = "matchers";
    return err_set(err, ERR_USER,
                   "`%.40s` is neither an alert (`A-1042`) nor a matcher "
                   "(`service=pay`, `severity=~\"warning|info\"`): what is to "
                   "be quiet?",
                   args_word(&call->args, 0));
}

static bool until(struct call *call, struct asked *a, struct err *err)
{
    struct when_how how = when_how(call);
    char *text = until_words(call, a);
    bool ok =
        *text ? when_until(text, &how, &a->until, err)
              : err_set(err, ERR_USER,
                        "%s? `1h`, `4h`, `2d`, or `until 14:00` (%s).",
                        call->filled_in ? "Until when" : "How long", how.zone);

    free(text);
    if (!ok)
        return a->count == 0 && a->group.number == 0 &&
                       *args_word(&call->args, 0)
                   ? says_what(call, err)
                   : false;
    return a->until.at - call->now <= SILENCE_MOST_DAYS * INT64_C(86400000) ||
           err_set(err, ERR_USER,
                   "A silence lasts %d days at most; what nobody needs to "
                   "hear for longer needs another rule. Nothing was changed.",
                   SILENCE_MOST_DAYS);
}

static bool reason(struct call *call, struct asked *a, struct err *err)
{
    call->field = "reason";
    a->reason = alert_note(call, a->at, err);
    if (!a->reason)
        return false;
    if (!text_blank(a->reason))
        return true;
    if (a->group.number) { /* one press is enough for an alert that is seen */
        free(a->reason);
        a->reason = xstrdup("no reason was given");
        return true;
    }
    return err_set(err, ERR_USER,
                   "Why? Whoever looks for these alerts will want to know: "
                   "add a reason at the end.");
}

static bool understand(struct call *call, struct asked *a, struct err *err)
{
    if (!what(call, a, err) || !until(call, a, err) || !reason(call, a, err))
        return false;
    if (a->group.number && a->count == 0 && !of_group(call, a, err))
        return false;
    return matchers_check(call, a, err);
}

/* ---- silence --------------------------------------------------------------- */

static void answer(struct call *call, const struct silence_done *done,
                   bool ended, struct card *card)
{
    call->outcome = done->before ? "already" : "ok";
    silence_done_card(card, done, ended, call->now);
}

/* Whose clock says another time has to see that it was another one. */
static void say_zone(struct card *card, const struct when *when)
{
    if (when->zone[0])
        alert_zone_note(card, when->zone, when->said);
}

static bool add_it(struct call *call, const struct asked *a, struct card *card,
                   struct err *err)
{
    struct alert_world world = alert_world_of(call);
    struct silence_new want = { .matchers = (const char *const *)a->matchers,
                                .matchers_count = a->count,
                                .reason = a->reason,
                                .until = a->until.at,
                                .group = a->group.number };
    struct silence_done done = { 0 };
    struct clicked clicked;
    bool ok, asks;

    if (!silence_ask(call, &want, &asks, card, err))
        return false;
    if (asks) {
        say_zone(card, &a->until);
        return true;
    }
    clicked_hold(call, &clicked);
    ok = silence_add(&world, &call->act, &want, &done, err);
    if (ok) {
        (void)clicked_show(call, &clicked);
        answer(call, &done, false, card);
        say_zone(card, &a->until);
    }
    clicked_end(call, &clicked);
    silence_done_dispose(&done);
    return ok;
}

/* Nothing, or an alert alone. */
static bool asks(const struct args *args)
{
    char name[ALERT_NAME];

    return !args_flag(args, "until") &&
           (args->count == 0 ||
            (args->count == 1 && alert_name(args_word(args, 0), name)));
}

/* The form, with what the alert has in common. */
static bool ask(struct call *call, struct err *err)
{
    struct asked a = { 0 };
    struct buf lines = { 0 };
    bool ok =
        what(call, &a, err) && (a.group.number == 0 || of_group(call, &a, err));

    for (size_t i = 0; i < a.count; i++)
        buf_fmt(&lines, "%s%s", i ? "\n" : "", a.matchers[i]);
    ok = ok && silence_form(call, a.group.number ? &a.group : NULL,
                            buf_text(&lines), err);
    buf_dispose(&lines);
    asked_dispose(&a);
    return ok;
}

static bool silence_run(struct call *call, struct card *card, struct err *err)
{
    struct asked a = { 0 };
    bool ok;

    if (asks(&call->args))
        return ask(call, err);
    ok = understand(call, &a, err);
    if (ok)
        call->field = NULL;
    ok = ok && add_it(call, &a, card, err);
    asked_dispose(&a);
    return ok;
}

static const char *const silence_flags[] = { "until=", NULL };

const struct command command_silence = {
    .name = "silence",
    .group = "silence",
    .usage = "[<A-n | matchers…> <1h | 4h | until 14:00> <reason>]",
    .summary = "Makes alerts quiet for a while; without words it opens a form",
    .example = "silence service=pay severity=warning 4h the disk is replaced",
    .right = "alert.silence",
    .flags = silence_flags,
    .max_words = -1,
    .text = true,
    .changes = true,
    .prompts = asks,
    .run = silence_run,
};

/* ---- silences -------------------------------------------------------------- */

static bool silences_run(struct call *call, struct card *card, struct err *err)
{
    bool over = args_flag(&call->args, "all") != NULL;
    struct silences list = { 0 };
    size_t page;
    bool ok = command_page(&call->args, &page, err) &&
              silences_list(call->db, over, (page - 1) * ALERT_PAGE, ALERT_PAGE,
                            &list, err);

    if (ok)
        silence_list_card(card, &list, over, page, call->now);
    silences_dispose(&list);
    return ok;
}

static const char *const list_flags[] = { "all", "page=", NULL };

const struct command command_silences = {
    .name = "silences",
    .group = "silence",
    .usage = "[--all] [--page n]",
    .summary = "What is quiet, until when, and why",
    .example = "silences",
    .right = "alert.show",
    .flags = list_flags,
    .run = silences_run,
};

/* ---- unsilence ------------------------------------------------------------- */

/* "S-7", "s7", "7". */
static bool silence_number(const char *word, long *id, struct err *err)
{
    const char *digits = word;

    if (*digits == 'S' || *digits == 's')
        digits += digits[1] == '-' ? 2 : 1;
    return args_number(digits, 1, 1000000000, id, err) ||
           err_set(err, ERR_USER,
                   "`%.40s` is no silence: `silences` shows them, as `S-7`.",
                   word);
}

static bool unsilence_run(struct call *call, struct card *card, struct err *err)
{
    struct alert_world world = alert_world_of(call);
    struct silence_done done = { 0 };
    long id;
    bool ok = silence_number(args_word(&call->args, 0), &id, err) &&
              silence_end(&world, &call->act, id, &done, err);

    if (ok && !done.found)
        ok = err_set(err, ERR_USER,
                     "There is no `S-%ld`. `silences --all` shows all there "
                     "were.",
                     id);
    if (ok)
        answer(call, &done, true, card);
    silence_done_dispose(&done);
    return ok;
}

const struct command command_unsilence = {
    .name = "unsilence",
    .group = "silence",
    .usage = "<S-n>",
    .summary = "Ends a silence before its time",
    .example = "unsilence S-7",
    .right = "alert.silence",
    .min_words = 1,
    .max_words = 1,
    .changes = true,
    .run = unsilence_run,
};
