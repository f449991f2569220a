/*
 * control: the table of control calls, and those that take a few lines; see
 * control.h.
 */
#include "tests/sandbox/control/control.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/link/push.h"
#include "tests/sandbox/wire/decode.h"
#include "tests/sandbox/wire/wire.h"

json_t *control_refusal(const char *error)
{
    return json_pack("{sb ss}", "ok", 0, "error", error);
}

static json_t *done(void)
{
    return json_pack("{sb}", "ok", 1);
}

/* ---- looking: GET, arg is the query as an object of strings ------------- */

static const char *word(const json_t *query, const char *name)
{
    return json_string_value(json_object_get(query, name));
}

static json_t *get_messages(struct sandbox *sb, const json_t *query)
{
    return world_messages(sb->world, query);
}

static json_t *get_views(struct sandbox *sb, const json_t *query)
{
    return world_views(sb->world, query);
}

static json_t *get_home(struct sandbox *sb, const json_t *query)
{
    return world_home(sb->world, query);
}

static json_t *get_state(struct sandbox *sb, const json_t *query)
{
    (void)query;
    return world_state(sb->world);
}

static json_t *get_link(struct sandbox *sb, const json_t *query)
{
    return link_json(sb->link, word(query, "envelopes") != NULL);
}

static json_t *get_calls(struct sandbox *sb, const json_t *query)
{
    return json_pack("{sb so}", "ok", 1, "calls",
                     calls_json(sb->calls, word(query, "method")));
}

static json_t *get_delivery(struct sandbox *sb, const json_t *query)
{
    json_t *answer = push_json(link_push(sb->link));

    (void)query;
    json_object_set_new(answer, "ok", json_true());
    return answer;
}

static json_t *get_transcript(struct sandbox *sb, const json_t *query)
{
    (void)query;
    return json_pack("{sb so sI}", "ok", 1, "transcript",
                     transcript_json(sb->transcript), "dropped",
                     (json_int_t)transcript_dropped(sb->transcript));
}

static json_t *get_faults(struct sandbox *sb, const json_t *query)
{
    (void)query;
    return json_pack("{sb so}", "ok", 1, "faults", faults_json(sb->faults));
}

static json_t *delete_fault(struct sandbox *sb, const json_t *query)
{
    const char *id = word(query, "id");
    unsigned n =
        fault_remove(sb->faults, id ? (unsigned)strtoul(id, NULL, 10) : 0);

    return json_pack("{sb si}", "ok", !id || n, "removed", (int)n);
}

/* ---- steering: POST, arg is the body ------------------------------------ */

static json_t *post_fault(struct sandbox *sb, const json_t *how)
{
    const char *why;
    unsigned id = fault_add(sb->faults, how, &why);

    if (!id)
        return control_refusal(why);
    return json_pack("{sb si}", "ok", 1, "id", (int)id);
}

static json_t *post_clock(struct sandbox *sb, const json_t *how)
{
    const json_t *scale = json_object_get(how, "scale");
    const json_t *timeout = json_object_get(how, "ack_timeout_ms");
    const json_t *advance = json_object_get(how, "advance_ms");

    if (scale && json_number_value(scale) <= 0)
        return control_refusal("scale: a number above 0");
    if (scale)
        slacktime_set_scale(&sb->time, json_number_value(scale));
    if (json_is_integer(timeout))
        link_set_ack_timeout(sb->link, json_integer_value(timeout));
    if (json_is_integer(advance))
        slacktime_advance(&sb->time, json_integer_value(advance) * 1000);
    return json_pack("{sb sf sI sI}", "ok", 1, "scale", sb->time.scale,
                     "ack_timeout_ms", (json_int_t)link_ack_timeout(sb->link),
                     "now_ms", (json_int_t)sandbox_now_ms(sb));
}

/* What of the life is not named stays; the life follows the promise. */
static json_t *post_hello(struct sandbox *sb, const json_t *how)
{
    struct socket_life life = *link_life(sb->link);
    const json_t *seconds = json_object_get(how, "approximate_connection_time");
    const json_t *warning = json_object_get(how, "warning_before_ms");
    const json_t *life_ms = json_object_get(how, "life_ms");

    if (json_is_integer(life_ms)) {
        life.life_ms = json_integer_value(life_ms);
        life.approximate_s = life.life_ms / 1000;
    }
    if (json_is_integer(seconds)) {
        life.approximate_s = json_integer_value(seconds);
        if (!life_ms)
            life.life_ms = life.approximate_s * 1000;
    }
    if (json_is_integer(warning))
        life.warning_before_ms = json_integer_value(warning);
    link_set_life(sb->link, &life);
    return done();
}

/* ---- the table ---------------------------------------------------------- */

struct entry {
    const char *method;
    const char *name;
    json_t *(*answer)(struct sandbox *sb, const json_t *arg);
};

static const struct entry table[] = {
    { "GET", "messages", get_messages },
    { "GET", "views", get_views },
    { "GET", "home", get_home },
    { "GET", "state", get_state },
    { "GET", "link", get_link },
    { "GET", "calls", get_calls },
    { "GET", "delivery", get_delivery },
    { "GET", "transcript", get_transcript },
    { "GET", "fault", get_faults },
    { "DELETE", "fault", delete_fault },
    { "POST", "fault", post_fault },
    { "POST", "clock", post_clock },
    { "POST", "hello", post_hello },
    { "POST", "socket", control_socket },
    { "POST", "raw", control_raw },
    { "POST", "envelope", control_envelope },
};

static const char *const persons[] = { "command", "click", "submit",  "close",
                                       "mention", "event", "message", "home" };

/* Those that are answered later. */
static const struct {
    const char *name;
    void (*run)(struct sandbox *sb, struct http_call *call, const json_t *how);
} later[] = {
    { "load", load_control },           { "delivery", control_delivery },
    { "ssl_check", control_ssl_check }, { "raw_http", control_raw_http },
    { "flood", control_flood },
};

static bool is_person(const char *verb)
{
    for (size_t i = 0; i < sizeof(persons) / sizeof(persons[0]); i++)
        if (strcmp(persons[i], verb) == 0)
            return true;
    return false;
}

static json_t *from_table(struct sandbox *sb, const char *method,
                          const char *name, const json_t *arg)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (strcmp(table[i].method, method) == 0 &&
            strcmp(table[i].name, name) == 0)
            return table[i].answer(sb, arg);
    return NULL;
}

static void unknown(struct http_call *call)
{
    struct http_response res = { 0 };

    response_json(&res, control_refusal("no such control call, see "
                                        "tests/sandbox/CONTROL.md"));
    res.status = 404;
    http_answer(call, &res);
}

static void handle_post(struct sandbox *sb, struct http_call *call,
                        const char *name, const json_t *body)
{
    json_t *answer;

    if (is_person(name)) {
        control_person(sb, call, name, body);
        return;
    }
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        if (strcmp(name, later[i].name) == 0) {
            later[i].run(sb, call, body);
            return;
        }
    }
    answer = from_table(sb, "POST", name, body);
    if (!answer)
        answer = world_change(sb->world, name, body);
    if (answer)
        http_answer_json(call, answer);
    else
        unknown(call);
}

static void handle_query(struct sandbox *sb, struct http_call *call,
                         const char *method, const char *name)
{
    const char *text = http_request(call)->query;
    json_t *query = decode_form(text, strlen(text));
    json_t *answer = NULL;

    if (strcmp(method, "GET") == 0 && strcmp(name, "wait") == 0) {
        wait_control(sb, call, query);
        json_decref(query);
        return;
    }
    if (strcmp(method, "GET") == 0 && strcmp(name, "stream") == 0) {
        stream_control(sb, call, query);
        json_decref(query);
        return;
    }
    answer = from_table(sb, method, name, query);
    json_decref(query);
    if (answer)
        http_answer_json(call, answer);
    else
        unknown(call);
}

void control_handle(struct sandbox *sb, struct http_call *call)
{
    const struct http_request *req = http_request(call);
    const char *name = req->path + strlen("/control/");
    json_error_t error;
    json_t *body;

    if (strcmp(req->method, "POST") != 0) {
        handle_query(sb, call, req->method, name);
        return;
    }
    body = req->body_len ? json_loadb(req->body, req->body_len, 0, &error)
                         : json_object();
    if (json_is_object(body))
        handle_post(sb, call, name, body);
    else
        http_answer_json(call, control_refusal("body: a JSON object"));
    json_decref(body);
}
