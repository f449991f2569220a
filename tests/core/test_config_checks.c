/* config: health checks: what each kind may have, needs, and is without it. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "tests/core/config_files.h"

TestSuite(config_checks, .init = config_start, .fini = config_finish,
          .timeout = 60);

Test(config_checks, every_kind_needs_little)
{
    struct config *cfg = config_of(
        "streams: [{name: orders}]\n"
        "checks:\n"
        "- {id: a, kind: http, url: 'http://10.0.0.1:9/h', token: ''}\n"
        "- {id: b, kind: tls, url: 'tls://a.example:443'}\n"
        "- {id: c, kind: tcp, url: '[::1]:80'}\n"
        "- {id: d, kind: postgres}\n"
        "- {id: e, kind: redis}\n"
        "- {id: f, kind: stream, stream: orders}\n"
        "- {id: g, kind: websocket, url: 'ws://a/b?c'}\n"
        "- {id: h, kind: prometheus, url: 'http://p:9090', query: up,\n"
        "   expect: {above: -1.5e-3}}\n"
        "- {id: i, kind: secrets, variables: [A_B]}\n"
        "- {id: j, kind: heartbeat, within_s: 60,\n"
        "   secret: 0123456789abcdef}\n");
    const struct config_check *c = cfg->checks;

    cr_assert_eq(cfg->checks_count, 10);
    for (unsigned i = 0; i < 10; i++) {
        cr_expect_eq(c[i].kind, i);
        cr_expect_eq(c[i].severity, CHECK_HIGH);
        cr_expect_eq(c[i].interval_s, 30);
        cr_expect_eq(c[i].timeout_ms, 5000);
        cr_expect_eq(c[i].fail_after, 2);
        cr_expect_eq(c[i].pass_after, 2);
        cr_expect_null(c[i].name);
        cr_expect_null(c[i].token);
        cr_expect_eq(c[i].scopes_count, 0);
    }
    cr_expect_eq(c[0].expect.status, 200);
    cr_expect_eq(c[0].expect.latency_ms, 0);
    cr_expect_eq(c[1].expect.days_left, 14);
    cr_expect_eq(c[3].expect.connect_ms, 0);
    cr_expect_null(c[3].url);
    cr_expect_eq(c[4].expect.memory_percent, 90);
    cr_expect_eq(c[5].expect.lag, CONFIG_NO_LIMIT);
    cr_expect_eq(c[5].expect.dead_growth, CONFIG_NO_LIMIT);
    cr_expect_str_eq(c[7].expect.above, "-1.5e-3");
    cr_expect_str_eq(c[8].variables[0], "A_B");
    cr_expect_eq(c[9].within_s, 60);
    config_free(cfg);
}

Test(config_checks, what_is_given_counts)
{
    struct config *cfg = config_of(
        "halt: {scopes: [trading], targets: [{name: t, scopes: [payouts],\n"
        "  health_url: 'https://t/'}]}\n"
        "streams: [{name: orders}]\n"
        "checks:\n"
        "- {id: a, name: A b, kind: http, url: 'https://a/', severity: "
        "critical,"
        " interval_s: 1, timeout_ms: 120000, fail_after: 1, pass_after: 9,\n"
        "   scopes: [trading, payouts, all], runbook: 'https://wiki/x',\n"
        "   expect: {status: 0, json_path: a.b, json_equals: true,\n"
        "     contains: x, latency_ms: 119999}}\n"
        "- {id: f, kind: stream, stream: orders, expect: {lag: 0, dead: 0,\n"
        "   pending_s: 1, dead_growth: 2}}\n");
    const struct config_check *c = cfg->checks;

    cr_expect_str_eq(c[0].name, "A b");
    cr_expect_eq(c[0].severity, CHECK_CRITICAL);
    cr_expect_eq(c[0].interval_s, 1);
    cr_expect_eq(c[0].timeout_ms, 120000);
    cr_expect_eq(c[0].fail_after, 1);
    cr_expect_eq(c[0].pass_after, 9);
    cr_expect_eq(c[0].scopes_count, 3);
    cr_expect_eq(c[0].expect.status, 0, "0 is any 2xx, and not the default");
    cr_expect_str_eq(c[0].expect.json_equals, "true");
    cr_expect_eq(c[1].expect.lag, 0);
    cr_expect_eq(c[1].expect.dead, 0);
    cr_expect_eq(c[1].expect.dead_growth, 2);
    config_free(cfg);
}

Test(config_checks, secrets_are_kept_out, .init = cr_redirect_stderr)
{
    char text[1024];
    struct config *cfg;
    FILE *log;
    size_t n;

    config_write(config_other, "word-of-a-heartbeat\n");
    snprintf(text, sizeof text,
             "checks:\n"
             "- {id: a, kind: http, url: 'https://a/', token: given-token}\n"
             "- {id: b, kind: heartbeat, within_s: 9, secret_file: %s}\n"
             "- {id: c, kind: postgres,\n"
             "   url: 'postgresql://u:pg-password@h/d'}\n"
             "- {id: d, kind: redis, url: 'redis://:redis-word@h:1/0'}\n",
             config_other);
    cfg = config_of(text);
    cr_expect_str_eq(cfg->checks[1].secret, "word-of-a-heartbeat");
    config_free(cfg);
    log_info("test", NULL,
             "given-token word-of-a-heartbeat pg-password redis-word end");
    log = cr_get_redirected_stderr();
    n = fread(text, 1, sizeof text - 1, log);
    text[n] = '\0';
    cr_expect_not_null(strstr(text, "*** *** *** *** end"), "%s", text);
}

Test(config_checks, a_url_may_be_in_a_file)
{
    char text[512];
    struct config *cfg;

    config_write(config_other, "postgresql://u:hunter22@h/d\n");
    snprintf(text, sizeof text,
             "checks: [{id: c, kind: postgres, url_file: "
             "%s}]\n",
             config_other);
    cfg = config_of(text);
    cr_expect_str_eq(cfg->checks[0].url, "postgresql://u:hunter22@h/d");
    config_free(cfg);
    config_write(config_other, "mysql://u:hunter22@h/d\n");
    config_refusal(text);
    cr_expect_not_null(strstr(config_err.text, "checks[0].url: expected a URL "
                                               "like postgresql://"),
                       "%s", config_err.text);
    cr_expect_null(strstr(config_err.text, "hunter22"), "%s", config_err.text);
}

#define CHECK(line) "checks:\n- id: a\n  " line "\n"
#define HTTP(line)  CHECK("kind: http\n  url: https://a/\n  " line)
#define AT          "opsbot.yaml:"

static const struct {
    const char *text, *want;
} wrong[] = {
    /* every kind */
    { "checks:\n- kind: redis\n",
      AT "2: checks[0].id: expected a word of up to 63 bytes, without - in "
         "front" },
    { "checks:\n- id: a b\n  kind: redis\n",
      AT "2: checks[0].id: expected a word of up to 63 bytes, without - in "
         "front" },
    { "checks:\n- {id: a, kind: redis}\n- {id: a, kind: redis}\n",
      AT "3: checks[1].id: `a` is there already, as checks[0]" },
    { "checks:\n- id: a\n",
      AT "2: checks[0].kind: expected what it asks: http, tls, tcp, postgres, "
         "redis, stream, websocket, prometheus, secrets or heartbeat" },
    { CHECK("kind: htp"),
      AT "3: checks[0].kind: expected http, tls, tcp, postgres, redis, stream, "
         "websocket, prometheus, secrets or heartbeat" },
    { HTTP("severity: urgent"),
      AT "5: checks[0].severity: expected critical, high or warning" },
    { HTTP("interval_s: 0"),
      AT "5: checks[0].interval_s: expected a whole number, 1 to 86400" },
    { HTTP("interval_s: 0.5"),
      AT "5: checks[0].interval_s: expected a whole number, 1 to 86400" },
    { HTTP("interval_s: 30s"),
      AT "5: checks[0].interval_s: expected a whole number, 1 to 86400" },
    { HTTP("timeout_ms: 120001"),
      AT "5: checks[0].timeout_ms: expected a whole number, 10 to 120000" },
    { HTTP("fail_after: 0"),
      AT "5: checks[0].fail_after: expected a whole number, 1 to 1000" },
    { HTTP("pass_after: 0"),
      AT "5: checks[0].pass_after: expected a whole number, 1 to 1000" },
    { HTTP("scopes: [trading]"),
      AT "5: checks[0].scopes[0]: `trading` is no scope: expected one of "
         "halt.scopes, of a target, or all" },
    { HTTP("runbook: wiki/x"),
      AT "5: checks[0].runbook: expected a URL like https://wiki/runbook" },
    { HTTP("intervals: 5"),
      AT "5: checks[0].intervals: unknown key; did you mean `interval_s`?" },
    { HTTP("expect: {stats: 5}"),
      AT "5: checks[0].expect.stats: unknown key; did you mean `status`?" },
    /* keys of others */
    { HTTP("query: up"),
      AT "5: checks[0].query: not for a check of kind http: it is for postgres "
         "and prometheus" },
    { HTTP("expect: {days_left: 3}"),
      AT "5: checks[0].expect.days_left: not for a check of kind http: it is "
         "for tls" },
    { HTTP("files: [/x]"), AT "5: checks[0].files: not for a check of kind "
                              "http: it is for secrets" },
    { CHECK("kind: tcp\n  url: a:1\n  token: x"),
      AT "5: checks[0].token: not for a check of kind tcp: it is for http, "
         "websocket and prometheus" },
    { CHECK("kind: redis\n  group: x"),
      AT "4: checks[0].group: not for a check of kind redis: it is for "
         "stream" },
    { CHECK("kind: redis\n  variables: [X]"),
      AT "4: checks[0].variables: not for a check of kind redis: it is for "
         "secrets" },
    /* http */
    { CHECK("kind: http"),
      AT "2: checks[0].url: expected the place to ask, it is missing" },
    { CHECK("kind: http\n  url: a.example"),
      AT "4: checks[0].url: expected a URL like https://host:8443/health" },
    { CHECK("kind: http\n  url: https://u:p@a/"),
      AT "4: checks[0].url: expected no password in it: there is token_file" },
    { CHECK("kind: http\n  url: http://a/\n  token: x"),
      AT "4: checks[0].url: a token over plain http is for loopback only: "
         "expected https" },
    { HTTP("token: x\n  token_file: /dev/null"),
      AT "6: checks[0].token_file: token is there as well: expected one of "
         "them" },
    { HTTP("token: x y"),
      AT "5: checks[0].token: expected a token without spaces" },
    { HTTP("ca: /no/such"),
      AT "5: checks[0].ca: /no/such: No such file or directory" },
    { HTTP("client_cert: /dev/null"),
      AT "5: checks[0].client_cert: expected client_key beside it" },
    { HTTP("client_key: /dev/null"),
      AT "5: checks[0].client_key: expected client_cert beside it" },
    { HTTP("expect: {status: 600}"),
      AT "5: checks[0].expect.status: expected a whole number, 0 to 599" },
    { HTTP("expect: {status: 20}"),
      AT "5: checks[0].expect.status: expected a status like 200, or 0 for any "
         "2xx" },
    { HTTP("expect: {json_equals: x}"),
      AT "5: checks[0].expect.json_equals: expected json_path beside it" },
    { HTTP("expect: {latency_ms: 5000}"),
      AT "5: checks[0].expect.latency_ms: expected less than timeout_ms, which "
         "is 5000" },
    { HTTP("expect: {latency_ms: 0}"), AT
      "5: checks[0].expect.latency_ms: expected a whole number, 1 to 120000" },
    /* tls, tcp */
    { CHECK("kind: tls"),
      AT "2: checks[0].url: expected the place to ask, it is missing" },
    { CHECK("kind: tls\n  url: https://a/"),
      AT "4: checks[0].url: expected host:port, like example.org:443" },
    { CHECK("kind: tls\n  url: a:443\n  expect: {days_left: 3651}"),
      AT "5: checks[0].expect.days_left: expected a whole number, 0 to 3650" },
    { CHECK("kind: tcp\n  url: a"),
      AT "4: checks[0].url: expected host:port, like 10.0.0.1:6379" },
    { CHECK("kind: tcp\n  url: a:70000"),
      AT "4: checks[0].url: expected host:port, like 10.0.0.1:6379" },
    { CHECK("kind: tcp\n  url: '::1:80'"),
      AT "4: checks[0].url: expected host:port, like 10.0.0.1:6379" },
    /* postgres, redis, stream */
    { CHECK("kind: postgres\n  url: mysql://h/d"),
      AT "4: checks[0].url: expected a URL like "
         "postgresql://user@host:5432/name" },
    { CHECK("kind: postgres\n  expect: {value: x}"),
      AT "4: checks[0].expect.value: expected query beside it" },
    { CHECK("kind: postgres\n  expect: {connect_ms: 9000}"),
      AT "4: checks[0].expect.connect_ms: expected less than timeout_ms, which "
         "is 5000" },
    { CHECK("kind: redis\n  url: http://h/"),
      AT "4: checks[0].url: must begin with redis://, rediss:// or unix://" },
    { CHECK("kind: redis\n  expect: {role: slave}"),
      AT "4: checks[0].expect.role: expected master or replica" },
    { CHECK("kind: redis\n  expect: {memory_percent: 101}"), AT
      "4: checks[0].expect.memory_percent: expected a whole number, 1 to 100" },
    { CHECK("kind: stream"),
      AT "2: checks[0].stream: expected one of streams, it is missing" },
    { CHECK("kind: stream\n  group: g"),
      AT "2: checks[0].stream: expected one of streams, it is missing" },
    { CHECK("kind: stream\n  stream: orders"),
      AT "4: checks[0].stream: expected one that is named in streams" },
    { CHECK("kind: stream\n  stream: orders\n  expect: {lag: -1}"),
      AT "5: checks[0].expect.lag: expected a whole number, 0 to 999999999" },
    /* websocket, prometheus */
    { CHECK("kind: websocket\n  url: https://a/"),
      AT "4: checks[0].url: expected a URL like wss://host:8443/feed" },
    { CHECK("kind: websocket\n  url: ws://a/\n  token: x"),
      AT "4: checks[0].url: a token over plain ws is for loopback only: "
         "expected wss" },
    { CHECK("kind: prometheus\n  url: http://p:9090\n  expect: {below: 1}"),
      AT "2: checks[0].query: expected an instant query, it is missing" },
    { CHECK("kind: prometheus\n  url: http://p:9090\n  query: up"),
      AT "2: checks[0].expect: expected below, above or both" },
    { CHECK("kind: prometheus\n  url: http://p:9090\n  query: up\n  expect: "
            "{above: 5 %}"),
      AT "6: checks[0].expect.above: expected a number like 0.05" },
    { CHECK("kind: prometheus\n  url: http://p:9090\n  query: up\n  expect: "
            "{below: nan}"),
      AT "6: checks[0].expect.below: expected a number like 0.05" },
    { CHECK("kind: prometheus\n  url: http://p/?q\n  query: up\n  expect: "
            "{below: 1}"),
      AT "4: checks[0].url: expected the server alone: the query has a key of "
         "its own" },
    /* secrets, heartbeat */
    { CHECK("kind: secrets"),
      AT "2: checks[0]: expected files, variables or both" },
    { CHECK("kind: secrets\n  files: [a]"),
      AT "4: checks[0].files[0]: expected a path that begins with /" },
    { CHECK("kind: secrets\n  variables: [A, 1A]"),
      AT "4: checks[0].variables[1]: expected the name of a variable, like "
         "API_TOKEN" },
    { CHECK("kind: heartbeat\n  secret: 0123456789abcdef"),
      AT "2: checks[0].within_s: expected how often it must call, in seconds; "
         "it is missing" },
    { CHECK("kind: heartbeat\n  within_s: 5"),
      AT "2: checks[0].secret: expected the word in the URL that is called (or "
         "secret_file), it is missing" },
    { CHECK("kind: heartbeat\n  within_s: 5\n  secret: short"),
      AT "5: checks[0].secret: expected 16 to 128 letters, digits, - and _: "
         "whoever knows it can call" },
    { CHECK("kind: heartbeat\n  within_s: 0\n  secret: 0123456789abcdef"),
      AT "4: checks[0].within_s: expected a whole number, 1 to 2592000" },
    { "checks:\n- {id: a, kind: heartbeat, within_s: 5, secret: "
      "0123456789abcdef}\n- {id: b, kind: heartbeat, within_s: 5, secret: "
      "0123456789abcdef}\n",
      AT "3: checks[1].secret: another check has the same" },
};

Test(config_checks, an_error_names_line_key_and_expectation)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *said = config_refusal(wrong[i].text);

        cr_expect_eq(strncmp(said, wrong[i].want, strlen(wrong[i].want)), 0,
                     "%s -> %s", wrong[i].text, said);
    }
}
