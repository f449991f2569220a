/* An admin listener that could be used by all, or by nobody, does not start:
 * exit status 78, and why. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/admin.h"

static bool is_over(void *bot)
{
    return !opsbot_running(bot);
}

static void refuses(const char *http, const char *why)
{
    char *yaml = xasprintf("http:\n%s", http);
    struct harness *h = harness_start(
        &(struct harness_options){ .parts = PART_NONE, .yaml = yaml });
    static const char *const env[] = { "REDIS_URL=redis://127.0.0.1:1",
                                       "DATABASE_URL=postgresql:///x", NULL };
    struct opsbot *bot = opsbot_start(h, env);
    char *log = xasprintf("%s/bot1.log", h->dir), *text;

    wait_until(is_over, bot, COMES_MS, "the end of a bot that cannot start");
    cr_expect_eq(opsbot_stop(bot, COMES_MS), 78, "%s", http);
    text = harness_read(log);
    cr_expect(strstr(text, why), "%s\n%s", http, text);
    free(text);
    free(log);
    harness_stop(h);
    free(yaml);
}

#define CI "  tokens: [{name: ci, token: ci-token-0123456789}]\n"

Test(admin_refuses, what_is_open_to_all)
{
    refuses("  admin: 0.0.0.0:0\n" CI, "loopback only");
    refuses("  admin: 127.0.0.1:0\n", "nobody could come in");
    refuses("  admin: 127.0.0.1:0\n  admin_cert: /nowhere.pem\n"
            "  admin_key: /nowhere.key\n" CI,
            "/nowhere.pem: No such file");
    refuses("  admin: 127.0.0.1:0\n  admin_cert: /etc/passwd\n"
            "  admin_key: /etc/passwd\n" CI,
            "OPSBOT_ADMIN");
    refuses("  tokens:\n  - {name: ci, token: ci-token-0123456789}\n"
            "  - {name: ci, token: ci-token-1123456789}\n",
            "is there already");
    refuses("  tokens: [{name: ci, token: short}]\n", "at least 16");
}
