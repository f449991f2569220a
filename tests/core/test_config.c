/* config: files and environment as people write them; defaults; secrets. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/config_parts.h"
#include "tests/core/config_files.h"

TestSuite(config, .init = config_start, .fini = config_finish, .timeout = 30);

/* ---- values ----------------------------------------------------------------- */

Test(config, needs_no_file)
{
    struct config *cfg = config_of(NULL);

    cr_expect_str_eq(cfg->slack.app_token, "xapp-test");
    cr_expect_str_eq(cfg->slack.api_url, "https://slack.com/api/");
    cr_expect_str_eq(cfg->slack.command, "/ops");
    cr_expect_str_eq(cfg->slack.signing_secret, "");
    cr_expect_eq(cfg->slack.answer_in_ack_ms, 800);
    cr_expect_null(cfg->channels.ops);
    cr_expect_str_eq(cfg->redis.host, "127.0.0.1");
    cr_expect_eq(cfg->redis.db, 3);
    cr_expect_str_eq(cfg->redis_prefix, "opsbot:");
    cr_expect_null(cfg->database_migrate_url);
    cr_expect_str_eq(cfg->listen, "127.0.0.1:8710");
    cr_expect_str_eq(cfg->state_dir, "./var");
    cr_expect_str_eq(cfg->admin, "unix:./var/admin.sock");
    cr_expect_eq(cfg->halt.targets_count, 0);
    cr_expect_eq(cfg->halt.verify_s, 10);
    cr_expect_eq(cfg->keep.audit, 400);
    cr_expect_eq(cfg->keep.operations, 30);
    cr_expect_eq(cfg->keep.outbox, 30);
    cr_expect_eq(cfg->keep.trash, 30);
    cr_expect_eq(cfg->keep.checks, 14);
    cr_expect_eq(cfg->keep.alerts, 90);
    cr_expect_str_eq(cfg->dlq.original_id, "original_id");
    cr_expect_str_eq(cfg->confine, "on");
    cr_expect_eq(cfg->log_level, LOG_INFO);
    config_free(cfg);
}

Test(config, confinement_is_on_or_off)
{
    struct config *cfg = config_of("confine: off\n");

    cr_expect_str_eq(cfg->confine, "off");
    config_free(cfg);
    setenv("OPSBOT_CONFINE", "on", 1);
    cfg = config_of("confine: off\n");
    cr_expect_str_eq(cfg->confine, "on");
    config_free(cfg);
    setenv("OPSBOT_CONFINE", "of", 1);
    cr_expect_str_eq(config_refusal("confine: off\n"),
                     "OPSBOT_CONFINE: expected on or off");
}

Test(config, an_empty_file_is_no_file)
{
    config_free(config_of(""));
    config_free(config_of("# nothing\n"));
    config_free(config_of("---\n"));
    config_free(config_of("streams:\nroles: ~\nadmins:\nstate_dir:\n"));
}

Test(config, a_section_may_be_left_empty)
{
    struct config *cfg;

    cfg = config_of("slack:\n  # command: /x\nredis: # none\n\nhttp: ~\n"
                    "log:\n  level: warn\ndlq:");
    cr_expect_eq(cfg->log_level, LOG_WARN);
    config_free(cfg);
    config_free(config_of("{slack: , \"redis\" : , log: null}\n"));
}

Test(config, reads_the_example)
{
    struct config *cfg = config_load("deploy/opsbot.example.yaml", &config_err);

    cr_assert_not_null(cfg, "%s", config_err.text);
    cr_expect_eq(cfg->streams_count, 2);
    cr_expect_str_eq(cfg->streams[0].dlq, "notify.events.dlq");
    cr_expect_null(cfg->streams[1].dlq);
    cr_expect_eq(cfg->roles_count, 2);
    cr_expect(cfg->roles[0].everyone);
    cr_expect_not(cfg->roles[1].everyone);
    cr_expect_str_eq(cfg->roles[1].users[1], "U0987654321");
    cr_expect_str_eq(cfg->roles[1].groups[0], "S0123456789");
    cr_expect_str_eq(cfg->roles[1].channels[0], "C0123456789");
    cr_assert_eq(cfg->halt.targets_count, 2);
    cr_expect_str_eq(cfg->halt.targets[0].scopes[0], "trading");
    cr_expect_str_eq(cfg->halt.targets[1].halted_path, "status.trading");
    cr_expect_null(cfg->halt.targets[1].halt_url);
    cr_expect_str_eq(cfg->halt.scopes[1], "payouts");
    cr_expect_str_eq(cfg->mask[0], "iban");
    cr_expect_eq(cfg->admins_count, 1);
    cr_assert_eq(cfg->alerts.route.routes_count, 5);
    cr_expect_eq(cfg->alerts.route.routes[0].routes_count, 2);
    cr_expect_eq(cfg->alerts.policies[0].steps[2].after_ms, 15 * 60000);
    cr_expect_eq(cfg->log_format, LOG_JSON);
    config_free(cfg);
}

Test(config, the_environment_wins)
{
    struct config *cfg;

    setenv("SLACK_API_URL", "http://127.0.0.1:9000/api", 1);
    setenv("OPSBOT_LISTEN", "[::1]:9", 1);
    setenv("OPSBOT_STATE", "/tmp/s", 1);
    setenv("OPSBOT_LOG", "text", 1);
    cfg = config_of(
        "slack: {api_url: 'https://a.example/', app_token: xapp-file}\n"
        "http: {listen: 'localhost:1'}\n"
        "log: {format: json, level: debug}\n");
    cr_expect_str_eq(cfg->slack.api_url, "http://127.0.0.1:9000/api/");
    cr_expect_str_eq(cfg->slack.app_token, "xapp-test");
    cr_expect_str_eq(cfg->listen, "[::1]:9");
    cr_expect_str_eq(cfg->admin, "unix:/tmp/s/admin.sock");
    cr_expect_eq(cfg->log_format, LOG_TEXT);
    cr_expect_eq(cfg->log_level, LOG_DEBUG);
    config_free(cfg);
    unsetenv("SLACK_APP_TOKEN");
    cfg = config_of("slack: {app_token: xapp-file}\n");
    cr_expect_str_eq(cfg->slack.app_token, "xapp-file");
    config_free(cfg);
}

Test(config, the_state_directory_is_systemds)
{
    struct config *cfg;

    setenv("STATE_DIRECTORY", "/var/lib/opsbot:/var/lib/more", 1);
    cfg = config_of(NULL);
    cr_expect_str_eq(cfg->state_dir, "/var/lib/opsbot");
    config_free(cfg);
    cfg = config_of("state_dir: /srv/state\n");
    cr_expect_str_eq(cfg->state_dir, "/srv/state");
    config_free(cfg);
}

Test(config, the_path_comes_from_the_environment)
{
    struct config *cfg;

    config_write(config_path, "slack: {command: /bot}\n");
    setenv("OPSBOT_CONFIG", config_path, 1);
    cfg = config_of(NULL);
    cr_expect_str_eq(cfg->slack.command, "/bot");
    config_free(cfg);
    setenv("OPSBOT_CONFIG", "", 1);
    config_free(config_of(NULL));
    setenv("OPSBOT_CONFIG", "/absent/opsbot.yaml", 1);
    cr_expect_str_eq(config_refusal(NULL),
                     "opsbot.yaml: No such file or directory");
}

Test(config, a_role_has_groups_and_channels)
{
    struct config *cfg;

    cfg = config_of("roles:\n- name: r\n  groups: [S1, S2]\n  channels: [C1]\n"
                    "- name: s\n  groups:\n  channels: ~\n");
    cr_assert_eq(cfg->roles_count, 2);
    cr_expect_eq(cfg->roles[0].groups_count, 2);
    cr_expect_str_eq(cfg->roles[0].groups[1], "S2");
    cr_expect_str_eq(cfg->roles[0].channels[0], "C1");
    cr_expect_eq(cfg->roles[1].groups_count, 0);
    cr_expect_eq(cfg->roles[1].channels_count, 0);
    config_free(cfg);
}

/* ---- secrets ---------------------------------------------------------------- */

Test(config, reads_secrets_from_files)
{
    struct config *cfg;

    unsetenv("SLACK_APP_TOKEN");
    setenv("SLACK_APP_TOKEN_FILE", config_other, 1);
    config_write(config_other, "xapp-from-file\r\n");
    cfg = config_of(NULL);
    cr_expect_str_eq(cfg->slack.app_token, "xapp-from-file");
    config_free(cfg);
    config_write(config_other, "\n");
    cr_expect_not_null(strstr(config_refusal(NULL), "/secret: it is empty"));
    cr_expect_null(strstr(config_err.text, "missing"), "%s", config_err.text);
    config_write(config_other, "a\nb\n");
    cr_expect_not_null(strstr(config_refusal(NULL), "expected one line"));
    unlink(config_other);
    cr_expect_not_null(strstr(config_refusal(NULL), "/secret: No such file"));
    cr_expect_eq(strncmp(config_err.text, "SLACK_APP_TOKEN_FILE: ", 22), 0);
    setenv("SLACK_APP_TOKEN", "x", 1);
    cr_expect_str_eq(config_refusal(NULL),
                     "SLACK_APP_TOKEN and SLACK_APP_TOKEN_FILE are both set: "
                     "expected one of them");
}

/* ---- how Slack comes -------------------------------------------------------- */

Test(config, by_socket_when_nothing_is_said)
{
    struct config *cfg = config_of(NULL);

    cr_expect_str_eq(cfg->slack.mode, "socket");
    cr_expect(cfg->slack.by_socket && !cfg->slack.by_http);
    config_free(cfg);
}

Test(config, by_request_urls_no_app_token_is_needed)
{
    struct config *cfg;

    unsetenv("SLACK_APP_TOKEN");
    setenv("SLACK_SIGNING_SECRET", "8f742231b10e8888abcd99yyyzzz85a5", 1);
    cfg = config_of("slack:\n  mode: http\n");
    cr_expect(!cfg->slack.by_socket && cfg->slack.by_http);
    config_free(cfg);
    setenv("SLACK_MODE", "both", 1);
    cr_expect(strstr(config_refusal("slack:\n  mode: http\n"),
                     "missing SLACK_APP_TOKEN:"),
              "%s", config_err.text);
    setenv("SLACK_APP_TOKEN", "xapp-test", 1);
    cfg = config_of("slack:\n  mode: http\n");
    cr_expect(cfg->slack.by_socket && cfg->slack.by_http);
    config_free(cfg);
}

Test(config, request_urls_need_a_secret)
{
    setenv("SLACK_MODE", "http", 1);
    cr_expect(strstr(config_refusal(NULL), "missing SLACK_SIGNING_SECRET:"),
              "%s", config_err.text);
    setenv("SLACK_SIGNING_SECRET", " , ", 1);
    cr_expect(strstr(config_refusal(NULL),
                     "SLACK_SIGNING_SECRET: there is no secret in it"),
              "%s", config_err.text);
    setenv("SLACK_SIGNING_SECRET", "short", 1);
    cr_expect(
        strstr(config_refusal(NULL), "SLACK_SIGNING_SECRET: expected the "),
        "%s", config_err.text);
    setenv("SLACK_SIGNING_SECRET", "secret-one,secret-two,secret-three", 1);
    cr_expect(strstr(config_refusal(NULL), "or two with a comma"), "%s",
              config_err.text);
}

Test(config, no_other_mode)
{
    cr_expect(strstr(config_refusal("slack:\n  mode: web\n"),
                     ":2: slack.mode: expected socket, http or both"),
              "%s", config_err.text);
    setenv("SLACK_MODE", "HTTP", 1);
    cr_expect_str_eq(config_refusal(NULL),
                     "SLACK_MODE: expected socket, http or both");
}

Test(config, names_all_that_is_missing)
{
    setenv("SLACK_APP_TOKEN", "", 1);
    unsetenv("SLACK_BOT_TOKEN");
    unsetenv("REDIS_URL");
    unsetenv("DATABASE_URL");
    cr_expect_str_eq(
        config_refusal(NULL),
        "missing SLACK_APP_TOKEN, SLACK_BOT_TOKEN, REDIS_URL, DATABASE_URL: "
        "set in the environment (or NAME_FILE), or as slack.app_token, "
        "slack.bot_token, redis.url, postgres.url in the configuration file");
}

Test(config, keeps_secrets_out_of_the_log, .init = cr_redirect_stderr)
{
    char text[4096];
    size_t n;
    FILE *log;

    setenv("REDIS_URL", "redis://:pa%2Fssw0rd@127.0.0.1", 1);
    setenv("DATABASE_URL", "host=x password='quoted pass'", 1);
    setenv("DATABASE_MIGRATE_URL", "postgres://u:migrate-pw@h/db", 1);
    setenv("SLACK_SIGNING_SECRET", "signing-one,signing-two", 1);
    config_free(config_of(NULL));
    log_info("test", NULL,
             "pa%%2Fssw0rd pa/ssw0rd quoted pass migrate-pw signing-one "
             "signing-two xapp-test xoxb-test end");
    log = cr_get_redirected_stderr();
    n = fread(text, 1, sizeof text - 1, log);
    text[n] = '\0';
    cr_expect_not_null(strstr(text, "*** *** *** *** *** *** *** *** end"),
                       "%s", text);
}

Test(config, admins_of_the_environment_are_for_running_without_a_file)
{
    struct config *cfg;

    setenv("OPSBOT_ADMINS", " U1,U2 ,,U3", 1);
    cfg = config_of(NULL);
    cr_assert_eq(cfg->admins_count, 3);
    cr_expect_str_eq(cfg->admins[1], "U2");
    config_free(cfg);
    cfg = config_of("admins: [U9]\n");
    cr_assert_eq(cfg->admins_count, 1);
    cr_expect_str_eq(cfg->admins[0], "U9");
    config_free(cfg);
}

/* ---- what is wrong with a file ------------------------------------------------ */

static const struct {
    const char *text, *want;
} wrong[] = {
    { "slack:\n  bot_tokn: x\n",
      "opsbot.yaml:2: slack.bot_tokn: unknown key; did you mean "
      "`bot_token`?" },
    { "chanels: {}\n",
      "opsbot.yaml:1: chanels: unknown key; did you mean `channels`?" },
    { "log: {level: info}\nlog2: {a: b}\nxyz: 1\n",
      "opsbot.yaml:2: log2: unknown key; did you mean `log`?" },
    { "log:\n  level: info\n  zzzzzz: info\n",
      "opsbot.yaml:3: log.zzzzzz: unknown key; expected format, level or "
      "file" },
    { "streams:\n  - name: a\n  # why\n  - name: b\n    dlq: [x]\n",
      "opsbot.yaml:5: streams[1].dlq: expected a string, not a list" },
    { "streams:\n  - name: a\n    nmae: b\n",
      "opsbot.yaml:3: streams[0].nmae: unknown key; did you mean `name`?" },
    { "streams: a\n",
      "opsbot.yaml:1: streams: expected a list, not a single value or "
      "nothing" },
    { "slack: a\n\nredis: {}\n",
      "opsbot.yaml:1: slack: expected keys and values, not a single value or "
      "nothing" },
    { "slack: {answer_in_ack_ms: soon}\n",
      "opsbot.yaml:1: slack.answer_in_ack_ms: expected a whole number, 0 or "
      "more" },
    { "slack: {answer_in_ack_ms: -1}\n",
      "opsbot.yaml:1: slack.answer_in_ack_ms: expected a whole number, 0 or "
      "more" },
    { "slack: {answer_in_ack_ms: 99999999999}\n",
      "opsbot.yaml:1: slack.answer_in_ack_ms: expected a whole number, 0 or "
      "more" },
    { "roles:\n  - name: a\n    everyone: flase\n",
      "opsbot.yaml:3: roles[0].everyone: expected true, false, yes or no" },
    { "log:\n  level: loud\n",
      "opsbot.yaml:2: log.level: expected debug, info, warn or error" },
    { "redis: {prefix: a}\nslack: {}\nredis: {prefix: b}\n",
      "opsbot.yaml:3: redis: given twice" },
    { "admins: &a [U1]\ndlq: {mask: *a}\n",
      "opsbot.yaml:2: dlq.mask: aliases (*name) are not supported" },
    { "admins: [[U1]]\n",
      "opsbot.yaml:1: admins[0]: expected a string, not a list" },
    { "- a\n", "opsbot.yaml:1: expected keys and values, not a list" },
    { "hello\n",
      "opsbot.yaml:1: expected keys and values, not a single value or "
      "nothing" },
    { "slack:\n\tcommand: /x\n",
      "opsbot.yaml:2:1: not valid YAML: found character that cannot start any "
      "token" },
    { "redis: {}\n---\nslack: {}\n",
      "opsbot.yaml:2: a second document: expected only one" },
    { "redis: {}\nlog: \xff\n", "opsbot.yaml:2: not UTF-8 text" },
    { "slack:\n  command: ops\n",
      "opsbot.yaml:2: slack.command: expected / and a word, like /ops" },
    { "slack:\n  answer_in_ack_ms: 0\n",
      "opsbot.yaml:2: slack.answer_in_ack_ms: expected 100 to 2500" },
    { "slack:\n  api_url: http://slack.com/api\n",
      "opsbot.yaml:2: slack.api_url: plain http is for loopback only: "
      "expected https" },
    { "streams:\n  - name: a\n  - name: a\n",
      "opsbot.yaml:3: streams[1].name: `a` is there already, as streams[0]" },
    { "streams:\n  - dlq: a\n",
      "opsbot.yaml:2: streams[0].name: expected a stream's key" },
    { "roles:\n- users: [U1]\n  rights: [dlq.show]\n",
      "opsbot.yaml:2: roles[0].name: expected a name of one word" },
    { "roles:\n- name: r\n  rights:\n  - dlq.*\n  - DLQ\n",
      "opsbot.yaml:5: roles[0].rights[1]: expected a right like dlq.show, "
      "dlq.* or *" },
    { "dlq: {error: id, attempts: id}\n",
      "opsbot.yaml:1: dlq.attempts: `id` is dlq.error already" },
    { "redis:\n  prefix: 'ops bot'\n",
      "opsbot.yaml:2: redis.prefix: expected up to 64 letters, digits and : . "
      "_ - { }" },
    { "http: {listen: 8710}\n",
      "opsbot.yaml:1: http.listen: expected host:port, for example "
      "127.0.0.1:8710" },
    { "roles:\n- name: r\n  groups: ['@oncall']\n",
      "opsbot.yaml:3: roles[0].groups[0]: expected a Slack user group id" },
    { "roles:\n- name: r\n  channels: ['#ops']\n",
      "opsbot.yaml:3: roles[0].channels[0]: expected a Slack channel id" },
    { "admins: ['']\n", "opsbot.yaml:1: admins[0]: expected a Slack user id" },
};

Test(config, an_error_names_line_key_and_expectation)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_str_eq(config_refusal(wrong[i].text), wrong[i].want,
                         "%s -> %s", wrong[i].text, config_err.text);
}

Test(config, a_secret_in_the_place_of_a_key_is_not_shown)
{
    config_refusal("xoxb-"
                   "123456-abcdef: x\n");
    cr_expect_null(strstr(config_err.text, "abcdef"), "%s", config_err.text);
    config_refusal("slack: {app_token: [xapp-secret-1]}\n");
    cr_expect_null(strstr(config_err.text, "secret-1"), "%s", config_err.text);
    config_refusal("slack: {answer_in_ack_ms: hunter2}\n");
    cr_expect_null(strstr(config_err.text, "hunter2"), "%s", config_err.text);
}

Test(config, own_checks_are_reported_together)
{
    setenv("SLACK_API_URL", "ftp://x", 1);
    setenv("OPSBOT_LOG", "xml", 1);
    cr_expect_str_eq(
        config_refusal("slack: {command: ops}\nhttp:\n  listen: x\n"),
        "opsbot.yaml:1: slack.command: expected / and a word, like /ops; "
        "SLACK_API_URL: expected an https:// URL; line 3: http.listen: "
        "expected host:port, for example 127.0.0.1:8710");
    cr_expect_eq(
        strncmp(config_err.text, "OPSBOT_LOG: expected json or text; ", 35), 0);
}

Test(config, what_does_not_fit_is_counted_and_logged)
{
    uint64_t before = log_lines(LOG_ERROR);
    const char *text, *more;

    text = config_refusal(
        "admins: ['', '', '', '', '', '', '', '', '', '', '', '', "
        "'', '', '', '', '', '']\n");
    more = strstr(text, " and ");
    cr_assert(more && strstr(more, " more"), "%s", text);
    cr_expect_eq(log_lines(LOG_ERROR) - before, strtoul(more + 5, NULL, 10));
    cr_expect_lt(strlen(config_err.text), sizeof config_err.text - 1);
}

Test(config, names_the_source_of_a_bad_redis_url)
{
    setenv("REDIS_URL", "http://:hunter2@x", 1);
    cr_expect_eq(strncmp(config_refusal(NULL), "REDIS_URL: ", 11), 0, "%s",
                 config_err.text);
    cr_expect_null(strstr(config_err.text, "hunter2"));
    unsetenv("REDIS_URL");
    cr_expect_eq(strncmp(config_refusal("redis:\n  url: 'x://y'\n"),
                         "opsbot.yaml:2: redis.url: ", 26),
                 0, "%s", config_err.text);
}

Test(config, tokens_may_not_be_swapped)
{
    setenv("SLACK_APP_TOKEN", "xoxb-1", 1);
    setenv("SLACK_BOT_TOKEN", "xapp-1", 1);
    config_refusal(NULL);
    cr_expect_not_null(
        strstr(config_err.text, "SLACK_APP_TOKEN: this is a bot"));
    cr_expect_not_null(
        strstr(config_err.text, "SLACK_BOT_TOKEN: this is an app"));
}
