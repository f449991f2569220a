/*
 * token: who may call the Web API, and with which scopes.
 *
 * One thread. Tokens live until the world ends.
 */
#ifndef SANDBOX_TOKEN_H
#define SANDBOX_TOKEN_H

#include <jansson.h>
#include <stdbool.h>

enum token_kind { TOKEN_BOT = 1, TOKEN_APP = 2 };

struct token {
    char *text;
    enum token_kind kind;
    const char *refusal; /* NULL, or the error every call gets; static */
    json_t *scopes;      /* array of strings */
    struct token *next;
};

struct tokens {
    struct token *first;
};

void tokens_init(struct tokens *tokens); /* xoxb-test and xapp-test */
void tokens_dispose(struct tokens *tokens);

/* NULL: no such token. */
struct token *token_find(const struct tokens *tokens, const char *text);
bool token_has(const struct token *token, const char *scope);

/* "chat:write,commands". New string. */
char *token_scope_list(const struct token *token);

/*
 * The control verb: {"token", "scopes"?: […], "state"?: "active", "revoked",
 * "inactive" or "expired"}. A new token is made if there is none yet; its kind
 * comes from its prefix. Returns NULL, or what is wrong.
 */
const char *token_change(struct tokens *tokens, const json_t *how);

json_t *tokens_json(const struct tokens *tokens); /* for /control/state */

#endif
