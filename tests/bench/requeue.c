#include "tests/bench/requeue.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/bench/bare.h"
#include "tests/bench/letters.h"
#include "tests/bench/load.h"

#define ROUNDS   3
#define COUNT    100000
#define RECORDED 2000 /* for the node script that writes rows: it is slow */

#define LIMIT_MS     600000 /* for one turn */
#define ASK_EVERY_MS 50     /* whether the job is over */

/* What the bot has to reach, in entries a second, beside the others. */
#define TIMES_ROWS 15.0
#define TIMES_BARE 0.5

static const char yaml[] = "roles:\n"
                           "  - name: operator\n"
                           "    users: [U0ANN]\n"
                           "    rights: ['*']\n";

/* ---- as people write it -------------------------------------------------- */

/* database: where it records what it does; "": nowhere. */
static double node_run(struct harness *h, const char *database)
{
    char *tools = xasprintf("%s/build/tools/bolt", harness_root());
    char *line =
        xasprintf("'%s/node_modules/.bin/node' '%s/requeue.mjs' '%s' "
                  "%s %s %s%s%s",
                  tools, tools, h->redis_url, LETTERS_DLQ, LETTERS_STREAM,
                  *database ? "'" : "", database, *database ? "'" : "");
    FILE *f = popen(line, "r");
    json_t *said = f ? json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
    double ms = json_number_value(json_object_get(said, "ms"));

    if (!f || pclose(f) || ms <= 0)
        harness_fail("node: %s fails", line);
    json_decref(said);
    free(line);
    free(tools);
    return ms;
}

static double node_requeue(struct harness *h)
{
    return node_run(h, "");
}

static double node_recorded(struct harness *h)
{
    return node_run(h, h->database_url);
}

/* ---- the bot ------------------------------------------------------------- */

/* The label of the button that begins so, or NULL. Depth first. */
static const char *label_of(const json_t *part, const char *begins)
{
    const char *text = json_string_value(
        json_object_get(json_object_get(part, "text"), "text"));
    const char *type = json_string_value(json_object_get(part, "type"));
    const char *key, *found = NULL;
    json_t *child;
    size_t i;

    if (type && !strcmp(type, "button"))
        return text && !strncmp(text, begins, strlen(begins)) ? text : NULL;
    json_array_foreach(part, i, child)
    {
        if ((found = label_of(child, begins)))
            return found;
    }
    json_object_foreach((json_t *)part, key, child)
    {
        if ((found = label_of(child, begins)))
            return found;
    }
    return NULL;
}

/* One connection and few questions: on a small machine who asks is felt. */
static void wait_for_job(struct harness *h)
{
    PGconn *db = PQconnectdb(h->database_url);
    int64_t until = clock_mono_ms() + LIMIT_MS;
    bool over = false;

    while (!over) {
        PGresult *r = PQexec(db, "select 1 from opsbot.jobs"
                                 " where state in ('running', 'cancelling')");

        if (PQresultStatus(r) != PGRES_TUPLES_OK)
            harness_fail("Postgres: %s", PQerrorMessage(db));
        over = PQntuples(r) == 0;
        PQclear(r);
        if (clock_mono_ms() > until)
            harness_fail("bot: the job does not end");
        harness_sleep(over ? 0 : ASK_EVERY_MS);
    }
    PQfinish(db);
}

/* Its row: when it was over, by the clock on the wall that we share. */
static int64_t finished_at(struct harness *h)
{
    char *row = sql(h, "select state, moved, (extract(epoch from finished_at)"
                       " * 1000)::bigint from opsbot.jobs"
                       " order by created_at desc limit 1");
    char state[16] = "";
    int64_t moved = 0, at = 0;

    if (sscanf(row, "%15[a-z]|%" SCNd64 "|%" SCNd64, state, &moved, &at) != 3 ||
        strcmp(state, "done") != 0 || moved != COUNT)
        harness_fail("bot: the job ended as %s", row);
    free(row);
    return at;
}

/* From the press of the button to the end of the job. */
static double bot_requeue(struct harness *h)
{
    json_t *asked = say(h, "U0ANN", "C0OPS",
                        "dlq requeue " LETTERS_STREAM " --all --rate max");
    const char *label = label_of(asked, "Requeue");
    int64_t begun = clock_wall_ms();

    if (!label)
        harness_fail("bot: there is no button to confirm with: %s",
                     reply_shown(asked));
    json_decref(press(h, "U0ANN", "C0OPS", asked, label));
    wait_for_job(h);
    json_decref(asked);
    return (double)(finished_at(h) - begun);
}

/* ---- all of them --------------------------------------------------------- */

struct way {
    const char *name;
    int count; /* entries of a turn */
    double (*requeue)(struct harness *h);
    double per_second[ROUNDS];
};

static void one(struct harness *h, struct way *way, int round)
{
    double ms;

    letters_fill(h, way->count);
    ms = way->requeue(h);
    letters_check(h, way->count, way->name);
    way->per_second[round] = way->count * 1000.0 / ms;
    printf("  %-36s %8.0f entries/s   %6.2f s\n", way->name,
           way->per_second[round], ms / 1000);
    fflush(stdout);
}

/* wanted 0: it is only told. */
static bool ratio(const char *beside, double times, double wanted)
{
    printf("the bot is %.2f x %s", times, beside);
    if (wanted > 0)
        printf(" (at least %g: %s)", wanted, times >= wanted ? "yes" : "NO");
    putchar('\n');
    return times >= wanted;
}

bool requeue_bench(void)
{
    enum { NODE, ROWS, BARE, BOT, WAYS };
    struct way ways[WAYS] = {
        [NODE] = { "node, stream only", COUNT, node_requeue, { 0 } },
        [ROWS] = { "node, with intent and outcome rows",
                   RECORDED,
                   node_recorded,
                   { 0 } },
        [BARE] = { "bare script", COUNT, bare_requeue, { 0 } },
        [BOT] = { "bot", COUNT, bot_requeue, { 0 } },
    };
    struct harness *h = harness_start(
        &(struct harness_options){ .durable = true, .yaml = yaml });
    double median[WAYS];
    bool good;

    printf("dead letters sent back (%d, with rows %d):\n", COUNT, RECORDED);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < WAYS; i++)
            one(h, &ways[i], round);
    harness_stop(h);
    puts("median:");
    for (size_t i = 0; i < WAYS; i++) {
        median[i] = load_median(ways[i].per_second, ROUNDS);
        printf("  %-36s %8.0f entries/s\n", ways[i].name, median[i]);
    }
    (void)ratio(ways[NODE].name, median[BOT] / median[NODE], 0);
    good = ratio(ways[ROWS].name, median[BOT] / median[ROWS], TIMES_ROWS);
    return ratio("the bare script", median[BOT] / median[BARE], TIMES_BARE) &&
           good;
}
