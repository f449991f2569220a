/*
 * A silence that is made, or ended, while a batch of news is on its way: it
 * holds for that batch or for the next one, and never for neither.
 *
 * The batch stops in the middle of its transaction, where it asks what the
 * thread of a card says: it has read which silences hold by then.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "core/alert/mute.h"
#include "core/base/mem.h"
#include "tests/core/alert/fired.h"

TestSuite(silence_barrier, .init = fired_start, .fini = fired_stop,
          .timeout = 120);

static sem_t looked, go;
static struct silence_done done;

static char *line(struct db *db, const struct config *cfg,
                  const struct alert_group *g, const struct step_line *l,
                  const struct route *route)
{
    (void)db;
    (void)cfg;
    (void)g;
    (void)l;
    (void)route;
    sem_post(&looked);
    sem_wait(&go);
    return xstrdup("{}");
}

/* One that speaks, of another service, and the one that it is about. */
static void *batch(void *db)
{
    const struct fired list[] = {
        { .print = "loud", .service = "db", .label = "paged" },
        { .print = "pay", .service = "pay" },
    };
    struct alert_event *events = fired_events(list, 2);
    struct alert_world world = fired_world(db);
    struct taken taken;
    struct err err;

    world.line = line;
    cr_assert(alerts_take(&world, events, 2, false, &taken, &err), "%s",
              err.text);
    events_free(events, 2);
    return NULL;
}

static void make(struct db *db)
{
    static const char *const matchers[] = { "service=pay" };
    struct alert_world world = fired_world(db);
    struct act act = act_of("make", "silence");
    struct silence_new want = { .matchers = matchers,
                                .matchers_count = 1,
                                .until = fired_now + HOUR,
                                .reason = "maintenance" };
    struct err err;

    silence_done_dispose(&done);
    cr_assert(silence_add(&world, &act, &want, &done, &err), "%s", err.text);
}

static void *make_on(void *db)
{
    make(db);
    return NULL;
}

static void *end_on(void *db)
{
    struct alert_world world = fired_world(db);
    struct act act = act_of("end", "silence end");
    struct err err;

    silence_done_dispose(&done);
    cr_assert(silence_end(&world, &act, 1, &done, &err), "%s", err.text);
    while (!mute_due(&world, &err))
        harness_sleep(20);
    return NULL;
}

/* Somebody waits until the batch is in. */
static bool waits(void)
{
    return fired_number("select count(*) from pg_locks where locktype ="
                        " 'advisory' and not granted") > 0;
}

/* The batch stops, the other one comes and waits, the batch goes on. */
static void meet(void *(*other)(void *))
{
    struct db *dbs[2] = { stores_db(&w.s), stores_db(&w.s) };
    pthread_t threads[2];

    sem_init(&looked, 0, 0);
    sem_init(&go, 0, 0);
    for (int i = 0; i < 2; i++)
        db_deadline(dbs[i], 60000);
    pthread_create(&threads[0], NULL, batch, dbs[0]);
    sem_wait(&looked);
    pthread_create(&threads[1], NULL, other, dbs[1]);
    for (int i = 0; i < 600 && !waits(); i++)
        harness_sleep(10);
    cr_expect(waits(), "it went by the batch");
    sem_post(&go);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        db_free(dbs[i]);
    }
    sem_destroy(&looked);
    sem_destroy(&go);
}

static long muted(const char *print)
{
    return fired_number("select count(*) from opsbot.alerts where firing and"
                        " silence = 1 and fingerprint = '%s'",
                        print);
}

Test(silence_barrier, made_while_a_batch_is_on_its_way_it_mutes_that_too)
{
    meet(make_on);
    cr_expect_eq(muted("pay"), 1, "the batch that did not know of it");
    cr_expect_eq(muted("loud"), 0);
    FIRE({ .print = "next", .service = "pay" });
    cr_expect_eq(muted("next"), 1, "the batch after it");
    fired_check_counts();
    silence_done_dispose(&done);
}

Test(silence_barrier, ended_while_a_batch_is_on_its_way_it_leaves_nothing_mute)
{
    struct alert_world world;

    db_deadline(w.db, 60000);
    make(w.db);
    meet(end_on);
    world = fired_world(w.db);
    cr_assert(mute_due(&world, &w.err), "%s", w.err.text);
    cr_expect_eq(muted("pay"), 0, "the batch that took it for holding");
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_groups where"
                              " quiet_why <> ''"),
                 0);
    FIRE({ .print = "next", .service = "pay" });
    cr_expect_eq(muted("next"), 0, "the batch after it");
    cr_expect_eq(fired_number("select count(*) from opsbot.silences where"
                              " settled"),
                 1);
    fired_check_counts();
    silence_done_dispose(&done);
}
