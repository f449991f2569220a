/* api: the table of methods, and what comes before each; see api.h. */
#include "tests/sandbox/api/api.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/sandbox/blockkit/blockkit.h"

#define TIER2   20
#define TIER3   50
#define TIER4   100
#define SPECIAL 600
#define ANYONE  (TOKEN_BOT | TOKEN_APP)

/* Sorted: method_find() bisects. Posting has its own limit, per channel. */
static const struct method methods[] = {
    { "api.test", NULL, SPECIAL, ANYONE, NO_TOKEN, api_test },
    { "apps.connections.open", "connections:write", TIER3, TOKEN_APP,
      POST_ONLY | HEADER_ONLY, api_connections_open },
    { "auth.test", NULL, SPECIAL, ANYONE, 0, api_auth_test },
    { "blocks.validate", NULL, TIER4, ANYONE, NO_TOKEN, api_blocks_validate },
    { "chat.delete", "chat:write", TIER3, TOKEN_BOT, 0, api_chat_delete },
    { "chat.getPermalink", NULL, SPECIAL, TOKEN_BOT, FORM_ONLY,
      api_chat_permalink },
    { "chat.postEphemeral", "chat:write", TIER4, TOKEN_BOT, 0,
      api_chat_ephemeral },
    { "chat.postMessage", "chat:write", 0, TOKEN_BOT, 0, api_chat_post },
    { "chat.update", "chat:write", TIER3, TOKEN_BOT, 0, api_chat_update },
    { "conversations.archive", "*:manage", TIER2, TOKEN_BOT, 0,
      api_conversations_archive },
    { "conversations.create", NULL, TIER2, TOKEN_BOT, 0,
      api_conversations_create },
    { "conversations.history", "*:history", TIER3, TOKEN_BOT, FORM_ONLY,
      api_conversations_history },
    { "conversations.info", "*:read", TIER3, TOKEN_BOT, FORM_ONLY,
      api_conversations_info },
    { "conversations.invite", "*:manage", TIER3, TOKEN_BOT, 0,
      api_conversations_invite },
    { "conversations.join", "channels:join", TIER3, TOKEN_BOT, 0,
      api_conversations_join },
    { "conversations.list", NULL, TIER2, TOKEN_BOT, FORM_ONLY,
      api_conversations_list },
    { "conversations.members", "*:read", TIER4, TOKEN_BOT, FORM_ONLY,
      api_conversations_members },
    { "conversations.open", "im:write", TIER3, TOKEN_BOT, 0,
      api_conversations_open },
    { "conversations.replies", "*:history", TIER3, TOKEN_BOT, FORM_ONLY,
      api_conversations_replies },
    { "conversations.setTopic", "*:manage", TIER2, TOKEN_BOT, 0,
      api_conversations_topic },
    { "files.completeUploadExternal", "files:write", TIER4, TOKEN_BOT, 0,
      api_files_complete },
    { "files.getUploadURLExternal", "files:write", TIER4, TOKEN_BOT, FORM_ONLY,
      api_files_upload_url },
    { "reactions.add", "reactions:write", TIER3, TOKEN_BOT, 0,
      api_reactions_add },
    { "usergroups.list", "usergroups:read", TIER2, TOKEN_BOT, FORM_ONLY,
      api_usergroups_list },
    { "usergroups.users.list", "usergroups:read", TIER2, TOKEN_BOT, FORM_ONLY,
      api_usergroups_users },
    { "usergroups.users.update", "usergroups:write", TIER2, TOKEN_BOT, 0,
      api_usergroups_update },
    { "users.info", "users:read", TIER4, TOKEN_BOT, FORM_ONLY, api_users_info },
    { "users.list", "users:read", TIER2, TOKEN_BOT, FORM_ONLY, api_users_list },
    { "users.lookupByEmail", "users:read.email", TIER3, TOKEN_BOT, FORM_ONLY,
      api_users_by_email },
    { "views.open", NULL, TIER4, TOKEN_BOT, 0, api_views_open },
    { "views.publish", NULL, TIER4, TOKEN_BOT, 0, api_views_publish },
    { "views.push", NULL, TIER4, TOKEN_BOT, 0, api_views_push },
    { "views.update", NULL, TIER4, TOKEN_BOT, 0, api_views_update },
};

static int compare_method(const void *name, const void *method)
{
    return strcmp(name, ((const struct method *)method)->name);
}

static const struct method *method_find(const char *name)
{
    return bsearch(name, methods, sizeof(methods) / sizeof(*methods),
                   sizeof(*methods), compare_method);
}

/* ---- before the handler ------------------------------------------------- */

static json_t *check_token(struct call *c)
{
    const char *text = args_token(c->req, c->args);

    if (c->method->flags & NO_TOKEN)
        return NULL;
    if (c->method->flags & HEADER_ONLY && !*c->req->authorization)
        text = NULL;
    if (!text || !*text)
        return call_error("not_authed");
    c->token = token_find(&c->w->tokens, text);
    if (!c->token)
        return call_error("invalid_auth");
    if (c->token->refusal)
        return call_error(c->token->refusal);
    if (!(c->method->tokens & c->token->kind))
        return call_error("not_allowed_token_type");
    if (c->method->scope && *c->method->scope != '*' &&
        !token_has(c->token, c->method->scope))
        return call_missing_scope(c, c->method->scope);
    return NULL;
}

static json_t *run(struct call *c)
{
    const struct method *m = c->method;
    json_t *refused;
    int wait;

    if (m->flags & POST_ONLY && strcmp(c->req->method, "POST") != 0)
        return call_error("insecure_request");
    wait = m->per_minute
               ? limit_take(&c->w->limits, world_now(c->w), "api ", m->name,
                            m->per_minute / 60.0, m->per_minute)
               : 0;
    if (wait)
        return call_limited(c, wait);
    refused = check_token(c);
    if (refused)
        return refused;
    if (m->flags & FORM_ONLY && args_is_json(c->req))
        json_object_clear(c->args);
    return m->run(c);
}

/* ---- after it ----------------------------------------------------------- */

static void add_warning(json_t *answer, const char *warning)
{
    json_t *metadata = json_object_get(answer, "response_metadata");

    if (!warning)
        return;
    if (!metadata) {
        metadata = json_object();
        json_object_set_new(answer, "response_metadata", metadata);
    }
    if (!json_object_get(metadata, "warnings"))
        json_object_set_new(metadata, "warnings", json_array());
    json_array_append_new(json_object_get(metadata, "warnings"),
                          json_string(warning));
    json_object_set_new(answer, "warning", json_string(warning));
}

static void add_date(struct buf *b, int64_t now)
{
    time_t at = (time_t)(now / 1000);
    char text[40];
    struct tm tm;

    gmtime_r(&at, &tm);
    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    buf_fmt(b, "Date: %s\r\n", text);
}

static char *headers(const struct call *c)
{
    struct buf b = { 0 };
    char *id = world_hex(c->w, 16);
    char *scopes = c->token ? token_scope_list(c->token) : NULL;
    const char *accepted = c->method ? c->method->scope : NULL;

    add_date(&b, world_now(c->w));
    buf_fmt(&b, "x-slack-req-id: %s\r\n", id);
    if (scopes)
        buf_fmt(&b, "x-oauth-scopes: %s\r\n", scopes);
    if (accepted && *accepted == '*')
        buf_fmt(&b,
                "x-accepted-oauth-scopes: channels%s,groups%s,im%s,"
                "mpim%s\r\n",
                accepted + 1, accepted + 1, accepted + 1, accepted + 1);
    else if (accepted)
        buf_fmt(&b, "x-accepted-oauth-scopes: %s\r\n", accepted);
    if (c->retry_after)
        buf_fmt(&b, "Retry-After: %d\r\n", c->retry_after);
    free(id);
    free(scopes);
    return buf_take(&b);
}

void world_api(struct world *w, const struct http_request *req,
               struct http_response *res)
{
    struct call c = { .w = w, .req = req };
    const char *error;
    const char *warning;
    json_t *answer;

    c.args = args_decode(req, &error, &warning);
    c.method =
        strncmp(req->path, "/api/", 5) == 0 ? method_find(req->path + 5) : NULL;
    if (!c.method)
        answer = call_error("unknown_method");
    else if (error)
        answer = call_error(error);
    else
        answer = run(&c);
    add_warning(answer, warning);
    add_warning(answer, c.warning);
    response_json(res, answer);
    res->headers = headers(&c);
    if (c.retry_after)
        res->status = 429;
    json_decref(c.args);
}
