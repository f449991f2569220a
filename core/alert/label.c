/*
 * label: see label.h. A sorted list: alerts have a dozen of them, and whoever
 * compares, prints or digests two sets needs the same order of both. No state,
 * any thread.
 */
#include "core/alert/label.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"

#define GROWS_BY 8

/* Where it is (true), or where it belongs. */
static bool find(const struct labels *l, const char *name, size_t *at)
{
    size_t low = 0, high = l->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(l->items[middle].name, name);

        if (order == 0) {
            *at = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    return false;
}

/* ---- changing ----------------------------------------------------------------- */

static void take_out(struct labels *l, size_t at)
{
    free(l->items[at].name);
    free(l->items[at].value);
    l->count--;
    memmove(&l->items[at], &l->items[at + 1],
            (l->count - at) * sizeof *l->items);
}

/* Takes name and value. */
static void put_in(struct labels *l, size_t at, char *name, char *value)
{
    if (l->count % GROWS_BY == 0)
        l->items = xrealloc(l->items, (l->count + GROWS_BY) * sizeof *l->items);
    memmove(&l->items[at + 1], &l->items[at],
            (l->count - at) * sizeof *l->items);
    l->items[at] = (struct label){ name, value };
    l->count++;
}

/* Takes name and value, which are UTF-8. */
static bool set(struct labels *l, char *name, char *value)
{
    size_t at;
    bool there = find(l, name, &at);

    if (there && *value) {
        free(l->items[at].value);
        l->items[at].value = value;
        free(name);
        return true;
    }
    if (!there && *value && *name && l->count < LABELS_MOST) {
        put_in(l, at, name, value);
        return true;
    }
    if (there)
        take_out(l, at);
    there = !*value || !*name;
    free(name);
    free(value);
    return there;
}

bool labels_set(struct labels *l, const char *name, const char *value)
{
    return set(l, text_repair(name, strlen(name)),
               text_repair(value ? value : "", value ? strlen(value) : 0));
}

const char *labels_get(const struct labels *l, const char *name)
{
    size_t at;

    return find(l, name, &at) ? l->items[at].value : "";
}

void labels_copy(struct labels *to, const struct labels *from)
{
    size_t room = (from->count + GROWS_BY - 1) / GROWS_BY * GROWS_BY;

    *to = (struct labels){ .count = from->count };
    if (room)
        to->items = xmalloc(room * sizeof *to->items);
    for (size_t i = 0; i < from->count; i++)
        to->items[i] = (struct label){ xstrdup(from->items[i].name),
                                       xstrdup(from->items[i].value) };
}

void labels_dispose(struct labels *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->items[i].name);
        free(l->items[i].value);
    }
    free(l->items);
    *l = (struct labels){ 0 };
}

/* ---- as text ------------------------------------------------------------------- */

static bool named(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static void add_text(struct buf *out, const struct labels *l,
                     const char *const *without)
{
    buf_char(out, '{');
    for (size_t i = 0; i < l->count; i++) {
        if (named(without, l->items[i].name))
            continue;
        if (out->len > 1)
            buf_char(out, ',');
        json_quote(out, l->items[i].name);
        buf_char(out, ':');
        json_quote(out, l->items[i].value);
    }
    buf_char(out, '}');
}

char *labels_text(const struct labels *l)
{
    struct buf out = { 0 };

    add_text(&out, l, NULL);
    return buf_take(&out);
}

static void read_one(void *arg, const char *name, const char *value)
{
    (void)labels_set(arg, name, value);
}

static void read_named(struct labels *out, const struct json_doc *doc,
                       const char *path, const char *name)
{
    char at[120];

    snprintf(at, sizeof at, "%s%s%s", path, *path ? "." : "", name);
    (void)labels_set(out, name, json_doc_str(doc, at));
}

void labels_read(struct labels *out, const struct json_doc *doc,
                 const char *path)
{
    static const char *const first[] = { "alertname", "severity", "service",
                                         "source" };

    *out = (struct labels){ 0 };
    if (json_doc_count(doc, path) > LABELS_MOST)
        for (size_t i = 0; i < sizeof first / sizeof *first; i++)
            read_named(out, doc, path, first[i]);
    json_doc_each(doc, path, read_one, out);
}

void label_quoted(struct buf *out, const char *s)
{
    buf_char(out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            buf_char(out, '\\');
        if (*s == '\n')
            buf_str(out, "\\n");
        else
            buf_char(out, *s);
    }
    buf_char(out, '"');
}

static bool plain_name(const char *s)
{
    return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                       "0123456789_")] == '\0';
}

char *labels_shown(const struct labels *l)
{
    struct buf out = { 0 };

    buf_char(&out, '{');
    for (size_t i = 0; i < l->count; i++) {
        buf_str(&out, i ? ", " : "");
        if (plain_name(l->items[i].name))
            buf_str(&out, l->items[i].name);
        else
            label_quoted(&out, l->items[i].name);
        buf_char(&out, '=');
        label_quoted(&out, l->items[i].value);
    }
    buf_char(&out, '}');
    return buf_take(&out);
}

/* Of their JSON, which no two sets have alike. */
void labels_print(const struct labels *l, const char *const *without,
                  char out[LABELS_PRINT])
{
    char digest[SHA256_HEX];
    struct buf text = { 0 };

    add_text(&text, l, without);
    digest_sha256(digest, buf_text(&text), NULL);
    memcpy(out, digest, LABELS_PRINT - 1);
    out[LABELS_PRINT - 1] = '\0';
    buf_dispose(&text);
}
