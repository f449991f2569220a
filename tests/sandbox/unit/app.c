/*
 * app: see app.h.
 */
#include "tests/sandbox/unit/app.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/sandbox/link/push.h"

#define COMES_US 30000000

struct sandbox sb;
struct http_server *app;
struct seen seen[SEEN];
int seen_count;
struct answer answers[8];
static int answered;
const char *challenge_answer;

/* ---- the app ------------------------------------------------------------- */

static char *header(struct http_call *call, const char *name)
{
    return xstrdup(http_header(call, name));
}

static void forget(struct seen *s)
{
    char *all[] = { s->path,      s->type,      s->agent,  s->signature,
                    s->timestamp, s->retry_num, s->reason, s->body };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void note(struct http_call *call)
{
    const struct http_request *req = http_request(call);
    struct seen *s = &seen[seen_count++ % SEEN];

    forget(s);
    s->path = xstrdup(req->path);
    s->type = header(call, "Content-Type");
    s->agent = header(call, "User-Agent");
    s->signature = header(call, "X-Slack-Signature");
    s->timestamp = header(call, "X-Slack-Request-Timestamp");
    s->retry_num = header(call, "X-Slack-Retry-Num");
    s->reason = header(call, "X-Slack-Retry-Reason");
    s->body = xstrndup(req->body, req->body_len);
    s->len = req->body_len;
}

static bool answer_challenge(struct http_call *call)
{
    json_t *json = json_loads(http_request(call)->body, 0, NULL);
    json_t *challenge = json_object_get(json, "challenge");
    struct http_response res = { 0 };

    if (challenge && challenge_answer)
        response_text(&res, 200, challenge_answer);
    else if (challenge)
        response_json(&res, json_pack("{sO}", "challenge", challenge));
    json_decref(json);
    if (challenge)
        http_answer(call, &res);
    return challenge != NULL;
}

static void app_handle(void *arg, struct http_call *call)
{
    const struct answer *a = &answers[answered];
    struct http_response res = { 0 };

    (void)arg;
    if (answer_challenge(call))
        return;
    note(call);
    if (a[1].status || a[1].silent)
        answered++;
    if (a->silent) {
        http_hang(call);
        return;
    }
    response_text(&res, a->status ? a->status : 200, a->body ? a->body : "");
    if (a->type)
        res.content_type = a->type;
    if (a->headers)
        res.headers = xstrdup(a->headers);
    http_answer(call, &res);
}

void answer_with(const struct answer *first, const struct answer *then)
{
    memset(answers, 0, sizeof answers);
    answered = 0;
    answers[0] = *first;
    if (then)
        answers[1] = *then;
}

/* ---- turning ------------------------------------------------------------- */

static bool (*wanted)(void *arg);
static void *wanted_arg;
static int64_t until_us;

static void look(void *arg)
{
    if ((wanted && wanted(wanted_arg)) || clock_mono_us() > until_us)
        loop_stop(arg);
}

static void turn_until(bool (*done)(void *arg), void *arg, const char *what)
{
    struct timer alarm = { .fire = look, .arg = sb.loop };

    wanted = done;
    wanted_arg = arg;
    until_us = clock_mono_us() + COMES_US;
    timer_start(sb.loop, &alarm, COMES_US + 1000);
    if (!done(arg))
        loop_run(sb.loop);
    timer_stop(sb.loop, &alarm);
    cr_assert(done(arg), "%s", what);
    wanted = NULL;
}

static bool were_seen(void *arg)
{
    return seen_count >= *(int *)arg;
}

const struct seen *wait_seen(int n)
{
    turn_until(were_seen, &n, "the app was not asked so often");
    return &seen[n - 1];
}

/* ---- control calls -------------------------------------------------------- */

struct asked {
    bool over;
    json_t *answer;
};

static void on_answer(void *arg, enum client_end end, struct reply *reply)
{
    struct asked *asked = arg;

    asked->over = true;
    if (end == CLIENT_ANSWERED)
        asked->answer = json_loads(buf_text(&reply->body), 0, NULL);
}

static bool is_over(void *arg)
{
    return ((struct asked *)arg)->over;
}

/* Takes body. The answer; freed by the caller. */
json_t *control(const char *path, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);
    char *request = xasprintf("POST /control/%s HTTP/1.1\r\n"
                              "Content-Length: %zu\r\n\r\n%s",
                              path, strlen(text), text);
    struct asked asked = { 0 };
    struct url url;
    char *base = xasprintf("http://%s/", sandbox_host(&sb));

    cr_assert(url_parse(base, &url));
    client_send(push_client(link_push(sb.link)),
                &(struct client_request){ .port = url.port,
                                          .bytes = request,
                                          .len = strlen(request) },
                on_answer, &asked);
    turn_until(is_over, &asked, path);
    cr_assert(asked.answer, "%s", path);
    free(base);
    free(request);
    free(text);
    json_decref(body);
    return asked.answer;
}

void did(const char *path, json_t *body)
{
    json_t *answer = control(path, body);

    cr_assert(json_is_true(json_object_get(answer, "ok")), "%s", path);
    json_decref(answer);
}

const char *word(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

bool is_true(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

/* until: "acked", or "" for something to see. */
json_t *command(const char *text, const char *until)
{
    return control("command",
                   json_pack("{ss ss ss ss si ss}", "user", "U0ANN", "channel",
                             "C0OPS", "command", "/ops", "text", text, "wait",
                             20000, "until", until));
}

/* The text of the answer's only message, "" without one. */
const char *said(const json_t *answer)
{
    return word(json_array_get(json_object_get(answer, "messages"), 0), "text");
}

void expect_said(const char *text, const char *want)
{
    json_t *answer = command(text, *want ? "" : "acked");

    cr_expect_str_eq(said(answer), want, "%s: %s", text, said(answer));
    json_decref(answer);
}

/* One event, not two: a reaction. */
void event(void)
{
    did("event", json_pack("{s{ss ss}}", "event", "type", "reaction_added",
                           "user", "U0ANN"));
}

long long stat_of(const char *name)
{
    json_t *link = link_json(sb.link, false);
    long long n = json_integer_value(json_object_get(link, name));

    json_decref(link);
    return n;
}

/* ---- before and after ----------------------------------------------------- */

char *app_url(const char *path)
{
    return xasprintf("http://%s%s", http_address(app), path);
}

json_t *set_delivery(json_t *how)
{
    char *url = app_url("/slack/events");

    json_object_set_new(how, "mode", json_string("http"));
    if (!json_object_get(how, "url"))
        json_object_set_new(how, "url", json_string(url));
    free(url);
    return control("delivery", how);
}

void app_start(void)
{
    struct sandbox_options options = { .seeded = true, .seed = 7 };
    struct err err = { 0 };
    json_t *answer;

    cr_assert(sandbox_start(&sb, &options, &err), "%s", err.text);
    loop_each_turn(sb.loop, look, sb.loop);
    until_us = INT64_MAX;
    cr_assert(http_listen(&app, &sb.conns, 0, &err), "%s", err.text);
    http_serve(app, app_handle, NULL);
    answer = set_delivery(json_object());
    cr_assert(is_true(answer, "verified"));
    json_decref(answer);
}

void app_stop(void)
{
    http_free(app);
    sandbox_stop(&sb);
    for (int i = 0; i < SEEN; i++)
        forget(&seen[i]);
}
