/*
 * The admin API over its socket: every path, with real stores and the local
 * Slack; what changes something is done once, recorded, and shown in
 * channels.ops.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/harness/yaml.h"
#include "tests/integration/admin.h"

static struct harness *h;

static const char yaml[] = "channels: {ops: C0OPS}\n"
                           "streams: [{name: orders}]\n"
                           "halt: {scopes: [trading]}\n"
                           "alerts:\n"
                           "  rotations: [{name: pay, users: [U0ANN]}]\n"
                           "  watch: {checks: false, dlq_age: \"0\","
                           " dlq_inflow: 0, dlq_causes: false, lag: \"0\"}\n"
                           "checks:\n"
                           "- {id: store, kind: redis}\n"
                           "admins: [U0ANN]\n"
                           "roles:\n"
                           "- name: automation\n"
                           "  users: ['token:ci']\n"
                           "  rights: [dlq.show]\n"
                           "http:\n"
                           "  tokens:\n"
                           "  - {name: ci, token: ci-token-0123456789}\n";

static void start(void)
{
    h = harness_start(&(struct harness_options){ .yaml = yaml });
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(admin, .init = start, .fini = stop);

/* ---- reads ----------------------------------------------------------------- */

Test(admin, a_read_is_a_document_around_its_card)
{
    json_t *r;

    dead_letters(h, "orders", 3);
    r = admin_json(h, 200, "GET", "/admin/dlq", NULL);
    cr_expect(json_is_true(json_object_get(r, "ok")));
    cr_expect_str_eq(json_at(r, "command"), "dlq list");
    cr_expect_str_eq(json_at(r, "outcome"), "ok");
    cr_expect_eq(strlen(json_at(r, "op")), 16);
    cr_expect(
        json_is_array(json_object_get(json_object_get(r, "card"), "rows")));
    r = admin_json(h, 200, "POST", "/admin/ops", "{\"text\":\"dlq list\"}");
    cr_expect_str_eq(json_at(r, "command"), "dlq list");
    cr_expect(strstr(json_at(r, "card.title"), "3"));
    wait_sql(h, 2, COMES_MS,
             "select count(*) from opsbot.audit_events where via = 'admin' and"
             " command = 'dlq list' and actor = 'unix:root' and"
             " outcome = 'ok' and channel = ''");
}

Test(admin, text_is_had_for_the_asking)
{
    struct admin_reply r =
        admin_call(h, "GET", "/admin/whoami",
                   &(struct admin_ask){ .header = "Accept: text/plain" });

    cr_expect_eq(r.status, 200);
    cr_expect_str_eq(r.type, "text/plain; charset=utf-8");
    cr_expect(strstr(r.body, "You are unix:root"), "%s", r.body);
    cr_expect(strstr(r.body, "hold every right"), "%s", r.body);
    cr_expect_null(strstr(r.body, "Channel"), "%s", r.body);
    admin_reply_free(&r);
    r = admin_call(h, "HEAD", "/admin/dlq", NULL);
    cr_expect_eq(r.status, 200);
    cr_expect_str_eq(r.body, "");
    admin_reply_free(&r);
}

Test(admin, health_answers_once_and_whole)
{
    json_t *r = admin_json(h, 200, "GET", "/admin/health?check=store", NULL);
    char *text = json_dumps(r, JSON_ENCODE_ANY);

    cr_expect_str_eq(json_at(r, "command"), "health");
    cr_expect(strstr(text, "1 passing: store"), "%s", text);
    cr_expect_null(strstr(text, "--share"), "%s", text);
    free(text);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.audit_events where"
             " command = 'health' and via = 'admin'");
}

static void fails(long status, const char *text, const char *kind,
                  const char *says)
{
    char *body = xasprintf("{\"text\":\"%s\"}", text);
    json_t *r = admin_json(h, status, "POST", "/admin/ops", body);

    cr_expect(json_is_false(json_object_get(r, "ok")), "%s", text);
    cr_expect_str_eq(json_at(r, "error.kind"), kind, "%s", text);
    cr_expect(strstr(json_at(r, "error.text"), says), "%s: %s", text,
              json_at(r, "error.text"));
    free(body);
}

Test(admin, what_is_wrong_is_said)
{
    fails(400, "dlq lst", "input", "Did you mean `dlq list`?");
    fails(400, "dlq show", "input", "you gave no word after its name");
    fails(400, "dlq list --share", "input", "this was asked in none");
    fails(400, "incident open", "input",
          "Say it in full: `incident open P1 what is broken`");
    fails(400, "incident status 99", "input", "There is no `INC-99`");
    fails(400, "halt \\\"", "input", "A quote is open");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.operations"), 0);
}

/* ---- effects --------------------------------------------------------------- */

Test(admin, a_requeue_is_done_recorded_and_shown)
{
    json_t *r;

    dead_letters(h, "orders", 2);
    r = admin_json(h, 200, "POST", "/admin/dlq/orders/requeue",
                   "{\"ids\":[\"1700000000000-1\"]}");
    cr_expect_str_eq(json_at(r, "outcome"), "ok");
    cr_expect_str_eq(json_at(r, "command"), "dlq requeue");
    cr_expect(strstr(json_at(r, "card.lead"), "op "));
    cr_expect_null(strstr(json_at(r, "card.lead"), "this channel"));
    cr_expect_eq(redis_number(h, "XLEN orders"), 1);
    wait_posts(h, "C0OPS", "by unix:root", 1);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.audit_events where"
             " command = 'dlq requeue' and kind = 'outcome' and"
             " actor = 'unix:root' and actor_name = 'root' and"
             " via = 'admin'");
    r = admin_json(h, 409, "POST", "/admin/dlq/orders/requeue",
                   "{\"ids\":[\"1700000000000-9\"]}");
    cr_expect_str_eq(json_at(r, "error.kind"), "conflict");
    cr_expect_str_eq(json_at(r, "outcome"), "gone");
}

static char *path_of(const char *before, const char *op)
{
    return xasprintf("%s%s", before, op);
}

Test(admin, several_are_asked_about_first)
{
    json_t *r;
    char *op, *path;

    dead_letters(h, "orders", 5);
    r = admin_json(h, 200, "POST", "/admin/dlq/orders/discard",
                   "{\"all\":true,\"rate\":\"max\"}");
    cr_expect_str_eq(json_at(r, "outcome"), "asked");
    op = xstrdup(json_at(r, "op"));
    path = path_of("/admin/confirm/", op);
    r = admin_json(h, 200, "POST", path, NULL);
    cr_expect_str_eq(json_at(r, "outcome"), "ok");
    wait_redis(h, 0, COMES_MS, "XLEN orders.dlq");
    wait_posts(h, "C0OPS", "By unix:root", 1);
    r = admin_json(h, 200, "POST", path, NULL);
    cr_expect_str_eq(json_at(r, "outcome"), "already");
    free(path);
    /* A question is for who was asked. */
    path = path_of("/confirm ", op);
    expect_said(h, "U0ANN", "C0OPS", path + 1, "nothing of yours to confirm");
    free(path);
    free(op);
    wait_settled(h, COMES_MS);
}

Test(admin, a_halt_and_back)
{
    json_t *r = admin_json(h, 200, "POST", "/admin/halts",
                           "{\"scope\":\"trading\",\"reason\":\"it's `bad` "
                           "--all \\\"x\\\" <!here>\"}");
    char *path, *key;

    cr_expect_str_eq(json_at(r, "outcome"), "ok");
    key = redis_text(h, "GET opsbot:halt:trading");
    cr_expect(strstr(key, "\"by\":\"unix:root\""), "%s", key);
    cr_expect(strstr(key, "it's `bad` --all \\\"x\\\" <!here>"), "%s", key);
    free(key);
    wait_posts(h, "C0OPS", "by unix:root", 1);
    expect_said(h, "U0BOB", "C0OPS", "halts", "by unix:root");
    r = admin_json(h, 200, "DELETE", "/admin/halts/trading", NULL);
    cr_expect_str_eq(json_at(r, "outcome"), "asked");
    /* unhalt's question has an id of its own, which its button names. */
    path = xasprintf(
        "/admin/confirm/%s",
        json_at(json_array_get(
                    json_object_get(json_object_get(r, "card"), "actions"), 0),
                "command") +
            strlen("confirm "));
    r = admin_json(h, 200, "POST", path, NULL);
    cr_expect_str_eq(json_at(r, "outcome"), "ok");
    free(path);
    cr_expect_eq(redis_number(h, "EXISTS opsbot:halt:trading"), 0);
    wait_settled(h, COMES_MS);
}

Test(admin, an_incident_from_end_to_end)
{
    json_t *r = admin_json(
        h, 200, "POST", "/admin/incidents",
        "{\"severity\":\"P1\",\"title\":\"checkout is down\",\"impact\":"
        "\"nobody can pay\",\"due\":\"30m\"}");

    cr_expect_str_eq(json_at(r, "outcome"), "ok");
    admin_json(h, 200, "POST", "/admin/incidents/INC-1/updates",
               "{\"text\":\"the database is back\"}");
    admin_json(h, 200, "GET", "/admin/incidents/1?timeline=1", NULL);
    admin_json(h, 200, "POST", "/admin/incidents/1/resolve",
               "{\"text\":\"it was the certificate\"}");
    wait_posts(h, "C0OPS", "the database is back", 1);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.incident_events"),
                 3);
    wait_settled(h, COMES_MS);
}

/* ---- alerts ------------------------------------------------------------------ */

/* A-1, in Postgres. */
static void test_alert(void)
{
    admin_json(h, 200, "POST", "/admin/alerts/test",
               "{\"severity\":\"warning\",\"text\":\"a full disk\"}");
    wait_sql(h, 1, COMES_MS, "select count(*) from opsbot.alert_groups");
}

static void alert_is(const char *state, const char *assignee)
{
    json_t *r =
        admin_json(h, 200, "GET", "/admin/alerts?text=disk&all=1", NULL);
    json_t *rows = json_object_get(json_object_get(r, "card"), "rows");
    json_t *row = json_array_get(rows, 0);

    cr_assert_eq(json_array_size(rows), 1);
    cr_expect_str_eq(json_at(row, "cells.alert"), "A-1");
    cr_expect_str_eq(json_at(row, "cells.severity"), "warning");
    cr_expect_str_eq(json_at(row, "cells.state"), state);
    cr_expect_str_eq(json_at(row, "cells.assignee"), assignee);
}

Test(admin, an_alert_from_end_to_end)
{
    json_t *r;

    test_alert();
    alert_is("firing", "");
    r = admin_json(h, 200, "POST", "/admin/alerts/A-1/ack",
                   "{\"note\":\"on it\"}");
    cr_expect_str_eq(json_at(r, "outcome"), "ok");
    cr_expect_str_eq(json_at(r, "command"), "ack");
    alert_is("acknowledged", "");
    cr_expect_eq(redis_number(h, "EXISTS notify:ack:A-1"), 1);
    r = admin_json(h, 200, "POST", "/admin/alerts/A-1/ack", NULL);
    cr_expect_str_eq(json_at(r, "outcome"), "already");
    admin_json(h, 200, "DELETE", "/admin/alerts/A-1/ack", NULL);
    admin_json(h, 200, "POST", "/admin/alerts/A-1/assign",
               "{\"user\":\"U0BEN\"}");
    alert_is("firing", "U0BEN");
    admin_json(h, 200, "POST", "/admin/alerts/A-1/notes",
               "{\"text\":\"--all `of it`\"}");
    r = admin_json(h, 200, "POST", "/admin/alerts/A-1/resolve",
                   "{\"reason\":\"it was only a test\"}");
    cr_expect_str_eq(json_at(r, "outcome"), "ok");
    alert_is("resolved", "U0BEN");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alert_history"
                               " where reason = 'note' and text ="
                               " '--all `of it`' and actor = 'unix:root'"),
                 1);
    admin_json(h, 400, "POST", "/admin/alerts/A-9/ack", NULL);
    admin_json(h, 400, "POST", "/admin/alerts/nonsense/escalate", NULL);
    wait_settled(h, COMES_MS);
}

Test(admin, a_silence_mutes_and_ends)
{
    json_t *r;

    test_alert();
    admin_json(h, 400, "POST", "/admin/silences",
               "{\"for\":\"1h\",\"reason\":\"nothing is named\"}");
    r = admin_json(
        h, 200, "POST", "/admin/silences",
        "{\"matchers\":[\"alertname=test\",\"service!=\\\"a b\\\"\"],"
        "\"for\":\"1h\",\"reason\":\"a=b, they say\"}");
    cr_expect_str_eq(json_at(r, "command"), "silence");
    wait_sql(h, 1, COMES_MS,
             "select muted from opsbot.alert_groups where id = 1");
    alert_is("silenced", "");
    r = admin_json(h, 200, "GET", "/admin/silences", NULL);
    r = json_array_get(json_object_get(json_object_get(r, "card"), "rows"), 0);
    cr_expect_str_eq(json_at(r, "cells.silence"), "S-1");
    cr_expect_str_eq(json_at(r, "cells.reason"), "a=b, they say");
    admin_json(h, 200, "DELETE", "/admin/silences/S-1", NULL);
    wait_sql(h, 0, COMES_MS,
             "select muted from opsbot.alert_groups where id = 1");
    admin_json(h, 400, "DELETE", "/admin/silences/S-9", NULL);
    wait_settled(h, COMES_MS);
}

/* ---- the same request again ------------------------------------------------ */

Test(admin, the_same_key_is_done_once)
{
    static const char body[] = "{\"ids\":[\"1700000000000-1\"]}";
    const struct admin_ask ask = { .body = body, .key = "k-1" };
    struct admin_reply first, again, other;

    dead_letters(h, "orders", 2);
    first = admin_call(h, "POST", "/admin/dlq/orders/requeue", &ask);
    again = admin_call(h, "POST", "/admin/dlq/orders/requeue", &ask);
    cr_expect_eq(first.status, 200, "%s", first.body);
    cr_expect_eq(again.status, 200, "%s", again.body);
    cr_expect_str_eq(json_at(first.json, "outcome"), "ok");
    cr_expect_str_eq(json_at(again.json, "outcome"), "already");
    cr_expect_str_eq(json_at(first.json, "op"), json_at(again.json, "op"));
    cr_expect_eq(redis_number(h, "XLEN orders"), 1);
    /* A key belongs to what was asked: another thing is another one. */
    other = admin_call(
        h, "POST", "/admin/dlq/orders/requeue",
        &(struct admin_ask){ .body = "{\"ids\":[\"1700000000000-2\"]}",
                             .key = "k-1" });
    cr_expect_str_eq(json_at(other.json, "outcome"), "ok");
    cr_expect_eq(redis_number(h, "XLEN orders"), 2);
    wait_sql(h, 3, COMES_MS,
             "select count(*) from opsbot.audit_events where"
             " command = 'dlq requeue' and kind = 'outcome'");
    admin_reply_free(&first);
    admin_reply_free(&again);
    admin_reply_free(&other);
    wait_settled(h, COMES_MS);
}

Test(admin, an_incident_is_opened_once_by_one_key)
{
    const struct admin_ask ask = {
        .body = "{\"severity\":\"P2\",\"title\":\"slow\"}", .key = "k-2"
    };

    for (int i = 0; i < 3; i++) {
        struct admin_reply r = admin_call(h, "POST", "/admin/incidents", &ask);

        cr_expect_eq(r.status, 200, "%s", r.body);
        cr_expect_str_eq(json_at(r.json, "outcome"), i ? "already" : "ok");
        admin_reply_free(&r);
    }
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.incidents"), 1);
    wait_settled(h, COMES_MS);
}

/* ---- deploy/openapi.yaml --------------------------------------------------- */

/* Those whose example names something that is not there. */
static long expected(const char *id)
{
    static const struct {
        const char *id;
        long status;
    } others[] = {
        { "confirm", 400 },
        { "cancel", 400 },
        { "outboxRetry", 409 },
        { "streamsPending", 400 },
    };

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i].id, id) == 0)
            return others[i].status;
    return 200;
}

/* Takes path. */
static char *with_query(char *path, const char *name, const char *value)
{
    char *out = xasprintf("%s%s%s=%s", path, strchr(path, '?') ? "&" : "?",
                          name, value);

    free(path);
    return out;
}

/* Takes path. */
static char *with_example(char *path, const json_t *parameter)
{
    json_t *example = json_object_get(parameter, "example"), *each;
    const char *name,
        *value = json_string_value(
            json_is_array(example) ? json_array_get(example, 0) : example);
    char *at = strchr(path, '{'), *out;

    json_object_foreach(example, name, each) path =
        with_query(path, name, json_string_value(each));
    if (!value)
        return path;
    if (strcmp(json_at(parameter, "in"), "path") != 0)
        return with_query(path, json_at(parameter, "name"), value);
    out = xasprintf("%.*s%s%s", (int)(at - path), path, value,
                    strchr(at, '}') + 1);
    free(path);
    return out;
}

/* The path with the examples of its parameters. Heap. */
static char *example_path(const char *pattern, const json_t *parameters)
{
    char *path = xstrdup(pattern);
    json_t *p;
    size_t i;

    json_array_foreach(parameters, i, p) path = with_example(path, p);
    return path;
}

static char *example_body(const json_t *operation)
{
    json_t *at = json_object_get(operation, "requestBody");

    at = json_object_get(at, "content");
    at = json_object_get(json_object_get(at, "application/json"), "example");
    return at ? json_dumps(at, JSON_COMPACT) : NULL;
}

static void send_example(const char *path, const char *method,
                         const json_t *operation)
{
    char *line = example_path(path, json_object_get(operation, "parameters"));
    char *body = example_body(operation), verb[8] = "";
    const char *id = json_at(operation, "operationId");
    struct admin_reply r;
    bool ok;

    for (size_t i = 0; method[i] && i < sizeof verb - 1; i++)
        verb[i] = (char)toupper((unsigned char)method[i]);
    r = admin_call(h, verb, line, &(struct admin_ask){ .body = body });
    cr_expect_eq(r.status, expected(id), "%s %s: %ld %s", verb, line, r.status,
                 r.body);
    ok = r.status == 200;
    cr_expect_eq(json_is_true(json_object_get(r.json, "ok")), ok);
    cr_expect_eq(json_is_object(json_object_get(r.json, "error")), !ok);
    cr_expect(json_is_object(json_object_get(r.json, "card")), "%s", r.body);
    cr_expect_eq(json_object_size(r.json), ok ? 5 : 6, "%s", r.body);
    admin_reply_free(&r);
    free(body);
    free(line);
}

Test(admin, every_example_of_the_document_works, .timeout = 240)
{
    json_t *api = yaml_read("deploy/openapi.yaml");
    json_t *path, *operation;
    const char *name, *method;

    dead_letters(h, "orders", 3);
    test_alert();
    free(sql(h, "insert into opsbot.alert_storms (op, channel, ended_at)"
                " values ('S', 'C0OPS', now()) returning id"));
    json_object_foreach(json_object_get(api, "paths"), name, path)
        json_object_foreach(path, method, operation)
            send_example(name, method, operation);
    json_decref(api);
    wait_settled(h, COMES_MS);
}
