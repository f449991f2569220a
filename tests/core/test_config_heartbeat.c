/* config: our own heartbeat, and for how long an acknowledgement holds. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "tests/core/config_files.h"

TestSuite(config_heartbeat, .init = config_start, .fini = config_finish,
          .timeout = 30);

static void expect_refused(const char *text, const char *why)
{
    config_refusal(text);
    cr_expect_not_null(strstr(config_err.text, why), "%s\nnot %s",
                       config_err.text, why);
}

Test(config_heartbeat, none_is_the_default)
{
    struct config *cfg = config_of("heartbeat:\n  url: ''\n  token:\n");

    cr_expect_null(cfg->heartbeat.url);
    cr_expect_null(cfg->heartbeat.token);
    config_free(cfg);
}

Test(config_heartbeat, both_may_be_in_files, .init = cr_redirect_stderr)
{
    char text[1024];
    struct config *cfg;
    FILE *log;
    size_t n;

    config_write(config_other, "https://hc.example/ping/word-of-file\n");
    snprintf(text, sizeof text,
             "heartbeat:\n  url_file: %s\n  token: token-given\n",
             config_other);
    cfg = config_of(text);
    cr_expect_str_eq(cfg->heartbeat.url,
                     "https://hc.example/ping/word-of-file");
    cr_expect_str_eq(cfg->heartbeat.token, "token-given");
    config_free(cfg);
    log_info("test", NULL,
             "https://hc.example/ping/word-of-file token-given end");
    log = cr_get_redirected_stderr();
    n = fread(text, 1, sizeof text - 1, log);
    text[n] = '\0';
    cr_expect_not_null(strstr(text, "*** *** end"), "%s", text);
}

Test(config_heartbeat, what_is_wrong_is_named)
{
    char text[1024];

    expect_refused("heartbeat:\n  url: ftp://hc.example/x\n",
                   "opsbot.yaml:2: heartbeat.url: expected a URL like "
                   "https://");
    expect_refused("heartbeat:\n  url: https://a:b@hc.example/x\n",
                   "heartbeat.url: expected no password in it");
    expect_refused("heartbeat:\n  url: http://hc.example/x\n  token: abc\n",
                   "heartbeat.url: a token over plain http is for loopback");
    expect_refused("heartbeat:\n  url: https://hc.example/\n  token: a b\n",
                   "opsbot.yaml:3: heartbeat.token: expected a token without");
    expect_refused("heartbeat:\n  token: abc\n",
                   "heartbeat: expected a url beside the token");
    config_write(config_other, "https://hc.example/ping\n");
    snprintf(text, sizeof text,
             "heartbeat:\n  url: https://hc.example/x\n  url_file: %s\n",
             config_other);
    expect_refused(text, "opsbot.yaml:3: heartbeat.url_file: url is there as "
                         "well: expected one of them");
    expect_refused("heartbeat:\n  url_file: /nowhere/at/all\n",
                   "opsbot.yaml:2: heartbeat.url_file: /nowhere/at/all: No "
                   "such file");
}

Test(config_heartbeat, an_acknowledgement_holds_for_an_hour)
{
    struct config *cfg = config_of("ack:\n");

    cr_expect_eq(cfg->ack.lease, 60);
    config_free(cfg);
    cfg = config_of("ack:\n  lease: 15\n");
    cr_expect_eq(cfg->ack.lease, 15);
    config_free(cfg);
    expect_refused("ack:\n  lease: 0\n", "opsbot.yaml:2: ack.lease: expected 1 "
                                         "to 1440");
}
