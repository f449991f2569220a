/*
 * halt_read: what is written about halts in Redis, read back. No state, any
 * thread.
 *
 * The keys are a contract: other tools write them too, so nothing about a
 * value is taken for granted.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/halt_parts.h"

#define NAME_MAX_SHOWN 100   /* characters */
#define VALUE_READ     65536 /* bytes of a value that are looked at */

const char *halt_action_name(enum halt_action action)
{
    return action == HALT_STOP ? "halt" : "unhalt";
}

enum halt_action halt_action_from(const char *name)
{
    return strcmp(name, halt_action_name(HALT_START)) == 0 ? HALT_START
                                                           : HALT_STOP;
}

char *halt_text(const char *text, size_t max)
{
    char *plain = text_plain(text), *masked = text_mask(plain, NULL, 0);
    char *cut = text_cut(masked, max);

    free(plain);
    free(masked);
    return cut;
}

static void read_members(struct halt *out, const struct json_doc *doc)
{
    out->reason = halt_text(json_doc_str(doc, "reason"), HALT_REASON);
    out->by = halt_text(json_doc_str(doc, "by"), NAME_MAX_SHOWN);
    out->by_name = halt_text(json_doc_str(doc, "by_name"), NAME_MAX_SHOWN);
    out->op = halt_text(json_doc_str(doc, "op"), NAME_MAX_SHOWN);
    out->generation = json_doc_int(doc, "generation", 0);
    out->at = json_doc_int(doc, "at", 0);
    if (out->at == 0)
        out->at = clock_read(json_doc_str(doc, "at"));
}

/* Never NULL: what is no object has no members. */
static struct json_doc *parse(const char *text, size_t len)
{
    struct err err;
    struct json_doc *doc =
        len > VALUE_READ ? NULL : json_doc_parse(text, len, &err);

    return doc ? doc : json_doc_parse("{}", 2, &err);
}

void halt_read(struct halt *out, const char *scope, const char *text,
               size_t len)
{
    struct json_doc *doc = parse(text, len);
    char *raw;

    *out = (struct halt){ .scope = xstrdup(scope) };
    read_members(out, doc);
    if (!json_doc_has(doc, "reason")) {
        raw = text_repair(text, len < VALUE_READ ? len : VALUE_READ);
        free(out->reason);
        out->reason = halt_text(raw, HALT_REASON);
        free(raw);
    }
    json_doc_free(doc);
}

void halt_read_last(struct halt *out, const char *text, size_t len)
{
    struct json_doc *doc = parse(text, len);

    *out = (struct halt){ 0 };
    read_members(out, doc);
    json_doc_free(doc);
}
