/* Refusals that want quiet: we wait as long as Slack says, and come back. */
#include "tests/integration/wire.h"

static struct harness *met(json_t *first)
{
    struct harness *h = without_bot();

    fault(h, first);
    opsbot_start(h, NULL);
    return h;
}

/* The second attempt came so many ms after the first. */
static long long gap(struct harness *h, size_t n)
{
    return call_at(h, OPEN, n) - call_at(h, OPEN, n - 1);
}

Test(patience, retry_after_is_kept)
{
    struct harness *h =
        met(json_pack("{ss si si}", "on", OPEN, "retry_after", 3, "times", 2));

    wait_for(h, "hello", 1, 12000);
    cr_assert_eq(link_number(h, "opens"), 3);
    for (size_t i = 1; i <= 2; i++)
        cr_assert(gap(h, i) >= 3000 && gap(h, i) <= 10000, "%lld ms",
                  gap(h, i));
    cr_assert_eq(log_count(h, "(rate limited)"), 2);
    opsbot_wait_ready(h->bot);
    answered(h);
    harness_stop(h);
}

/* The old connection goes while the successor has to wait. */
Test(patience, retry_after_outlives_the_loss_of_the_old_link)
{
    struct harness *h = harness_start(NULL);

    fault(h, json_pack("{ss si}", "on", OPEN, "retry_after", 4));
    socket_refresh(h, "warning", 60000);
    wait_for(h, "calls:" OPEN, 2, 2000);
    opsbot_wait_log(h->bot, "(rate limited)", 2000);
    socket_do(h, "drop");
    wait_for(h, "hello", 1, 8000);
    cr_assert_geq(gap(h, 2), 4000, "%lld ms", gap(h, 2));
    answered(h);
    harness_stop(h);
}

static void came_back(struct harness *h, long long least, long long most)
{
    wait_for(h, "calls:" OPEN, 2, 65000);
    wait_for(h, "hello", 1, 2000);
    cr_assert(gap(h, 1) >= least && gap(h, 1) <= most, "%lld ms", gap(h, 1));
    opsbot_wait_ready(h->bot);
    cr_assert(health_says(h, "\"status\":\"ok\""));
    answered(h);
    harness_stop(h);
}

/* Degraded, not dead: 200 with the reason. */
static void degraded(struct harness *h, const char *log)
{
    opsbot_wait_log(h->bot, log, 20000);
    cr_assert(health_says(h, "\"status\":\"degraded\""));
    cr_assert(opsbot_running(h->bot));
}

/* Side by side, because each takes its time. */
Test(patience, the_long_waits)
{
    struct harness *disabled = harness_start(NULL), *limited, *many, *refused;

    limited =
        met(json_pack("{ss si sn}", "on", OPEN, "status", 429, "retry_after"));
    degraded(limited, "(rate limited)");
    refused = met(json_pack("{ss ss}", "on", OPEN, "error", "invalid_auth"));
    degraded(refused, "(token refused)");
    cr_assert(health_says(refused, "token refused"));
    many = met(
        json_pack("{ss ss}", "on", "hello", "error", "too_many_websockets"));
    degraded(many, "Stop other copies of this app");
    socket_do(disabled, "link_disabled");
    degraded(disabled, "Switch Socket Mode on");
    cr_assert(health_says(disabled, "token refused"));
    cr_assert_geq(planned_wait(limited), 29000);
    cr_assert(planned_wait(many) >= 14900 && planned_wait(many) <= 15000);
    cr_assert_geq(planned_wait(refused), 29900);
    cr_assert_geq(planned_wait(disabled), 29900);
    socket_do(many, "ping"); /* nobody there; the sandbox lives */
    came_back(many, 14000, 28000);
    json_decref(
        control_post(disabled, "socket", json_pack("{ss}", "do", "enable")));
    came_back(limited, 29500, 50000);
    came_back(refused, 29500, 80000);
    came_back(disabled, 29500, 1000000);
}

/* The second time is longer. */
Test(patience, too_many_websockets_twice_waits_30_s)
{
    struct harness *h = met(json_pack("{ss ss si}", "on", "hello", "error",
                                      "too_many_websockets", "times", 2));

    wait_for(h, "upgrades", 2, 17500);
    opsbot_wait_log(h->bot, "link 2 ended", 2000);
    cr_assert_geq(planned_wait(h), 29900);
    cr_assert_eq(opsbot_stop(h->bot, 6000), 0);
    harness_stop(h);
}

/* Every word that means that trying harder does not help. */
Test(patience, fatal_errors_are_retried_slowly)
{
    static const char *const words[] = { "not_authed", "token_revoked",
                                         "not_allowed_token_type",
                                         "missing_scope" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct harness *h = met(json_pack("{ss ss si}", "on", OPEN, "error",
                                          words[i], "times", -1));

        degraded(h, words[i]);
        opsbot_wait_log(h->bot, "Check SLACK_APP_TOKEN", 2000);
        cr_assert_geq(planned_wait(h), 29900, "%s", words[i]);
        harness_stop(h);
    }
}
