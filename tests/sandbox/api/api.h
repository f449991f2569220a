/*
 * api: the Web API: who may call what, how often, and with which arguments.
 *
 * The methods are a table in api.c; their handlers are in api_chat.c,
 * api_conversations.c, api_files.c, api_views.c, api_users.c. One thread.
 */
#ifndef SANDBOX_API_H
#define SANDBOX_API_H

#include "tests/sandbox/api/args.h"
#include "tests/sandbox/world/message.h"
#include "tests/sandbox/world/post.h"
#include "tests/sandbox/world/world.h"

struct method;

/* One call. Everything is borrowed by the handler but what it returns. */
struct call {
    struct world *w;
    const struct http_request *req;
    const struct method *method;
    const struct token *token; /* NULL: the method asks for none */
    json_t *args;
    const char *warning; /* NULL, or one more for the answer; static */
    int retry_after;     /* 0, or seconds: the answer is a 429 */
};

/* Handlers return the whole answer. */
typedef json_t *method_fn(struct call *c);

enum method_flags {
    FORM_ONLY = 1, /* does not read JSON bodies */
    POST_ONLY = 2,
    HEADER_ONLY = 4, /* the token must be in the header */
    NO_TOKEN = 8,
};

struct method {
    const char *name;
    const char *scope; /* NULL: none; "*:read" means the channel's own */
    int per_minute;
    unsigned tokens; /* enum token_kind, or-ed */
    unsigned flags;
    method_fn *run;
};

/* ---- for the handlers --------------------------------------------------- */

json_t *call_ok(void);
json_t *call_error(const char *error);
/* invalid_arguments with one message. */
json_t *call_invalid(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
/* Answers a refusal and disposes of it. */
json_t *call_refuse(struct refusal *why);
json_t *call_missing_scope(const struct call *c, const char *needed);
/* ok, with the warning named. */
json_t *call_limited(struct call *c, int seconds);

/* NULL if all of these texts are there, else the answer. Ends with NULL. */
json_t *call_needs(const struct call *c, ...) __attribute__((sentinel));

/*
 * The channel argument as the bot may use it: NULL and *out, or the answer:
 * channel_not_found, missing_scope for the channel's kind.
 */
json_t *call_channel(struct call *c, struct channel **out);
/* The same, and the bot must be in it and it must not be archived. */
json_t *call_channel_inside(struct call *c, struct channel **out);

/* response_metadata.next_cursor; cursor NULL is the end. */
void call_cursor(json_t *answer, const char *cursor);
/* limit and cursor: false, and the answer in *error. */
bool call_page(struct call *c, int64_t fallback, int64_t max, int64_t *limit,
               int64_t *offset, json_t **error);
/* Items offset.. of all (taken), as answer[key], with the cursor. */
json_t *call_paged(const char *key, json_t *all, int64_t limit, int64_t offset);

/* ---- the handlers ------------------------------------------------------- */

method_fn api_test, api_auth_test, api_connections_open, api_blocks_validate;
method_fn api_chat_post, api_chat_update, api_chat_ephemeral, api_chat_delete,
    api_chat_permalink, api_reactions_add;
method_fn api_files_upload_url, api_files_complete;
method_fn api_views_open, api_views_push, api_views_update, api_views_publish;
method_fn api_conversations_info, api_conversations_list,
    api_conversations_members, api_conversations_history,
    api_conversations_replies, api_conversations_join, api_conversations_open,
    api_conversations_create, api_conversations_invite, api_conversations_topic,
    api_conversations_archive;
method_fn api_users_info, api_users_list, api_users_by_email,
    api_usergroups_list, api_usergroups_users, api_usergroups_update;

#endif
