/*
 * journal_threads: several threads add to the journal while two drain it and
 * others look how much waits, for the thread sanitizer. Exit status 0: every
 * record came out once, in its writer's order, and nothing was left.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/ops/journal.h"

#define WRITERS 3
#define EACH    150

static struct journal *journal;
static atomic_int failures, writing = WRITERS, drained, refused;
static atomic_bool seen[WRITERS][EACH];
static int last[WRITERS] = { -1, -1, -1 }; /* of the one drain at a time */
static char directory[] = "/tmp/opsbot-journal-XXXXXX";

static void fail(const char *what)
{
    if (atomic_fetch_add(&failures, 1) < 10)
        fprintf(stderr, "journal_threads: %s\n", what);
}

static void *add(void *arg)
{
    int writer = *(const int *)arg;
    struct err err = { 0 };

    for (int i = 0; i < EACH; i++) {
        char *json =
            json_text(member_int("writer", writer), member_int("n", i));

        if (!journal_add(journal, JOURNAL_AUDIT, json, &err))
            fail(err.text);
        free(json);
    }
    atomic_fetch_sub(&writing, 1);
    return NULL;
}

/* Every seventh must wait, once: the drain stops there and is begun again. */
static bool take(void *arg, const char *kind, const char *json, struct err *err)
{
    int *count = arg, writer, n;

    (void)kind;
    if (sscanf(json, "{\"writer\":%d,\"n\":%d}", &writer, &n) != 2 ||
        writer < 0 || writer >= WRITERS || n < 0 || n >= EACH) {
        fail(json);
        return true;
    }
    if (++*count % 7 == 0) {
        atomic_fetch_add(&refused, 1);
        return err_set(err, ERR_DB, "not now");
    }
    if (atomic_exchange(&seen[writer][n], true))
        fail("given twice");
    if (n <= last[writer])
        fail("out of order");
    last[writer] = n;
    return true;
}

static void *drain(void *arg)
{
    struct err err;
    size_t n;
    int count = 0;

    while (atomic_load(&writing) > 0 || journal_waiting(journal, NULL) > 0) {
        if (!journal_drain(journal, take, &count, &n, &err) &&
            err.kind != ERR_DB)
            fail(err.text);
        atomic_fetch_add(&drained, (int)n);
    }
    return arg;
}

static void *look(void *arg)
{
    while (atomic_load(&writing) > 0) {
        int64_t since, now = clock_wall_ms();
        size_t waiting = journal_waiting(journal, &since);

        if (waiting > WRITERS * EACH || (waiting == 0 && since != 0) ||
            since > now + 60000)
            fail("more waits than was added, or since nonsense");
    }
    return arg;
}

static void run(void)
{
    pthread_t writers[WRITERS], drains[2], looker;
    int numbers[WRITERS];

    for (int i = 0; i < 2; i++)
        pthread_create(&drains[i], NULL, drain, NULL);
    pthread_create(&looker, NULL, look, NULL);
    for (int i = 0; i < WRITERS; i++) {
        numbers[i] = i;
        pthread_create(&writers[i], NULL, add, &numbers[i]);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    pthread_join(looker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(drains[i], NULL);
}

int main(void)
{
    struct err err;
    struct stat st;
    char *path, *command;

    if (!mkdtemp(directory) || !(journal = journal_open(directory, &err)))
        return EXIT_FAILURE;
    run();
    if (atomic_load(&drained) != WRITERS * EACH)
        fail("records were lost");
    if (atomic_load(&refused) == 0)
        fail("no drain was interrupted: the test is too weak");
    path = xasprintf("%s/journal", directory);
    if (stat(path, &st) || st.st_size != 0)
        fail("the file was not emptied");
    journal_close(journal);
    command = xasprintf("rm -r %s", directory);
    if (system(command))
        fail("the directory stays");
    free(command);
    free(path);
    return atomic_load(&failures) ? EXIT_FAILURE : EXIT_SUCCESS;
}
