/*
 * Who one is, and what one says: identities that look like others, texts that
 * would mention everybody, forge lines of the log or steer a terminal.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/admin.h"
#include "tests/integration/common.h"
#include "tests/integration/shell.h"

static const char yaml[] =
    "admins: ['unix:root', U0ANN, 'token:boss']\n"
    "channels: {ops: C0OPS}\n"
    "streams: [{name: orders}]\n"
    "halt: {scopes: [trading]}\n"
    "roles:\n"
    "- {name: automation, users: ['token:ci', 'token:cron', 'cert:ops'],\n"
    "   rights: ['*']}\n"
    "http:\n"
    "  tokens:\n"
    "  - {name: ci, token: ci-token-0123456789}\n"
    "  - {name: cron, token: cron-token-0123456789}\n";

static struct harness *h;

static void start_as(const char *format)
{
    char *entry = xasprintf("OPSBOT_LOG=%s", format);
    const char *const env[] = { entry, "OPSBOT_ADMINS=", NULL };

    h = harness_start(&(struct harness_options){ .yaml = yaml, .env = env });
    free(entry);
}

static void start(void)
{
    start_as("json");
}

static void start_text(void)
{
    start_as("text");
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(security_text, .init = start, .fini = stop, .timeout = 240);

/* ---- who --------------------------------------------------------------------------- */

static void type_as(const char *user, const char *name, const char *text)
{
    static int n;
    json_t *envelope =
        json_pack("{s:o, ss, sb, s{ss ss ss ss ss ss}}", "envelope_id",
                  json_sprintf("as-%d", ++n), "type", "slash_commands",
                  "accepts_response_payload", 1, "payload", "command", "/ops",
                  "text", text, "user_id", user, "user_name", name,
                  "channel_id", "C0OPS", "team_id", "T0EX");

    json_decref(
        control_post(h, "envelope", json_pack("{s:o}", "envelope", envelope)));
}

/* Slack says who it is, and so it is nobody of the admin API's. */
Test(security_text, a_slack_user_is_no_identity_of_the_admin_api)
{
    static const char *const users[] = { "unix:root",  "token:ci",
                                         "token:boss", "cert:ops",
                                         "token:ci\n", " token:ci" };
    size_t n = sizeof users / sizeof *users;

    for (size_t i = 0; i < n; i++)
        type_as(users[i], "ann", "halt all by nobody");
    wait_sql(h, (long long)n, COMES_MS,
             "select count(*) from opsbot.audit_events where kind = 'refusal'"
             " and outcome = 'denied' and command = 'halt'");
    cr_expect_eq(redis_number(h, "EXISTS opsbot:halt:all"), 0);
    /* Nor does a name make anybody somebody. */
    type_as("U0DAN", "unix:root", "halt all by nobody");
    wait_sql(h, (long long)n + 1, COMES_MS,
             "select count(*) from opsbot.audit_events where kind = 'refusal'"
             " and outcome = 'denied' and command = 'halt'");
    cr_expect_eq(redis_number(h, "EXISTS opsbot:halt:all"), 0);
}

/* ---- keys ---------------------------------------------------------------------------- */

static struct admin_reply open_incident(const char *token, const char *key)
{
    return admin_call(
        h, "POST", "/admin/incidents",
        &(struct admin_ask){
            .token = token,
            .key = key,
            .body = "{\"severity\":\"P2\",\"title\":\"by key\"}" });
}

/* It names an operation of who sent it, and nobody else's. */
Test(security_text, an_idempotency_key_is_its_senders_own)
{
    struct admin_reply ci = open_incident("ci-token-0123456789", "same"),
                       cron = open_incident("cron-token-0123456789", "same"),
                       again = open_incident("ci-token-0123456789", "same");

    cr_expect_eq(ci.status, 200, "%s", ci.body);
    cr_expect_eq(cron.status, 200, "%s", cron.body);
    cr_expect_str_neq(json_at(ci.json, "op"), json_at(cron.json, "op"));
    cr_expect_str_eq(json_at(ci.json, "op"), json_at(again.json, "op"));
    cr_expect_null(strstr(cron.body, json_at(ci.json, "op")), "%s", cron.body);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.incidents"), 2);
    admin_reply_free(&ci);
    admin_reply_free(&cron);
    admin_reply_free(&again);
}

/* ---- values are values ----------------------------------------------------------------- */

static long request(const char *method, const char *path, const char *body)
{
    struct admin_reply r =
        admin_call(h, method, path, &(struct admin_ask){ .body = body });
    long status = r.status;

    cr_expect(status >= 200, "%s: %s", path, r.body);
    admin_reply_free(&r);
    return status;
}

/* No flag, no second word, no second command comes out of a path or member. */
Test(security_text, a_value_is_no_flag_and_no_command)
{
    dead_letters(h, "orders", 3);
    request("POST", "/admin/dlq/orders/requeue", "{\"ids\":[\"--all\"]}");
    request("POST", "/admin/dlq/orders/discard",
            "{\"ids\":[\"--all --rate max\"]}");
    request("POST", "/admin/dlq/orders%20--all/discard",
            "{\"ids\":[\"1700000000000-1\"]}");
    request("POST", "/admin/dlq/--all/discard",
            "{\"ids\":[\"1700000000000-1\"]}");
    request("POST", "/admin/halts",
            "{\"scope\":\"trading\",\"reason\":\"real\"}");
    request("DELETE", "/admin/halts/trading%20--force", NULL);
    request("DELETE", "/admin/halts/all", NULL);
    request("POST", "/admin/incidents",
            "{\"severity\":\"P3\",\"title\":\"x --due 1m\\\" ; halt all x\"}");
    request("POST", "/admin/ops", "{\"text\":\"ping\\nhalt all x\"}");
    request("POST", "/admin/ops", "{\"text\":\"ping; halt all x\"}");
    wait_settled(h, COMES_MS);
    cr_expect_eq(redis_number(h, "XLEN orders.dlq"), 3);
    cr_expect_eq(redis_number(h, "XLEN orders"), 0);
    cr_expect_eq(redis_number(h, "EXISTS opsbot:halt:trading"), 1);
    cr_expect_eq(redis_number(h, "EXISTS opsbot:halt:all"), 0);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.incidents where"
                               " title = 'x --due 1m\" ; halt all x'"),
                 1);
}

/* ---- mentions ------------------------------------------------------------------------------ */

#define WILD                                                                   \
    "<!channel> <!here|x> <@U0BOB> <#C0OPS|ops> <https://evil.example|click>"

static void expect_tame(const char *where, const json_t *value)
{
    static const char *const wild[] = { "<!channel",     "<!here",
                                        "<@U0BOB",       "<#C0OPS|ops",
                                        "<https://evil", "<!subteam" };
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++)
        cr_expect_null(strstr(text, wild[i]), "%s: %s in %s", where, wild[i],
                       text);
    free(text);
}

Test(security_text, what_programs_say_mentions_nobody)
{
    json_t *all, *call;
    size_t i, n = 0;

    request("POST", "/admin/halts",
            "{\"scope\":\"trading\",\"reason\":\"" WILD "\"}");
    request("POST", "/admin/incidents",
            "{\"severity\":\"P2\",\"title\":\"" WILD "\",\"impact\":\"" WILD
            "\"}");
    request("POST", "/admin/incidents/1/updates", "{\"text\":\"" WILD "\"}");
    request("POST", "/admin/incidents/1/resolve", "{\"text\":\"" WILD "\"}");
    request("POST", "/admin/notify/ack",
            "{\"traceId\":\"<!channel>\",\"note\":\"" WILD "\"}");
    wait_settled(h, COMES_MS);
    cr_expect_gt(posted_with(h, "C0OPS", "evil.example"), 0);
    all = control_get(h, "calls?method=chat.postMessage");
    json_array_foreach(json_object_get(all, "calls"), i, call)
    {
        expect_tame("chat.postMessage", json_object_get(call, "args"));
        n++;
    }
    cr_expect_geq(n, 3, "%zu", n);
    json_decref(all);
    cr_assert(!opsbot_log_has(h->bot, "Slack does not take our blocks"));
}

/* ---- lines of the log, and terminals ----------------------------------------------------------- */

#define FORGED                                                                 \
    "\\u001b[31m\\u001b]0;title\\u0007\\r\\n2030-01-01T00:00:00.000Z info "    \
    " bot: forged\\u2028\\u202e"

static void say_all(void)
{
    static const char *const paths[] = {
        "/admin/streams/%1b%5b31m",
        "/admin/dlq/a%0ab",
        "/admin/a%0d%0ab",
        "/admin/streams/%c2%9b31m",
        "/admin/incidents/%e2%80%ae",
        "/admin/dlq?x=%0a%1b[31m",
    };

    request("POST", "/admin/ops", "{\"text\":\"" FORGED "\"}");
    request("POST", "/admin/ops", "{\"text\":\"halt trading " FORGED "\"}");
    request("POST", "/admin/ops", "{\"text\":\"dlq show " FORGED "\"}");
    request("POST", "/admin/ops", "{\"" FORGED "\":1}");
    request("POST", "/admin/notify/ack",
            "{\"traceId\":\"t" FORGED "\",\"note\":\"" FORGED "\"}");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        request("GET", paths[i], NULL);
    for (int i = 0; i < 2; i++) {
        struct admin_reply r =
            admin_call(h, "GET", "/admin/version",
                       &(struct admin_ask){
                           .key = i ? "k\x1b[31m" : NULL,
                           .header = "Authorization: Bearer \x1b[31mforged" });

        admin_reply_free(&r);
    }
    type_as("U0ANN\n2030-01-01T00:00:00.000Z info  bot: forged", "a\x1b[31m",
            "help \x1b[31m\n2030-01-01T00:00:00.000Z info  bot: forged");
    wait_settled(h, COMES_MS);
}

static void expect_plain(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        cr_assert(*c >= 0x20 || *c == '\n', "%02x at …%.60s", *c,
                  (const char *)c);
    cr_expect_null(strstr(text, "\xc2\x9b"), "the other escape");
    cr_expect_null(strstr(text, "\xe2\x80\xae"), "what turns text round");
}

Test(security_text, nobody_forges_a_line_of_a_json_log)
{
    char *log, *rest, *line;

    say_all();
    log = rest = opsbot_log(h->bot);
    while ((line = strsep(&rest, "\n")) != NULL) {
        json_t *root = json_loads(line, 0, NULL);

        cr_expect(!*line || json_is_object(root), "%s", line);
        for (const char *c = line; *c; c++)
            cr_assert((unsigned char)*c >= 0x20, "%02x in %s", *c, line);
        json_decref(root);
    }
    free(log);
}

TestSuite(security_text_log, .init = start_text, .fini = stop, .timeout = 240);

Test(security_text_log, nobody_forges_a_line)
{
    char *log, *rest, *line;

    say_all();
    log = rest = opsbot_log(h->bot);
    expect_plain(log);
    while ((line = strsep(&rest, "\n")) != NULL) {
        cr_expect_neq(strncmp(line, "2030-", 5), 0, "%s", line);
        cr_expect(!*line || (strlen(line) > 25 && line[10] == 'T'), "%s", line);
    }
    free(log);
}

/* What others put into Redis, shown at a terminal. */
Test(security_text, opsctl_steers_no_terminal)
{
    static const char *const colourless[] = { "NO_COLOR=1", NULL };
    static const char bad[] = "\x1b[31m\x1b]0;title\x07\r\x9b"
                              "2J\xc2\x9b"
                              "2J"
                              "\xe2\x80\xae x";
    static const char *const lines[] = { "dlq list", "dlq show orders",
                                         "streams", "streams orders" };
    struct shell s = { .h = h, .env = colourless };

    redis_send(h, "XADD orders.dlq * note %s %s x error %s", bad, bad, bad);
    redis_send(h, "XADD orders * a %s", bad);
    redis_send(h, "XGROUP CREATE orders %s 0", bad);
    redis_send(h, "XREADGROUP GROUP %s %s STREAMS orders >", bad, bad);
    redis_send(h, "XADD %s.dlq * a b", "ev\x1b[31mil");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct ran typed = shell_type(&s, WORDS("ops", lines[i]));
        struct ran text = shell_run(&s, WORDS("--text", "ops", lines[i]));
        struct ran json = shell_run(&s, WORDS("--json", "ops", lines[i]));
        char *at;

        while ((at = strchr(typed.out, '\r')) && at[1] == '\n')
            *at = ' '; /* of the terminal itself */
        expect_plain(typed.out);
        expect_plain(text.out);
        for (at = json.out; *at; at++)
            cr_assert((unsigned char)*at >= 0x20 || *at == '\n', "%s",
                      json.out);
        cr_expect_eq(typed.status, 0, "%s", typed.out);
        shell_over(&typed);
        shell_over(&text);
        shell_over(&json);
    }
}
