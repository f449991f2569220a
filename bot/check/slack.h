/*
 * slack: Slack's Web API for `opsbot check`: one call after the other, each
 * waited for, its headers within reach. Internal to bot/check.
 *
 * It goes the way of the sender: through the proxy that the environment names,
 * if any, but for a loopback address. One thread.
 */
#ifndef BOT_CHECK_SLACK_H
#define BOT_CHECK_SLACK_H

#include "bot/check/look.h"
#include "core/base/json.h"

struct web_ask;

struct slack {
    struct look *look; /* borrowed: configuration and deadline */
    struct web_ask *web;
    struct json_doc *answer; /* of the last call; NULL: none came */
    int64_t skew_ms;         /* our clock less Slack's, by its last answer */
    bool has_skew;           /* it said what time it is */
};

void slack_init(struct slack *s, struct look *l);
void slack_dispose(struct slack *s);

/* False: no answer that can be read came; err says why. A refusal of Slack's
 * is an answer: slack_refusal(). form: "channel=C1&limit=2", or "". */
MUST_CHECK bool slack_call(struct slack *s, const char *method,
                           const char *token, const char *form,
                           struct err *err);

/* Slack's word for why not ("invalid_auth"); "" when it said yes. */
const char *slack_refusal(const struct slack *s);

/* What to do when slack_call() fails. */
#define SLACK_AWAY_TODO                                                        \
    "let this machine reach slack.com, port 443 (or what SLACK_API_URL names)"

/* What to do about a refused token; variable: where it is from. Into out,
 * which is returned. */
#define SLACK_TODO 240
const char *slack_token_todo(const char *refusal, const char *variable,
                             char out[SLACK_TODO]);

/* look_groups.c: the user groups that roles and alerts name. */
void look_groups(struct slack *s);

#endif
