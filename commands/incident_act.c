/*
 * incident open, incident update, incident resolve. Without the words to do
 * it with each opens a form, which types them.
 */
#include "commands/incident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/registry.h"
#include "core/base/mem.h"
#include "core/base/text.h"

/* ---- what is typed --------------------------------------------------------- */

/* An error that a form shows under this field. */
static bool wrong(struct call *call, const char *field)
{
    call->field = field;
    return false;
}

/* Without secrets, and without what cannot be seen; trimmed, and "" if nothing
 * can be. Takes typed. */
static char *said(const struct call *call, char *typed)
{
    char *masked = text_mask(typed, (const char *const *)call->config->mask,
                             call->config->mask_count);
    char *plain = text_plain(masked), *text;
    size_t from = strspn(plain, " \n"), len = strlen(plain);

    while (len > from && strchr(" \n", plain[len - 1]))
        len--;
    text = xstrndup(plain + from, text_blank(plain) ? 0 : len - from);
    free(typed);
    free(masked);
    free(plain);
    return text;
}

static char *said_line(const struct call *call, char *typed)
{
    char *text = said(call, typed);

    for (char *c = text; *c; c++)
        if (*c == '\n')
            *c = ' ';
    return text;
}

static bool fits(struct call *call, const char *field, const char *text,
                 size_t most, struct err *err)
{
    size_t length = text_length(text);

    if (length <= most)
        return true;
    err_set(err, ERR_USER,
            "The %s has %zu characters; %zu are the most. Nothing was "
            "recorded: say it shorter.",
            field, length, most);
    return wrong(call, field);
}

static bool due_of(struct call *call, int otherwise, int *minutes,
                   struct err *err)
{
    const char *typed = args_flag(&call->args, "due");

    *minutes = otherwise;
    return !typed || incident_due(typed, minutes, err) || wrong(call, "due");
}

/* ---- what comes of it ------------------------------------------------------ */

static char *headline(const struct config *cfg, const struct incident *i)
{
    return incident_headline(i, command_slash(cfg));
}

static char *thread_line(const struct config *cfg, const struct incident *i,
                         const struct incident_event *event)
{
    return incident_line(i, event, command_slash(cfg));
}

static struct incident_world world_of(const struct call *call)
{
    return (struct incident_world){
        .db = call->db,
        .config = call->config,
        .response_url = call->response_url,
        .headline = headline,
        .line = thread_line,
    };
}

/* Disposes of done. */
static void answer(struct call *call, struct incident_done *done,
                   enum incident_event_kind kind, struct card *card)
{
    call->outcome = done->result == INCIDENT_DONE ? "ok" : "already";
    incident_done_card(card, done, kind, call->now);
    incident_dispose(&done->incident);
}

char *incident_thing(struct db *db, const struct config *cfg,
                     const char *number, int64_t now, struct err *err)
{
    struct incident i;
    char *body = NULL;
    bool found;

    (void)now;
    if (!incident_load(db, strtoll(number, NULL, 10), &i, &found, err))
        return NULL;
    if (found)
        body = headline(cfg, &i);
    else
        err_set(err, ERR_USER, "there is no incident %.20s", number);
    incident_dispose(&i);
    return body;
}

/* ---- open ------------------------------------------------------------------ */

static bool too_few(const struct args *args)
{
    return args->count < 2;
}

static bool title_check(struct call *call, const char *title, struct err *err)
{
    if (title[0])
        return fits(call, "title", title, INCIDENT_TITLE, err);
    err_set(err, ERR_USER, "Title is needed: one line, what is broken");
    return wrong(call, "title");
}

static bool opened(struct call *call, const struct incident_new *want,
                   struct card *card, struct err *err)
{
    struct incident_world world = world_of(call);
    struct incident_done done = { .result = INCIDENT_UNKNOWN };

    if (!incident_open(&world, &call->act, want, &done, err))
        return false;
    if (done.result == INCIDENT_DONE)
        incident_declared(call, done.incident.number);
    answer(call, &done, INCIDENT_OPENED, card);
    return true;
}

static bool open_words(struct call *call, struct card *card, struct err *err)
{
    const char *impact = args_flag(&call->args, "impact");
    char *title = said_line(call, args_text(&call->args, 1));
    char *harm = said(call, xstrdup(impact ? impact : ""));
    struct incident_new want = { .title = title, .impact = harm };
    bool ok = (incident_severity_from(args_word(&call->args, 0), &want.severity,
                                      err) ||
               wrong(call, "severity")) &&
              title_check(call, title, err) &&
              fits(call, "impact", harm, INCIDENT_TEXT, err) &&
              due_of(call, 0, &want.due_minutes, err) &&
              opened(call, &want, card, err);

    free(title);
    free(harm);
    return ok;
}

static bool open_run(struct call *call, struct card *card, struct err *err)
{
    if (too_few(&call->args))
        return incident_form_open(call, args_word(&call->args, 0), err);
    return open_words(call, card, err);
}

static const char *const open_flags[] = { "impact=", "due=", "alert=", NULL };

const struct command command_incident_open = {
    .name = "incident open",
    .group = "incident",
    .usage = "[<severity> <title>] [--impact text] [--due 30m] [--alert A-n]",
    .summary = "Opens an incident; without words it opens a form",
    .example = "incident open P1 checkout is down --due 30m",
    .right = "incident.open",
    .flags = open_flags,
    .max_words = -1,
    .text = true,
    .changes = true,
    .prompts = too_few,
    .run = open_run,
};

/* ---- update, resolve ------------------------------------------------------- */

static bool text_check(struct call *call, const char *text, const char *what,
                       struct err *err)
{
    if (text[0])
        return fits(call, "text", text, INCIDENT_TEXT, err);
    err_set(err, ERR_USER, "A word is needed: %s", what);
    return wrong(call, "text");
}

/* Which one: by its number, else the only one that is open. */
static bool which(struct call *call, struct incident *out, struct err *err)
{
    if (call->args.count == 0)
        return incident_only(call, out, err);
    return incident_named(call, args_word(&call->args, 0), out, err);
}

/* A form for one that is over would be filled in for nothing. */
static bool ask(struct call *call, enum incident_event_kind kind,
                struct card *card, struct err *err)
{
    struct incident_done done = { .result = INCIDENT_OVER };
    struct incident *i = &done.incident;
    bool ok;

    if (!which(call, i, err))
        return false;
    if (i->resolved) {
        answer(call, &done, kind, card);
        return true;
    }
    ok = kind == INCIDENT_UPDATED ? incident_form_update(call, i, err)
                                  : incident_form_resolve(call, i, err);
    incident_dispose(i);
    return ok;
}

/* minutes: until the next update, for one. */
static bool change(struct call *call, enum incident_event_kind kind,
                   const char *text, int minutes, struct card *card,
                   struct err *err)
{
    struct incident_world world = world_of(call);
    struct incident_done done = { .result = INCIDENT_UNKNOWN };
    int64_t number;

    if (!incident_number(args_word(&call->args, 0), &number, err))
        return false;
    if (!(kind == INCIDENT_UPDATED
              ? incident_update(&world, &call->act, number, text, minutes,
                                &done, err)
              : incident_resolve(&world, &call->act, number, text, &done, err)))
        return false;
    if (done.result == INCIDENT_UNKNOWN)
        return err_set(err, ERR_USER,
                       "There is no `INC-%lld`. `incident list --all` shows "
                       "all there are.",
                       (long long)number);
    answer(call, &done, kind, card);
    return true;
}

static bool update_run(struct call *call, struct card *card, struct err *err)
{
    int minutes;
    char *text;
    bool ok;

    if (too_few(&call->args))
        return ask(call, INCIDENT_UPDATED, card, err);
    text = said(call, args_text(&call->args, 1));
    ok = text_check(call, text, "what is known now, and what is done", err) &&
         due_of(call, -1, &minutes, err) &&
         change(call, INCIDENT_UPDATED, text, minutes, card, err);
    free(text);
    return ok;
}

static const char *const update_flags[] = { "due=", NULL };

const struct command command_incident_update = {
    .name = "incident update",
    .group = "incident",
    .usage = "[<id> <text>] [--due 30m]",
    .summary = "Says how an incident goes on; without words it opens a form",
    .example = "incident update INC-12 the database is back, queues drain",
    .right = "incident.update",
    .flags = update_flags,
    .max_words = -1,
    .text = true,
    .changes = true,
    .prompts = too_few,
    .run = update_run,
};

static bool resolve_run(struct call *call, struct card *card, struct err *err)
{
    char *text;
    bool ok;

    if (too_few(&call->args))
        return ask(call, INCIDENT_RESOLVED, card, err);
    text = said(call, args_text(&call->args, 1));
    ok = text_check(call, text, "what it was, and what mended it", err) &&
         change(call, INCIDENT_RESOLVED, text, 0, card, err);
    free(text);
    return ok;
}

const struct command command_incident_resolve = {
    .name = "incident resolve",
    .group = "incident",
    .usage = "[<id> <text>]",
    .summary = "Ends an incident; without words it opens a form",
    .example = "incident resolve INC-12 the certificate was renewed",
    .right = "incident.resolve",
    .max_words = -1,
    .text = true,
    .changes = true,
    .prompts = too_few,
    .run = resolve_run,
};
