/*
 * follow: waits for the end of a job that was begun, and says how far it is.
 * It is only looked at: stopping to look stops nothing.
 */
#include "bot/opsctl/talk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bot/opsctl/table.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define PAGES      5 /* of the list that are looked through for it */
#define FIRST_MS   250
#define LONGEST_MS 2000
#define PATIENCE   5 /* failures in a row before it is given up */
#define BAR        24

/* ---- interrupted ---------------------------------------------------------------- */

static void on_interrupt(int sig)
{
    static const char text[] =
        "\nopsctl: no longer watching; the job goes on. `opsctl jobs` shows "
        "it, `opsctl cancel` stops it.\n";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);

    (void)ignored;
    _exit(128 + sig);
}

/* ---- the job among the jobs --------------------------------------------------------- */

/* Of one the other is the shown head. */
static bool same_op(const char *a, const char *b)
{
    size_t n = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

    return n > 0 && strncmp(a, b, n) == 0;
}

static const json_t *find_row(const struct answer *a, const char *op)
{
    const json_t *rows = part_list(a->card, "rows"), *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        const json_t *cells = json_object_get(row, "cells");

        if (same_op(part_text(cells, "op"), op))
            return cells;
    }
    return NULL;
}

/* The cells of its row, new reference; *cells NULL: there is no such job.
 * False: *status says how it ends. */
static bool look(struct talk *t, const char *op, json_t **cells,
                 enum status *status, struct err *err)
{
    bool more = true;

    *cells = NULL;
    for (int page = 1; page <= PAGES && more && !*cells; page++) {
        char *line = xasprintf("jobs --page %d", page);
        struct answer a = { 0 };
        bool ok = client_ask(t->client, line, NULL, &a, err);

        free(line);
        *status = STATUS_UNAVAILABLE;
        if (ok && !a.ok) {
            *status = answer_status(&a);
            ok = err_set(err, ERR_SYSTEM, "%s", a.why);
        }
        more = ok && json_array_size(part_list(a.card, "rows")) > 0;
        if (ok)
            *cells = json_incref((json_t *)(uintptr_t)find_row(&a, op));
        answer_dispose(&a);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- how far ---------------------------------------------------------------------------- */

static long number(const json_t *cells, const char *name)
{
    return strtol(part_text(cells, name), NULL, 10);
}

static void progress(const struct talk *t, const json_t *cells)
{
    long total = number(cells, "total");
    long done = number(cells, "moved") + number(cells, "gone") +
                number(cells, "refused");
    long full = total > 0 ? done * BAR / total : BAR;
    char *state = text_plain(part_text(cells, "state"));
    char bar[BAR + 1];

    memset(bar, '-', BAR);
    memset(bar, '#', (size_t)(full < 0 ? 0 : full > BAR ? BAR : full));
    bar[BAR] = '\0';
    if (t->moving)
        fprintf(stderr, "\r[%s] %ld of %ld, %s\x1b[K", bar, done, total, state);
    else
        fprintf(stderr, "opsctl: %ld of %ld, %s\n", done, total, state);
    fflush(stderr);
    free(state);
}

static bool is_over(const json_t *cells)
{
    const char *state = part_text(cells, "state");

    return strcmp(state, "running") != 0 && strcmp(state, "cancelling") != 0;
}

/* Entries that are no longer there need nobody; those that Redis refused do. */
static enum status status_of(const json_t *cells)
{
    return strcmp(part_text(cells, "state"), "done") == 0 &&
                   number(cells, "refused") == 0
               ? STATUS_DONE
               : STATUS_NOT_DONE;
}

static void show_end(struct talk *t, const char *op, json_t *cells)
{
    json_t *card = json_pack("{s:s, s:s, s:[{s:s, s:O}]}", "title", "Job over",
                             "tone", status_of(cells) ? "bad" : "ok", "rows",
                             "text", part_text(cells, "state"), "cells", cells);
    json_t *json =
        json_pack("{s:b, s:s, s:s, s:o}", "ok", 1, "op", op, "outcome",
                  part_text(cells, "state"), "card", card);
    struct answer a = { .ok = true, .json = json, .card = card };

    talk_show(t, &a);
    answer_dispose(&a);
}

/* ---- until its end ------------------------------------------------------------------------ */

/* New reference to how it ended; NULL: *status says why not. */
static json_t *wait_end(struct talk *t, const char *op, enum status *status)
{
    json_t *cells = NULL, *before = NULL;
    struct err err = { 0 };
    long wait = FIRST_MS;

    for (int failures = 0; failures < PATIENCE; clock_rest(wait)) {
        bool ok = look(t, op, &cells, status, &err);

        failures = ok ? 0 : failures + 1;
        if (!ok && *status == STATUS_DENIED)
            break;
        if (cells && !json_equal(cells, before))
            progress(t, cells);
        if (ok && (!cells || is_over(cells))) {
            *status = STATUS_DONE;
            json_decref(before);
            return cells;
        }
        json_decref(before);
        before = cells;
        wait = wait * 2 < LONGEST_MS ? wait * 2 : LONGEST_MS;
    }
    json_decref(before);
    fprintf(stderr,
            "%sopsctl: the job goes on, but how far it is cannot be seen: %s\n",
            t->moving ? "\n" : "", err.text);
    return NULL;
}

enum status follow_job(struct talk *t, const char *op)
{
    enum status status;
    json_t *cells;

    signal(SIGINT, on_interrupt);
    cells = wait_end(t, op, &status);
    signal(SIGINT, SIG_DFL);
    if (!cells)
        return status;
    if (t->moving)
        fputc('\n', stderr);
    status = status_of(cells);
    show_end(t, op, cells);
    json_decref(cells);
    return status;
}
