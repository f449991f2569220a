/* page: the rows. See page.h. */
#include "core/alert/page.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text.h"

static const struct db_stmt stmt_put = {
    .name = "page_put",
    .sql = "insert into opsbot.pages (key, target, \"group\", subject, body,"
           " give_up_at) values ($1::text, $2::text, $3::bigint, $4::text,"
           " $5::text, now() + $6::bigint * interval '1 ms')"
           " on conflict (key) do nothing",
    .params = 6,
};

/* Whoever held it and did not say what came of it may have sent it. */
static const struct db_stmt stmt_claim = {
    .name = "page_claim",
    .sql =
        "with due as (select p.id, p.target, row_number() over"
        "   (partition by p.target order by p.due_at, p.id) +"
        "   (select count(*) from opsbot.pages b where b.target = p.target"
        "    and b.state = 'waiting' and b.lease_until > now()) as place"
        "  from opsbot.pages p where p.state = 'waiting' and p.due_at <= now()"
        "  and (p.lease_until is null or p.lease_until <= now())),"
        " next as (select p.id from opsbot.pages p join due on due.id = p.id"
        "  where due.place <= $4::bigint and p.state = 'waiting'"
        "  and (p.lease_until is null or p.lease_until <= now())"
        "  order by p.due_at, p.id limit $2::bigint"
        "  for update of p skip locked)"
        " update opsbot.pages p set owner = $1::text,"
        "  attempts = p.attempts + 1,"
        "  unclear = p.unclear or p.lease_until is not null,"
        "  lease_until = now() + $3::bigint * interval '1 ms'"
        " from next where p.id = next.id"
        " returning p.id, p.\"group\","
        "  coalesce(nullif(p.sent_as, ''), p.key), p.target, p.subject, p.body,"
        "  p.attempts, p.unclear,"
        "  (extract(epoch from now() - p.created_at) * 1000)::bigint",
    .params = 4,
};

static const struct db_stmt stmt_sent = {
    .name = "page_sent",
    .sql = "update opsbot.pages set state = 'sent', sent_at = now(),"
           " error = '', lease_until = null where id = $1::bigint"
           " and state = 'waiting' and attempts = $2::integer",
    .params = 2,
};

static const struct db_stmt stmt_retry = {
    .name = "page_retry",
    .sql = "update opsbot.pages set error = $3::text, lease_until = null,"
           " due_at = now() + $4::bigint * interval '1 ms',"
           " unclear = unclear or $5::boolean,"
           " state = case when now() + $4::bigint * interval '1 ms'"
           "  > give_up_at then 'failed' else state end,"
           " failed_at = case when now() + $4::bigint * interval '1 ms'"
           "  > give_up_at then clock_timestamp() end"
           " where id = $1::bigint and state = 'waiting'"
           " and attempts = $2::integer",
    .params = 5,
};

static const struct db_stmt stmt_failed = {
    .name = "page_failed",
    .sql = "update opsbot.pages set state = 'failed', error = $3::text,"
           " failed_at = clock_timestamp(), lease_until = null where id = "
           "$1::bigint"
           " and state = 'waiting' and attempts = $2::integer",
    .params = 3,
};

static const struct db_stmt stmt_release = {
    .name = "page_release",
    .sql = "update opsbot.pages set lease_until = now() where id in (select id"
           " from opsbot.pages where state = 'waiting' and owner = $1::text"
           " and lease_until > now() order by id for update)",
    .params = 1,
};

static const struct db_stmt stmt_state = {
    .name = "page_state",
    .sql = "select count(*), greatest(0, coalesce((extract(epoch from"
           "  clock_timestamp() - min(created_at)) * 1000)::bigint, 0)),"
           " (select count(*) from opsbot.pages where state = 'failed'"
           "  and created_at > now() - interval '1 day')"
           " from opsbot.pages where state = 'waiting'",
};

/* Not those of what is over, nor of a place that has taken one since. */
static const struct db_stmt stmt_lost = {
    .name = "pages_lost",
    .sql = "select p.target, count(*), (extract(epoch from min(p.failed_at))"
           "  * 1000)::bigint, (array_agg(p.error order by p.id desc))[1],"
           "  (array_agg(p.\"group\" order by p.id desc))[1]"
           " from opsbot.pages p where p.state = 'failed'"
           " and p.failed_at > now() - interval '1 day'"
           " and not exists (select from opsbot.pages s where s.target ="
           "  p.target and s.state = 'sent' and s.sent_at > p.failed_at)"
           " and not exists (select from opsbot.alert_groups g where g.id ="
           "  p.\"group\" and g.resolved_at is not null)"
           " group by p.target order by p.target limit $1::bigint",
    .params = 1,
};

bool page_put(struct db *db, const struct page_new *page, struct err *err)
{
    char group[TEXT_NUMBER], wait[TEXT_NUMBER];

    return db_run(db, &stmt_put, NULL, err, page->key, page->target,
                  text_number(group, page->group),
                  page->subject ? page->subject : "", page->body,
                  text_number(wait, page->give_up_ms));
}

static void row_from(struct page_row *row, const struct db_rows *rows, size_t i)
{
    *row = (struct page_row){
        .id = rows_int(rows, i, 0),
        .group = rows_int(rows, i, 1),
        .key = xstrdup(rows_text(rows, i, 2)),
        .target = xstrdup(rows_text(rows, i, 3)),
        .subject = xstrdup(rows_text(rows, i, 4)),
        .body = xstrdup(rows_text(rows, i, 5)),
        .attempts = (int)rows_int(rows, i, 6),
        .unclear = rows_text(rows, i, 7)[0] == 't',
        .age_ms = rows_int(rows, i, 8),
    };
}

void page_row_dispose(struct page_row *row)
{
    free(row->key);
    free(row->target);
    free(row->subject);
    free(row->body);
    *row = (struct page_row){ 0 };
}

bool page_claim(struct db *db, const char *replica, size_t max,
                int64_t lease_ms, struct page_row *rows, size_t *count,
                struct err *err)
{
    char most[TEXT_NUMBER], lease[TEXT_NUMBER], each[TEXT_NUMBER];
    struct db_rows *found = NULL;

    *count = 0;
    if (!db_run(db, &stmt_claim, &found, err, replica,
                text_number(most, (int64_t)max), text_number(lease, lease_ms),
                text_number(each, PAGE_EACH)))
        return false;
    for (; *count < rows_count(found) && *count < max; (*count)++)
        row_from(&rows[*count], found, *count);
    rows_free(found);
    return true;
}

bool page_sent(struct db *db, const struct page_row *row, struct err *err)
{
    char id[TEXT_NUMBER], attempt[TEXT_NUMBER];

    return db_run(db, &stmt_sent, NULL, err, text_number(id, row->id),
                  text_number(attempt, row->attempts));
}

bool page_retry(struct db *db, const struct page_row *row, const char *why,
                int64_t delay_ms, bool unclear, struct err *err)
{
    char id[TEXT_NUMBER], attempt[TEXT_NUMBER], delay[TEXT_NUMBER];

    return db_run(db, &stmt_retry, NULL, err, text_number(id, row->id),
                  text_number(attempt, row->attempts), why,
                  text_number(delay, delay_ms), unclear ? "t" : "f");
}

bool page_failed(struct db *db, const struct page_row *row, const char *why,
                 struct err *err)
{
    char id[TEXT_NUMBER], attempt[TEXT_NUMBER];

    return db_run(db, &stmt_failed, NULL, err, text_number(id, row->id),
                  text_number(attempt, row->attempts), why);
}

bool page_release(struct db *db, const char *replica, struct err *err)
{
    return db_run(db, &stmt_release, NULL, err, replica);
}

bool page_state(struct db *db, struct page_state *out, struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_state, &rows, err, NULL))
        return false;
    *out = (struct page_state){ .waiting = rows_int(rows, 0, 0),
                                .oldest_ms = rows_int(rows, 0, 1),
                                .failed = rows_int(rows, 0, 2) };
    rows_free(rows);
    return true;
}

bool pages_lost(struct db *db, struct page_lost lost[PAGES_LOST], size_t *count,
                struct err *err)
{
    struct db_rows *rows = NULL;
    char most[TEXT_NUMBER];

    *count = 0;
    if (!db_run(db, &stmt_lost, &rows, err, text_number(most, PAGES_LOST)))
        return false;
    for (; *count < rows_count(rows) && *count < PAGES_LOST; (*count)++)
        lost[*count] = (struct page_lost){
            .target = xstrdup(rows_text(rows, *count, 0)),
            .count = rows_int(rows, *count, 1),
            .since = rows_int(rows, *count, 2),
            .why = xstrdup(rows_text(rows, *count, 3)),
            .group = rows_int(rows, *count, 4),
        };
    rows_free(rows);
    return true;
}

void pages_lost_dispose(struct page_lost *lost, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(lost[i].target);
        free(lost[i].why);
    }
}
