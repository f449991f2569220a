/*
 * serve: what an agent and the orchestrator answer; see agents.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/agents/agents.h"

static bool is_orchestrator(const struct agent *a)
{
    return a == &a->all->orchestrator;
}

void answer_error(struct http_call *call, int status, const char *why)
{
    struct http_response res = { 0 };

    response_json(&res, json_pack("{ss}", "error", why));
    res.status = status;
    http_answer(call, &res);
}

/* ---- GET -------------------------------------------------------------------- */

static size_t halted_agents(const struct agents *all)
{
    size_t n = 0;

    for (size_t i = 0; i < all->count; i++)
        n += all->agents[i].now.halted;
    return n;
}

static void health(struct agent *a, struct http_call *call)
{
    const struct agents *all = a->all;
    size_t stopped = halted_agents(all);
    bool halted = is_orchestrator(a) ? stopped == all->count : a->now.halted;
    json_t *json =
        json_pack("{ss sb sI ss ss sI}", "status", halted ? "halted" : "ok",
                  "halted", halted, "generation", a->now.generation, "scope",
                  a->now.scope, "name", a->name, "uptime_s",
                  (json_int_t)((clock_mono_ms() - all->started) / 1000));

    a->health_count++;
    if (is_orchestrator(a)) {
        json_object_set_new(json, "agents",
                            json_integer((json_int_t)all->count));
        json_object_set_new(json, "agents_halted",
                            json_integer((json_int_t)stopped));
    }
    http_answer_json(call, json);
}

static void metrics(const struct agent *a, struct http_call *call)
{
    struct http_response res = { 0 };
    struct buf text = { 0 };

    buf_fmt(&text,
            "# TYPE up gauge\nup{agent=\"%s\"} 1\n"
            "# TYPE agent_halted gauge\nagent_halted{agent=\"%s\"} %d\n"
            "# TYPE agent_messages_processed_total counter\n"
            "agent_messages_processed_total{agent=\"%s\"} %lld\n",
            a->name, a->name, a->now.halted, a->name,
            (long long)agent_processed(a));
    response_text(&res, 200, buf_text(&text));
    res.content_type = "text/plain; version=0.0.4; charset=utf-8";
    buf_dispose(&text);
    http_answer(call, &res);
}

/* ---- hooks ------------------------------------------------------------------ */

/* What reached it, whether it took it in or not. hook may be NULL. */
static void remember(struct agent *a, const json_t *hook, int status,
                     bool repeated)
{
    json_t *entry = hook ? json_deep_copy(hook) : json_object();

    json_object_set_new(entry, "status", json_integer(status));
    json_object_set_new(entry, "repeated", json_boolean(repeated));
    json_array_append_new(a->hooks, entry);
    if (json_array_size(a->hooks) > AGENTS_HOOKS)
        json_array_remove(a->hooks, 0);
    a->hook_count++;
}

static void refuse(struct agent *a, struct http_call *call, const json_t *hook,
                   int status, const char *why)
{
    remember(a, hook, status, false);
    answer_error(call, status, why);
}

/* 0, or the status to refuse with. */
static int token_refused(const struct agents *all,
                         const struct http_request *req)
{
    if (strncmp(req->authorization, "Bearer ", 7) != 0)
        return 401;
    return strcmp(req->authorization + 7, all->token) == 0 ? 0 : 403;
}

static bool has_text(const json_t *hook, const char *key)
{
    return json_string_length(json_object_get(hook, key)) > 0;
}

/* NULL, or what is wrong with it. Fills in the action from the path. */
static const char *hook_wrong(json_t *hook, const char *path)
{
    const char *by_path = path + strlen("/admin/");
    const char *action;

    if (!json_is_object(hook))
        return "the body is no JSON object";
    if (!json_object_get(hook, "action"))
        json_object_set_new(hook, "action", json_string(by_path));
    action = json_string_value(json_object_get(hook, "action"));
    if (!action || (strcmp(action, "halt") && strcmp(action, "unhalt")))
        return "action is neither halt nor unhalt";
    if (!strcmp(by_path, "unhalt") && strcmp(action, "unhalt"))
        return "this path is for unhalt";
    if (!has_text(hook, "op") || !has_text(hook, "scope"))
        return "op or scope is missing";
    return NULL;
}

static void take_hook(struct agent *a, struct http_call *call,
                      const json_t *hook)
{
    enum hook_effect effect = agent_told(a, hook);
    bool lost = a->trouble.lose > 0;

    remember(a, hook, lost ? 0 : 200, effect == HOOK_REPEATED);
    if (lost) {
        a->trouble.lose--;
        http_hang(call);
        return;
    }
    http_answer_json(call, json_pack("{sb sb sb}", "ok", 1, "repeated",
                                     effect == HOOK_REPEATED, "old",
                                     effect == HOOK_OLD));
}

static void hook_arrived(struct agent *a, struct http_call *call)
{
    const struct http_request *req = http_request(call);
    json_t *hook = json_loadb(req->body, req->body_len, 0, NULL);
    int status = token_refused(a->all, req);
    const char *wrong;

    if (a->trouble.times > 0) {
        a->trouble.times--;
        refuse(a, call, hook, a->trouble.refuse, "as steered");
    } else if (status) {
        refuse(a, call, hook, status,
               status == 401 ? "a Bearer token is missing"
                             : "this token may not do that");
    } else if ((wrong = hook_wrong(hook, req->path))) {
        refuse(a, call, hook, 400, wrong);
    } else {
        take_hook(a, call, hook);
    }
    json_decref(hook);
}

/* ---- which of them ---------------------------------------------------------- */

static void route(struct agent *a, struct http_call *call)
{
    const struct http_request *req = http_request(call);
    bool get = strcmp(req->method, "GET") == 0;
    bool post = strcmp(req->method, "POST") == 0;

    if (get && strcmp(req->path, "/health") == 0)
        health(a, call);
    else if (get && strcmp(req->path, "/metrics") == 0)
        metrics(a, call);
    else if (post && (strcmp(req->path, "/admin/halt") == 0 ||
                      strcmp(req->path, "/admin/unhalt") == 0))
        hook_arrived(a, call);
    else
        answer_error(call, get || post ? 404 : 405, "there is no such thing");
}

void agent_handle(void *app, struct http_call *call)
{
    struct agent *a = app;
    const struct http_request *req = http_request(call);

    if (is_orchestrator(a) && strcmp(req->path, "/control") == 0) {
        if (strcmp(req->method, "POST") == 0)
            control_change(a->all, call);
        else
            control_get_all(a->all, call);
    } else if (a->trouble.down) {
        http_drop(call);
    } else if (a->trouble.silent) {
        http_hang(call);
    } else {
        route(a, call);
    }
}
