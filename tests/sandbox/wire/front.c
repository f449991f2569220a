/*
 * front: see front.h.
 */
#include "tests/sandbox/wire/front.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/control/control.h"
#include "tests/sandbox/wire/decode.h"
#include "tests/sandbox/wire/page.h"
#include "tests/sandbox/wire/wire.h"

/* A call with a fault, while it is delayed. Attached to the call. */
struct errand {
    struct sandbox *sb;
    struct fault *fault;
    uint64_t number; /* in the list of calls */
    bool hook;       /* a response URL or an upload, not a method */
    struct http_response effect;
};

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* False: no such path. */
static bool world_answer(struct sandbox *sb, bool hook,
                         const struct http_request *req,
                         struct http_response *res)
{
    if (hook)
        return world_hook(sb->world, req, res) ||
               world_file(sb->world, req, res);
    world_api(sb->world, req, res);
    return true;
}

static void recorded(struct sandbox *sb, uint64_t number,
                     const struct http_response *res)
{
    calls_end(sb->calls, number, decode_answer(res->body, res->body_len),
              res->status ? res->status : 200);
    sandbox_changed(sb);
}

/* ---- faults ------------------------------------------------------------- */

static void errand_free(void *arg)
{
    struct errand *e = arg;

    fault_done(e->sb->faults, e->fault);
    free(e->effect.headers);
    free(e->effect.body);
    free(e);
}

static void fault_answer(const struct fault *f, struct http_response *res)
{
    bool limited = f->retry_after >= 0 || f->status == 429;
    const char *error = f->error ? f->error : limited ? "ratelimited" : NULL;

    *res = (struct http_response){ 0 };
    if (f->url)
        response_json(res, json_pack("{sb ss}", "ok", 1, "url", f->url));
    else if (error && !f->body)
        response_json(res, json_pack("{sb ss}", "ok", 0, "error", error));
    else
        response_text(res, 200, f->body ? f->body : "fault");
    if (f->body && (*f->body == '{' || *f->body == '['))
        res->content_type = NULL;
    if (f->content_type)
        res->content_type = f->content_type;
    res->status = f->status ? f->status : limited ? 429 : 200;
    if (f->retry_after >= 0)
        res->headers = xasprintf("Retry-After: %d\r\n", (int)f->retry_after);
}

static void answer_fault(struct errand *e, struct http_call *call)
{
    struct http_response res;

    fault_answer(e->fault, &res);
    recorded(e->sb, e->number, &res);
    http_answer(call, &res);
}

/* The delay is over, or there was none. */
static void errand_end(void *arg)
{
    static const char garbage[] = "\x15\x03\x01 this is not HTTP\r\n\r\n";
    struct http_call *call = arg;
    struct errand *e = http_attached(call);
    struct http_response res = e->effect;

    switch (e->fault->kind) {
    case FAULT_DELAY:
        e->effect = (struct http_response){ 0 };
        if (!e->fault->after_effect &&
            !world_answer(e->sb, e->hook, http_request(call), &res))
            response_text(&res, 404, "no_service");
        recorded(e->sb, e->number, &res);
        http_answer(call, &res);
        break;
    case FAULT_ANSWER:
        answer_fault(e, call);
        break;
    case FAULT_DROP:
        http_drop(call);
        break;
    case FAULT_HANG:
        http_hang(call);
        break;
    case FAULT_GARBAGE:
        http_raw(call, garbage, sizeof(garbage) - 1);
        break;
    }
}

static void run_fault(struct sandbox *sb, struct http_call *call,
                      struct fault *fault, uint64_t number, bool hook)
{
    struct errand *e = xcalloc(1, sizeof(*e));

    e->sb = sb;
    e->fault = fault;
    e->number = number;
    e->hook = hook;
    http_attach(call, e, errand_free);
    sandbox_note(sb, "fault", json_deep_copy(fault->spec));
    if (fault->after_effect)
        world_answer(sb, hook, http_request(call), &e->effect);
    if (fault->delay_ms > 0)
        http_later(call, fault->delay_ms, errand_end);
    else
        errand_end(call);
}

/* ---- calls of the app --------------------------------------------------- */

static void app_call(struct sandbox *sb, struct http_call *call,
                     const char *method, bool hook)
{
    const struct http_request *req = http_request(call);
    struct http_response res = { 0 };
    json_t *args = decode_args(req);
    struct fault *fault = fault_take(sb->faults, method, args);
    uint64_t number;

    if (hook)
        json_object_set_new(args, "path", json_string(req->path));
    number = calls_begin(sb->calls, &(struct call_record){
                                        .method = method,
                                        .at_ms = sandbox_now_ms(sb),
                                        .args = args,
                                        .fault = fault ? fault->id : 0,
                                    });
    sandbox_note(sb, "call",
                 json_pack("{ss sO}", "method", method, "args", args));
    sandbox_changed(sb);
    if (fault) {
        run_fault(sb, call, fault, number, hook);
        return;
    }
    if (!world_answer(sb, hook, req, &res))
        response_text(&res, 404, "no_service");
    recorded(sb, number, &res);
    http_answer(call, &res);
}

static bool is_hook(const char *path)
{
    return starts(path, "/commands/") || starts(path, "/actions/") ||
           starts(path, "/app/") || starts(path, "/app-actions/");
}

static bool is_page(const struct http_request *req)
{
    return strcmp(req->path, "/") == 0 || starts(req->path, "/page/") ||
           strcmp(req->path, "/favicon.ico") == 0;
}

/* Neither an API method nor a response URL: a file that is shown, or a
 * mistake. */
static void other_path(struct sandbox *sb, struct http_call *call)
{
    struct http_response res = { 0 };

    if (!world_hook(sb->world, http_request(call), &res) &&
        !world_file(sb->world, http_request(call), &res))
        response_text(&res, 404, "not found");
    http_answer(call, &res);
}

void front_handle(void *app, struct http_call *call)
{
    struct sandbox *sb = app;
    const struct http_request *req = http_request(call);
    struct http_response res = { 0 };

    if (starts(req->path, "/control/")) {
        control_handle(sb, call);
    } else if (starts(req->path, "/api/")) {
        app_call(sb, call, req->path + 5, false);
    } else if (starts(req->path, LOAD_PATH)) {
        load_reply(sb, req, &res);
        http_answer(call, &res);
    } else if (is_hook(req->path)) {
        app_call(sb, call, "response_url", true);
    } else if (starts(req->path, "/upload/")) {
        app_call(sb, call, "upload", true);
    } else if (strcmp(req->path, "/link/") == 0 ||
               strcmp(req->path, "/link") == 0) {
        link_upgrade(sb->link, call);
    } else if (is_page(req)) {
        page_answer(req, &res);
        http_answer(call, &res);
    } else {
        other_path(sb, call);
    }
}
