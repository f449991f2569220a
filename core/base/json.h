/*
 * json: the one place in core that touches jansson.
 *
 * Small JSON objects built as text, and JSON text looked into by path. What
 * people see is built in blocks/; this is for audit details, stored bodies
 * and answers of services. Any thread; a struct json_doc belongs to one.
 *
 *     detail = json_text(member_str("stream", name->stream),
 *                        member_int("depth", depth),
 *                        member_raw("ids", ids));
 */
#ifndef CORE_BASE_JSON_H
#define CORE_BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

/* ---- building ------------------------------------------------------------ */

enum member_kind {
    MEMBER_END,
    MEMBER_STR,
    MEMBER_INT,
    MEMBER_BOOL,
    MEMBER_RAW
};

/* One member of an object; everything is borrowed until json_text() returns. */
struct json_member {
    const char *key;
    enum member_kind kind;
    const char *text;
    int64_t number;
};

/* text NULL leaves the member out; invalid UTF-8 is repaired. */
static inline struct json_member member_str(const char *key, const char *text)
{
    return (struct json_member){ .key = key, .kind = MEMBER_STR, .text = text };
}

static inline struct json_member member_int(const char *key, int64_t number)
{
    return (
        struct json_member){ .key = key, .kind = MEMBER_INT, .number = number };
}

static inline struct json_member member_bool(const char *key, bool yes)
{
    return (
        struct json_member){ .key = key, .kind = MEMBER_BOOL, .number = yes };
}

/* raw is any JSON value as text and is put in as it stands: it must be valid.
 * NULL leaves the member out. */
static inline struct json_member member_raw(const char *key, const char *raw)
{
    return (struct json_member){ .key = key, .kind = MEMBER_RAW, .text = raw };
}

/* {"a":1,…} in the order given. Heap, never NULL. */
char *json_text_of(const struct json_member *members);
#define json_text(...)                                                         \
    json_text_of(                                                              \
        (const struct json_member[]){ __VA_ARGS__, { .kind = MEMBER_END } })

/* ["a","b"]. Heap, never NULL. */
char *json_list(const char *const *texts, size_t count);

/* Appends text as a JSON string with its quotes. NULL gives null; invalid
 * UTF-8 is repaired, a NUL cannot be in it. len: bytes. */
void json_quote(struct buf *out, const char *text);
void json_quote_bytes(struct buf *out, const char *bytes, size_t len);

/* ---- looking into -------------------------------------------------------- */

/*
 * Paths are dotted member names and array indexes: "channel.id",
 * "actions.0.value"; "" is the whole. A member name that holds a dot cannot
 * be reached. Texts are borrowed until json_doc_free().
 */
struct json_doc;

/* NULL when text is no JSON object or array; err (ERR_USER) says where it
 * fails and quotes nothing of it. Depth is bounded; bound the size before. */
struct json_doc *json_doc_parse(const char *text, size_t len, struct err *err);
void json_doc_free(struct json_doc *doc); /* NULL is fine */

/* Each gives its empty value for what is absent or of another type. */
const char *json_doc_str(const struct json_doc *doc, const char *path);
int64_t json_doc_int(const struct json_doc *doc, const char *path,
                     int64_t otherwise); /* a fraction is cut off */
bool json_doc_bool(const struct json_doc *doc, const char *path);
bool json_doc_has(const struct json_doc *doc, const char *path); /* not null */
size_t json_doc_count(const struct json_doc *doc, const char *path);
/* The value at path as compact text. Heap; NULL when absent. */
char *json_doc_raw(const struct json_doc *doc, const char *path);
/* The same as people write it: a string without its quotes. Heap; NULL when
 * absent or null. */
char *json_doc_value(const struct json_doc *doc, const char *path);
/* Calls each with every member of the object at path, in their order; a name
 * may hold a dot. value: as of json_doc_value(), NULL for null. Both are
 * borrowed for the call. */
void json_doc_each(const struct json_doc *doc, const char *path,
                   void (*each)(void *arg, const char *name, const char *value),
                   void *arg);

/* "2.14": the library behind this. Static. */
const char *json_library(void);

#endif
