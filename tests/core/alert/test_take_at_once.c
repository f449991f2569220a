/* take_at_once: two replicas take news at the same moment. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/alert/fired.h"

TestSuite(take_at_once, .init = fired_start, .fini = fired_stop);

struct crowd {
    struct db *db;
    int first;
    pthread_barrier_t *start;
    bool ok;
    struct err err;
};

/* Fifty batches of the same hundred alerts, on and off, each from another
 * end. */
static void *crowd_take(void *arg)
{
    struct crowd *c = arg;
    struct alert_world world = fired_world(c->db);
    struct fired list[100];
    char prints[100][16], services[100][16];

    c->ok = true;
    pthread_barrier_wait(c->start);
    for (int round = 0; c->ok && round < 50; round++) {
        struct alert_event *events;
        struct taken taken;

        for (int i = 0; i < 100; i++) {
            int n = c->first ? 99 - i : i;

            snprintf(prints[i], sizeof prints[i], "p%d", n);
            snprintf(services[i], sizeof services[i], "s%d", n % 20);
            list[i] =
                (struct fired){ .print = prints[i],
                                .service = services[i],
                                .id = NULL,
                                .at = fired_now + round,
                                .ended = round % 3 == 2 ? fired_now + round : 0,
                                .resolved = round % 3 == 2 };
        }
        events = fired_events(list, 100);
        for (int i = 0; i < 100; i++) { /* ids of its own */
            char id[64];

            snprintf(id, sizeof id, "%d-%d-%d", c->first, round, i);
            free(events[i].id);
            events[i].id = strdup(id);
        }
        c->ok = alerts_take(&world, events, 100, false, &taken, &c->err);
        events_free(events, 100);
    }
    return NULL;
}

Test(take_at_once, two_replicas_at_once_get_nothing_wrong)
{
    pthread_barrier_t start;
    struct crowd crowd[2] = { { stores_db(&w.s), 0, &start, false, { 0 } },
                              { stores_db(&w.s), 1, &start, false, { 0 } } };
    pthread_t threads[2];

    pthread_barrier_init(&start, NULL, 2);
    for (int i = 0; i < 2; i++) {
        db_deadline(crowd[i].db, 30000);
        pthread_create(&threads[i], NULL, crowd_take, &crowd[i]);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++) {
        cr_expect(crowd[i].ok, "%s", crowd[i].err.text);
        db_free(crowd[i].db);
    }
    pthread_barrier_destroy(&start);
    cr_expect_eq(fired_number("select count(*) from (select key from"
                              " opsbot.alert_groups where resolved_at is null"
                              " group by key having count(*) > 1) x"),
                 0);
    fired_check_counts();
}

struct twin {
    struct db *db;
    const struct alert_event *events;
    pthread_barrier_t *start;
    struct taken taken;
    bool ok;
    struct err err;
};

static void *twin_take(void *arg)
{
    struct twin *t = arg;
    struct alert_world world = fired_world(t->db);

    pthread_barrier_wait(t->start);
    t->ok = alerts_take(&world, t->events, 3, false, &t->taken, &t->err);
    return NULL;
}

/* Alertmanager's retry has reached the other one. */
Test(take_at_once, the_same_batch_by_two_replicas_is_taken_once)
{
    struct alert_event *events = fired_events(
        (const struct fired[]){ { .print = "a", .label = "paged" },
                                { .print = "b", .label = "paged" },
                                { .print = "c", .service = "db" } },
        3);
    pthread_barrier_t start;
    struct twin twins[2];
    pthread_t threads[2];

    pthread_barrier_init(&start, NULL, 2);
    for (int i = 0; i < 2; i++) {
        twins[i] = (struct twin){ .db = stores_db(&w.s),
                                  .events = events,
                                  .start = &start };
        db_deadline(twins[i].db, 30000);
        pthread_create(&threads[i], NULL, twin_take, &twins[i]);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        cr_expect(twins[i].ok, "%s", twins[i].err.text);
        db_free(twins[i].db);
    }
    pthread_barrier_destroy(&start);
    cr_expect_eq(twins[0].taken.news + twins[1].taken.news, 3);
    cr_expect_eq(twins[0].taken.known + twins[1].taken.known, 3);
    cr_expect_eq(fired_number("select count(*) from opsbot.outbox where thing"
                              " like 'alert:%%'"),
                 2);
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_history"), 2);
    fired_check_counts();
    events_free(events, 3);
}
