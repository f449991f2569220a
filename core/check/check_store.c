/*
 * check_store: what waits, and how it is written. Looking back is in
 * check_store_read.c.
 */
#include "core/check/check_store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define WRITE_RESULTS 4000 /* of one statement: about a megabyte */
#define WRITE_CHANGES 500
#define ENSURE_MS     3600000
#define DAYS_AHEAD    "2"

struct kept {
    struct kept *next;
    const char *check; /* its id; borrowed */
    struct check_result result;
};

struct list {
    struct kept *first, **end;
    size_t count;
};

/* Ids, each once; borrowed. */
struct ids {
    const char **all;
    size_t count;
};

struct check_store {
    struct check_board *board;
    const char *replica;
    pthread_mutex_t lock; /* of all down to lost */
    struct list results, changes;
    struct ids touched; /* checks whose state is to be written */
    uint64_t lost;
    /* the writer's own */
    int64_t ensured; /* mono ms: when partitions were last looked after */
    int64_t oldest;  /* wall ms: results from then on have one */
};

/* ---- statements ---------------------------------------------------------- */

static const struct db_stmt stmt_partitions = {
    .name = "check_partitions",
    .sql = "select opsbot.check_partitions(to_timestamp($1::bigint / 1000.0),"
           " " DAYS_AHEAD ")",
    .params = 1,
};

/* $1 check $2 mark $3 at $4 ok $5 took $6 text $7 replica. The row is locked
 * and looked at again where two write at once: the second changes nothing. */
static const struct db_stmt stmt_change = {
    .name = "check_change",
    .sql =
        "with old as (select mark from opsbot.check_states"
        "  where check_id = $1::text),"
        " moved as (insert into opsbot.check_states as s (check_id, mark,"
        "  since, last_at, ok, took_us, text, in_row, replica) values"
        "  ($1::text, $2::text, to_timestamp($3::bigint / 1000.0),"
        "  to_timestamp($3::bigint / 1000.0), $4::boolean, $5::bigint,"
        "  $6::text, 1, $7::text) on conflict (check_id) do update"
        "  set mark = excluded.mark, since = excluded.since"
        "  where s.mark <> excluded.mark and s.since < excluded.since"
        "  returning 1)"
        " insert into opsbot.check_changes (check_id, at, from_mark, to_mark,"
        "  text, replica) select $1::text, to_timestamp($3::bigint / 1000.0),"
        "  coalesce((select mark from old), 'unknown'), $2::text, $6::text,"
        "  $7::text from moved on conflict do nothing",
    .params = 7,
};

/* Newest wins. Sorted, so that two writers take the rows in one order. */
static const struct db_stmt stmt_states = {
    .name = "check_states",
    .sql =
        "insert into opsbot.check_states as s (check_id, mark, since, last_ok,"
        " last_at, ok, took_us, text, in_row, replica)"
        " select r.id, r.mark, to_timestamp(r.since / 1000.0),"
        " to_timestamp(r.last_ok / 1000.0), to_timestamp(r.at / 1000.0), r.ok,"
        " r.took, r.text, r.in_row, $2::text from jsonb_to_recordset($1::jsonb)"
        " as r(id text, mark text, since bigint, last_ok bigint, at bigint,"
        " ok boolean, took bigint, text text, in_row integer) order by r.id"
        " on conflict (check_id) do update set"
        " last_ok = greatest(s.last_ok, excluded.last_ok),"
        " last_at = excluded.last_at, ok = excluded.ok,"
        " took_us = excluded.took_us, text = excluded.text,"
        " in_row = excluded.in_row, replica = excluded.replica"
        " where s.last_at <= excluded.last_at",
    .params = 2,
};

static const struct db_stmt stmt_results = {
    .name = "check_results",
    .sql = "insert into opsbot.check_results (check_id, at, ok, took_us, text,"
           " replica) select r.id, to_timestamp(r.at / 1000.0), r.ok, r.took,"
           " r.text, $2::text from jsonb_to_recordset($1::jsonb)"
           " as r(id text, at bigint, ok boolean, took bigint, text text)"
           " on conflict do nothing",
    .params = 2,
};

/* ---- what waits ------------------------------------------------------------ */

static void list_add(struct list *l, struct kept *k)
{
    *l->end = k;
    l->end = &k->next;
    l->count++;
}

/* Up to max from the front. */
static struct list list_take(struct list *l, size_t max)
{
    struct list out = { .end = NULL };

    out.end = &out.first;
    while (l->first && out.count < max) {
        struct kept *k = l->first;

        l->first = k->next;
        l->count--;
        k->next = NULL;
        *out.end = k;
        out.end = &k->next;
        out.count++;
    }
    if (!l->first)
        l->end = &l->first;
    return out;
}

static void list_back(struct list *l, struct list *taken)
{
    if (!taken->first)
        return;
    *taken->end = l->first;
    if (!l->first)
        l->end = taken->end;
    l->first = taken->first;
    l->count += taken->count;
}

static void list_free(struct list *l)
{
    struct kept *next;

    for (struct kept *k = l->first; k; k = next) {
        next = k->next;
        free(k);
    }
}

/* A text may have been cut within a character, and Postgres takes none that
 * is not UTF-8. */
static void repair(char *text)
{
    while (*text) {
        size_t len = text_char(text, strlen(text));

        if (len == 0)
            *text = '?';
        text += len ? len : 1;
    }
}

static struct kept *kept_new(const char *check,
                             const struct check_result *result)
{
    struct kept *k = xcalloc(1, sizeof *k);

    k->check = check;
    k->result = *result;
    repair(k->result.text);
    return k;
}

/* The oldest ones beyond the bound: newer ones are worth more. */
static void trim_results(struct check_store *s)
{
    struct list gone;

    if (s->results.count <= CHECK_RESULTS_WAITING)
        return;
    gone = list_take(&s->results, s->results.count - CHECK_RESULTS_WAITING);
    s->lost += gone.count;
    list_free(&gone);
}

static size_t changes_of(const struct check_store *s, const char *check)
{
    size_t n = 0;

    for (const struct kept *k = s->changes.first; k; k = k->next)
        n += strcmp(k->check, check) == 0;
    return n;
}

/* The two oldest changes of a check: what is left still follows one from the
 * other. */
static void drop_two(struct check_store *s, const char *check)
{
    struct kept **at = &s->changes.first;
    int n = 0;

    while (*at && n < 2) {
        struct kept *k = *at;

        if (strcmp(k->check, check) != 0) {
            at = &k->next;
            continue;
        }
        *at = k->next;
        if (!*at)
            s->changes.end = at;
        free(k);
        s->changes.count--;
        n++;
    }
}

/* By its pointer first: mostly it is the same configuration's. */
static void add_id(struct ids *ids, const char *id)
{
    for (size_t i = 0; i < ids->count; i++)
        if (ids->all[i] == id || strcmp(ids->all[i], id) == 0)
            return;
    ids->all = xrealloc(ids->all, (ids->count + 1) * sizeof *ids->all);
    ids->all[ids->count++] = id;
}

struct check_store *check_store_new(struct check_board *board,
                                    const char *replica)
{
    struct check_store *s = xcalloc(1, sizeof *s);

    s->board = board;
    s->replica = replica;
    s->results.end = &s->results.first;
    s->changes.end = &s->changes.first;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void check_store_free(struct check_store *s)
{
    if (!s)
        return;
    list_free(&s->results);
    list_free(&s->changes);
    pthread_mutex_destroy(&s->lock);
    free(s->touched.all);
    free(s);
}

void check_store_note(struct check_store *s, const char *id,
                      const struct check_result *result, bool changed)
{
    pthread_mutex_lock(&s->lock);
    add_id(&s->touched, id);
    list_add(&s->results, kept_new(id, result));
    trim_results(s);
    if (changed) {
        list_add(&s->changes, kept_new(id, result));
        if (changes_of(s, id) > CHECK_CHANGES_WAITING)
            drop_two(s, id);
    }
    pthread_mutex_unlock(&s->lock);
}

void check_store_waiting(struct check_store *s, struct check_waiting *out)
{
    pthread_mutex_lock(&s->lock);
    *out =
        (struct check_waiting){ s->results.count, s->changes.count, s->lost };
    pthread_mutex_unlock(&s->lock);
}

/* ---- as it is written ------------------------------------------------------ */

static const char *mark_name(bool ok)
{
    return ok ? "passing" : "failing";
}

/* Appends one object to a JSON array that is being made. Takes object. */
static void add_object(struct buf *b, char *object)
{
    buf_char(b, b->len ? ',' : '[');
    buf_str(b, object);
    free(object);
}

static char *array_take(struct buf *b)
{
    buf_str(b, b->len ? "]" : "[]");
    return buf_take(b);
}

static char *results_json(const struct list *l)
{
    struct buf b = { 0 };

    for (const struct kept *k = l->first; k; k = k->next)
        add_object(&b, json_text(member_str("id", k->check),
                                 member_int("at", k->result.at),
                                 member_bool("ok", k->result.ok),
                                 member_int("took", k->result.took_us),
                                 member_str("text", k->result.text)));
    return array_take(&b);
}

static char *state_json(const char *id, const struct check_state *state)
{
    char last_ok[24];

    snprintf(last_ok, sizeof last_ok, "%lld", (long long)state->last_ok);
    return json_text(
        member_str("id", id),
        member_str("mark", mark_name(state->mark == CHECK_PASSING)),
        member_int("since", state->since),
        member_raw("last_ok", state->last_ok ? last_ok : NULL),
        member_int("at", state->last.at), member_bool("ok", state->last.ok),
        member_int("took", state->last.took_us),
        member_str("text", state->last.text),
        member_int("in_row", state->in_row));
}

/* One that was removed meanwhile has none. */
static char *states_json(const struct check_store *s, const struct ids *touched)
{
    struct buf b = { 0 };
    struct check_state state;

    for (size_t i = 0; i < touched->count; i++) {
        check_board_get(s->board, touched->all[i], &state);
        if (state.last.at)
            add_object(&b, state_json(touched->all[i], &state));
    }
    return array_take(&b);
}

/* ---- writing --------------------------------------------------------------- */

/* One lot: what is written together, or waits on together. */
struct lot {
    struct list results, changes;
    struct ids touched;
    char *results_text, *states_text;
    struct db_op *ops;
    char (*numbers)[2][24]; /* at and took of each change */
    size_t n;
};

static void lot_take(struct check_store *s, struct lot *lot)
{
    *lot = (struct lot){ .n = 0 };
    pthread_mutex_lock(&s->lock);
    lot->results = list_take(&s->results, WRITE_RESULTS);
    lot->changes = list_take(&s->changes, WRITE_CHANGES);
    lot->touched = s->touched;
    s->touched = (struct ids){ 0 };
    pthread_mutex_unlock(&s->lock);
}

static void lot_back(struct check_store *s, struct lot *lot)
{
    pthread_mutex_lock(&s->lock);
    list_back(&s->results, &lot->results);
    list_back(&s->changes, &lot->changes);
    for (size_t i = 0; i < lot->touched.count; i++)
        add_id(&s->touched, lot->touched.all[i]);
    trim_results(s);
    pthread_mutex_unlock(&s->lock);
    lot->results.first = lot->changes.first = NULL;
}

static void lot_dispose(struct lot *lot)
{
    list_free(&lot->results);
    list_free(&lot->changes);
    free(lot->touched.all);
    free(lot->results_text);
    free(lot->states_text);
    free(lot->numbers);
    free(lot->ops);
}

static void change_op(const struct check_store *s, struct lot *lot,
                      const struct kept *k)
{
    char(*numbers)[24] = lot->numbers[lot->n];

    snprintf(numbers[0], sizeof numbers[0], "%lld", (long long)k->result.at);
    snprintf(numbers[1], sizeof numbers[1], "%lld",
             (long long)k->result.took_us);
    lot->ops[lot->n++] = (struct db_op){
        .stmt = &stmt_change,
        .values = { k->check, mark_name(k->result.ok), numbers[0],
                    k->result.ok ? "true" : "false", numbers[1], k->result.text,
                    s->replica },
    };
}

/* Changes first, in their order; then how it stands by now. */
static void lot_ops(const struct check_store *s, struct lot *lot)
{
    lot->ops = xcalloc(lot->changes.count + 2, sizeof *lot->ops);
    lot->numbers = xcalloc(lot->changes.count + 1, sizeof *lot->numbers);
    for (const struct kept *k = lot->changes.first; k; k = k->next)
        change_op(s, lot, k);
    lot->states_text = states_json(s, &lot->touched);
    lot->results_text = results_json(&lot->results);
    lot->ops[lot->n++] =
        (struct db_op){ .stmt = &stmt_states,
                        .values = { lot->states_text, s->replica } };
    lot->ops[lot->n++] =
        (struct db_op){ .stmt = &stmt_results,
                        .values = { lot->results_text, s->replica } };
}

/* A day for each result: now and then, and for those that waited long. */
static bool ensure(struct check_store *s, struct db *db, const struct lot *lot,
                   struct err *err)
{
    int64_t oldest =
        lot->results.first ? lot->results.first->result.at : clock_wall_ms();
    char text[24];

    if (s->ensured && clock_mono_ms() - s->ensured < ENSURE_MS &&
        oldest >= s->oldest)
        return true;
    snprintf(text, sizeof text, "%lld", (long long)oldest);
    if (!db_run(db, &stmt_partitions, NULL, err, text))
        return false;
    s->ensured = clock_mono_ms();
    s->oldest = oldest;
    return true;
}

static bool lot_write(struct check_store *s, struct db *db, struct lot *lot,
                      struct err *err)
{
    if (!ensure(s, db, lot, err))
        return false;
    lot_ops(s, lot);
    if (!db_batch(db, lot->ops, lot->n, err))
        return false;
    for (size_t i = 0; i < lot->n; i++)
        if (!lot->ops[i].ok)
            log_error("checks", NULL, "Postgres refuses %s: %s",
                      lot->ops[i].stmt->name, lot->ops[i].err.text);
    return true;
}

static void look_for_more(struct check_store *s, bool *left)
{
    pthread_mutex_lock(&s->lock);
    *left = s->results.count >= WRITE_RESULTS || s->changes.count > 0;
    pthread_mutex_unlock(&s->lock);
}

bool check_store_write(struct check_store *s, struct db *db, bool *left,
                       struct err *err)
{
    struct lot lot;
    bool ok = true;

    *left = false;
    lot_take(s, &lot);
    if (lot.results.first || lot.changes.first)
        ok = lot_write(s, db, &lot, err);
    if (ok)
        look_for_more(s, left);
    else
        lot_back(s, &lot);
    lot_dispose(&lot);
    return ok;
}
