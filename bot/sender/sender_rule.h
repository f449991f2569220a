/*
 * sender_rule: what we know of each Web API method. A table, any thread.
 *
 * Budgets are Slack's tiers (2: 20, 3: 50, 4: 100 calls a minute) for one
 * workspace; per_minute 0 is no budget.
 */
#ifndef BOT_SENDER_RULE_H
#define BOT_SENDER_RULE_H

#include <stdbool.h>
#include <stddef.h>

enum call_flag {
    CALL_FORM = 1,    /* takes no JSON body */
    CALL_TWICE = 2,   /* harmless when done twice: retried even if unclear */
    CALL_CHANNEL = 4, /* paced per channel; a 429 pauses the channel */
    CALL_MESSAGE = 8, /* has text and blocks: falls back to the text */
    CALL_EDIT = 16,   /* without blocks the old ones must be cleared */
};

struct call_rule {
    const char *method; /* for logs too: never a URL */
    int per_minute;
    int burst;
    unsigned flags;
    int timeout_ms;  /* of one attempt */
    int deadline_ms; /* of all attempts, unless the post says otherwise */
};

/* A bound for whoever keeps a state for each rule. */
#define CALL_RULES 64

/* NULL: the rule of response URLs. Unknown methods share a cautious rule.
 * Never NULL. */
const struct call_rule *call_rule_find(const char *method);
/* NULL past the last one. */
const struct call_rule *call_rule_at(size_t index);
size_t call_rule_index(const struct call_rule *rule); /* < CALL_RULES */
bool call_rule_is_url(const struct call_rule *rule);

#endif
