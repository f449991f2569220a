#include "tests/integration/checking.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

struct harness *checking_start(void)
{
    return harness_start(&(struct harness_options){
        .parts = PART_REDIS | PART_POSTGRES | PART_SANDBOX });
}

char *checked(struct harness *h, const char *const *env, const char *yaml,
              int status)
{
    char *path = yaml ? write_file(h, "check.yaml", yaml) : NULL;
    char *out;
    int is = yaml ? run_here(h, WORDS("-c", path, "check"), env, &out)
                  : run_here(h, WORDS("check"), env, &out);

    cr_assert_eq(is, status, "exit status %d: %s", is, out);
    cr_assert(!strstr(out, "ERROR: "), "%s", out);
    free(path);
    return out;
}

void expect_check(struct harness *h, const char *const *env, const char *yaml,
                  int status, const char *const *texts)
{
    char *out = checked(h, env, yaml, status);

    for (; *texts; texts++)
        cr_assert(strstr(out, *texts), "\"%s\" is not in:\n%s", *texts, out);
    free(out);
}

void give_scopes(struct harness *h, const char *token, json_t *scopes)
{
    json_decref(control_post(
        h, "token", json_pack("{s:s, s:o}", "token", token, "scopes", scopes)));
}

char *url_as(struct harness *h, const char *role)
{
    const char *user = strstr(h->database_url, "user=bot");

    return xasprintf("%.*suser=%s", (int)(user - h->database_url),
                     h->database_url, role);
}

void install(struct harness *h, const char *const *env)
{
    free(sql(h, "create role owner login"));
    free(sql(h, "create role runner login"));
    free(sql(h, "grant create on database opsbot to owner"));
    opsbot_wait_ready(opsbot_start(h, env));
    cr_assert_eq(opsbot_stop(h->bot, 30000), 0);
}
