/* config: what a reload changes, and what it leaves for a restart. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/config_now.h"
#include "core/config_parts.h"
#include "tests/core/config_files.h"

static struct config_holder holder;
static struct config_diff diff;

static void finish(void)
{
    config_diff_dispose(&diff);
    config_holder_dispose(&holder);
    config_finish();
}

TestSuite(config_reload, .init = config_start, .fini = finish, .timeout = 60);

static void begin(const char *text)
{
    config_holder_init(&holder, config_of(text));
}

/* A reload of this file, published. */
static enum config_reload again(const char *text)
{
    enum config_reload what;
    struct config *next;

    config_diff_dispose(&diff);
    config_write(config_path, text);
    what = config_reload(&holder, config_path, &next, &diff, &config_err);
    if (next)
        config_publish(&holder, next);
    return what;
}

static void expect_change(const char *line)
{
    struct buf all = { 0 };
    bool found = false;

    for (size_t i = 0; i < diff.count; i++) {
        found |= strcmp(diff.changes[i], line) == 0;
        buf_fmt(&all, "[%s]", diff.changes[i]);
    }
    cr_expect(found, "no \"%s\" in %s", line, buf_text(&all));
    buf_dispose(&all);
}

/* ---- rules ------------------------------------------------------------------- */

struct seen {
    size_t keys;
    bool ruled[256];
};

static void has_one_rule(void *arg, const char *key,
                         const cyaml_schema_field_t *f)
{
    struct seen *seen = arg;
    size_t rules = 0;

    (void)f;
    seen->keys++;
    for (size_t i = 0; i < config_rules_count; i++) {
        if (strcmp(config_rules[i].key, key) != 0)
            continue;
        rules++;
        seen->ruled[i] = true;
    }
    cr_expect_eq(rules, 1,
                 "%s has %zu rules in config_rules (core/config_diff.c): say "
                 "there whether a reload takes it or a restart does",
                 key, rules);
}

Test(config_reload, every_key_is_reloadable_or_needs_a_restart)
{
    struct seen seen = { 0 };

    config_each_key(has_one_rule, &seen);
    cr_expect_gt(seen.keys, 30);
    for (size_t i = 0; i < config_rules_count; i++)
        cr_expect(seen.ruled[i], "%s is no key of the schema",
                  config_rules[i].key);
}

/* Whatever is secret in the environment is so here. */
Test(config_reload, secrets_are_known_to_be_secret)
{
    for (size_t i = 0; i < env_count; i++) {
        const struct config_rule *rule = config_rule(env_vars[i].key);

        cr_assert_not_null(rule, "%s", env_vars[i].key);
        cr_expect_eq(rule->secret, (env_vars[i].flags & VAR_SECRET) != 0, "%s",
                     env_vars[i].key);
    }
}

/* ---- what differs ------------------------------------------------------------- */

Test(config_reload, the_same_file_is_no_change)
{
    static const char all[] =
        "streams: [{name: a, dlq: b}]\n"
        "roles: [{name: r, users: [U1], rights: [halt]}]\n"
        "admins: [U1]\n"
        "halt: {targets: [{name: t, scopes: [s],"
        " halt_url: 'http://127.0.0.1:1/'}]}\n"
        "checks: [{id: c, kind: tcp, url: 'h:1'}]\n"
        "log: {level: warn, format: json}\n";
    const struct config *first;

    begin(all);
    first = config_now(&holder);
    cr_expect_eq(again(all), CONFIG_SAME);
    cr_expect_eq(config_now(&holder), first);
    cr_expect_eq(holder.count, 1);
    cr_expect_eq(diff.count, 0);
}

Test(config_reload, each_change_is_named)
{
    begin("channels: {ops: C1}\n"
          "streams: [{name: a}, {name: b}, {name: c}]\n"
          "admins: [U1, U2]\n"
          "keep: {audit: 500}\n"
          "log: {level: warn}\n"
          "halt: {scopes: [x]}\n");
    cr_expect_eq(again("channels: {ops: C2}\n"
                       "streams: [{name: b, dlq: bad}, {name: c}, {name: d}]\n"
                       "admins: [U2, U1]\n"
                       "slack: {answer_in_ack_ms: 900}\n"
                       "log: {level: debug}\n"),
                 CONFIG_NEXT);
    expect_change("channels.ops: C2, was C1");
    expect_change("streams: new d; changed b; removed a");
    expect_change("admins: in another order");
    expect_change("keep.audit: not set, was 500");
    expect_change("slack.answer_in_ack_ms: 900, was not set");
    expect_change("log.level: debug, was warn");
    expect_change("halt.scopes: removed x");
    cr_expect_eq(diff.count, 7);
    cr_expect_null(diff.restart);
    cr_expect_eq(config_now(&holder)->keep.audit, 400);
    cr_expect_eq(config_now(&holder)->slack.answer_in_ack_ms, 900);
    cr_expect_eq(config_now(&holder)->log_level, LOG_DEBUG);
}

Test(config_reload, whatever_is_in_an_entry_counts)
{
    begin("checks: [{id: a, kind: http, url: 'http://h/',"
          " expect: {status: 200}}]\n"
          "roles: [{name: r, rights: [halt], everyone: false}]\n"
          "halt: {targets: [{name: t, halt_url: 'http://h/',"
          " scopes: [s]}]}\n");
    again("checks: [{id: a, kind: http, url: 'http://h/',"
          " expect: {status: 204}}]\n"
          "roles: [{name: r, rights: [halt], everyone: true}]\n"
          "halt: {targets: [{name: t, halt_url: 'http://h/',"
          " scopes: [s, v]}]}\n");
    expect_change("checks: changed a");
    expect_change("roles: changed r");
    expect_change("halt.targets: changed t");
    cr_expect_eq(diff.count, 3);
}

Test(config_reload, a_secret_is_only_said_to_have_changed)
{
    setenv("SLACK_SIGNING_SECRET_FILE", config_other, 1);
    config_write(config_other, "the-first-secret\n");
    begin("{}");
    config_write(config_other, "the-second-secret,the-first-secret\n");
    cr_expect_eq(again("{}"), CONFIG_NEXT);
    expect_change("slack.signing_secret: changed");
    cr_expect_str_eq(config_now(&holder)->slack.signing_secret,
                     "the-second-secret,the-first-secret");
    unsetenv("SLACK_SIGNING_SECRET_FILE");
}

/* By their names: which one was withdrawn is to be in the log. */
Test(config_reload, tokens_of_the_admin_api_are_said_by_name)
{
    begin("http: {tokens: [{name: ci, token: 0123456789abcdef},"
          " {name: cron, token: 0123456789abcdeg}]}\n");
    again("http: {tokens: [{name: cd, token: fedcba9876543210},"
          " {name: cron, token: gedcba9876543210}]}\n");
    expect_change("http.tokens: new cd; changed cron; removed ci");
    cr_expect_eq(diff.count, 1);
}

Test(config_reload, the_token_in_a_file_of_a_target_counts)
{
    char text[300];

    snprintf(text, sizeof text,
             "halt: {targets: [{name: t, halt_url: 'https://h/',"
             " token_file: %s}]}\n",
             config_other);
    config_write(config_other, "token-one\n");
    begin(text);
    config_write(config_other, "token-two\n");
    cr_expect_eq(again(text), CONFIG_NEXT);
    expect_change("halt.targets: changed t");
    cr_expect_str_eq(config_now(&holder)->halt.targets[0].token, "token-two");
}

/* ---- what stays --------------------------------------------------------------- */

Test(config_reload, what_needs_a_restart_keeps_its_value)
{
    const struct config *cfg;

    unsetenv("REDIS_URL");
    begin("redis: {url: 'redis://127.0.0.1:6379/3', prefix: 'a:'}\n"
          "http: {listen: '127.0.0.1:1'}\n"
          "admins: [U1]\n");
    cr_expect_eq(
        again("redis: {url: 'redis://127.0.0.1:6379/4',"
              " prefix: 'b:'}\n"
              "slack: {command: /other, api_url: 'http://127.0.0.1/'}\n"
              "admins: [U2]\n"),
        CONFIG_NEXT, "%s", config_err.text);
    cfg = config_now(&holder);
    cr_expect_str_eq(diff.restart, "slack.api_url, slack.command, redis.url, "
                                   "redis.prefix, http.listen");
    cr_expect_str_eq(cfg->restart_wanted, diff.restart);
    cr_expect_eq(diff.count, 1);
    cr_expect_eq(cfg->redis.db, 3, "what is made of it, too");
    cr_expect_str_eq(cfg->redis_url_text, "redis://127.0.0.1:6379/3");
    cr_expect_str_eq(cfg->redis_prefix, "a:");
    cr_expect_str_eq(cfg->listen, "127.0.0.1:1");
    cr_expect_str_eq(cfg->slack.command, "/ops");
    cr_expect_str_eq(cfg->slack.api_url, "https://slack.com/api/");
    cr_expect_str_eq(cfg->admins[0], "U2");

    cr_expect_eq(again("redis: {url: 'redis://127.0.0.1:6379/3',"
                       " prefix: 'a:'}\n"
                       "http: {listen: '127.0.0.1:1'}\nadmins: [U2]\n"),
                 CONFIG_NEXT, "wanted no longer");
    cr_expect_null(config_now(&holder)->restart_wanted);
}

Test(config_reload, what_waits_for_a_restart_is_said_once)
{
    begin("http: {listen: '127.0.0.1:1'}\n");
    cr_expect_eq(again("http: {listen: '127.0.0.1:2'}\n"), CONFIG_NEXT);
    cr_expect_eq(again("http: {listen: '127.0.0.1:2'}\n"), CONFIG_SAME);
    cr_expect_eq(again("http: {listen: '127.0.0.1:3'}\n"), CONFIG_SAME);
    cr_expect_str_eq(config_now(&holder)->restart_wanted, "http.listen");
}

struct copying {
    struct config *from, *to;
    size_t n;
};

static void copy_key(void *arg, const char *key, const cyaml_schema_field_t *f)
{
    struct copying *c = arg;
    struct config_value a, b;

    config_value_keep(f, (char *)c->from, (char *)c->to);
    a = config_field(f, (char *)c->from);
    b = config_field(f, (char *)c->to);
    cr_expect(config_same(&a, &b), "%s", key);
    c->n++;
}

/* Each kind of value there is; what the keys of today are, others may be. */
Test(config_reload, values_of_every_kind_are_copied_whole)
{
    static const char text[] =
        "roles: [{name: r, users: [U1, U2], rights: [halt], everyone: true},"
        " {name: s}]\n"
        "keep: {audit: 500}\nlog: {level: warn}\n"
        "dlq: {mask: [a, b], error: e}\n"
        "checks: [{id: a, kind: secrets, variables: [X],"
        " interval_s: 5}]\n";
    struct copying c = { .from = config_of(text) };

    c.to = config_of("roles: [{name: x, users: [U9]}]\ndlq: {mask: [z]}\n"
                     "checks: [{id: z, kind: secrets, variables: [Y]}]\n");
    config_each_key(copy_key, &c);
    cr_expect_eq(c.n, config_rules_count);
    config_free(c.from);
    cr_assert_eq(c.to->roles_count, 2);
    cr_expect_str_eq(c.to->roles[0].users[1], "U2");
    cr_expect_str_eq(c.to->mask[1], "b");
    config_free(c.to);
}

/* ---- what is refused ----------------------------------------------------------- */

Test(config_reload, a_bad_file_changes_nothing_and_says_where)
{
    const struct config *first;

    begin("admins: [U1]\n");
    first = config_now(&holder);
    cr_expect_eq(again("admins: [U2]\nroles:\n  - name: admins\n"), CONFIG_BAD);
    cr_expect_not_null(strstr(config_err.text, "opsbot.yaml:3"), "%s",
                       config_err.text);
    cr_expect_eq(again("admins: [U2\n"), CONFIG_BAD);
    cr_expect_eq(again("nothing: 1\n"), CONFIG_BAD);
    cr_expect_eq(again("admins: [U1]\nredis: {url: 'nonsense://'}\n"),
                 CONFIG_SAME, "the environment wins");
    unlink(config_path);
    cr_expect_eq(config_reload(&holder, config_path, &(struct config *){ NULL },
                               &diff, &config_err),
                 CONFIG_BAD);
    cr_expect_eq(config_now(&holder), first);
}

Test(config_reload, what_waits_for_a_restart_is_checked_now)
{
    begin("http: {listen: '127.0.0.1:1'}\n");
    cr_expect_eq(again("http: {listen: nonsense}\n"), CONFIG_BAD);
    cr_expect_str_eq(config_now(&holder)->listen, "127.0.0.1:1");
}

Test(config_reload, so_many_are_kept_and_no_more)
{
    char text[64];
    size_t n = 0;

    begin("{}");
    holder.count = 1;
    for (; n < 3; n++) {
        snprintf(text, sizeof text, "admins: [U%zu]\n", n);
        cr_expect_eq(again(text), CONFIG_NEXT);
    }
    cr_expect_eq(holder.count, 4);
    holder.bytes = CONFIG_KEPT_BYTES;
    cr_expect_eq(again("admins: [U9]\n"), CONFIG_BAD);
    cr_expect_eq(config_err.kind, ERR_BUSY);
    cr_expect_eq(again(text), CONFIG_SAME, "which needs no room");
}

/* ---- checks ------------------------------------------------------------------- */

Test(config_reload, two_checks_are_the_same_or_not)
{
    static const char *const others[] = {
        "{id: a, kind: http, url: 'http://h/', severity: critical}",
        "{id: a, kind: http, url: 'http://g/'}",
        "{id: a, kind: http, url: 'http://h/', interval_s: 31}",
        "{id: a, kind: http, url: 'http://h/', expect: {status: 0}}",
        "{id: a, kind: http, url: 'http://h/', scopes: [all]}",
        "{id: a, kind: http, url: 'http://h/', name: A}",
        "{id: a, kind: tcp, url: 'h:1'}",
    };
    struct config *cfg =
        config_of("checks: [{id: a, kind: http, url: 'http://h/'}]\n");
    struct config *same =
        config_of("checks: [{id: a, kind: http, url: 'http://h/',"
                  " interval_s: 30, severity: high}]\n");

    cr_expect(config_check_same(&cfg->checks[0], &same->checks[0]));
    config_free(same);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char *text = xasprintf("checks:\n  - %s\n", others[i]);
        struct config *other = config_of(text);

        cr_expect_not(config_check_same(&cfg->checks[0], &other->checks[0]),
                      "%s", others[i]);
        config_free(other);
        free(text);
    }
    config_free(cfg);
}
