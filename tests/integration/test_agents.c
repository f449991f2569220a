/* The agents that the tests of halting halt: what they promise to those. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/harness/agents.h"
#include "tests/harness/harness.h"

#define SOON_MS 20000

/* POST /admin/halt to one of them; generation 0: none is named. */
static long hook(struct agents *a, const char *name, const char *token,
                 const char *action, const char *scope, int generation,
                 const char *op)
{
    char *number =
        generation ? xasprintf("\"generation\":%d,", generation) : xstrdup("");
    char *body = xasprintf("{\"action\":\"%s\",\"scope\":\"%s\","
                           "%s\"reason\":\"why\","
                           "\"by\":\"U0ANN\",\"op\":\"%s\"}",
                           action, scope, number, op);
    long status = agents_http(a, name,
                              &(struct agents_ask){ .method = "POST",
                                                    .path = "/admin/halt",
                                                    .token = token,
                                                    .body = body,
                                                    .limit_ms = SOON_MS },
                              NULL);

    free(number);
    free(body);
    return status;
}

static long get(struct agents *a, const char *name, const char *path,
                char **answer)
{
    return agents_http(
        a, name, &(struct agents_ask){ .method = "GET", .path = path }, answer);
}

static void steer(struct agents *a, const char *how)
{
    json_decref(agents_control(a, how));
}

static double processed(struct agents *a, const char *name)
{
    char *text;
    const char *line;
    double n = -1;

    cr_assert_eq(get(a, name, "/metrics", &text), 200);
    line = strstr(text, "\nagent_messages_processed_total{");
    cr_assert(line && sscanf(line, "%*[^ ] %lf", &n) == 1, "%s", text);
    free(text);
    return n;
}

Test(agents, say_how_they_are)
{
    struct agents *a = agents_start(NULL, 9);
    char *text;

    cr_assert_eq(get(a, "agent-9", "/health", &text), 200);
    cr_assert(strstr(text, "\"status\":\"ok\",\"halted\":false"), "%s", text);
    cr_assert(strstr(text, "\"name\":\"agent-9\""), "%s", text);
    free(text);
    cr_assert_eq(get(a, NULL, "/health", &text), 200);
    cr_assert(strstr(text, "\"agents\":9,\"agents_halted\":0"), "%s", text);
    free(text);
    cr_assert_eq(get(a, "risk", "/nothing", NULL), 404);
    cr_assert_eq(agents_number(a, "agent-9", "health_count"), 1);
    agents_stop(a);
}

Test(agents, take_hooks_with_the_token_alone)
{
    struct agents *a = agents_start(NULL, 8);

    cr_assert_eq(hook(a, "risk", NULL, "halt", "all", 1, "a"), 401);
    cr_assert_eq(hook(a, "risk", "no", "halt", "all", 1, "a"), 403);
    cr_assert_eq(hook(a, "risk", AGENTS_TOKEN, "stop", "all", 1, "a"), 400);
    cr_assert_eq(agents_halted(a), 0);
    cr_assert_eq(hook(a, "risk", AGENTS_TOKEN, "halt", "all", 1, "a"), 200);
    cr_assert_eq(agents_halted(a), 1);
    cr_assert_eq(agents_number(a, "risk", "hook_count"), 4);
    cr_assert_eq(agents_number(a, "risk", "generation"), 1);
    agents_stop(a);
}

Test(agents, count_an_operation_once_and_what_is_old_never)
{
    struct agents *a = agents_start(NULL, 1);
    const char *name = "execution";

    cr_assert_eq(hook(a, name, AGENTS_TOKEN, "halt", "all", 3, "a"), 200);
    cr_assert_eq(hook(a, name, AGENTS_TOKEN, "unhalt", "all", 4, "b"), 200);
    cr_assert_eq(hook(a, name, AGENTS_TOKEN, "halt", "all", 3, "a"), 200);
    cr_assert_eq(agents_halted(a), 0);
    cr_assert_eq(hook(a, name, AGENTS_TOKEN, "halt", "all", 2, "c"), 200);
    cr_assert_eq(agents_halted(a), 0);
    cr_assert_eq(agents_number(a, name, "applied"), 2);
    cr_assert_eq(agents_number(a, name, "hook_count"), 4);
    agents_stop(a);
}

Test(agents, obey_a_stop_without_generation_and_no_such_start)
{
    struct agents *a = agents_start(NULL, 1);
    const char *name = "execution";

    hook(a, name, AGENTS_TOKEN, "halt", "all", 3, "a");
    hook(a, name, AGENTS_TOKEN, "unhalt", "all", 4, "b");
    cr_assert_eq(hook(a, name, AGENTS_TOKEN, "halt", "all", 0, "c"), 200);
    cr_assert_eq(agents_halted(a), 1);
    cr_assert_eq(hook(a, name, AGENTS_TOKEN, "unhalt", "all", 0, "d"), 200);
    cr_assert_eq(agents_halted(a), 1);
    hook(a, name, AGENTS_TOKEN, "unhalt", "all", 2, "e");
    cr_assert_eq(agents_halted(a), 1, "older than what it has seen");
    hook(a, name, AGENTS_TOKEN, "unhalt", "all", 6, "f");
    cr_assert_eq(agents_halted(a), 0);
    agents_stop(a);
}

Test(agents, are_halted_while_one_scope_is)
{
    struct agents *a = agents_start(NULL, 8);

    hook(a, NULL, AGENTS_TOKEN, "halt", "trading", 1, "a");
    cr_assert_eq(agents_halted(a), 7);
    hook(a, NULL, AGENTS_TOKEN, "halt", "all", 2, "b");
    cr_assert_eq(agents_halted(a), 8);
    hook(a, NULL, AGENTS_TOKEN, "unhalt", "all", 3, "c");
    cr_assert_eq(agents_halted(a), 7);
    hook(a, NULL, AGENTS_TOKEN, "unhalt", "trading", 4, "d");
    cr_assert_eq(agents_halted(a), 0);
    hook(a, NULL, AGENTS_TOKEN, "halt", "risk", 5, "e");
    cr_assert_eq(agents_number(a, "risk", "halted"), 1);
    cr_assert_eq(agents_halted(a), 1);
    agents_stop(a);
}

static bool processes(void *arg)
{
    return processed(arg, "risk") >= 2;
}

Test(agents, stop_counting_while_halted)
{
    struct agents *a = agents_start(NULL, 8);
    double before;

    wait_until(processes, a, SOON_MS, "messages");
    hook(a, "risk", AGENTS_TOKEN, "halt", "all", 1, "a");
    before = processed(a, "risk");
    harness_sleep(100);
    cr_assert_eq(processed(a, "risk"), before);
    agents_stop(a);
}

Test(agents, take_their_time)
{
    struct agents *a = agents_start_slow(NULL, 8, "100-60000");

    cr_assert_eq(agents_number(a, "execution", "delay_ms"), 100);
    cr_assert_eq(agents_number(a, "notify", "delay_ms"), 60000);
    steer(a, "{\"agent\":\"*\",\"delay_ms\":60000}");
    steer(a, "{\"agent\":\"risk\",\"delay_ms\":1}");
    hook(a, NULL, AGENTS_TOKEN, "halt", "all", 1, "a");
    agents_wait_halted(a, 1, SOON_MS);
    cr_assert_eq(agents_number(a, "risk", "halted"), 1);
    cr_assert_eq(agents_number(a, "pnl", "told"), 1);
    steer(a, "{\"reset\":true}");
    cr_assert_eq(agents_halted(a), 0);
    cr_assert_eq(agents_number(a, "notify", "delay_ms"), 60000);
    agents_stop(a);
}

Test(agents, get_stuck_and_go_on)
{
    struct agents *a = agents_start(NULL, 8);

    steer(a, "{\"agent\":\"risk\",\"stuck\":true}");
    hook(a, NULL, AGENTS_TOKEN, "halt", "all", 1, "a");
    cr_assert_eq(agents_halted(a), 7);
    steer(a, "{\"agent\":\"risk\",\"stuck\":false}");
    cr_assert_eq(agents_halted(a), 8);
    agents_stop(a);
}

Test(agents, refuse_lose_and_fall_silent)
{
    struct agents *a = agents_start(NULL, 8);

    steer(a, "{\"agent\":\"risk\",\"refuse\":503,\"times\":2}");
    cr_assert_eq(hook(a, "risk", AGENTS_TOKEN, "halt", "all", 1, "a"), 503);
    cr_assert_eq(hook(a, "risk", AGENTS_TOKEN, "halt", "all", 1, "a"), 503);
    cr_assert_eq(hook(a, "risk", AGENTS_TOKEN, "halt", "all", 1, "a"), 200);
    steer(a, "{\"agent\":\"pnl\",\"lose\":1}");
    cr_assert_eq(agents_http(a, "pnl",
                             &(struct agents_ask){
                                 .method = "POST",
                                 .path = "/admin/halt",
                                 .token = AGENTS_TOKEN,
                                 .body = "{\"op\":\"b\",\"scope\":\"all\"}",
                                 .limit_ms = 200 },
                             NULL),
                 0);
    agents_wait_halted(a, 2, SOON_MS);
    steer(a, "{\"agent\":\"fills\",\"silent\":true}");
    cr_assert_eq(agents_http(a, "fills",
                             &(struct agents_ask){ .method = "GET",
                                                   .path = "/health",
                                                   .limit_ms = 200 },
                             NULL),
                 0);
    steer(a, "{\"agent\":\"fills\",\"silent\":false}");
    cr_assert_eq(get(a, "fills", "/health", NULL), 200);
    agents_stop(a);
}

Test(agents, go_down_and_come_back)
{
    struct agents *a = agents_start(NULL, 8);

    for (int i = 0; i < 2; i++) {
        cr_assert_eq(get(a, "risk", "/health", NULL), 200);
        steer(a, "{\"agent\":\"risk\",\"down\":true}");
        cr_assert_eq(get(a, "risk", "/health", NULL), 0);
        cr_assert_eq(agents_number(a, "risk", "down"), 1);
        steer(a, "{\"agent\":\"risk\",\"down\":false}");
    }
    cr_assert_eq(get(a, "risk", "/health", NULL), 200);
    steer(a, "{\"agent\":\"orchestrator\",\"down\":true}");
    cr_assert_eq(hook(a, NULL, AGENTS_TOKEN, "halt", "all", 1, "a"), 0);
    cr_assert_eq(agents_halted(a), 0);
    steer(a, "{\"reset\":true}");
    cr_assert_eq(hook(a, NULL, AGENTS_TOKEN, "halt", "all", 1, "a"), 200);
    agents_stop(a);
}

Test(agents, know_how_the_bot_is_configured)
{
    struct agents *a = agents_start(NULL, 2);
    char *each = agents_yaml_each(a), *told = agents_yaml(a), *url;

    url = xasprintf("health_url: http://127.0.0.1:%d/health",
                    agents_port(a, "market-data"));
    cr_assert(strstr(each, url), "%s", each);
    cr_assert(strstr(told, url), "%s", told);
    cr_assert(strstr(told, "- name: orchestrator\n      halt_url:"), "%s",
              told);
    cr_assert_not(strstr(each, "orchestrator"), "%s", each);
    free(url);
    free(each);
    free(told);
    agents_stop(a);
}
