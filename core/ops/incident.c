/*
 * incident: its words and numbers, and looking at what there is. No state of
 * its own: it runs on the thread whose connection it is given.
 */
#include "core/ops/incident_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

static const struct db_stmt stmt_load = {
    .name = "incident_load",
    .sql = "select " INCIDENT_COLUMNS " from opsbot.incidents"
           " where id = $1::bigint",
    .params = 1,
};

static const struct db_stmt stmt_list = {
    .name = "incident_list",
    .sql = "select " INCIDENT_COLUMNS " from opsbot.incidents"
           " where $1::boolean or state <> 'resolved'"
           " order by state = 'resolved',"
           "  case state when 'resolved' then 0 else severity end, id desc"
           " limit $2::bigint offset $3::bigint",
    .params = 3,
};

static const struct db_stmt stmt_count = {
    .name = "incident_count",
    .sql = "select count(*) filter (where state <> 'resolved'),"
           " count(*) filter (where state = 'resolved')"
           " from opsbot.incidents",
};

static const struct db_stmt stmt_open = {
    .name = "incidents_open",
    .sql = "select severity, count(*) from opsbot.incidents"
           " where state <> 'resolved' group by severity",
};

static const struct db_stmt stmt_timeline = {
    .name = "incident_timeline",
    .sql = "select " INCIDENT_EVENT_COLUMNS
           " from opsbot.incident_events where incident = $1::bigint"
           " order by id desc limit $2::bigint offset $3::bigint",
    .params = 3,
};

/* ---- words ----------------------------------------------------------------- */

static const struct {
    const char *name, *word;
} severities[] = {
    [INCIDENT_P0] = { "P0", "critical" },
    [INCIDENT_P1] = { "P1", "high" },
    [INCIDENT_P2] = { "P2", "warning" },
    [INCIDENT_P3] = { "P3", "info" },
};
#define SEVERITIES (sizeof severities / sizeof *severities)

const char *incident_severity_name(enum incident_severity severity)
{
    return severities[severity].name;
}

const char *incident_severity_word(enum incident_severity severity)
{
    return severities[severity].word;
}

bool incident_severity_from(const char *typed, enum incident_severity *out,
                            struct err *err)
{
    for (size_t i = 0; i < SEVERITIES; i++)
        if (strcasecmp(typed, severities[i].name) == 0 ||
            strcasecmp(typed, severities[i].word) == 0) {
            *out = (enum incident_severity)i;
            return true;
        }
    return err_set(err, ERR_USER,
                   "`%.40s` is no severity: `P0` (critical), `P1` (high), `P2` "
                   "(warning) or `P3` (info)",
                   typed);
}

bool incident_number(const char *typed, int64_t *number, struct err *err)
{
    const char *digits = typed;
    char *end;

    if (strncasecmp(digits, "inc", 3) == 0)
        digits += 3;
    if (*digits == '-' && digits > typed)
        digits++;
    *number = 0;
    if (*digits >= '0' && *digits <= '9' && strlen(digits) <= 18)
        *number = strtoll(digits, &end, 10);
    if (*number > 0 && !*end)
        return true;
    return err_set(err, ERR_USER,
                   "`%.40s` is no incident: they are called `INC-12`, or `12`",
                   typed);
}

bool incident_due(const char *typed, int *minutes, struct err *err)
{
    char *end;
    long n = -1;

    *minutes = 0;
    if (strcasecmp(typed, "none") == 0)
        return true;
    if (*typed >= '0' && *typed <= '9' && strlen(typed) <= 6)
        n = strtol(typed, &end, 10);
    if (n > 0 && strcasecmp(end, "h") == 0)
        n *= 60;
    else if (n > 0 && *end && strcasecmp(end, "m") != 0 &&
             strcasecmp(end, "min") != 0)
        n = -1;
    if (n < 1 || n > INCIDENT_DUE_MOST)
        return err_set(err, ERR_USER,
                       "`%.40s` is no time for the next update: `15m`, `30m`, "
                       "`1h`, up to a day, or `none`",
                       typed);
    *minutes = (int)n;
    return true;
}

const char *incident_channel(const struct config *cfg, const char *asked)
{
    const struct config_channels *channels = &cfg->channels;

    if (channels->incidents && channels->incidents[0])
        return channels->incidents;
    return channels->ops && channels->ops[0] ? channels->ops : asked;
}

/* ---- from rows ------------------------------------------------------------- */

static char *text_at(const struct db_rows *rows, size_t i, int column)
{
    return xstrdup(rows_text(rows, i, column));
}

void incident_from(struct incident *out, const struct db_rows *rows, size_t i)
{
    int64_t severity = rows_int(rows, i, 1);

    *out = (struct incident){
        .number = rows_int(rows, i, 0),
        .severity = severity < INCIDENT_P3 ? (enum incident_severity)severity
                                           : INCIDENT_P3,
        .resolved = strcmp(rows_text(rows, i, 2), "resolved") == 0,
        .title = text_at(rows, i, 3),
        .impact = text_at(rows, i, 4),
        .channel = text_at(rows, i, 5),
        .op = text_at(rows, i, 6),
        .opened_by = text_at(rows, i, 7),
        .opened_name = text_at(rows, i, 8),
        .opened_at = rows_int(rows, i, 9),
        .update = text_at(rows, i, 10),
        .updated_by = text_at(rows, i, 11),
        .updated_name = text_at(rows, i, 12),
        .updated_at = rows_int(rows, i, 13),
        .due_minutes = (int)rows_int(rows, i, 14),
        .due_at = rows_int(rows, i, 15),
        .resolution = text_at(rows, i, 16),
        .resolved_by = text_at(rows, i, 17),
        .resolved_name = text_at(rows, i, 18),
        .resolved_at = rows_int(rows, i, 19),
    };
}

void incident_dispose(struct incident *incident)
{
    free(incident->title);
    free(incident->impact);
    free(incident->channel);
    free(incident->op);
    free(incident->opened_by);
    free(incident->opened_name);
    free(incident->update);
    free(incident->updated_by);
    free(incident->updated_name);
    free(incident->resolution);
    free(incident->resolved_by);
    free(incident->resolved_name);
    *incident = (struct incident){ 0 };
}

/* ---- looking --------------------------------------------------------------- */

bool incident_load(struct db *db, int64_t number, struct incident *out,
                   bool *found, struct err *err)
{
    struct db_rows *rows = NULL;
    char id[24];

    *out = (struct incident){ 0 };
    snprintf(id, sizeof id, "%lld", (long long)number);
    if (!db_run(db, &stmt_load, &rows, err, id))
        return false;
    *found = rows_count(rows) > 0;
    if (*found)
        incident_from(out, rows, 0);
    rows_free(rows);
    return true;
}

static bool count_all(struct db *db, struct incident_list *out, struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_count, &rows, err, NULL))
        return false;
    out->open = rows_int(rows, 0, 0);
    out->closed = rows_int(rows, 0, 1);
    rows_free(rows);
    return true;
}

struct page {
    struct db *db;
    const struct db_stmt *stmt; /* $1: first, $2: how many, $3: from where */
    const char *first;
    size_t skip, limit;
};

/* One more than asked for tells whether there are more. */
static bool page_of(const struct page *page, struct db_rows **rows,
                    struct err *err)
{
    char most[24], from[24];

    snprintf(most, sizeof most, "%zu", page->limit + 1);
    snprintf(from, sizeof from, "%zu", page->skip);
    return db_run(page->db, page->stmt, rows, err, page->first, most, from);
}

static size_t page_count(const struct db_rows *rows, size_t limit, bool *more)
{
    size_t count = rows_count(rows);

    *more = count > limit;
    return *more ? limit : count;
}

bool incident_list(struct db *db, bool resolved, size_t skip, size_t limit,
                   struct incident_list *out, struct err *err)
{
    struct page page = { db, &stmt_list, resolved ? "true" : "false", skip,
                         limit };
    struct db_rows *rows = NULL;

    *out = (struct incident_list){ 0 };
    if (!count_all(db, out, err) || !page_of(&page, &rows, err))
        return false;
    out->count = page_count(rows, limit, &out->more);
    out->items = xcalloc(out->count + 1, sizeof *out->items);
    for (size_t i = 0; i < out->count; i++)
        incident_from(&out->items[i], rows, i);
    rows_free(rows);
    return true;
}

bool incident_open_counts(struct db *db, int64_t counts[INCIDENT_P3 + 1],
                          struct err *err)
{
    struct db_rows *rows = NULL;

    memset(counts, 0, sizeof *counts * (INCIDENT_P3 + 1));
    if (!db_run(db, &stmt_open, &rows, err, NULL))
        return false;
    for (size_t i = 0; i < rows_count(rows); i++) {
        int64_t severity = rows_int(rows, i, 0);

        if (severity >= INCIDENT_P0 && severity <= INCIDENT_P3)
            counts[severity] = rows_int(rows, i, 1);
    }
    rows_free(rows);
    return true;
}

void incident_list_dispose(struct incident_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        incident_dispose(&list->items[i]);
    free(list->items);
    *list = (struct incident_list){ 0 };
}

static const char *const event_words[] = {
    [INCIDENT_OPENED] = "opened",
    [INCIDENT_UPDATED] = "update",
    [INCIDENT_RESOLVED] = "resolved",
};

const char *incident_event_word(enum incident_event_kind kind)
{
    return event_words[kind];
}

/* What a later version adds reads as an update. */
static enum incident_event_kind kind_from(const char *word)
{
    if (strcmp(word, event_words[INCIDENT_OPENED]) == 0)
        return INCIDENT_OPENED;
    if (strcmp(word, event_words[INCIDENT_RESOLVED]) == 0)
        return INCIDENT_RESOLVED;
    return INCIDENT_UPDATED;
}

void incident_event_from(struct incident_event *out, const struct db_rows *rows,
                         size_t i)
{
    *out = (struct incident_event){
        .id = rows_int(rows, i, 0),
        .kind = kind_from(rows_text(rows, i, 1)),
        .actor = text_at(rows, i, 2),
        .actor_name = text_at(rows, i, 3),
        .text = text_at(rows, i, 4),
        .at = rows_int(rows, i, 5),
    };
}

void incident_event_dispose(struct incident_event *event)
{
    free(event->actor);
    free(event->actor_name);
    free(event->text);
    *event = (struct incident_event){ 0 };
}

bool incident_timeline(struct db *db, int64_t number, size_t skip, size_t limit,
                       struct incident_timeline *out, struct err *err)
{
    struct db_rows *rows = NULL;
    char id[24];

    *out = (struct incident_timeline){ 0 };
    snprintf(id, sizeof id, "%lld", (long long)number);
    if (!page_of(&(struct page){ db, &stmt_timeline, id, skip, limit }, &rows,
                 err))
        return false;
    out->count = page_count(rows, limit, &out->more);
    out->items = xcalloc(out->count + 1, sizeof *out->items);
    for (size_t i = 0; i < out->count; i++)
        incident_event_from(&out->items[i], rows, i);
    rows_free(rows);
    return true;
}

void incident_timeline_dispose(struct incident_timeline *timeline)
{
    for (size_t i = 0; i < timeline->count; i++)
        incident_event_dispose(&timeline->items[i]);
    free(timeline->items);
    *timeline = (struct incident_timeline){ 0 };
}
