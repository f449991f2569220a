/*
 * team: the people, the user groups and the channels of one workspace.
 *
 * Everything lives until the world ends, so that a pointer to a user or a
 * channel may be kept. One thread.
 */
#ifndef SANDBOX_TEAM_H
#define SANDBOX_TEAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct channel;

/* A person or the bot, as users.info shows them. */
struct user {
    char *id; /* opaque: "U0ANN" */
    char *name;
    char *real_name;
    char *email;
    bool is_bot;
    bool is_guest; /* may not see public channels they are not in */
    bool is_admin;
    bool deleted;
    struct user *next;
};

/* A user group, as usergroups.list shows it. */
struct group {
    char *id;     /* "S0ONCALL" */
    char *handle; /* without "@" */
    char *name;
    json_t *users; /* array of user ids */
    bool disabled;
    struct group *next;
};

struct team {
    struct user *users;       /* in the order they came */
    struct group *groups;     /* likewise */
    struct channel *channels; /* likewise; see channel.h */
    unsigned next_number;     /* for ids of what is made later */
    int64_t created;          /* Unix seconds: when all of it was made */
};

void team_init(struct team *team, int64_t now_ms); /* the world at start */
void team_dispose(struct team *team);

/* NULL when there is none. Borrowed for the life of the team. */
struct user *team_user(const struct team *team, const char *id);
struct user *team_user_by_name(const struct team *team, const char *name);
struct user *team_user_by_email(const struct team *team, const char *email);
struct group *team_group(const struct team *team, const char *id);

/* email may be NULL: name@acme.example. */
struct user *team_add_user(struct team *team, const char *id, const char *name,
                           const char *real_name, const char *email);
/* users is borrowed. */
struct group *team_add_group(struct team *team, const char *id,
                             const char *handle, const json_t *users);

/* The user and user group objects of the Web API. New. */
json_t *user_json(const struct team *team, const struct user *user,
                  bool with_email);
json_t *group_json(const struct team *team, const struct group *group,
                   bool with_users);

/* "prefix" and a number never used before, in a new string. */
char *team_next_id(struct team *team, const char *prefix);

/* Whether an array of strings holds one; and taking it out. */
bool names_have(const json_t *names, const char *name);
bool names_remove(json_t *names, const char *name);

/* Replaces a heap string. */
void text_set(char **text, const char *value);

#endif
