/*
 * config_explain: what libcyaml refuses, as one line for a person:
 *
 *     opsbot.yaml:12: streams[2].dlq: expected a string, not a list
 *
 * libcyaml says it in its log only: a complaint, then a backtrace of fields
 * and entries, innermost first. That is collected, turned round, and looked
 * up in the schema for what was expected. Values are never quoted: the file
 * holds secrets. Start-up only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/config_parts.h"

/* ---- collecting ------------------------------------------------------------ */

/* Puts a step in front of the path: "dlq", then "[2]", then "streams". */
static void path_before(struct complaint *c, const char *step)
{
    char rest[sizeof c->path];
    const char *join = *c->path && *c->path != '[' ? "." : "";

    memcpy(rest, c->path, sizeof rest);
    if (snprintf(c->path, sizeof c->path, "%s%s%s", step, join, rest) >=
        (int)sizeof c->path)
        memcpy(c->path, rest, sizeof rest); /* no place of ours is so deep */
}

/* What stands between quotes in a line of the backtrace. */
static bool backtrace(const char *line, const char *start, char out[64])
{
    size_t len = strlen(start);

    if (strncmp(line, start, len) != 0)
        return false;
    snprintf(out, 64, "%.*s", (int)strcspn(line + len, "'"), line + len);
    return true;
}

void complaint_log(cyaml_log_t level, void *complaint, const char *fmt,
                   va_list ap)
{
    struct complaint *c = complaint;
    char line[sizeof c->text], step[64], index[64];
    const char *what = line;

    (void)level;
    vsnprintf(line, sizeof line, fmt, ap);
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(what, "Load: ", 6) == 0)
        what += 6;
    if (backtrace(what, "  in mapping field '", step)) {
        path_before(c, step);
    } else if (backtrace(what, "  in sequence entry '", step)) {
        long n = strtol(step, NULL, 10); /* it counts from 1 */

        snprintf(index, sizeof index, "[%ld]", n > 0 ? n - 1 : 0);
        path_before(c, index);
    } else if (!*c->text && strcmp(what, "Backtrace:") != 0 && *what != ' ') {
        snprintf(c->text, sizeof c->text, "%s", what);
    }
}

/* ---- explaining ------------------------------------------------------------ */

static const cyaml_schema_value_t *field_schema(const cyaml_schema_value_t *of,
                                                const char *key, size_t len)
{
    const cyaml_schema_field_t *f = of->mapping.fields;

    if (of->type != CYAML_MAPPING)
        return NULL;
    for (; f->key; f++)
        if (strlen(f->key) == len && strncmp(f->key, key, len) == 0)
            return &f->value;
    return NULL;
}

static const cyaml_schema_value_t *schema_at(const char *path)
{
    const cyaml_schema_value_t *at = &config_schema;

    while (at && *path) {
        size_t len = strcspn(path, ".[");

        if (*path == '[') {
            at = at->type == CYAML_SEQUENCE ? at->sequence.entry : NULL;
            len = strcspn(path, "]") + 1;
        } else {
            at = field_schema(at, path, len);
        }
        path += len;
        path += *path == '.';
    }
    return at;
}

static void join(struct buf *out, const char *word, size_t i, size_t count)
{
    if (i > 0)
        buf_str(out, i + 1 < count ? ", " : " or ");
    buf_str(out, word);
}

static void describe(struct buf *out, const cyaml_schema_value_t *value)
{
    switch (value ? value->type : CYAML_IGNORE) {
    case CYAML_STRING:
        buf_str(out, "a string");
        break;
    case CYAML_UINT:
        buf_str(out, "a whole number, 0 or more");
        break;
    case CYAML_MAPPING:
        buf_str(out, "keys and values");
        break;
    case CYAML_SEQUENCE:
        buf_str(out, "a list");
        break;
    case CYAML_ENUM:
        for (uint32_t i = 0; i < value->enumeration.count; i++)
            join(out, value->enumeration.strings[i].str, i,
                 value->enumeration.count);
        break;
    default:
        buf_str(out, "something else");
        break;
    }
}

/* What was there instead, from the name of libyaml's event. */
static const char *found(const char *complaint)
{
    if (strstr(complaint, "event: SEQUENCE_START"))
        return ", not a list";
    if (strstr(complaint, "event: MAPPING_START"))
        return ", not keys and values";
    if (strstr(complaint, "event: SCALAR"))
        return ", not a single value or nothing";
    return "";
}

#define KEYS 32

/* "unknown key; did you mean `bot_token`?", or all that would do. */
static void unknown_key(struct buf *out, const cyaml_schema_value_t *mapping,
                        const char *key)
{
    const char *names[KEYS], *nearest;
    size_t count = 0;

    buf_str(out, "unknown key");
    if (!mapping || mapping->type != CYAML_MAPPING)
        return;
    for (const cyaml_schema_field_t *f = mapping->mapping.fields;
         f->key && count < KEYS; f++)
        names[count++] = f->key;
    nearest = text_nearest(key, names, count);
    if (nearest) {
        buf_fmt(out, "; did you mean `%s`?", nearest);
        return;
    }
    buf_str(out, "; expected ");
    for (size_t i = 0; i < count; i++)
        join(out, names[i], i, count);
}

static void explain(struct buf *out, const struct complaint *c,
                    cyaml_err_t code, const char *key)
{
    if (code == CYAML_ERR_INVALID_KEY) {
        unknown_key(out, schema_at(c->path), key);
    } else if (code == CYAML_ERR_ALIAS) {
        buf_str(out, "aliases (*name) are not supported");
    } else if (strncmp(c->text, "Mapping field already seen", 26) == 0) {
        buf_str(out, "given twice");
    } else if (code == CYAML_ERR_INVALID_VALUE) {
        buf_str(out, "expected ");
        describe(out, schema_at(c->path));
        buf_str(out, found(c->text));
    } else {
        buf_str(out, cyaml_strerror(code));
    }
}

/* An unknown key may be a secret that slipped in front of the colon. Heap. */
static char *shown_path(const char *path, const char *key)
{
    char *masked = text_mask(key, NULL, 0), *plain = text_plain(masked);
    char *cut = text_cut(plain, 40);
    struct buf out = { 0 };

    buf_fmt(&out, "%s%s%s", path, *path && *cut ? "." : "", cut);
    free(masked);
    free(plain);
    free(cut);
    return buf_take(&out);
}

bool complaint_explain(const struct complaint *c, cyaml_err_t code,
                       const struct config_source *src, struct err *err)
{
    static const char unexpected[] = "Unexpected key: ";
    const char *key = "";
    char path[sizeof c->path + sizeof c->text];
    struct buf text = { 0 };
    char *shown;
    int line;

    if (strncmp(c->text, unexpected, sizeof unexpected - 1) == 0)
        key = c->text + sizeof unexpected - 1;
    snprintf(path, sizeof path, "%s%s%s", c->path, *c->path && *key ? "." : "",
             key);
    line = config_line(src, path);
    explain(&text, c, code, key);
    shown = shown_path(c->path, key);
    err_set(err, ERR_CONFIG, "%s:%d: %s%s%s", src->path, line ? line : 1, shown,
            *shown ? ": " : "", buf_text(&text));
    free(shown);
    buf_dispose(&text);
    return false;
}
