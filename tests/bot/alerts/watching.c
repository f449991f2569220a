/* watching: see watching.h. */
#include "tests/bot/alerts/watching.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"

struct world world;
static struct config_holder holder;
struct check_board *board;
struct watch *w;
struct watch_self self_now;
bool leading = true, full;
struct alert_event said[SAID];
size_t count_said;

static char *scope[] = { (char[]){ "trading" } };
static struct config_check checks[] = {
    { .id = (char[]){ "api" },
      .severity = CHECK_CRITICAL,
      .fail_after = 2,
      .pass_after = 2,
      .runbook = (char[]){ "https://wiki/api" },
      .scopes = scope,
      .scopes_count = 1 },
    { .id = (char[]){ "cert" },
      .name = (char[]){ "certificate of pay" },
      .kind = CHECK_TLS,
      .severity = CHECK_WARNING,
      .fail_after = 1,
      .pass_after = 1 },
};
static struct config_stream streams[] = { { (char[]){ "orders" }, NULL } };

static bool leads(void *arg)
{
    (void)arg;
    return leading;
}

static void self(void *arg, struct watch_self *out)
{
    (void)arg;
    *out = self_now;
}

/* Kept, in the order in which they were raised. */
static bool raise_them(void *arg, struct alert_event *events, size_t n)
{
    (void)arg;
    for (size_t i = 0; !full && i < n; i++) {
        cr_assert_lt(count_said, (size_t)SAID);
        said[count_said++] = events[i];
    }
    if (full)
        events_free(events, n);
    else
        free(events);
    return !full;
}

static struct watch *another(const char *replica)
{
    return watch_new(&(struct watch_needs){ .config = &holder,
                                            .replica = replica,
                                            .board = board,
                                            .redis = &world.s.redis_health,
                                            .postgres = &world.s.db_health,
                                            .leads = leads,
                                            .self = self,
                                            .raise = raise_them });
}

void watching_start(void)
{
    world_start(&world, WITH_BOTH);
    world.cfg.redis = world.s.url;
    world.cfg.database_url = world.s.database;
    world.cfg.checks = checks;
    world.cfg.checks_count = 2;
    world.cfg.streams = streams;
    world.cfg.streams_count = 1;
    world.cfg.alerts.on = true;
    world.cfg.alerts.watch = (struct config_watch){ .checks = true,
                                                    .dlq_age_ms = 900000,
                                                    .dlq_inflow = 10,
                                                    .dlq_causes = true,
                                                    .lag_ms = 600000,
                                                    .outbox_ms = 300000,
                                                    .deaf_ms = 60000,
                                                    .escalation_ms = 120000 };
    atomic_store(&holder.now, &world.cfg);
    board = check_board_new(&world.cfg);
    self_now = (struct watch_self){ .socket_up = true };
    w = another("replica1");
}

void watching_stop(void)
{
    for (size_t i = 0; i < count_said; i++)
        event_dispose(&said[i]);
    redis_free(w->redis);
    db_free(w->db);
    own_free(w->own);
    dlq_looks_dispose(&w->looks);
    free(w);
    check_board_free(board);
    world_stop(&world);
}

/* A turn that looks at the stores too. How many events it raised. */
size_t look(void)
{
    size_t before = count_said;

    w->due = 0;
    watch_turn(w);
    return count_said - before;
}

const struct alert_event *last(void)
{
    cr_assert_gt(count_said, 0u);
    return &said[count_said - 1];
}

void is_raised(const char *alert, enum alert_severity severity)
{
    const char *name = labels_get(&last()->labels, "alertname");

    cr_expect_str_eq(name, alert, "%s, not %s", name, alert);
    cr_expect_eq(last()->severity, severity, "%s", alert);
    cr_expect_not(last()->resolved, "%s", alert);
}

void is_over(const char *alert)
{
    cr_expect_str_eq(labels_get(&last()->labels, "alertname"), alert);
    cr_expect(last()->resolved);
}

void label_is(const char *name, const char *value)
{
    cr_expect_str_eq(labels_get(&last()->labels, name), value);
}

void title_is(const char *title)
{
    cr_expect_str_eq(last()->title, title);
}

void says(const char *words)
{
    cr_expect(strstr(last()->message, words), "%s", last()->message);
}

/* As it is after `take`: the rows that stand. */
void in_postgres(const struct alert_event *e)
{
    char *labels = labels_text(&e->labels);
    char severity[TEXT_NUMBER], at[TEXT_NUMBER];

    cr_assert(
        db_run(world.db,
               (&(const struct db_stmt){
                   .name = "test_put",
                   .sql = "with g as (insert into opsbot.alert_groups (key, op,"
                          "  route, route_id, title, severity)"
                          "  values ($1::text, 'op', 'r', 'r', 't', 0)"
                          "  returning id)"
                          " insert into opsbot.alerts (\"group\", fingerprint,"
                          "  event, severity, firing, title, labels, at)"
                          " select id, $1::text, 'e', $2::smallint, true,"
                          "  $3::text, $4::jsonb,"
                          "  to_timestamp($5::bigint / 1000.0) from g",
                   .params = 5 }),
               NULL, &world.err, e->fingerprint,
               text_number(severity, e->severity), e->title, labels,
               text_number(at, e->at)),
        "%s", world.err.text);
    free(labels);
}

void result(const char *check, bool ok, const char *text)
{
    static int64_t at = 1700000000000;
    struct check_result r = { .ok = ok, .at = at += 1000 };

    snprintf(r.text, sizeof r.text, "%s", text);
    check_board_note(board, check, &r, NULL);
}

void dead(int64_t age_ms, const char *error)
{
    free(cli(&world.s, "xadd orders.dlq %lld-* error '%s'",
             (long long)(clock_wall_ms() - age_ms), error));
}

void requeued(void)
{
    free(cli(&world.s, "del orders.dlq"));
}

void restart(const char *replica)
{
    redis_free(w->redis);
    db_free(w->db);
    own_free(w->own);
    dlq_looks_dispose(&w->looks);
    free(w);
    w = another(replica);
}
