/*
 * payload: the parts that all of Slack's payloads are made of.
 *
 * Shapes are those of the protocol (§3), to the letter. No state.
 */
#ifndef SANDBOX_PAYLOAD_H
#define SANDBOX_PAYLOAD_H

#include "tests/sandbox/world/world.h"

/* {"type", "user", "api_app_id", "token", "team", "enterprise",
 * "is_enterprise_install"}. New. */
json_t *payload_interaction(const char *type, const struct user *user);

/* The outer event around an inner one (taken); event_id may be NULL. New. */
json_t *payload_event(struct world *w, json_t *event, const char *event_id);

/* Slack's now as a ts, for action_ts and event_ts. New. */
json_t *payload_ts(struct world *w);

#endif
