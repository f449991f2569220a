/*
 * halt_read: what is written about halts in Redis, read back. No state, any
 * thread.
 *
 * The keys are a contract: other tools write them too, so nothing about a
 * value is taken for granted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/halt_parts.h"

#define NAME_MAX_SHOWN 100   /* characters */
#define VALUE_READ     65536 /* bytes of a value that are looked at */

const char *halt_action_name(enum halt_action action)
{
    return action == HALT_STOP ? "halt" : "unhalt";
}

/* "Z", "+02:00" or "-0130" as seconds; false when it is none of them. */
static bool read_zone(const char *s, int64_t *seconds)
{
    unsigned hours, minutes;
    int used = 0;

    *seconds = 0;
    if (strcmp(s, "Z") == 0 || strcmp(s, "z") == 0)
        return true;
    if ((s[0] != '+' && s[0] != '-') ||
        (sscanf(s + 1, "%2u:%2u%n", &hours, &minutes, &used) != 2 &&
         sscanf(s + 1, "%2u%2u%n", &hours, &minutes, &used) != 2) ||
        s[1 + used] != '\0' || hours > 24 || minutes > 59)
        return false;
    *seconds = (int64_t)(hours * 60 + minutes) * 60;
    if (s[0] == '-')
        *seconds = -*seconds;
    return true;
}

/* ".301207": the first three digits. Moves *s past it. */
static int64_t read_fraction(const char **s)
{
    int64_t ms = 0, unit = 100;

    if (**s != '.')
        return 0;
    for (++*s; **s >= '0' && **s <= '9'; ++*s, unit /= 10)
        ms += (**s - '0') * unit;
    return ms;
}

int64_t halt_time(const char *text)
{
    struct tm tm = { 0 };
    int64_t zone, ms;
    const char *rest;
    int used = 0;

    if (sscanf(text, "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &tm.tm_year,
               &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
               &used) != 6 ||
        used == 0)
        return 0;
    rest = text + used;
    ms = read_fraction(&rest);
    if (!read_zone(rest, &zone))
        return 0;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return ((int64_t)timegm(&tm) - zone) * 1000 + ms;
}

/* Fit to be shown, whoever wrote it. */
static char *shown(const char *text, size_t max)
{
    char *plain = text_plain(text), *masked = text_mask(plain, NULL, 0);
    char *cut = text_cut(masked, max);

    free(plain);
    free(masked);
    return cut;
}

static void read_members(struct halt *out, const struct json_doc *doc)
{
    out->reason = shown(json_doc_str(doc, "reason"), HALT_REASON);
    out->by = shown(json_doc_str(doc, "by"), NAME_MAX_SHOWN);
    out->by_name = shown(json_doc_str(doc, "by_name"), NAME_MAX_SHOWN);
    out->op = shown(json_doc_str(doc, "op"), NAME_MAX_SHOWN);
    out->generation = json_doc_int(doc, "generation", 0);
    out->at = json_doc_int(doc, "at", 0);
    if (out->at == 0)
        out->at = halt_time(json_doc_str(doc, "at"));
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
        out->reason = shown(raw, HALT_REASON);
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
