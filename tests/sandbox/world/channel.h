/*
 * channel: a public or private channel, a direct or a group direct message.
 *
 * Owns its members and its messages (message.h), which are kept in the order
 * of their ts. One thread.
 */
#ifndef SANDBOX_CHANNEL_H
#define SANDBOX_CHANNEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sandbox/world/team.h"

struct message;

enum channel_kind {
    CHANNEL_PUBLIC,
    CHANNEL_PRIVATE,
    CHANNEL_IM,
    CHANNEL_MPIM,
};

struct channel {
    char *id;
    char *name; /* of a direct message: the other person's user id */
    enum channel_kind kind;
    char *topic;
    char *creator;
    int64_t created; /* Unix seconds */
    bool archived;
    bool general;
    json_t *members; /* array of user ids */
    struct message **messages;
    size_t message_count;
    size_t message_cap;
    int64_t last_ts; /* microseconds; the next one is greater */
    struct channel *next;
};

struct channel *channel_find(const struct team *team, const char *id);
/* With or without '#'. */
struct channel *channel_by_name(const struct team *team, const char *name);

/* members is borrowed; NULL is nobody. id NULL makes one up. */
struct channel *channel_add(struct team *team, enum channel_kind kind,
                            const char *id, const char *name,
                            const json_t *members);
void channel_free(struct channel *ch);

/* The direct message between the bot and a person, made when it is new. */
struct channel *channel_direct(struct team *team, const char *user,
                               bool *is_new);

bool channel_has(const struct channel *ch, const char *user);
/* Whether the bot may know that the channel exists. */
bool channel_visible(const struct channel *ch);

/* "channels", "groups", "im", "mpim": the part of a scope before ':'. */
const char *channel_scope(const struct channel *ch);
/* "public_channel", "private_channel", "im", "mpim": conversations.list. */
const char *channel_type(const struct channel *ch);
/* "channel", "group", "im", "mpim": channel_type of an event. */
const char *channel_event_type(const struct channel *ch);
/* The name a payload shows: the name, "privategroup" or "directmessage". */
const char *channel_shown(const struct channel *ch);

/* The conversation object of the Web API. New. */
json_t *channel_json(const struct channel *ch, bool with_count);

/* NULL, or the invalid_name… error for a new channel's name. */
const char *channel_name_wrong(const char *name);

#endif
