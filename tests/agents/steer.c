/*
 * steer: GET and POST /control; see agents.h.
 */
#include <string.h>

#include "tests/agents/agents.h"

/* ---- looking ---------------------------------------------------------------- */

static json_t *agent_json(const struct agent *a)
{
    const struct trouble *t = &a->trouble;
    json_t *json = json_pack(
        "{si sb sI ss sb sI sI sI sI sO}", "port", agent_port(a), "halted",
        a->now.halted, "generation", a->now.generation, "scope", a->now.scope,
        "told", json_object_size(a->told) > 0, "processed", agent_processed(a),
        "hook_count", a->hook_count, "applied", a->applied, "health_count",
        a->health_count, "hooks", a->hooks);
    json_t *trouble =
        json_pack("{sI sb sb sb si sI sI}", "delay_ms", a->delay_ms, "stuck",
                  t->stuck, "silent", t->silent, "down", t->down, "refuse",
                  t->refuse, "times", t->times, "lose", t->lose);

    json_object_update(json, trouble);
    json_decref(trouble);
    return json;
}

void control_get_all(struct agents *all, struct http_call *call)
{
    json_t *agents = json_object();

    for (size_t i = 0; i < all->count; i++)
        json_object_set_new(agents, all->agents[i].name,
                            agent_json(&all->agents[i]));
    http_answer_json(call, json_pack("{sb so so}", "ok", 1, "orchestrator",
                                     agent_json(&all->orchestrator), "agents",
                                     agents));
}

/* ---- steering --------------------------------------------------------------- */

static bool whole(const json_t *value, json_int_t from, json_int_t to)
{
    return json_is_integer(value) && json_integer_value(value) >= from &&
           json_integer_value(value) <= to;
}

/* NULL, or what is wrong with a setting. */
static const char *setting_wrong(const char *key, const json_t *value)
{
    static const char *const switches[] = { "stuck", "silent", "down",
                                            "reset" };
    static const char *const numbers[] = { "delay_ms", "times", "lose" };

    if (strcmp(key, "agent") == 0)
        return json_is_string(value) ? NULL : "agent is no text";
    if (strcmp(key, "refuse") == 0)
        return whole(value, 400, 599) ? NULL : "refuse is no status";
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (strcmp(key, switches[i]) == 0)
            return json_is_boolean(value) ? NULL : "neither true nor false";
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(key, numbers[i]) == 0)
            return whole(value, 0, 3600000) ? NULL : "no such number";
    return "there is no such setting";
}

static const char *settings_wrong(json_t *how)
{
    const char *key, *wrong;
    json_t *value;

    if (!json_is_object(how))
        return "the body is no JSON object";
    json_object_foreach(how, key, value)
    {
        if ((wrong = setting_wrong(key, value)))
            return wrong;
    }
    if (json_object_get(how, "times") && !json_object_get(how, "refuse"))
        return "times is of refuse";
    return NULL;
}

static void set_switch(const json_t *how, const char *key, bool *to)
{
    const json_t *value = json_object_get(how, key);

    if (value)
        *to = json_is_true(value);
}

static void set_number(const json_t *how, const char *key, json_int_t *to)
{
    const json_t *value = json_object_get(how, key);

    if (value)
        *to = json_integer_value(value);
}

static void steer(struct agent *a, const json_t *how)
{
    struct trouble *t = &a->trouble;
    bool stuck = t->stuck, down;

    if (json_is_true(json_object_get(how, "reset")))
        agent_reset(a);
    down = t->down;
    if (json_object_get(how, "refuse")) {
        t->refuse = (int)json_integer_value(json_object_get(how, "refuse"));
        t->times = 1;
    }
    set_number(how, "times", &t->times);
    set_number(how, "lose", &t->lose);
    set_number(how, "delay_ms", &a->delay_ms);
    set_switch(how, "silent", &t->silent);
    set_switch(how, "stuck", &t->stuck);
    set_switch(how, "down", &down);
    agent_set_down(a, down);
    if (stuck && !t->stuck)
        agent_change_later(a);
}

/* Returns how many were meant. */
static size_t steer_those(struct agents *all, const char *name,
                          const json_t *how)
{
    size_t n = 0;

    if (!name || strcmp(name, "orchestrator") == 0) {
        steer(&all->orchestrator, how);
        n = 1;
    }
    for (size_t i = 0; i < all->count; i++)
        if ((name && (strcmp(name, "*") == 0 ||
                      strcmp(name, all->agents[i].name) == 0)) ||
            (!name && json_is_true(json_object_get(how, "reset")))) {
            steer(&all->agents[i], how);
            n++;
        }
    return n;
}

void control_change(struct agents *all, struct http_call *call)
{
    const struct http_request *req = http_request(call);
    json_t *how = json_loadb(req->body, req->body_len, 0, NULL);
    const char *wrong = settings_wrong(how);
    const char *name = json_string_value(json_object_get(how, "agent"));

    if (wrong)
        answer_error(call, 400, wrong);
    else if (!steer_those(all, name, how))
        answer_error(call, 404, "there is no such agent");
    else
        control_get_all(all, call);
    json_decref(how);
}
