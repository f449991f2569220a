/*
 * json: objects written by hand, JSON read and changed by jansson. No state,
 * any thread.
 */
#include "core/base/json.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"

/* ---- building ------------------------------------------------------------ */

static void add_escape(struct buf *out, unsigned char c)
{
    static const char shorts[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    const char *s = shorts;

    while (*s && (unsigned char)*s != c)
        s += 2;
    if (*s && c)
        buf_fmt(out, "\\%c", s[1]);
    else
        buf_fmt(out, "\\u%04x", c);
}

static bool plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

static void quote_valid(struct buf *out, const char *s, size_t len)
{
    const char *run = s;

    buf_char(out, '"');
    for (const char *end = s + len; s < end; s++) {
        if (plain((unsigned char)*s))
            continue;
        buf_add(out, run, (size_t)(s - run));
        add_escape(out, (unsigned char)*s);
        run = s + 1;
    }
    buf_add(out, run, (size_t)(s - run));
    buf_char(out, '"');
}

void json_quote_bytes(struct buf *out, const char *bytes, size_t len)
{
    char *repaired;

    if (text_valid(bytes, len) && !memchr(bytes, '\0', len)) {
        quote_valid(out, bytes, len);
        return;
    }
    repaired = text_repair(bytes, len);
    quote_valid(out, repaired, strlen(repaired));
    free(repaired);
}

void json_quote(struct buf *out, const char *text)
{
    if (text)
        json_quote_bytes(out, text, strlen(text));
    else
        buf_str(out, "null");
}

static void add_value(struct buf *out, const struct json_member *m)
{
    switch (m->kind) {
    case MEMBER_STR:
        json_quote(out, m->text);
        break;
    case MEMBER_INT:
        buf_fmt(out, "%" PRId64, m->number);
        break;
    case MEMBER_BOOL:
        buf_str(out, m->number ? "true" : "false");
        break;
    case MEMBER_RAW:
        buf_str(out, m->text);
        break;
    case MEMBER_END:
        break;
    }
}

char *json_text_of(const struct json_member *members)
{
    struct buf out = { 0 };

    buf_char(&out, '{');
    for (const struct json_member *m = members; m->kind != MEMBER_END; m++) {
        if (!m->text && (m->kind == MEMBER_STR || m->kind == MEMBER_RAW))
            continue;
        if (out.len > 1)
            buf_char(&out, ',');
        json_quote(&out, m->key);
        buf_char(&out, ':');
        add_value(&out, m);
    }
    buf_char(&out, '}');
    return buf_take(&out);
}

char *json_list(const char *const *texts, size_t count)
{
    struct buf out = { 0 };

    buf_char(&out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(&out, ',');
        json_quote(&out, texts[i]);
    }
    buf_char(&out, ']');
    return buf_take(&out);
}

/* jansson keeps the order of members, old and new. */
static char *dump(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    char *ours = xstrdup(text);

    free(text);
    return ours;
}

/* ---- looking into -------------------------------------------------------- */

struct json_doc {
    json_t *root;
};

struct json_doc *json_doc_parse(const char *text, size_t len, struct err *err)
{
    struct json_doc *doc;
    json_error_t e;
    json_t *root = json_loadb(text, len, 0, &e);

    if (!root) {
        /* jansson's own text quotes what it met: that may be a secret. */
        err_set(err, ERR_USER, "not valid JSON: %s at line %d, column %d",
                json_error_code(&e) == json_error_premature_end_of_input
                    ? "it ends too early"
                    : "unexpected text",
                e.line, e.column);
        return NULL;
    }
    doc = xmalloc(sizeof *doc);
    doc->root = root;
    return doc;
}

void json_doc_free(struct json_doc *doc)
{
    if (!doc)
        return;
    json_decref(doc->root);
    free(doc);
}

static json_t *member(const json_t *value, const char *name, size_t len)
{
    char *end;
    unsigned long index;

    if (json_is_object(value)) {
        char *key = xstrndup(name, len);
        json_t *found = json_object_get(value, key);

        free(key);
        return found;
    }
    if (!json_is_array(value) || *name < '0' || *name > '9')
        return NULL;
    index = strtoul(name, &end, 10);
    return end == name + len ? json_array_get(value, index) : NULL;
}

static json_t *find(const struct json_doc *doc, const char *path)
{
    json_t *value = doc ? doc->root : NULL;

    while (value && *path) {
        size_t len = strcspn(path, ".");

        value = member(value, path, len);
        path += len;
        if (*path == '.')
            path++;
    }
    return value;
}

const char *json_doc_str(const struct json_doc *doc, const char *path)
{
    const char *text = json_string_value(find(doc, path));

    return text ? text : "";
}

int64_t json_doc_int(const struct json_doc *doc, const char *path,
                     int64_t otherwise)
{
    const json_t *value = find(doc, path);
    double real = json_real_value(value);

    if (json_is_integer(value))
        return json_integer_value(value);
    if (json_is_real(value) && real > -9e18 && real < 9e18)
        return (int64_t)real;
    return otherwise;
}

bool json_doc_bool(const struct json_doc *doc, const char *path)
{
    return json_is_true(find(doc, path));
}

bool json_doc_has(const struct json_doc *doc, const char *path)
{
    const json_t *value = find(doc, path);

    return value && !json_is_null(value);
}

size_t json_doc_count(const struct json_doc *doc, const char *path)
{
    const json_t *value = find(doc, path);

    return json_is_array(value) ? json_array_size(value)
                                : json_object_size(value);
}

char *json_doc_raw(const struct json_doc *doc, const char *path)
{
    const json_t *value = find(doc, path);

    return value ? dump(value) : NULL;
}

/* Heap; NULL when it is absent or null. */
static char *shown(const json_t *value)
{
    if (!value || json_is_null(value))
        return NULL;
    return json_is_string(value) ? xstrdup(json_string_value(value))
                                 : dump(value);
}

char *json_doc_value(const struct json_doc *doc, const char *path)
{
    return shown(find(doc, path));
}

void json_doc_each(const struct json_doc *doc, const char *path,
                   void (*each)(void *arg, const char *name, const char *value),
                   void *arg)
{
    json_t *object = find(doc, path), *member_value;
    const char *name;

    json_object_foreach(object, name, member_value)
    {
        char *value = shown(member_value);

        each(arg, name, value);
        free(value);
    }
}

const char *json_library(void)
{
    return jansson_version_str();
}
