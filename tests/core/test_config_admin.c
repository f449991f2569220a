/* config: the admin listener: one that everybody or nobody could use is
 * refused. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "tests/core/config_files.h"

TestSuite(config_admin, .init = config_start, .fini = config_finish,
          .timeout = 30);

#define TOKENS "tokens: [{name: ci, token: ci-token-0123456789}]"
#define AT     "opsbot.yaml:1: http"

Test(config_admin, a_socket_needs_nothing)
{
    struct config *cfg = config_of("http: {admin: 'unix:/run/a.sock'}\n");

    cr_expect_eq(cfg->door.tokens_count, 0);
    cr_expect_eq(cfg->door.rate, 50);
    cr_expect_null(cfg->door.group);
    cr_expect_null(cfg->door.cert);
    config_free(cfg);
}

Test(config_admin, tokens_come_from_files_too)
{
    char *yaml;
    struct config *cfg;

    config_write(config_other, "cron-token-0123456789\n");
    yaml = xasprintf("http:\n  admin: 127.0.0.1:1\n  admin_rate: 7\n  tokens:\n"
                     "  - {name: ci, token: ci-token-0123456789}\n"
                     "  - {name: cron, token_file: %s}\n",
                     config_other);
    cfg = config_of(yaml);
    cr_assert_eq(cfg->door.tokens_count, 2);
    cr_expect_str_eq(cfg->door.tokens[1].name, "cron");
    cr_expect_str_eq(cfg->door.tokens[1].token, "cron-token-0123456789");
    cr_expect_eq(cfg->door.rate, 7);
    config_free(cfg);
    free(yaml);
}

Test(config_admin, a_token_is_kept_out_of_the_log, .init = cr_redirect_stderr)
{
    struct config *cfg = config_of("http: {" TOKENS "}\n");
    char line[512] = "";

    log_setup(LOG_TEXT, LOG_INFO);
    log_info("test", NULL, "it is ci-token-0123456789");
    fflush(stderr);
    cr_expect(fgets(line, sizeof line, cr_get_redirected_stderr()));
    cr_expect_null(strstr(line, "ci-token"), "%s", line);
    config_free(cfg);
}

static const struct {
    const char *yaml, *why;
} wrong[] = {
    { "http: {admin: '0.0.0.0:8711', " TOKENS "}\n",
      AT ".admin: without TLS it may listen on loopback only: expected "
         "admin_cert and admin_key beside it, or unix:/path" },
    { "http: {admin: 'ops.example:8711', " TOKENS "}\n",
      AT ".admin: without TLS it may listen on loopback only: expected "
         "admin_cert and admin_key beside it, or unix:/path" },
    { "http: {admin: '127.0.0.1:8711'}\n",
      AT ".admin: nobody could come in there: expected tokens, or "
         "admin_client_ca with TLS, or unix:/path" },
    { "http: {admin: '127.0.0.1:8711', admin_cert: /nowhere.pem, " TOKENS "}\n",
      AT ".admin_cert: /nowhere.pem: No such file or directory; line 1: "
         "http.admin_cert: expected its key beside it: admin_key" },
    { "http: {admin: '127.0.0.1:8711', admin_client_ca: /etc/passwd}\n",
      AT ".admin_client_ca: client certificates need TLS: expected admin_cert "
         "and admin_key" },
    { "http: {admin: 'unix:'}\n",
      AT ".admin: expected a path of at most 107 bytes" },
    { "http: {admin: ''}\nredis: {prefix: ' '}\n",
      "opsbot.yaml:2: redis.prefix: expected up to 64 letters, digits and : . "
      "_ - { }" },
    { "http: {admin: 8711}\n", AT ".admin: expected unix:/path or host:port" },
    { "http: {admin_group: no-such-group}\n",
      AT ".admin_group: there is no group `no-such-group` here" },
    { "http: {admin_rate: 0}\n", AT ".admin_rate: expected 1 to 100000" },
    { "http: {tokens: [{name: ci, token: fifteen-letters}]}\n",
      AT ".tokens[0].token: expected at least 16 characters, hard to guess" },
    { "http: {tokens: [{name: ci, token: 'with a blank in it'}]}\n",
      AT ".tokens[0].token: expected up to 512 characters without spaces" },
    { "http: {tokens: [{name: ci}]}\n",
      AT ".tokens[0].token: expected the token, or its file as token_file" },
    { "http: {tokens: [{token: ci-token-0123456789}]}\n",
      AT ".tokens[0].name: expected up to 64 letters, digits and . _ -" },
    { "http: {tokens: [{name: 'a:b', token: ci-token-0123456789}]}\n",
      AT ".tokens[0].name: expected up to 64 letters, digits and . _ -" },
    { "http:\n  tokens:\n  - {name: ci, token: ci-token-0123456789}\n"
      "  - {name: ci, token: ci-token-1123456789}\n",
      "opsbot.yaml:4: http.tokens[1].name: `ci` is there already, as "
      "tokens[0]" },
    { "http:\n  tokens:\n  - {name: ci, token: ci-token-0123456789}\n"
      "  - {name: cj, token: ci-token-0123456789}\n",
      "opsbot.yaml:4: http.tokens[1]: the token of tokens[0] again: each needs "
      "its own" },
    { "http: {tokens: [{name: a, token: ci-token-0123456789, token_file: "
      "/x}]}\n",
      AT ".tokens[0].token_file: token is there as well: expected one of "
         "them" },
};

Test(config_admin, says_what_is_wrong)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_str_eq(config_refusal(wrong[i].yaml), wrong[i].why);
}
