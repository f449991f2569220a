/*
 * agents: the program of tests/agents, started for one test: an orchestrator
 * and n agents that can be halted.
 *
 *     struct agents *a = agents_start(NULL, 8);
 *     char *yaml = agents_yaml(a);
 *     struct harness *h = harness_start(
 *         &(struct harness_options){ .yaml = yaml });
 *     json_decref(agents_control(a, "{\"agent\":\"risk\",\"stuck\":true}"));
 *     ...
 *     harness_stop(h);
 *     agents_stop(a);
 *     free(yaml);
 *
 * It comes before the bot, whose configuration names its ports, so it needs
 * no harness and has a directory of its own. What cannot be done fails the
 * test, as in harness.h. Dies with the thread that started it. Environment:
 * AGENTS_BIN (default: build/asan/agents or as SANDBOX_BIN's).
 */
#ifndef HARNESS_AGENTS_H
#define HARNESS_AGENTS_H

#include <jansson.h>

struct agents;
struct harness;

/* What a hook has to carry. */
#define AGENTS_TOKEN "agents-token"

/* n agents, each without delay. h NULL: nothing is started yet; otherwise it
 * lives below h's directory and is to be stopped before h. */
struct agents *agents_start(struct harness *h, int n);
/* The same; delay "100-1200": ms until the first and until the last agent
 * does what it was told. */
struct agents *agents_start_slow(struct harness *h, int n, const char *delay);
/* Politely; fails when it does not end with exit status 0. NULL is fine. */
void agents_stop(struct agents *a);

/*
 * The `halt:` section that fits it; heap. Targets belong to the scope of
 * their name and, but for notify, to "trading".
 *   agents_yaml       n + 1 targets: the orchestrator, which is told and is
 *                     not asked, and each agent, which is only asked
 *   agents_yaml_each  n targets: each agent is told and asked
 */
char *agents_yaml(const struct agents *a);
char *agents_yaml_each(const struct agents *a);

/* POST /control, as tests/agents/agents.h says; what agents_state() gives. */
json_t *agents_control(struct agents *a, const char *json);
/* GET /control: {"orchestrator":{…},"agents":{"risk":{…}}}. New ref. */
json_t *agents_state(struct agents *a);

/* One number or switch of one agent's state ("risk", "halted"); name NULL:
 * the orchestrator's. */
long long agents_number(struct agents *a, const char *name, const char *key);
/* How many are halted by now; waiting until it is n. */
size_t agents_halted(struct agents *a);
void agents_wait_halted(struct agents *a, size_t n, int limit_ms);

/* The port of an agent, of the orchestrator (NULL). */
int agents_port(const struct agents *a, const char *name);
/* "GET" or "POST" to one of them (NULL: the orchestrator), token and body may
 * be NULL. The status, 0 if there was no answer within limit_ms. *answer is
 * heap text, and may be asked for with NULL. */
struct agents_ask {
    const char *method, *path, *token, *body;
    int limit_ms; /* 0: 20 s */
};
long agents_http(struct agents *a, const char *name,
                 const struct agents_ask *ask, char **answer);

#endif
