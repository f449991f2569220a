/* fell: its JSON, and its names. See fell.h. Pure: no I/O, no clock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/fell_parts.h"
#include "core/base/json.h"
#include "core/base/mem.h"

static const char *const roads[FELL_ROADS] = { "hook", "mail" };
static const char *const states[] = { "waits", "begun", "sent", "failed" };

const char *fell_road_name(enum fell_road road)
{
    return roads[road];
}

enum fell_road fell_road_of(const char *name)
{
    int road = FELL_HOOK;

    while (road < FELL_ROADS && strcmp(roads[road], name) != 0)
        road++;
    return (enum fell_road)road;
}

const char *fell_state_name(enum fell_state state)
{
    return states[state];
}

enum fell_state fell_state_of(const char *name)
{
    int state = FELL_FAILED;

    while (state > FELL_WAITS && strcmp(states[state], name) != 0)
        state--;
    return (enum fell_state)state;
}

char *fell_name(const struct fell *f, enum fell_road road)
{
    return xasprintf("fallback:%s:%s", f->op, roads[road]);
}

char *fell_hash(const struct config *cfg)
{
    return xasprintf("%salert:fell", cfg->redis_prefix);
}

char *fell_lease(const struct config *cfg, const char *op, enum fell_road road)
{
    return xasprintf("%salert:fell:%s:%s", cfg->redis_prefix, op, roads[road]);
}

char *fell_record(const struct fell *f, const char *what)
{
    enum fell_road road = fell_road_of(what);

    return json_text(
        member_str("what", what), member_str("op", f->op),
        member_str("key", f->key), member_int("began", f->began),
        member_str("state", road < FELL_ROADS ? states[f->state[road]] : NULL),
        member_str("subject", f->subject),
        member_str("hook", f->body[FELL_HOOK]),
        member_str("mail", f->body[FELL_MAIL]));
}

static bool copy(char *out, size_t size, const char *text)
{
    return text[0] && (size_t)snprintf(out, size, "%s", text) < size;
}

bool fell_parse(const char *json, struct fell *out, char **what)
{
    struct err err = { 0 };
    struct json_doc *doc = json_doc_parse(json, strlen(json), &err);
    enum fell_road road =
        fell_road_of(doc ? json_doc_str(doc, "what") : "none");

    *out = (struct fell){ 0 };
    if (!doc || !copy(out->key, sizeof out->key, json_doc_str(doc, "key")) ||
        !copy(out->op, sizeof out->op, json_doc_str(doc, "op"))) {
        json_doc_free(doc);
        return false;
    }
    out->began = json_doc_int(doc, "began", 0);
    out->subject = xstrdup(json_doc_str(doc, "subject"));
    for (int i = 0; i < FELL_ROADS; i++)
        out->body[i] = xstrdup(json_doc_str(doc, roads[i]));
    if (road < FELL_ROADS)
        out->state[road] = fell_state_of(json_doc_str(doc, "state"));
    if (what)
        *what = xstrdup(json_doc_str(doc, "what"));
    json_doc_free(doc);
    return true;
}

void fell_dispose(struct fell *f)
{
    free(f->subject);
    for (int i = 0; i < FELL_ROADS; i++)
        free(f->body[i]);
    *f = (struct fell){ 0 };
}

struct fell *fell_find(const struct fell_list *l, const char *op)
{
    size_t from = 0, to = l->count;

    while (from < to) {
        size_t at = from + (to - from) / 2;
        int order = strcmp(l->items[at].op, op);

        if (order == 0)
            return &l->items[at];
        if (order < 0)
            from = at + 1;
        else
            to = at;
    }
    return NULL;
}

void fell_list_dispose(struct fell_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        fell_dispose(&l->items[i]);
    free(l->items);
    *l = (struct fell_list){ 0 };
}
