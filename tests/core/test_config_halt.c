/* config: what is to stop when a scope is halted. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "tests/core/config_files.h"

TestSuite(config_halt, .init = config_start, .fini = config_finish,
          .timeout = 30);

Test(config_halt, a_target_needs_little)
{
    struct config *cfg;
    const struct config_target *t;

    cfg = config_of("halt:\n  verify_s: 60\n  targets:\n"
                    "  - name: a\n    health_url: http://10.0.0.1:9/h\n"
                    "    token: ''\n    halted_path:\n"
                    "  - {name: b, scopes: [all], halt_url: 'https://b/?x=1'}\n"
                    "keep: {audit: 31, operations: 8, checks: 1, alerts: 8}\n");
    cr_assert_eq(cfg->halt.targets_count, 2);
    t = &cfg->halt.targets[0];
    cr_expect_null(t->token, "empty is none");
    cr_expect_null(t->halt_url);
    cr_expect_null(t->unhalt_url);
    cr_expect_str_eq(t->halted_path, "halted");
    cr_expect_str_eq(t->halted_value, "true");
    cr_expect_eq(t->scopes_count, 0);
    cr_expect_str_eq(cfg->halt.targets[1].scopes[0], "all");
    cr_expect_eq(cfg->halt.verify_s, 60);
    cr_expect_eq(cfg->keep.audit, 31);
    cr_expect_eq(cfg->keep.operations, 8);
    cr_expect_eq(cfg->keep.checks, 1);
    cr_expect_eq(cfg->keep.alerts, 8);
    cr_expect_eq(cfg->keep.trash, 30);
    config_free(cfg);
}

Test(config_halt, a_targets_token_is_kept_out_too, .init = cr_redirect_stderr)
{
    char text[1024];
    struct config *cfg;
    FILE *log;
    size_t n;

    config_write(config_other, "target-from-file\n");
    snprintf(text, sizeof text,
             "halt:\n  targets:\n"
             "  - {name: a, halt_url: 'https://a/', token_file: %s}\n"
             "  - {name: b, halt_url: 'http://127.0.0.1:1/', token: "
             "target-given}\n",
             config_other);
    cfg = config_of(text);
    cr_expect_str_eq(cfg->halt.targets[0].token, "target-from-file");
    cr_expect_str_eq(cfg->halt.targets[1].token, "target-given");
    config_free(cfg);
    log_info("test", NULL, "target-from-file target-given end");
    log = cr_get_redirected_stderr();
    n = fread(text, 1, sizeof text - 1, log);
    text[n] = '\0';
    cr_expect_not_null(strstr(text, "*** *** end"), "%s", text);
}

Test(config_halt, a_targets_files_are_looked_at)
{
    char text[512];

    snprintf(text, sizeof text,
             "halt:\n  targets:\n  - name: a\n    halt_url: https://a/\n"
             "    token: x y\n    client_cert: %s\n    client_key: %s\n",
             config_other, config_other);
    config_refusal(text);
    cr_expect_not_null(strstr(config_err.text,
                              "opsbot.yaml:5: halt.targets[0].token: "
                              "expected a token without spaces"),
                       "%s", config_err.text);
    cr_expect_not_null(
        strstr(config_err.text, "line 6: halt.targets[0].client_cert: "), "%s",
        config_err.text);
    cr_expect_null(strstr(config_err.text, "x y"), "%s", config_err.text);
    snprintf(text, sizeof text,
             "halt:\n  targets:\n  - name: a\n    halt_url: https://a/\n"
             "    token_file: %s\n",
             config_other);
    cr_expect_eq(strncmp(config_refusal(text),
                         "opsbot.yaml:5: halt.targets[0].token_file: /tmp/",
                         48),
                 0, "%s", config_err.text);
    config_write(config_other, "");
    cr_expect_not_null(strstr(config_refusal(text), "/secret: it is empty"),
                       "%s", config_err.text);
}

static const struct {
    const char *text, *want;
} wrong[] = {
    { "halt: {verify_s: 61}\n",
      "opsbot.yaml:1: halt.verify_s: expected 1 to 60" },
    { "keep:\n  audit: 30\n",
      "opsbot.yaml:2: keep.audit: expected 31 to 36500" },
    { "keep:\n  alerts: 7\n",
      "opsbot.yaml:2: keep.alerts: expected 8 to 36500" },
    { "keep:\n  trash: 0\n", "opsbot.yaml:2: keep.trash: expected 1 to 36500" },
    { "halt:\n  scopes: [trading, Trading]\n",
      "opsbot.yaml:2: halt.scopes[1]: expected up to 63 of a-z, 0-9, - _ . "
      "(not `generation`)" },
    { "halt:\n  scopes: [generation]\n",
      "opsbot.yaml:2: halt.scopes[0]: expected up to 63 of a-z, 0-9, - _ . "
      "(not `generation`)" },
    { "halt:\n  scopes:\n  - a\n  - a\n",
      "opsbot.yaml:4: halt.scopes[1]: `a` is there already" },
    { "halt:\n  scopes: [all]\n",
      "opsbot.yaml:2: halt.scopes[0]: `all` is there always: leave it out" },
    { "halt:\n  targets:\n  - name: a\n",
      "opsbot.yaml:3: halt.targets[0]: expected halt_url, health_url or both" },
    { "halt:\n  targets:\n  - health_url: https://a/\n",
      "opsbot.yaml:3: halt.targets[0].name: expected a name of one word" },
    { "halt:\n  targets:\n  - name: a\n    health_url: https://a/\n"
      "  - name: a\n    health_url: https://a/\n",
      "opsbot.yaml:5: halt.targets[1].name: `a` is there already, as "
      "halt.targets[0]" },
    { "halt:\n  targets:\n  - name: a\n    halt_url: ftp://a/\n",
      "opsbot.yaml:4: halt.targets[0].halt_url: expected a URL like "
      "https://host:8443/admin/halt" },
    { "halt:\n  targets:\n  - name: a\n    halt_url: https://u:p@a/\n",
      "opsbot.yaml:4: halt.targets[0].halt_url: expected no password in it: "
      "there is token_file" },
    { "halt:\n  targets:\n  - name: a\n    halt_url: http://a/\n    token: "
      "t\n",
      "opsbot.yaml:4: halt.targets[0].halt_url: a token over plain http is for "
      "loopback only: expected https" },
    { "halt:\n  targets:\n  - name: a\n    health_url: https://a/\n    "
      "unhalt_url: https://a/\n",
      "opsbot.yaml:5: halt.targets[0].unhalt_url: expected halt_url beside "
      "it" },
    { "halt:\n  targets:\n  - name: a\n    halt_url: https://a/\n    token: "
      "t\n    token_file: /dev/null\n",
      "opsbot.yaml:6: halt.targets[0].token_file: token is there as well: "
      "expected one of them" },
    { "halt:\n  targets:\n  - name: a\n    halt_url: https://a/\n    "
      "client_key: /dev/null\n",
      "opsbot.yaml:5: halt.targets[0].client_key: expected client_cert beside "
      "it" },
    { "halt:\n  targets:\n  - name: a\n    halt_url: https://a/\n    "
      "scopes: [A]\n",
      "opsbot.yaml:5: halt.targets[0].scopes[0]: expected up to 63 of a-z, "
      "0-9, - _ . (not `generation`)" },
    { "halt:\n  targets:\n  - nme: a\n",
      "opsbot.yaml:3: halt.targets[0].nme: unknown key; did you mean "
      "`name`?" },
};

Test(config_halt, an_error_names_line_key_and_expectation)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_str_eq(config_refusal(wrong[i].text), wrong[i].want,
                         "%s -> %s", wrong[i].text, config_err.text);
}
