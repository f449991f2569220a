/*
 * group_row: a group from its row, and back: many at once, in one statement.
 * Declared in group_parts.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/group_parts.h"
#include "core/base/mem.h"

#define SET_PLAIN(name)  ", " #name " = x." #name
#define SET_MOMENT(name) ", " #name " = " ALERT_MOMENT("x." #name)
#define AS_TEXT(name)    ", " #name " text"
#define AS_NUMBER(name)  ", " #name " bigint"
#define AS_SMALL(name)   ", " #name " integer"
#define AS_FLAG(name)    ", " #name " boolean"

static const struct db_stmt stmt_save = {
    .name = "alert_groups_save",
    .sql = "update opsbot.alert_groups g set severity = x.severity,"
           " told_why = x.told_why, by_severity = x.by_severity,"
           " links = x.links" GROUP_CHANGING(
               SET_PLAIN, SET_PLAIN, SET_PLAIN, SET_MOMENT,
               SET_PLAIN) " from jsonb_to_recordset($1::jsonb) as x(id bigint,"
                          " severity smallint, told_why text, by_severity "
                          "bigint[],"
                          " links jsonb" GROUP_CHANGING(
                              AS_TEXT, AS_NUMBER, AS_SMALL, AS_NUMBER,
                              AS_FLAG) ") where g.id = x.id",
    .params = 1,
};

/* ---- reading ------------------------------------------------------------------ */

static struct json_doc *doc_of(const char *text)
{
    struct err ignored;

    return json_doc_parse(text, strlen(text), &ignored);
}

void group_labels_read(struct labels *out, const char *text)
{
    struct json_doc *doc = doc_of(text);

    if (doc)
        labels_read(out, doc, "");
    json_doc_free(doc);
}

void group_links_read(struct alert_link links[EVENT_LINKS], size_t *count,
                      const char *text)
{
    struct json_doc *doc = doc_of(text);
    size_t n = doc ? json_doc_count(doc, "") : 0;

    *count = n < EVENT_LINKS ? n : EVENT_LINKS;
    for (size_t i = 0; i < *count; i++) {
        char label[] = "0.label", url[] = "0.url";

        label[0] = url[0] = (char)('0' + i);
        links[i] = (struct alert_link){ xstrdup(json_doc_str(doc, label)),
                                        xstrdup(json_doc_str(doc, url)) };
    }
    json_doc_free(doc);
}

static void channels_read(struct alert_group *g, const char *text)
{
    struct json_doc *doc = doc_of(text);
    size_t n = doc ? json_doc_count(doc, "") : 0;

    g->channels = xcalloc(n + 1, sizeof *g->channels);
    for (size_t i = 0; i < n; i++) {
        char *path = xasprintf("%zu", i);

        g->channels[g->channels_count++] = xstrdup(json_doc_str(doc, path));
        free(path);
    }
    json_doc_free(doc);
}

/* "{3,0,1,0}" */
static void by_read(int64_t by[ALERT_SEVERITIES], const char *text)
{
    char *at = (char *)(uintptr_t)text;

    for (int i = 0; i < ALERT_SEVERITIES && *at; i++)
        by[i] = strtoll(at + 1, &at, 10);
}

static enum alert_severity severity_of(int64_t n)
{
    return n >= 0 && n < ALERT_INFO ? (enum alert_severity)n : ALERT_INFO;
}

#define READ_TEXT(name)   out->name = xstrdup(rows_text(rows, i, c++));
#define READ_NUMBER(name) out->name = rows_int(rows, i, c++);
#define READ_SMALL(name)  out->name = (int)rows_int(rows, i, c++);
#define READ_FLAG(name)   out->name = rows_text(rows, i, c++)[0] == 't';

void group_from(struct alert_group *out, const struct db_rows *rows, size_t i)
{
    int c = 12;

    *out = (struct alert_group){
        .number = rows_int(rows, i, 0),
        .key = xstrdup(rows_text(rows, i, 1)),
        .op = xstrdup(rows_text(rows, i, 2)),
        .route = xstrdup(rows_text(rows, i, 3)),
        .route_id = xstrdup(rows_text(rows, i, 4)),
        .told_why = group_reason_from(rows_text(rows, i, 9)),
        .severity = severity_of(rows_int(rows, i, 10)),
        .test = rows_text(rows, i, 11)[0] == 't',
    };
    group_labels_read(&out->labels, rows_text(rows, i, 5));
    group_links_read(out->links, &out->links_count, rows_text(rows, i, 6));
    channels_read(out, rows_text(rows, i, 7));
    by_read(out->by, rows_text(rows, i, 8));
    GROUP_CHANGING(READ_TEXT, READ_NUMBER, READ_SMALL, READ_NUMBER, READ_FLAG)
}

/* ---- writing ------------------------------------------------------------------ */

char *group_links_text(const struct alert_link *links, size_t count)
{
    struct buf out = { 0 };

    buf_char(&out, '[');
    for (size_t i = 0; i < count; i++) {
        char *link = json_text(member_str("label", links[i].label),
                               member_str("url", links[i].url));

        if (i)
            buf_char(&out, ',');
        buf_str(&out, link);
        free(link);
    }
    buf_char(&out, ']');
    return buf_take(&out);
}

#define WRITE_TEXT(name)   member_str(#name, g->name ? g->name : ""),
#define WRITE_NUMBER(name) member_int(#name, g->name),
#define WRITE_FLAG(name)   member_bool(#name, g->name),

char *group_row(const struct alert_group *g)
{
    char *by = xasprintf("[%lld,%lld,%lld,%lld]", (long long)g->by[0],
                         (long long)g->by[1], (long long)g->by[2],
                         (long long)g->by[3]);
    char *links = group_links_text(g->links, g->links_count);
    char *text = json_text(
        GROUP_CHANGING(WRITE_TEXT, WRITE_NUMBER, WRITE_NUMBER, WRITE_NUMBER,
                       WRITE_FLAG) member_int("id", g->number),
        member_int("severity", (int)g->severity),
        member_str("told_why", group_reason_name(g->told_why)),
        member_raw("by_severity", by), member_raw("links", links));

    free(by);
    free(links);
    return text;
}

bool groups_save(struct db *db, const char *rows, struct err *err)
{
    return db_run(db, &stmt_save, NULL, err, rows);
}
