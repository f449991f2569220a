/* hook: response URLs; see hook.h. */
#include "tests/sandbox/world/hook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/api/args.h"
#include "tests/sandbox/blockkit/blockkit.h"
#include "tests/sandbox/world/message.h"
#include "tests/sandbox/world/post.h"
#include "tests/sandbox/world/world.h"

#define HOOK_USES    5
#define HOOK_LIFE_MS (30 * 60 * 1000)

static const char *const families[] = { "commands", "actions", "app" };

void hooks_init(struct hooks *hooks)
{
    hooks->ring = xcalloc(HOOKS_KEPT, sizeof(struct hook));
}

void hooks_dispose(struct hooks *hooks)
{
    for (unsigned i = 0; i < HOOKS_KEPT; i++)
        free(hooks->ring[i].user);
    free(hooks->ring);
}

char *hook_url(struct world *w, const char *family, const struct act *act,
               struct channel *ch, const struct message *m)
{
    unsigned number = ++w->hooks.last;
    struct hook *hook = &w->hooks.ring[number % HOOKS_KEPT];

    free(hook->user);
    *hook = (struct hook){ .number = number,
                           .family = family,
                           .channel = ch,
                           .user = xstrdup(act->user),
                           .message_ts = m ? m->ts : 0,
                           .made_ms = world_now(w) };
    sandbox_hex(w->sb, 12, hook->secret);
    memcpy(hook->interaction, act->id, sizeof(hook->interaction));
    return xasprintf("http://%s/%s/" TEAM_ID "/%u/%s", w->host, family, number,
                     hook->secret);
}

/* ---- finding ------------------------------------------------------------ */

/* "/commands/T0EX/12/abc…": the family, or NULL: not a response URL. */
static const char *path_family(const char *path)
{
    for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
        size_t len = strlen(families[i]);

        if (*path == '/' && strncmp(path + 1, families[i], len) == 0 &&
            strncmp(path + 1 + len, "/" TEAM_ID "/", 6) == 0)
            return path + 1 + len + 6;
    }
    return NULL;
}

static struct hook *hook_find(struct world *w, const char *rest)
{
    struct hook *hook;
    unsigned number;
    int end = 0;

    if (sscanf(rest, "%u/%n", &number, &end) != 1 || !end || !number)
        return NULL;
    hook = &w->hooks.ring[number % HOOKS_KEPT];
    if (hook->number != number || strcmp(hook->secret, rest + end) != 0)
        return NULL;
    return hook;
}

/* ---- answering ---------------------------------------------------------- */

static void answer_error(struct http_response *res, int status,
                         const char *error)
{
    response_json(res, json_pack("{s:b, s:s}", "ok", 0, "error", error));
    res->status = status;
}

static void answer_refusal(struct world *w, const struct hook *hook,
                           struct http_response *res, struct refusal *why)
{
    char *text = refusal_text(why);
    json_t *json = json_pack("{s:b, s:s}", "ok", 0, "error", why->error);

    sandbox_note(
        w->sb, "response_url refused",
        json_pack("{s:s, s:s}", "interaction", hook->interaction, "why", text));
    if (why->problems)
        json_object_set_new(json, "errors", blockkit_texts(why->problems, ""));
    response_json(res, json);
    res->status = 400;
    free(text);
    refusal_dispose(why);
}

/* ---- what it does ------------------------------------------------------- */

static struct message *original(const struct hook *hook)
{
    struct message *m =
        hook->message_ts ? message_at(hook->channel, hook->message_ts) : NULL;

    return m && !m->deleted ? m : NULL;
}

/* Replacing means the whole content, so what is not said goes away. */
static void replace(struct world *w, const struct channel *ch,
                    struct message *m, json_t *content)
{
    static const char *const parts[] = { "text", "blocks", "attachments" };

    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        if (!json_object_get(content, parts[i]))
            json_object_set_new(content, parts[i], json_null());
    message_edit(w, ch, m, content);
}

static bool is_in_channel(const json_t *args)
{
    const char *type = args_text(args, "response_type");

    return type && strcmp(type, "in_channel") == 0;
}

static struct message *post_new(struct world *w, const struct hook *hook,
                                const json_t *args, json_t *content)
{
    struct origin origin = { .via = "response_url",
                             .user = BOT_USER,
                             .interaction = hook->interaction };

    if (!is_in_channel(args))
        origin.ephemeral_to = hook->user;
    if (!ts_parse(args_text(args, "thread_ts"), &origin.thread_ts))
        origin.thread_ts = 0;
    return message_post(w, hook->channel, &origin, content);
}

/* NULL, or the error. */
static const char *apply(struct world *w, struct hook *hook, const json_t *args,
                         json_t *content)
{
    struct act *act = act_find(w, hook->interaction);
    struct message *m = original(hook);
    bool replaces = args_bool(args, "replace_original", false);
    bool deletes = args_bool(args, "delete_original", false);

    if (!m && hook->message_ts && (replaces || deletes)) {
        json_decref(content);
        return "message_not_found";
    }
    if (m && deletes)
        message_delete(w, hook->channel, m);
    if (content && m && replaces && !deletes)
        replace(w, hook->channel, m, content);
    else if (content)
        m = post_new(w, hook, args, content);
    if (act && m)
        act_made(act, hook->channel, m);
    return NULL;
}

/* A body that is JSON whatever its content type, as Slack takes it. */
static json_t *decode(const struct http_request *req)
{
    json_t *args = json_loadb(req->body, req->body_len, 0, NULL);

    if (args && !json_is_object(args)) {
        json_decref(args);
        return NULL;
    }
    return args;
}

static void use(struct world *w, struct hook *hook, const json_t *args,
                struct http_response *res)
{
    bool deletes = args_bool(args, "delete_original", false);
    struct refusal why = { 0 };
    json_t *content = NULL;
    const char *error;
    int wait;

    if (!deletes || post_says(args)) {
        content = post_content(w, args, "response_url", &why);
        if (!content) {
            answer_refusal(w, hook, res, &why);
            return;
        }
    }
    wait = is_in_channel(args)
               ? limit_post(&w->limits, world_now(w), hook->channel->id)
               : 0;
    if (wait) {
        json_decref(content);
        answer_error(res, 429, "ratelimited");
        res->headers = xasprintf("Retry-After: %d\r\n", wait);
        return;
    }
    if (hook->message_ts && !json_object_get(args, "replace_original") &&
        !deletes)
        world_note(w, "warning: replace_original not stated",
                   hook->interaction);
    hook->uses++;
    error = apply(w, hook, args, content);
    if (error)
        answer_error(res, 404, error);
    else
        response_text(res, 200, "ok");
}

bool world_hook(struct world *w, const struct http_request *req,
                struct http_response *res)
{
    const char *rest = path_family(req->path);
    struct hook *hook;
    json_t *args;

    if (!rest)
        return false;
    hook = hook_find(w, rest);
    if (!hook) {
        response_text(res, 404, "no_service");
    } else if (strcmp(req->method, "POST") != 0) {
        response_text(res, 405, "method_not_allowed");
    } else if (world_now(w) - hook->made_ms > HOOK_LIFE_MS) {
        response_text(res, 404, "expired_url");
    } else if (hook->uses >= HOOK_USES) {
        response_text(res, 404, "used_url");
    } else if (!(args = decode(req))) {
        response_text(res, 400, "invalid_payload");
    } else {
        use(w, hook, args, res);
        json_decref(args);
    }
    return true;
}
