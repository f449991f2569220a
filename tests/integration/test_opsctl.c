/*
 * opsctl against the real bot: each verb in a script and at a terminal, what it
 * asks first, how it ends, and what it says when nobody answers.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/harness/servers.h"
#include "tests/integration/jobs.h"
#include "tests/integration/shell.h"

static json_t *json_of(const struct ran *r)
{
    json_error_t error;
    json_t *json = json_loads(r->out, 0, &error);

    cr_assert(json, "%s: %s%s", error.text, r->out, r->err);
    return json;
}

/* The cells of its first row; borrowed. */
static const json_t *first_cells(const json_t *json)
{
    const json_t *rows = json_object_get(json_object_get(json, "card"), "rows");

    return json_object_get(json_array_get(rows, 0), "cells");
}

static const char *cell(const json_t *json, const char *name)
{
    const char *text =
        json_string_value(json_object_get(first_cells(json), name));

    return text ? text : "(none)";
}

/* ---- each verb -------------------------------------------------------------------- */

/* What it says in both, how it ends, and what a table's head has of it. */
static const struct look {
    const char *words[8];
    int status;
    const char *in_json, *on_terminal;
} looks[] = {
    { { "streams:list" }, 0, "\"stream\":\"orders\"", "not in Redis" },
    { { "streams:list", "orders" }, 0, "\"command\":\"streams\"", "orders" },
    { { "streams:dlq:list" }, 0, "\"entries\":\"3\"", "OLDEST" },
    { { "streams:dlq:list", "--stream", "orders.dlq" },
      0,
      "\"id\":\"1700000000000-1\"",
      "DEAD SINCE" },
    { { "streams:dlq:show", "orders", "--trash" },
      0,
      "Nothing in the trash",
      "Nothing in the trash" },
    { { "orch:halts" }, 0, "Nothing is halted", "Nothing is halted" },
    { { "incident:list" }, 0, "No open incidents", "No open incidents" },
    { { "health" }, 0, "No health checks", "No health checks" },
    { { "health:details" }, 0, "No check is failing", "No check is failing" },
    { { "audit", "--since", "1h" }, 0, "\"user\":\"unix:", "OUTCOME" },
    { { "jobs" }, 0, "There are no jobs", "There are no jobs" },
    { { "outbox" }, 0, "Outbox", "Outbox" },
    { { "whoami" }, 0, "unix:", "unix:" },
    { { "ops", "ping" }, 0, "Redis", "Redis" },
    { { "ops", "help", "--all" }, 0, "dlq requeue", "dlq requeue" },
    { { "streams:dlq:show", "nonsense" }, 65, "\"ok\":false", "nonsense" },
    { { "incident:show", "99" }, 65, "\"ok\":false", "99" },
    { { "ops", "dance" }, 65, "\"ok\":false", "dance" },
    { { "cancel", "ABCDEF" }, 65, "\"ok\":false", "ABCDEF" },
};

Test(opsctl, each_verb_in_a_script_and_at_a_terminal)
{
    struct harness *h = start_jobs(3);
    struct shell s = { .h = h };

    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        const struct look *l = &looks[i];

        shell_expect(&s, l->words, l->status, WORDS(l->in_json));
        shell_expect_typed(&s, l->words, l->status, WORDS(l->on_terminal));
    }
    harness_stop(h);
}

#define ILL                                                                    \
    "checks:\n"                                                                \
    "  - id: nobody\n"                                                         \
    "    kind: tcp\n"                                                          \
    "    severity: critical\n"                                                 \
    "    url: 127.0.0.1:1\n"                                                   \
    "admins: [U0ANN]\n"

/* What a script watches by: the exit status, and the state of each check. */
Test(opsctl, a_critical_check_that_fails_is_a_status)
{
    struct harness_options options = { .yaml = ILL };
    struct harness *h = harness_start(&options);
    struct shell s = { .h = h };

    shell_expect(&s, WORDS("health"), 1,
                 WORDS("\"check\":\"nobody\"", "\"state\":\"failing\""));
    shell_expect_typed(&s, WORDS("health", "nobody"), 1,
                       WORDS("UNHEALTHY", "CHECK", "\x1b[31mfailing"));
    shell_expect(&s, WORDS("health", "nonsense"), 65, WORDS("nonsense"));
    harness_stop(h);
}

/* One line of JSON in a script, and nothing beside it. */
Test(opsctl, output_is_what_was_asked_for)
{
    struct harness *h = start_jobs(3);
    struct shell s = { .h = h };
    struct ran r = shell_run(&s, WORDS("streams:dlq:list"));
    json_t *json = json_of(&r);

    cr_expect_str_eq(r.err, "");
    cr_expect_eq(strchr(r.out, '\n'), r.out + strlen(r.out) - 1);
    cr_expect_str_eq(cell(json, "stream"), "orders");
    json_decref(json);
    shell_over(&r);

    r = shell_run(&s, WORDS("streams:dlq:list", "--text"));
    cr_expect(strstr(r.out, "📮 Dead letters: 3 in 1 stream"), "%s", r.out);
    cr_expect(strstr(r.out, "→ opsctl ops dlq show orders"), "%s", r.out);
    shell_over(&r);

    r = shell_run(&s, WORDS("--table", "streams:dlq:list"));
    cr_expect(strstr(r.out, "STREAM  ENTRIES  OLDEST") &&
                  !strchr(r.out, '\x1b'),
              "%s", r.out);
    shell_over(&r);

    r = shell_type(&s, WORDS("streams:dlq:list"));
    cr_expect(strstr(r.out, "\x1b[1mSTREAM"), "%s", r.out);
    shell_over(&r);

    s.env = WORDS("NO_COLOR=1");
    r = shell_type(&s, WORDS("streams:dlq:list"));
    cr_expect(strstr(r.out, "STREAM") && !strchr(r.out, '\x1b'), "%s", r.out);
    shell_over(&r);
    harness_stop(h);
}

Test(opsctl, tables_fit_the_terminal)
{
    struct harness *h = start_jobs(1);
    struct shell s = { .h = h };
    struct ran r;
    char *at;

    redis_send(h, "XADD wide.dlq 1700000000000-1 error %s original_id 1-1",
               "a very long reason that no terminal of only a hundred columns "
               "has the room for, not even with a small font");
    r = shell_type(&s, WORDS("streams:dlq:show", "wide"));
    at = strstr(r.out, "1700000000000-1");
    cr_assert(at, "%s", r.out);
    cr_expect_leq(strcspn(at, "\r\n"), 102, "%s", at);
    cr_expect(strstr(at, "…"), "%s", at);
    shell_over(&r);
    r = shell_type(&s, WORDS("streams:dlq:show", "wide", "--long"));
    cr_expect(strstr(r.out, "a small font"), "%s", r.out);
    shell_over(&r);
    harness_stop(h);
}

/* ---- what changes something --------------------------------------------------------- */

Test(opsctl, incidents_from_their_beginning_to_their_end)
{
    struct harness *h = harness_start(NULL);
    struct shell s = { .h = h };

    shell_expect(&s,
                 WORDS("incident:open", "--severity", "P1", "--title",
                       "No \"fills\" since 14:02", "--impact", "no orders"),
                 0, WORDS("\"outcome\":\"ok\"", "INC-1"));
    shell_expect(&s,
                 WORDS("incident:update", "--id", "1", "--message",
                       "Connector is back; <waiting> & watching"),
                 0, WORDS("INC-1"));
    shell_expect_typed(&s, WORDS("incident:list"), 0,
                       WORDS("INC-1", "SEVERITY", "No \"fills\" sin"));
    shell_expect(&s, WORDS("incident:show", "INC-1"), 0,
                 WORDS("Connector is back; <waiting> & watching"));
    shell_expect(&s, WORDS("incident:resolve", "1", "--message", "renewed"), 0,
                 WORDS("INC-1"));
    shell_expect(&s, WORDS("incident:list", "--all"), 0,
                 WORDS("\"state\":\"resolved\""));
    harness_stop(h);
}

#define ALERTS                                                                 \
    "channels: {ops: C0OPS}\n"                                                 \
    "admins: [U0ANN]\n"                                                        \
    "alerts:\n"                                                                \
    "  rotations: [{name: pay, users: [U0ANN]}]\n"                             \
    "  watch: {checks: false, dlq_age: \"0\", dlq_inflow: 0,"                  \
    " dlq_causes: false, lag: \"0\"}\n"

Test(opsctl, alerts_from_their_beginning_to_their_end)
{
    struct harness *h =
        harness_start(&(struct harness_options){ .yaml = ALERTS });
    struct shell s = { .h = h };

    shell_expect(&s,
                 WORDS("alert:test", "warning", "--text", "a \"full\" disk"), 0,
                 WORDS("\"ok\":true"));
    wait_sql(h, 1, COMES_MS, "select count(*) from opsbot.alert_groups");
    shell_expect_typed(&s, WORDS("alert:list", "full"), 0,
                       WORDS("ALERT", "SEVERITY", "A-1", "firing"));
    shell_expect(&s, WORDS("alert:ack", "A-1", "--note", "on it"), 0,
                 WORDS("A-1"));
    shell_expect(&s, WORDS("alert:list", "--unacked"), 0, WORDS("\"ok\":true"));
    shell_expect_typed(&s, WORDS("alert:show", "A-1", "--history"), 0,
                       WORDS("REASON", "acked", "on it"));
    shell_expect(&s, WORDS("alert:unack", "A-1"), 0, WORDS("A-1"));
    shell_expect(&s, WORDS("alert:assign", "A-1", "me"), 0, WORDS("A-1"));
    shell_expect(&s, WORDS("alert:note", "A-1", "--text", "--all"), 0,
                 WORDS("A-1"));
    shell_expect(&s,
                 WORDS("silence:add", "--match", "alertname=test", "--for",
                       "1h", "--reason", "the shell says so"),
                 0, WORDS("S-1"));
    shell_expect_typed(&s, WORDS("silence:list"), 0,
                       WORDS("SILENCE", "UNTIL", "S-1", "the shell says so"));
    shell_expect(&s, WORDS("silence:end", "S-1"), 0, WORDS("S-1"));
    shell_expect(&s, WORDS("alert:resolve", "A-1", "--reason", "a test"), 0,
                 WORDS("A-1"));
    shell_expect_typed(&s, WORDS("oncall"), 0,
                       WORDS("ROTATION", "pay", "U0ANN"));
    shell_expect(&s, WORDS("oncall:override", "--user", "U0BEN", "--for", "4h"),
                 0, WORDS("U0BEN"));
    shell_expect_typed(&s, WORDS("oncall", "pay"), 0, WORDS("U0BEN"));
    shell_expect(&s, WORDS("route:test", "severity=critical", "--at", "03:00"),
                 0, WORDS("\"route\":"));
    shell_expect(&s, WORDS("alert:show", "A-9"), 65, WORDS("\"ok\":false"));
    harness_stop(h);
}

Test(opsctl, halts_and_starts_again)
{
    struct harness *h = harness_start(NULL);
    struct shell s = { .h = h };

    shell_expect_typed(&s,
                       WORDS("orch:halt", "--reason", "daily loss over 1 %"), 0,
                       WORDS("Halted all"));
    shell_expect(
        &s, WORDS("orch:halts"), 0,
        WORDS("\"scope\":\"all\"", "\"reason\":\"daily loss over 1 %\""));
    s.answer = "n\n";
    shell_expect_typed(
        &s, WORDS("orch:unhalt"), 2,
        WORDS("Unhalt all?", "Do it? [y/N]", "nothing was changed"));
    cr_expect_eq(redis_number(h, "EXISTS opsbot:halt:all"), 1);
    s.answer = "y\n";
    shell_expect_typed(&s, WORDS("orch:unhalt"), 0,
                       WORDS("Unhalt all?", "Unhalted all"));
    cr_expect_eq(redis_number(h, "EXISTS opsbot:halt:all"), 0);
    shell_expect(&s, WORDS("orch:unhalt", "--yes"), 0,
                 WORDS("\"outcome\":\"already\""));
    harness_stop(h);
}

/* Nobody is there to be asked: it says so, and how to do it. */
Test(opsctl, a_script_is_not_asked)
{
    struct harness *h = start_jobs(3);
    struct shell s = { .h = h };
    struct ran r =
        shell_run(&s, WORDS("streams:dlq:requeue", "orders", "--all"));
    json_t *json = json_of(&r);
    char *at, *op;

    cr_expect_eq(r.status, 2);
    cr_expect_str_eq(json_string_value(json_object_get(json, "outcome")),
                     "asked");
    at = strstr(r.err, "opsctl confirm ");
    cr_assert(at, "%s", r.err);
    op = xstrndup(at + 15, strcspn(at + 15, " "));
    cr_expect_eq(redis_number(h, "XLEN orders.dlq"), 3);
    shell_expect(&s, WORDS("confirm", op), 0, WORDS("Requeueing 3 entries"));
    wait_job(h, "done", COMES_MS);
    expect_each_once(h, 3);
    shell_expect(&s, WORDS("confirm", op), 0, WORDS("\"outcome\":\"already\""));
    free(op);
    json_decref(json);
    shell_over(&r);
    harness_stop(h);
}

/* Enter alone, and the end of the input, are no. */
Test(opsctl, only_yes_is_yes)
{
    static const char *const answers[] = { "\n", "yess\n", "\x04", "no\n" };
    struct harness *h = start_jobs(2);
    struct shell s = { .h = h };

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        s.answer = answers[i];
        shell_expect_typed(
            &s, WORDS("streams:dlq:discard", "orders", "--all"), 2,
            WORDS("Discard 2 entries", "[y/N]", "nothing was changed"));
    }
    cr_expect_eq(redis_number(h, "XLEN orders.dlq"), 2);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.jobs"), 0);
    s.answer = "YES\n";
    shell_expect_typed(&s, WORDS("streams:dlq:discard", "orders", "--all"), 0,
                       WORDS("[y/N]", "Discarding 2 entries"));
    wait_job(h, "done", COMES_MS);
    harness_stop(h);
}

Test(opsctl, one_entry_is_moved_at_once)
{
    struct harness *h = start_jobs(2);
    struct shell s = { .h = h };

    shell_expect(&s,
                 WORDS("streams:dlq:requeue", "--stream", "orders", "--id",
                       "1700000000000-1"),
                 0, WORDS("Requeued 1 entry of orders"));
    cr_expect_eq(redis_number(h, "XLEN orders"), 1);
    shell_expect(&s,
                 WORDS("streams:dlq:requeue", "--stream", "orders.dlq", "--id",
                       "1700000000000-1"),
                 0, WORDS("\"outcome\":\"already\""));
    cr_expect_eq(redis_number(h, "XLEN orders"), 1);
    shell_expect(&s,
                 WORDS("streams:dlq:requeue", "--stream", "orders", "--id",
                       "1500000000000-0"),
                 1, WORDS("\"outcome\":\"gone\""));
    harness_stop(h);
}

/* ---- following a job ---------------------------------------------------------------- */

Test(opsctl, follows_a_job_to_its_end)
{
    struct harness *h = start_jobs(40);
    struct shell s = { .h = h };
    struct ran r = shell_run(&s, WORDS("streams:dlq:requeue", "orders", "--all",
                                       "--rate", "40", "--yes", "--follow"));
    char *last;
    json_t *json;

    cr_assert_eq(r.status, 0, "%s%s", r.out, r.err);
    cr_expect(strstr(r.err, "40 of 40, done"), "%s", r.err);
    last = strchr(r.out, '\n');
    cr_assert(last && last[1], "%s", r.out);
    json = json_loads(last + 1, 0, NULL);
    cr_expect_str_eq(cell(json, "state"), "done");
    cr_expect_str_eq(cell(json, "moved"), "40");
    json_decref(json);
    shell_over(&r);
    expect_each_once(h, 40);
    harness_stop(h);
}

Test(opsctl, follows_at_a_terminal_and_hears_of_the_cancelling)
{
    struct harness *h = start_jobs(500);
    struct shell s = { .h = h, .answer = "y\n" };
    char *out = below(h, "follow.out"), *err = below(h, "follow.err");
    const char *const words[] = { "streams:dlq:requeue",
                                  "orders",
                                  "--all",
                                  "--rate",
                                  "2",
                                  "--yes",
                                  "--follow",
                                  NULL };
    pid_t pid = shell_begin(&s, words, out, err);
    char *text;

    wait_moved(h, 1);
    text = sql(h, "select id from opsbot.jobs");
    text[strcspn(text, "\n")] = '\0';
    shell_expect(&s, WORDS("cancel", text), 0, WORDS("\"ok\":true"));
    free(text);
    cr_expect_eq(shell_wait(pid), 1);
    text = harness_read(err);
    cr_expect(strstr(text, " of 500, running") && strstr(text, "cancelled"),
              "%s", text);
    free(text);
    redis_send(h, "DEL orders orders.dlq");
    dead_letters(h, "orders", 3);
    shell_expect_typed(
        &s, WORDS("streams:dlq:requeue", "orders", "--all", "--follow"), 0,
        WORDS("[y/N]", "Requeueing 3 entries",
              "[########################] 3 of 3, done"));
    free(out);
    free(err);
    harness_stop(h);
}

/* Looking away stops nothing. */
Test(opsctl, an_interrupt_leaves_the_job_alone)
{
    struct harness *h = start_jobs(20);
    struct shell s = { .h = h };
    char *out = below(h, "follow.out"), *err = below(h, "follow.err"), *text;
    const char *const words[] = { "streams:dlq:requeue",
                                  "orders",
                                  "--all",
                                  "--rate",
                                  "4",
                                  "--yes",
                                  "--follow",
                                  NULL };
    pid_t pid = shell_begin(&s, words, out, err);

    wait_moved(h, 4);
    kill(pid, SIGINT);
    cr_expect_eq(shell_wait(pid), 130);
    text = harness_read(err);
    cr_expect(strstr(text, "the job goes on"), "%s", text);
    free(text);
    wait_job(h, "done", COMES_MS);
    expect_each_once(h, 20);
    free(out);
    free(err);
    harness_stop(h);
}

/* ---- the same once more -------------------------------------------------------------- */

Test(opsctl, the_same_key_does_nothing_twice)
{
    struct harness *h = harness_start(NULL);
    struct shell s = { .h = h };
    const char *const words[] = {
        "incident:open", "--severity",        "P2",     "--title",
        "Slow",          "--idempotency-key", "run-17", NULL
    };

    shell_expect(&s, words, 0, WORDS("INC-1"));
    shell_expect(&s, words, 0, WORDS("INC-1", "\"outcome\":\"already\""));
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.incidents"), 1);
    shell_expect(&s,
                 WORDS("incident:open", "--severity", "P2", "--title", "Slow"),
                 0, WORDS("INC-2"));
    harness_stop(h);
}
