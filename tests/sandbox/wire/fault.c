/*
 * fault: see fault.h.
 */
#include "tests/sandbox/wire/fault.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

struct faults {
    struct fault *first;
    unsigned last_id;
};

struct faults *faults_new(void)
{
    return xcalloc(1, sizeof(struct faults));
}

static void fault_free(struct fault *f)
{
    json_decref(f->spec);
    free(f);
}

unsigned fault_remove(struct faults *all, unsigned id)
{
    struct fault **at = &all->first;
    unsigned removed = 0;

    while (*at) {
        struct fault *f = *at;

        if (id && f->id != id) {
            at = &f->next;
            continue;
        }
        *at = f->next;
        f->on = NULL; /* out of the plan */
        removed++;
        if (!f->holds)
            fault_free(f);
    }
    return removed;
}

void faults_free(struct faults *all)
{
    if (!all)
        return;
    fault_remove(all, 0);
    free(all);
}

static json_int_t number(const json_t *spec, const char *name,
                         json_int_t otherwise)
{
    const json_t *value = json_object_get(spec, name);

    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static bool flag(const json_t *spec, const char *name)
{
    return json_is_true(json_object_get(spec, name));
}

static const char *text(const json_t *spec, const char *name)
{
    return json_string_value(json_object_get(spec, name));
}

/* What happens. False: the spec does not say. */
static bool read_kind(struct fault *f)
{
    json_t *spec = f->spec;

    if (flag(spec, "drop"))
        f->kind = FAULT_DROP;
    else if (flag(spec, "hang") || flag(spec, "never"))
        f->kind = FAULT_HANG;
    else if (json_object_get(spec, "garbage"))
        f->kind = FAULT_GARBAGE;
    else if (f->status || f->error || f->body || f->url || f->retry_after >= 0)
        f->kind = FAULT_ANSWER;
    else
        f->kind = FAULT_DELAY;
    return f->kind != FAULT_DELAY || f->delay_ms > 0 || f->copies > 1 ||
           f->retry_num >= 0;
}

static void read_spec(struct fault *f)
{
    json_t *spec = f->spec;

    f->on = text(spec, "on");
    f->times = number(spec, "times", 1);
    f->after = number(spec, "after", 0);
    f->match = json_object_get(spec, "match");
    f->delay_ms = number(spec, "delay_ms", 0);
    f->after_effect = flag(spec, "after_effect");
    f->status = (int)number(spec, "status", 0);
    f->error = text(spec, "error");
    f->body = text(spec, "body");
    f->content_type = text(spec, "content_type");
    f->url = text(spec, "url");
    f->retry_after = number(spec, "retry_after", -1);
    f->copies = number(spec, "copies", 1);
    f->retry_num = number(spec, "retry_num", -1);
    f->retry_reason = text(spec, "retry_reason");
}

unsigned fault_add(struct faults *all, const json_t *spec, const char **why)
{
    struct fault *f = xcalloc(1, sizeof(*f));
    struct fault **end = &all->first;

    f->spec = json_deep_copy(spec);
    read_spec(f);
    if (!f->on)
        *why = "on: a Web API method, *, response_url, upgrade, hello or "
               "delivery";
    else if (f->copies < 1 || f->copies > 100)
        *why = "copies: 1 to 100";
    else if (!read_kind(f))
        *why = "one of status, error, retry_after, delay_ms, drop, hang, "
               "garbage, body, never, url; copies, retry_num";
    else if (strcmp(f->on, "delivery") == 0 &&
             (f->kind == FAULT_ANSWER || f->kind == FAULT_GARBAGE))
        *why = "on delivery: delay_ms, drop, hang, copies or retry_num";
    else if (f->match && !json_is_object(f->match))
        *why = "match: {argument: value}";
    else {
        while (*end)
            end = &(*end)->next;
        *end = f;
        f->id = ++all->last_id;
        return f->id;
    }
    fault_free(f);
    return 0;
}

json_t *faults_json(const struct faults *all)
{
    json_t *list = json_array();

    for (const struct fault *f = all->first; f; f = f->next) {
        json_t *json = json_deep_copy(f->spec);

        json_object_set_new(json, "id", json_integer(f->id));
        json_object_set_new(json, "hits", json_integer(f->hits));
        json_object_set_new(json, "left", json_integer(f->times));
        json_array_append_new(list, json);
    }
    return list;
}

/* Something stands there: no empty text, list or object. */
static bool is_there(const json_t *have)
{
    return have && !json_is_null(have) && !json_is_false(have) &&
           !(json_is_string(have) && !*json_string_value(have)) &&
           !(json_is_array(have) && json_array_size(have) == 0) &&
           !(json_is_object(have) && json_object_size(have) == 0);
}

/* A form's "1" is as good as a JSON body's 1; true, as anything that is there.
 */
static bool same(const json_t *want, const json_t *have)
{
    const char *a = json_string_value(want);
    const char *b = json_string_value(have);
    bool equal;
    char *dump;

    if (json_equal(want, have) || (json_is_true(want) && is_there(have)))
        return true;
    if ((a == NULL) == (b == NULL) || !want || !have)
        return false;
    dump = json_dumps(a ? have : want, JSON_COMPACT | JSON_ENCODE_ANY);
    equal = dump && strcmp(dump, a ? a : b) == 0;
    free(dump);
    return equal;
}

static bool is_method(const char *where)
{
    return strcmp(where, "response_url") != 0 &&
           strcmp(where, "upgrade") != 0 && strcmp(where, "hello") != 0 &&
           strcmp(where, "delivery") != 0;
}

static bool matches(const struct fault *f, const char *where,
                    const json_t *args)
{
    const char *name;
    json_t *want;

    if (strcmp(f->on, where) != 0 &&
        !(strcmp(f->on, "*") == 0 && is_method(where)))
        return false;
    json_object_foreach(
        f->match, name,
        want) if (!same(want, json_object_get(args, name))) return false;
    return f->times != 0;
}

struct fault *fault_take(struct faults *all, const char *where,
                         const json_t *args)
{
    for (struct fault *f = all->first; f; f = f->next) {
        if (!matches(f, where, args))
            continue;
        if (f->after > 0) {
            f->after--;
            continue;
        }
        if (f->times > 0)
            f->times--;
        f->hits++;
        f->holds++;
        return f;
    }
    return NULL;
}

void fault_done(struct faults *all, struct fault *fault)
{
    (void)all;
    if (--fault->holds == 0 && !fault->on)
        fault_free(fault);
}
