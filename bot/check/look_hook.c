/*
 * look_hook: one target of halts can be reached: whoever is to be told takes a
 * connection (and is not told anything: no POST), whoever is to be asked says
 * whether it is halted. Its own thread.
 */
#include <stdlib.h>
#include <string.h>

#include "bot/check/look.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/net/web_flight.h"
#include "core/net/wire.h"
#include "core/ops/hook_verdict.h"

#define HOOK_MS     5000
#define VALUE_SHOWN 40 /* characters */

/* ---- told: a connection --------------------------------------------------------- */

/* "https://host:8443/x?y": whom to connect to. False: it is none we can read,
 * which the configuration would not have taken. */
static bool read_url(const char *url, bool *tls, struct dial_address *out)
{
    const char *host = strstr(url, "://");
    char *text;
    bool ok;

    if (!host)
        return false;
    *tls = strncmp(url, "https:", 6) == 0;
    host += 3;
    text = xstrndup(host, strcspn(host, "/?#"));
    ok = dial_parse(text, *tls ? "443" : "80", out);
    free(text);
    return ok;
}

static void connect_to(struct look *l, const char *key, const char *url)
{
    const struct config_target *t = l->target;
    struct wire_tls files = { NULL, t->ca, t->client_cert, t->client_key };
    int64_t until = clock_mono_ms() + look_left_ms(l, HOOK_MS);
    struct dial_address at = { 0 };
    struct err err = { 0 };
    struct wire *w = NULL;
    bool tls = false;
    char id[LOOK_ID];
    char *name = xasprintf("%s.%s", t->name, key);

    look_id(id, "hook.", name);
    files.name = at.host;
    if (!read_url(url, &tls, &at))
        err_set(&err, ERR_SYSTEM, "its URL has no host");
    else
        w = wire_open(&at, tls ? &files : NULL, until, &err);
    if (w)
        report_ok(&l->report, id, "%s: %s takes connections%s at %s:%s",
                  t->name, key, tls ? " (TLS)" : "", at.host, at.port);
    else
        report_fail(&l->report, id,
                    "start it, or correct the URL and certificates of this "
                    "target",
                    "%s: %s could not be called: %s", t->name, key, err.text);
    wire_close(w);
    free(name);
}

/* ---- asked: what it says ---------------------------------------------------------- */

/* The value at halted_path, heap; NULL: *why says why there is none, heap. */
static char *halted_value(const struct config_target *t,
                          const struct hook_answer *a, char **why)
{
    struct json_doc *doc = NULL;
    struct err ignored;
    char *value;

    if (a->whole)
        doc = json_doc_parse(a->body, a->len, &ignored);
    value = doc ? json_doc_value(doc, t->halted_path) : NULL;
    json_doc_free(doc);
    if (!value)
        (void)hook_confirmed(a, t, HALT_STOP, why);
    return value;
}

static void judge(struct look *l, const char *id, const struct hook_answer *a)
{
    const struct config_target *t = l->target;
    char *why = NULL, *value = halted_value(t, a, &why);
    char *masked =
        value ? text_mask_field(t->halted_path, value, NULL, 0) : NULL;
    char *shown = text_cut(masked, VALUE_SHOWN);

    if (value)
        report_ok(&l->report, id, "%s: health says that `%s` is %s%s", t->name,
                  t->halted_path, shown,
                  strcmp(value, t->halted_value) == 0 ? " (halted)" : "");
    else
        report_fail(&l->report, id,
                    a->whole ? "correct health_url or halted_path of this "
                               "target: no halt of it could be confirmed"
                             : "start it, or correct health_url of this target",
                    "%s: health: %s", t->name, why);
    free(shown);
    free(masked);
    free(value);
    free(why);
}

/* False: err says why there is no answer to judge. */
static bool ask(struct look *l, struct web_deck *deck, struct hook_call *c,
                struct hook_answer *out, struct err *err)
{
    int limit = look_left_ms(l, HOOK_MS);
    int64_t until = clock_mono_ms() + limit + 500; /* curl's own comes first */

    if (!hook_call_send(c, l->target->health_url, NULL, limit, err))
        return false;
    while (!hook_next(deck, out)) {
        if (clock_mono_ms() > until)
            return err_set(err, ERR_SYSTEM, "no answer");
        web_deck_turn(deck, 100);
    }
    return true;
}

static void ask_health(struct look *l)
{
    const struct config_target *t = l->target;
    struct web_deck *deck = web_deck_new(1, 0);
    struct hook_call *c = hook_call_new(deck, t, "check", l);
    char *name = xasprintf("%s.health", t->name);
    struct hook_answer a;
    struct err err = { 0 };
    char id[LOOK_ID];

    look_id(id, "hook.", name);
    if (ask(l, deck, c, &a, &err))
        judge(l, id, &a);
    else
        report_fail(&l->report, id, "correct health_url of this target",
                    "%s: health: %s", t->name, err.text);
    hook_call_free(c);
    web_deck_free(deck);
    free(name);
}

void look_hook(struct look *l)
{
    const struct config_target *t = l->target;

    if (t->halt_url)
        connect_to(l, "halt_url", t->halt_url);
    if (t->unhalt_url)
        connect_to(l, "unhalt_url", t->unhalt_url);
    if (t->health_url)
        ask_health(l);
}
