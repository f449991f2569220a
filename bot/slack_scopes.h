/*
 * slack_scopes: what this app asks of Slack, and which OAuth scope each thing
 * needs. The one table: `opsbot check` compares the token with it, and tests
 * compare it with the methods that the code calls and with the manifest.
 * Constant, any thread.
 */
#ifndef BOT_SLACK_SCOPES_H
#define BOT_SLACK_SCOPES_H

#include <stddef.h>

enum scope_kind {
    SCOPE_METHOD,  /* of the Web API, called with the bot token */
    SCOPE_APP,     /* the same, called with the app-level token */
    SCOPE_EVENT,   /* a bot event that is subscribed to */
    SCOPE_COMMAND, /* the slash command */
};

/* When something is missed without the scope. */
enum scope_need {
    SCOPE_ALWAYS,
    SCOPE_GROUPS,  /* where roles name user groups */
    SCOPE_STANDBY, /* where rotations do */
    SCOPE_TALK,    /* to be asked in messages: everything else works */
    SCOPE_PRIVATE, /* where it posts into private channels */
    SCOPE_CHECK,   /* for `opsbot check` alone */
    SCOPE_PICTURE, /* for pictures of alerts: everything else works */
};

struct slack_scope {
    const char *what;  /* "chat.postMessage", "app_mention", "/ops" */
    const char *scope; /* "chat:write"; NULL: it needs none */
    enum scope_kind kind;
    enum scope_need need;
    const char *why; /* "to post": what it is for */
};

/* A thing that needs several scopes has several entries. */
const struct slack_scope *slack_scopes(size_t *count);

#endif
