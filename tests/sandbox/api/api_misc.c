/*
 * api_misc: api.test, auth.test, apps.connections.open, blocks.validate.
 *
 * One thread.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/api/api.h"
#include "tests/sandbox/blockkit/blockkit.h"

#define VALIDATE_MAX 100000

json_t *api_test(struct call *c)
{
    const char *error = args_text(c->args, "error");
    json_t *answer = error ? call_error(error) : call_ok();

    if (json_object_size(c->args))
        json_object_set(answer, "args", c->args);
    json_object_del(json_object_get(answer, "args"), "token");
    return answer;
}

json_t *api_auth_test(struct call *c)
{
    json_t *answer =
        json_pack("{s:b, s:s, s:s, s:s, s:b}", "ok", 1, "url",
                  "https://" TEAM_DOMAIN ".slack.com/", "team", TEAM_DOMAIN,
                  "team_id", TEAM_ID, "is_enterprise_install", 0);
    json_t *more =
        c->token->kind == TOKEN_APP
            ? json_pack("{s:s, s:s}", "app_id", APP_ID, "app_name", BOT_NAME)
            : json_pack("{s:s, s:s, s:s}", "user", BOT_NAME, "user_id",
                        BOT_USER, "bot_id", BOT_ID);

    json_object_update_new(answer, more);
    return answer;
}

json_t *api_connections_open(struct call *c)
{
    char *url = link_ticket(sandbox_link(c->w->sb), c->req->host);
    json_t *answer;

    world_base(c->w, c->req->host);
    if (!url)
        return call_error("socket_mode_disabled");
    answer = json_pack("{s:b, s:s}", "ok", 1, "url", url);
    free(url);
    return answer;
}

/* ---- blocks.validate ---------------------------------------------------- */

static json_t *verdict(const char *error, json_t *problems)
{
    json_t *answer = problems ? call_error(error) : call_ok();

    if (problems)
        json_object_set_new(answer, "errors", problems);
    return answer;
}

static json_t *validate_message(struct call *c, const json_t *message)
{
    struct refusal why;
    json_t *content = post_content(c->w, message, "blocks.validate", &why);
    json_t *answer;

    if (content) {
        json_decref(content);
        return call_ok();
    }
    answer = call_error("invalid_message");
    if (why.problems)
        json_object_set(answer, "errors", why.problems);
    else
        json_object_set_new(answer, "errors",
                            json_pack("[{s:s, s:s, s:s}]", "code", why.error,
                                      "message", why.error, "pointer", ""));
    refusal_dispose(&why);
    return answer;
}

json_t *api_blocks_validate(struct call *c)
{
    const json_t *blocks = args_value(c->args, "blocks");
    const json_t *view = args_value(c->args, "view");
    const json_t *message = args_value(c->args, "message");

    if (!!blocks + !!view + !!message != 1)
        return call_invalid("exactly one of blocks, view and message");
    if (c->req->body_len > VALIDATE_MAX)
        return call_invalid("more than %d characters", VALIDATE_MAX);
    if (view)
        return verdict("invalid_view", blockkit_check_view(view));
    if (message && json_is_object(message))
        return validate_message(c, message);
    if (message)
        return call_error("invalid_message");
    return verdict("invalid_blocks",
                   blockkit_check(blocks, SURFACE_MESSAGE, ""));
}
