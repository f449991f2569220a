#include "tests/integration/matrix.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/integration/alerting.h"
#include "tests/integration/matrix_cell.h"

#define SIDE       "C0SIDE"
#define BLOCKED_MS 1000 /* less than anybody waits for Postgres */
#define FAULTS     8

static const char yaml[] = "channels:\n"
                           "  ops: C0OPS\n"
                           "admins: [U0ANN]\n"
                           "roles:\n"
                           "  - name: responder\n"
                           "    users: [U0BOB]\n"
                           "    rights: [alert.*]\n"
                           "alerts:\n"
                           "  policies:\n"
                           "    - name: page\n"
                           "      steps:\n"
                           "        - after: 30m\n"
                           "          to: [U0CAT]\n"
                           "        - after: 30m\n"
                           "          to: [U0DAN]\n"
                           "  route:\n"
                           "    channels: [" SIDE "]\n"
                           "    escalation: page\n"
                           "    group_interval: \"0\"\n"
                           "    group_by: [service]\n"
                           "    routes:\n"
                           "      - match: [cell=post]\n"
                           "        channels: [C0POST]\n"
                           "      - match: [cell=edit]\n"
                           "        channels: [C0EDIT]\n"
                           "      - match: [cell=ack]\n"
                           "        channels: [C0ACK]\n"
                           "      - match: [cell=escalate]\n"
                           "        channels: [C0ESCALATE]\n"
                           "      - match: [cell=silence]\n"
                           "        channels: [C0SILENCE]\n";

struct matrix {
    struct harness *h;
    enum matrix_kill kill;
    enum matrix_trouble trouble; /* of this run */
    struct cell *cells;          /* of this run */
    struct cell all[MATRIX_TROUBLES][MATRIX_OPS];
    bool good[MATRIX_TROUBLES][MATRIX_OPS];
    int stops[FAULTS]; /* faults that stop it where it is killed */
    size_t stops_count;
    size_t presses; /* cells that go by a response URL */
};

/* ---- the world ----------------------------------------------------------- */

static void make_channel(struct harness *h, const char *id)
{
    char name[32];
    size_t i;

    for (i = 0; id[i] && i + 1 < sizeof name; i++)
        name[i] = (char)(id[i] | 0x20);
    name[i] = '\0';
    json_decref(
        control_post(h, "channel",
                     json_pack("{ss ss s[ssss]}", "id", id, "name", name,
                               "members", "U0BOT", "U0ANN", "U0BOB", "U0CAT")));
}

static void begin(struct matrix *m)
{
    m->h = harness_start(
        &(struct harness_options){ .yaml = yaml, .road = ROAD_SOCKET });
    for (size_t i = 0; i < MATRIX_OPS; i++)
        make_channel(m->h, matrix_channels[i]);
    make_channel(m->h, SIDE);
}

/* ---- troubles ------------------------------------------------------------ */

/* The socket is gone in the middle of it; whoever saw that tries again. */
static void drop_socket(struct matrix *m, bool again)
{
    if (m->trouble != SOCKET_DROP)
        return;
    json_decref(control_post(m->h, "socket", json_pack("{ss}", "do", "drop")));
    opsbot_wait_heard(m->h->bot);
    for (size_t i = 0; again && i < MATRIX_OPS; i++)
        cell_press_again(m->h, &m->cells[i]);
}

/* Five channels are limited; the sixth has nothing of it. */
static void limits_are_over(struct matrix *m)
{
    struct cell side = { .channel = SIDE };
    struct harness *h = m->h;
    json_t *card;

    if (m->trouble != LIMITED)
        return;
    wait_sql(h, 1, COMES_MS,
             "select least(count(*), 1) from opsbot.outbox where error like"
             " '%ratelimited%' and state <> 'sent'");
    snprintf(side.service, sizeof side.service, "side%d", (int)m->kill);
    alert_fires(h, side.service, "side");
    card = card_shows(h, SIDE,
                      (int)sql_number(h,
                                      "select id from"
                                      " opsbot.alert_groups where"
                                      " labels->>'service' = '%s'",
                                      side.service),
                      "is slow");
    cr_assert_eq(sql_number(h,
                            "select count(*) from opsbot.outbox where"
                            " channel = 'C0POST' and state = 'sent' and"
                            " thing = 'alert:%d'",
                            m->cells[OP_POST].number),
                 0, "the limits held meanwhile");
    control_delete(h, "fault");
    json_decref(card);
}

/* ---- where it is killed -------------------------------------------------- */

static void stop_at(struct matrix *m, const char *method, const char *channel,
                    bool effect)
{
    bool any = strcmp(method, "*") == 0;
    json_t *how = json_pack("{ss si}", "on", method, "times", -1);

    /* Which call brings it back is not known: all of them, but slowly. */
    if (any && effect)
        json_object_set_new(how, "delay_ms", json_integer(3000));
    else
        json_object_set_new(how, "hang", json_true());
    if (effect)
        json_object_set_new(how, "after_effect", json_true());
    if (channel)
        json_object_set_new(how, "match",
                            json_pack("{ss}", "channel", channel));
    m->stops[m->stops_count++] = matrix_fault(m->h, how);
}

static void stops(struct matrix *m)
{
    bool effect = m->kill == KILL_EFFECT;

    m->stops_count = m->presses = 0;
    for (size_t i = 0; i < MATRIX_OPS; i++) {
        const struct cell *c = &m->cells[i];

        if (c->op >= OP_ACK && !c->typed)
            m->presses++;
        else if (c->op == OP_POST)
            stop_at(m, "chat.postMessage", c->channel, effect);
        else
            stop_at(m, m->trouble == DELETED ? "*" : "chat.update", c->channel,
                    effect);
    }
    if (m->presses)
        stop_at(m, "response_url", NULL, effect);
}

static long long hits_of(struct matrix *m, int id)
{
    json_t *all = control_get(m->h, "fault"), *f;
    long long hits = 0;
    size_t i;

    json_array_foreach(json_object_get(all, "faults"), i, f)
    {
        if (json_integer_value(json_object_get(f, "id")) == id)
            hits = json_integer_value(json_object_get(f, "hits"));
    }
    json_decref(all);
    return hits;
}

/* Everything is recorded, and has come to where it is stopped. */
static bool stopped(void *arg)
{
    struct matrix *m = arg;

    for (size_t i = 0; i < MATRIX_OPS; i++) {
        struct cell *c = &m->cells[i];

        if (!cell_recorded(m->h, c))
            return false;
        if (m->trouble == DELETED && m->kill == KILL_EFFECT &&
            cell_cards(m->h, c, NULL) == 0)
            return false;
    }
    for (size_t i = 0; i < m->stops_count; i++) {
        bool urls = m->presses && i + 1 == m->stops_count;

        if (hits_of(m, m->stops[i]) < (urls ? (long long)m->presses : 1))
            return false;
    }
    return true;
}

static void go_on(struct matrix *m)
{
    for (size_t i = 0; i < m->stops_count; i++) {
        char path[40];

        snprintf(path, sizeof path, "fault?id=%d", m->stops[i]);
        control_delete(m->h, path);
    }
    m->stops_count = 0;
}

static void act(struct matrix *m)
{
    for (size_t i = 0; i < MATRIX_OPS; i++)
        cell_act(m->h, &m->cells[i]);
}

static void deliver(struct matrix *m)
{
    for (size_t i = 0; i < MATRIX_OPS; i++)
        cell_deliver(m->h, &m->cells[i]);
}

/* All who want something of Postgres wait for it, or have waited so long that
 * they soon go without. */
static void wait_blocked(struct matrix *m)
{
    int64_t since = 0, until = clock_mono_ms() + patient(COMES_MS);
    long long n;

    while ((n = sql_number(m->h, "select count(*) from pg_locks where not"
                                 " granted")) < 4) {
        if (n && !since)
            since = clock_mono_ms();
        if (since && clock_mono_ms() - since > BLOCKED_MS)
            return;
        if (clock_mono_ms() >= until)
            harness_fail("%lld wait for Postgres, and nobody else comes", n);
        harness_sleep(10);
    }
}

static void killed_unrecorded(struct matrix *m)
{
    struct table_lock *news = table_lock(m->h, "alert_news");
    struct table_lock *operations = table_lock(m->h, "operations");

    matrix_troubles(m->h, m->trouble);
    act(m);
    wait_blocked(m);
    if (m->trouble == SOCKET_DROP)
        json_decref(
            control_post(m->h, "socket", json_pack("{ss}", "do", "drop")));
    opsbot_kill9(m->h->bot);
    for (size_t i = 0; i < MATRIX_OPS; i++)
        cr_assert_not(cell_recorded(m->h, &m->cells[i]), "%s is recorded",
                      m->cells[i].service);
    table_unlock(operations);
    table_unlock(news);
}

static void killed_on_the_way(struct matrix *m)
{
    stops(m);
    if (m->trouble != LIMITED)
        matrix_troubles(m->h, m->trouble);
    act(m);
    drop_socket(m, true);
    deliver(m);
    wait_until(stopped, m, COMES_MS, "all to come to where it is killed");
    if (m->trouble == LIMITED) /* before, nothing would come so far */
        matrix_troubles(m->h, m->trouble);
    opsbot_kill9(m->h->bot);
    if (m->trouble == DELETED && m->kill == KILL_EFFECT)
        cell_delete(m->h, &m->cells[OP_POST]);
    go_on(m);
}

static void insist(struct matrix *m)
{
    for (size_t i = 0; i < MATRIX_OPS; i++)
        cell_insist(m->h, &m->cells[i]);
}

static void killed_afterwards(struct matrix *m)
{
    matrix_troubles(m->h, m->trouble);
    act(m);
    drop_socket(m, true);
    deliver(m);
    limits_are_over(m);
    insist(m);
    wait_settled(m->h, COMES_MS);
    opsbot_kill9(m->h->bot);
}

/* ---- a run --------------------------------------------------------------- */

/* The card that the news brought is deleted; whatever comes next brings it
 * back. */
static void lose_the_post(struct matrix *m)
{
    struct cell *c = &m->cells[OP_POST];

    if (m->trouble != DELETED || m->kill == KILL_EFFECT)
        return;
    wait_settled(m->h, COMES_MS);
    cell_delete(m->h, c);
    cell_join(m->h, c);
}

static void restart(struct matrix *m)
{
    opsbot_restart(m->h->bot);
    opsbot_wait_ready(m->h->bot);
    drop_socket(m, false);
}

static void look(struct matrix *m)
{
    for (size_t i = 0; i < MATRIX_OPS; i++)
        m->good[m->trouble][i] = cell_check(m->h, &m->cells[i]);
}

static void run(struct matrix *m, enum matrix_trouble trouble)
{
    int64_t since = clock_mono_ms();

    m->trouble = trouble;
    m->cells = m->all[trouble];
    for (size_t i = 0; i < MATRIX_OPS; i++) {
        cell_init(&m->cells[i], (enum matrix_op)i, trouble, (int)trouble);
        cell_fire(m->h, &m->cells[i]);
    }
    wait_settled(m->h, COMES_MS);
    for (size_t i = 0; i < MATRIX_OPS; i++)
        cell_prepare(m->h, &m->cells[i]);
    if (m->kill == KILL_UNRECORDED)
        killed_unrecorded(m);
    else if (m->kill == KILL_OUTCOME)
        killed_afterwards(m);
    else
        killed_on_the_way(m);
    restart(m);
    deliver(m);
    if (m->kill != KILL_OUTCOME)
        limits_are_over(m);
    insist(m);
    lose_the_post(m);
    wait_settled(m->h, COMES_MS);
    control_delete(m->h, "fault");
    look(m);
    printf("%-20s %5.1f s\n", matrix_trouble_names[trouble],
           (double)(clock_mono_ms() - since) / 1000);
    fflush(stdout);
}

/* ---- all of them --------------------------------------------------------- */

/* No run has touched what another has left, or made anything of its own. */
static void look_again(struct matrix *m)
{
    for (size_t t = 0; t < MATRIX_TROUBLES; t++)
        for (size_t i = 0; i < MATRIX_OPS; i++)
            m->good[t][i] =
                cell_undisturbed(m->h, &m->all[t][i]) && m->good[t][i];
    cr_expect_eq(sql_number(m->h, "select count(*) from opsbot.alert_groups"),
                 MATRIX_TROUBLES * MATRIX_OPS + 1, "and the one beside them");
    cr_expect_eq(sql_number(m->h, "select count(*) from opsbot.outbox where"
                                  " state <> 'sent'"),
                 0);
}

static void table(const struct matrix *m)
{
    static const char *const kills[] = { "before record", "after record",
                                         "after effect", "after outcome" };

    printf("kill -9 %-13s", kills[m->kill]);
    for (size_t i = 0; i < MATRIX_OPS; i++)
        printf(" %8s", matrix_op_names[i]);
    for (size_t t = 0; t < MATRIX_TROUBLES; t++) {
        printf("\n%-21s", matrix_trouble_names[t]);
        for (size_t i = 0; i < MATRIX_OPS; i++)
            printf(" %7s%s", "", m->good[t][i] ? "✓" : "✗");
    }
    printf("\n");
    fflush(stdout);
}

void matrix_run(enum matrix_kill kill)
{
    static struct matrix m;
    size_t bad = 0;

    m.kill = kill;
    begin(&m);
    for (size_t t = 0; t < MATRIX_TROUBLES; t++)
        run(&m, (enum matrix_trouble)t);
    look_again(&m);
    table(&m);
    for (size_t t = 0; t < MATRIX_TROUBLES; t++)
        for (size_t i = 0; i < MATRIX_OPS; i++) {
            bad += !m.good[t][i];
            cell_dispose(&m.all[t][i]);
        }
    cr_expect_eq(bad, 0u, "%zu cells are not as they should be", bad);
    harness_stop(m.h);
}
