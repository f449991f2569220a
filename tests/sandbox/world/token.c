/* token: the tokens of the workspace; see token.h. */
#include "tests/sandbox/world/token.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/sandbox/world/team.h"

/* All that the methods here ask for, but chat:write.public. */
static const char *const bot_scopes[] = {
    "app_mentions:read", "channels:history", "channels:join",
    "channels:manage",   "channels:read",    "chat:write",
    "commands",          "files:write",      "groups:history",
    "groups:read",       "groups:write",     "im:history",
    "im:read",           "im:write",         "mpim:history",
    "mpim:read",         "mpim:write",       "reactions:read",
    "reactions:write",   "usergroups:read",  "usergroups:write",
    "users:read",        "users:read.email",
};

static const struct {
    const char *state;
    const char *refusal;
} states[] = {
    { "active", NULL },
    { "revoked", "token_revoked" },
    { "inactive", "account_inactive" },
    { "expired", "token_expired" },
};

static struct token *token_add(struct tokens *tokens, const char *text,
                               enum token_kind kind)
{
    struct token *token = xcalloc(1, sizeof(*token));

    token->text = xstrdup(text);
    token->kind = kind;
    token->scopes = json_array();
    token->next = tokens->first;
    tokens->first = token;
    return token;
}

void tokens_init(struct tokens *tokens)
{
    struct token *bot = token_add(tokens, "xoxb-test", TOKEN_BOT);
    struct token *app = token_add(tokens, "xapp-test", TOKEN_APP);

    for (size_t i = 0; i < sizeof(bot_scopes) / sizeof(*bot_scopes); i++)
        json_array_append_new(bot->scopes, json_string(bot_scopes[i]));
    json_array_append_new(app->scopes, json_string("connections:write"));
}

void tokens_dispose(struct tokens *tokens)
{
    while (tokens->first) {
        struct token *token = tokens->first;

        tokens->first = token->next;
        json_decref(token->scopes);
        free(token->text);
        free(token);
    }
}

struct token *token_find(const struct tokens *tokens, const char *text)
{
    for (struct token *t = tokens->first; t; t = t->next)
        if (strcmp(t->text, text) == 0)
            return t;
    return NULL;
}

bool token_has(const struct token *token, const char *scope)
{
    return names_have(token->scopes, scope);
}

char *token_scope_list(const struct token *token)
{
    struct buf b = { 0 };
    size_t i;
    json_t *scope;

    json_array_foreach(token->scopes, i, scope)
    {
        buf_str(&b, i ? "," : "");
        buf_str(&b, json_string_value(scope));
    }
    return buf_take(&b);
}

static const char *token_set_state(struct token *token, const char *state)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
        if (strcmp(states[i].state, state) == 0) {
            token->refusal = states[i].refusal;
            return NULL;
        }
    return "state is active, revoked, inactive or expired";
}

const char *token_change(struct tokens *tokens, const json_t *how)
{
    const char *text = json_string_value(json_object_get(how, "token"));
    const char *state = json_string_value(json_object_get(how, "state"));
    json_t *scopes = json_object_get(how, "scopes");
    struct token *token;

    if (!text || (strncmp(text, "xoxb-", 5) && strncmp(text, "xapp-", 5)))
        return "token: text that begins with xoxb- or xapp-";
    if (scopes && !json_is_array(scopes))
        return "scopes: an array of text";
    token = token_find(tokens, text);
    if (!token)
        token = token_add(tokens, text, text[1] == 'a' ? TOKEN_APP : TOKEN_BOT);
    if (scopes) {
        json_decref(token->scopes);
        token->scopes = json_deep_copy(scopes);
    }
    return state ? token_set_state(token, state) : NULL;
}

static const char *token_state(const struct token *token)
{
    for (size_t i = 1; i < sizeof(states) / sizeof(*states); i++)
        if (states[i].refusal == token->refusal)
            return states[i].state;
    return states[0].state;
}

json_t *tokens_json(const struct tokens *tokens)
{
    json_t *all = json_array();

    for (const struct token *t = tokens->first; t; t = t->next)
        json_array_append_new(
            all, json_pack("{s:s, s:s, s:s, s:O}", "token", t->text, "kind",
                           t->kind == TOKEN_APP ? "app" : "bot", "state",
                           token_state(t), "scopes", t->scopes));
    return all;
}
