/*
 * board: see board.h. One mutex over all states; nobody holds it for longer
 * than it takes to copy one.
 */
#include "core/check/board.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/mem.h"

struct check_board {
    const struct config *config;
    pthread_mutex_t lock;
    struct check_state states[];
};

struct check_board *check_board_new(const struct config *cfg)
{
    struct check_board *b =
        xcalloc(1, sizeof *b + cfg->checks_count * sizeof *b->states);

    b->config = cfg;
    pthread_mutex_init(&b->lock, NULL);
    return b;
}

void check_board_free(struct check_board *b)
{
    if (!b)
        return;
    pthread_mutex_destroy(&b->lock);
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

bool check_board_note(struct check_board *b, unsigned i,
                      const struct check_result *result,
                      struct check_state *state)
{
    struct check_state *s = &b->states[i];
    bool changed = false;

    pthread_mutex_lock(&b->lock);
    if (result->at > s->last.at)
        changed = take(s, &b->config->checks[i], result);
    if (state)
        *state = *s;
    pthread_mutex_unlock(&b->lock);
    return changed;
}

void check_board_restore(struct check_board *b, unsigned i,
                         const struct check_state *state)
{
    struct check_state *s = &b->states[i];

    pthread_mutex_lock(&b->lock);
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
    pthread_mutex_unlock(&b->lock);
}

void check_board_get(struct check_board *b, unsigned i, struct check_state *out)
{
    pthread_mutex_lock(&b->lock);
    *out = b->states[i];
    pthread_mutex_unlock(&b->lock);
}

unsigned check_board_failing(struct check_board *b,
                             enum check_severity severity)
{
    unsigned n = 0;

    pthread_mutex_lock(&b->lock);
    for (unsigned i = 0; i < b->config->checks_count; i++)
        n += b->config->checks[i].severity == severity &&
             b->states[i].mark == CHECK_FAILING;
    pthread_mutex_unlock(&b->lock);
    return n;
}
