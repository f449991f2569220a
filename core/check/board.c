/*
 * board: see board.h. One mutex over all states; nobody holds it for longer
 * than it takes to copy one.
 */
#include "core/check/board.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* One check. */
struct row {
    const struct config_check *spec;
    struct check_state state;
};

struct check_board {
    pthread_mutex_t lock;
    struct row *rows; /* sorted by id */
    size_t count;
};

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->spec->id,
                  ((const struct row *)b)->spec->id);
}

static int is_id(const void *id, const void *row)
{
    return strcmp(id, ((const struct row *)row)->spec->id);
}

/* Under the lock. NULL: there is none. */
static struct row *find(const struct check_board *b, const char *id)
{
    return b->count ? bsearch(id, b->rows, b->count, sizeof *b->rows, is_id)
                    : NULL;
}

void check_board_adopt(struct check_board *b, const struct config *cfg)
{
    struct row *rows = xcalloc(cfg->checks_count + 1, sizeof *rows);

    pthread_mutex_lock(&b->lock);
    for (unsigned i = 0; i < cfg->checks_count; i++) {
        const struct row *old = find(b, cfg->checks[i].id);

        rows[i].spec = &cfg->checks[i];
        if (old)
            rows[i].state = old->state;
    }
    qsort(rows, cfg->checks_count, sizeof *rows, by_id);
    free(b->rows);
    b->rows = rows;
    b->count = cfg->checks_count;
    pthread_mutex_unlock(&b->lock);
}

struct check_board *check_board_new(const struct config *cfg)
{
    struct check_board *b = xcalloc(1, sizeof *b);

    pthread_mutex_init(&b->lock, NULL);
    check_board_adopt(b, cfg);
    return b;
}

void check_board_free(struct check_board *b)
{
    if (!b)
        return;
    pthread_mutex_destroy(&b->lock);
    free(b->rows);
    free(b);
}

/* How many results in a row it takes to leave the mark it has. */
static unsigned patience(const struct config_check *spec, bool ok)
{
    unsigned n = ok ? spec->pass_after : spec->fail_after;

    return n ? n : 1;
}

static enum check_mark mark_of(bool ok)
{
    return ok ? CHECK_PASSING : CHECK_FAILING;
}

/* True when the mark has changed. */
static bool take(struct check_state *s, const struct config_check *spec,
                 const struct check_result *result)
{
    bool alike = s->last.at && s->last.ok == result->ok;

    s->in_row = alike ? s->in_row + 1 : 1;
    s->last = *result;
    if (result->ok)
        s->last_ok = result->at;
    if (s->mark == mark_of(result->ok) ||
        (s->mark != CHECK_UNKNOWN && s->in_row < patience(spec, result->ok)))
        return false;
    s->mark = mark_of(result->ok);
    s->since = result->at;
    return true;
}

bool check_board_note(struct check_board *b, const char *id,
                      const struct check_result *result,
                      struct check_state *state)
{
    bool changed = false;
    struct row *row;

    pthread_mutex_lock(&b->lock);
    row = find(b, id);
    if (row && result->at > row->state.last.at)
        changed = take(&row->state, row->spec, result);
    if (state)
        *state = row ? row->state : (struct check_state){ 0 };
    pthread_mutex_unlock(&b->lock);
    return changed;
}

static void restore(struct check_state *s, const struct check_state *state)
{
    if (state->mark == s->mark || state->since > s->since) {
        s->mark = state->mark;
        s->since = state->since;
    }
    if (state->last.at > s->last.at) {
        s->last = state->last;
        s->in_row = state->in_row;
    }
    if (state->last_ok > s->last_ok)
        s->last_ok = state->last_ok;
}

void check_board_restore(struct check_board *b, const char *id,
                         const struct check_state *state)
{
    struct row *row;

    pthread_mutex_lock(&b->lock);
    row = find(b, id);
    if (row)
        restore(&row->state, state);
    pthread_mutex_unlock(&b->lock);
}

void check_board_get(struct check_board *b, const char *id,
                     struct check_state *out)
{
    const struct row *row;

    pthread_mutex_lock(&b->lock);
    row = find(b, id);
    *out = row ? row->state : (struct check_state){ 0 };
    pthread_mutex_unlock(&b->lock);
}

unsigned check_board_failing(struct check_board *b,
                             enum check_severity severity)
{
    unsigned n = 0;

    pthread_mutex_lock(&b->lock);
    for (size_t i = 0; i < b->count; i++)
        n += b->rows[i].spec->severity == severity &&
             b->rows[i].state.mark == CHECK_FAILING;
    pthread_mutex_unlock(&b->lock);
    return n;
}
