/*
 * dlq_show: one page of a dead-letter queue. No state of its own: it runs on
 * the thread whose connection it is given.
 *
 * Redis cannot skip entries, so a page is read from the nearer end, and pages
 * in the middle of a very long queue cannot be had.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/dlq_parts.h"
#include "core/ops/entry.h"
#include "core/ops/job_parts.h"

#define PAGE_BUDGET   (INT64_C(16) * 1024 * 1024)
#define PAGE_REACH    5000 /* entries from either end, at most */
#define NAME_BYTES    100
#define VALUE_BYTES   4096
#define ERROR_LENGTH  200
#define ORIGIN_LENGTH 64

/* ---- one entry ------------------------------------------------------------ */

/* What a discard adds to an entry (job_move.c). */
#define DEAD_ID  "opsbot_dead_id"
#define MOVED_BY "opsbot_op"

static bool is_own_field(const struct config *cfg, const char *name)
{
    return strcmp(name, cfg->dlq.error) == 0 ||
           strcmp(name, cfg->dlq.original_id) == 0 ||
           strcmp(name, cfg->dlq.attempts) == 0 ||
           strcmp(name, cfg->dlq.failed_at) == 0 ||
           strcmp(name, DEAD_ID) == 0 || strcmp(name, MOVED_BY) == 0;
}

/* JSON is written anew first, so that no escape hides a name. */
static char *mask_value(const struct config *cfg, const char *name,
                        const char *value)
{
    const char *const *extra = (const char *const *)cfg->mask;
    struct err err;
    struct json_doc *doc = json_doc_parse(value, strlen(value), &err);
    char *plain = doc ? json_doc_raw(doc, "") : NULL;
    char *masked =
        text_mask_field(name, plain ? plain : value, extra, cfg->mask_count);

    free(plain);
    json_doc_free(doc);
    return masked;
}

static void add_field(struct buf *out, const struct config *cfg,
                      const struct reply *name, const struct reply *value)
{
    char *field = entry_text(name, NAME_BYTES);
    char *text = entry_text(value, VALUE_BYTES);
    char *shown =
        is_own_field(cfg, field) ? NULL : mask_value(cfg, field, text);

    if (shown)
        buf_fmt(out, "%s%s=%s", out->len ? " " : "", field, shown);
    free(shown);
    free(text);
    free(field);
}

static char *preview_of(const struct config *cfg, const struct reply *fields)
{
    struct buf all = { 0 };
    char *plain, *cut;

    for (size_t i = 0; i + 1 < reply_count(fields); i += 2) {
        if (all.len > (size_t)DLQ_PREVIEW * 4)
            break;
        add_field(&all, cfg, reply_at(fields, i), reply_at(fields, i + 1));
    }
    plain = text_plain(buf_text(&all));
    for (char *at = plain; (at = strchr(at, '\n')) != NULL;)
        *at = ' ';
    cut = text_cut(plain, DLQ_PREVIEW);
    free(plain);
    buf_dispose(&all);
    return cut;
}

/* A field as one line for people, masked and cut. */
static char *line_of(const struct config *cfg, const struct reply *value,
                     size_t max)
{
    char *text = entry_text(value, VALUE_BYTES);
    char *masked =
        text_mask(text, (const char *const *)cfg->mask, cfg->mask_count);
    char *line = text_first_line(masked);
    char *cut = text_cut(line, max);

    free(text);
    free(masked);
    free(line);
    return cut;
}

static int64_t attempts_of(const struct reply *value)
{
    const char *s = reply_str(value);

    return s[0] && strspn(s, "0123456789") == strlen(s) && strlen(s) < 10
               ? reply_int(value)
               : -1;
}

static struct dlq_entry entry_from(const struct config *cfg,
                                   const struct reply *entry, int64_t now)
{
    const struct reply *fields = reply_at(entry, 1);
    const char *id = reply_str(reply_at(entry, 0));

    return (struct dlq_entry){
        .id = xstrdup(id),
        .original_id = line_of(cfg, reply_field(fields, cfg->dlq.original_id),
                               ORIGIN_LENGTH),
        .dead_id = line_of(cfg, reply_field(fields, DEAD_ID), ENTRY_ID),
        .error =
            line_of(cfg, reply_field(fields, cfg->dlq.error), ERROR_LENGTH),
        .preview = preview_of(cfg, fields),
        .age_ms = entry_age(id, now),
        .attempts = attempts_of(reply_field(fields, cfg->dlq.attempts)),
    };
}

/* ---- the page ------------------------------------------------------------- */

/* Depth, the page that there is, and how far we may read. */
static bool measure(struct redis *r, struct dlq_page *p, size_t page,
                    size_t *reach, struct err *err)
{
    const char *error;

    redis_reset(r);
    redis_cmd(r, "XLEN", p->dlq);
    redis_cmd(r, "MEMORY", "USAGE", p->dlq);
    if (!redis_run(r, err))
        return false;
    error = reply_error(redis_reply(r, 0));
    if (error && strncmp(error, "WRONGTYPE", 9) == 0)
        return err_set(err, ERR_USER,
                       "`%s` is a key in Redis, but not a stream", p->dlq);
    if (error)
        return err_set(err, ERR_REDIS, "Redis refused XLEN: %s", error);
    p->depth = reply_int(redis_reply(r, 0));
    p->pages = ((size_t)p->depth + DLQ_PAGE - 1) / DLQ_PAGE;
    if (p->pages == 0)
        p->pages = 1;
    p->page = page < 1 ? 1 : page > p->pages ? p->pages : page;
    *reach = dlq_affordable(redis_reply(r, 1), p->depth, PAGE_BUDGET);
    if (*reach > PAGE_REACH)
        *reach = PAGE_REACH;
    return true;
}

static bool read_page(struct redis *r, const struct config *cfg,
                      struct dlq_page *p, size_t reach, int64_t now,
                      struct err *err)
{
    size_t depth = (size_t)p->depth, first = (p->page - 1) * DLQ_PAGE;
    size_t past = first + DLQ_PAGE < depth ? first + DLQ_PAGE : depth;
    bool back = depth - first < past; /* the newest end is nearer */
    size_t need = back ? depth - first : past;
    const struct reply *list;
    char count[24];

    if (need > reach)
        return err_set(err, ERR_USER,
                       "page %zu of %zu is too deep inside: the first and the"
                       " last %zu pages can be shown",
                       p->page, p->pages, reach / DLQ_PAGE);
    snprintf(count, sizeof count, "%zu", need);
    list =
        back ? redis_one(r, err, "XREVRANGE", p->dlq, "+", "-", "COUNT", count)
             : redis_one(r, err, "XRANGE", p->dlq, "-", "+", "COUNT", count);
    if (!list)
        return false;
    for (size_t i = 0; i < past - first; i++) {
        size_t at = back ? need - 1 - i : first + i;

        if (at < reply_count(list))
            p->entries[p->count++] = entry_from(cfg, reply_at(list, at), now);
    }
    return true;
}

bool dlq_show(struct redis *r, const struct config *cfg,
              const struct stream_name *name, bool trash, size_t page,
              int64_t now, struct dlq_page *out, struct err *err)
{
    size_t reach = 0;
    bool ok;

    *out = (struct dlq_page){
        .stream = xstrdup(name->stream),
        .dlq = trash ? job_trash_key(name->dlq) : xstrdup(name->dlq),
        .trash = trash,
    };
    ok = measure(r, out, page, &reach, err) &&
         (out->depth == 0 || read_page(r, cfg, out, reach, now, err));
    if (!ok)
        dlq_page_dispose(out);
    return ok;
}

void dlq_page_dispose(struct dlq_page *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->entries[i].id);
        free(p->entries[i].original_id);
        free(p->entries[i].error);
        free(p->entries[i].preview);
        free(p->entries[i].dead_id);
    }
    free(p->stream);
    free(p->dlq);
    *p = (struct dlq_page){ 0 };
}
