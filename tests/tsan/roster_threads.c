/*
 * roster_threads: rights are looked up while groups change, for the thread
 * sanitizer. Exit status 0: a look-up never saw half of a change, and what
 * was written to the file could be read.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/roster.h"

#define GROUPS  6
#define READERS 3
#define ROUNDS  6000

static struct roster *roster;
static const char *const groups[GROUPS] = { "S0A", "S0B", "S0C",
                                            "S0D", "S0E", "S0F" };
/* Even rounds have the first, odd ones the second; never both, nor none. */
static const char *const users[2] = { "U0ANN", "U0BOB" };
static atomic_int failures;
static atomic_bool over;
static char directory[] = "/tmp/opsbot-roster-XXXXXX";

static void fail(const char *what)
{
    if (atomic_fetch_add(&failures, 1) < 10)
        fprintf(stderr, "roster_threads: %s\n", what);
}

static void *change(void *arg)
{
    for (int i = 1; i <= ROUNDS; i++) {
        const char *group = groups[i % GROUPS];
        char handle[16];

        snprintf(handle, sizeof handle, "team-%d", i);
        roster_set(roster, group, &users[i / GROUPS % 2], 1, i);
        roster_name(roster, group, handle);
        roster_unknown(roster, group, i % 3 == 0);
        roster_failing(roster, i % 2 ? i : 0);
    }
    return arg;
}

/* What a group had at one moment may be gone at the next, but never both. */
static void look(const char *group)
{
    int64_t before, between, after;
    bool ann = roster_has(roster, group, users[0], &before);
    bool bob = roster_has(roster, group, users[1], &between);

    roster_has(roster, group, users[0], &after);
    if (before == after && before > 0 && ann == bob)
        fail(ann ? "both are in it" : "nobody is in it");
}

static void *read_all(void *arg)
{
    char handle[ROSTER_HANDLE];

    while (!atomic_load(&over))
        for (int i = 0; i < GROUPS; i++) {
            look(groups[i]);
            roster_handle(roster, groups[i], handle);
            if (handle[0] && strncmp(handle, "team-", 5) != 0)
                fail("half a handle");
            roster_is_unknown(roster, groups[i]);
            roster_failing_since(roster);
        }
    return arg;
}

static void *save(void *arg)
{
    char *path = xasprintf("%s/groups.json", directory);
    struct roster *copy;
    struct err err = { 0 };

    while (!atomic_load(&over)) {
        copy = roster_new();
        if (!roster_write(roster, path, &err) ||
            !roster_read(copy, path, &err) || !roster_read(roster, path, &err))
            fail(err.text);
        roster_free(copy);
    }
    unlink(path);
    free(path);
    return arg;
}

int main(void)
{
    pthread_t changer, saver, readers[READERS];

    if (!mkdtemp(directory))
        return EXIT_FAILURE;
    roster = roster_new();
    pthread_create(&saver, NULL, save, NULL);
    for (int i = 0; i < READERS; i++)
        pthread_create(&readers[i], NULL, read_all, NULL);
    pthread_create(&changer, NULL, change, NULL);
    pthread_join(changer, NULL);
    atomic_store(&over, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    pthread_join(saver, NULL);
    look(groups[0]);
    roster_free(roster);
    rmdir(directory);
    return atomic_load(&failures) ? EXIT_FAILURE : EXIT_SUCCESS;
}
