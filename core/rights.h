/*
 * rights: who may do what (P7): deny by default.
 *
 * A right comes from a role of the configuration: to its users, to the members
 * of its user groups, or to everyone; in its channels, if it names any.
 * admins hold every right everywhere. Pure but for the roster, any thread.
 *
 * Who comes by the admin listener is no Slack user: "unix:ann", "token:ci",
 * "cert:ops.example". Roles and admins name these identities as they name
 * users; a Slack id that merely looks like one has no right of it.
 */
#ifndef CORE_RIGHTS_H
#define CORE_RIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/roster.h"

/* Who says who asks. */
enum voucher {
    VOUCHED_BY_SLACK,
    VOUCHED_BY_US,    /* the admin listener: user is an identity */
    VOUCHED_AS_OWNER, /* the same, of a process of root or of our own user: it
                       * could change the configuration, and holds every
                       * right */
};

/* Who asks, and where. All borrowed. */
struct asker {
    const struct config *config;
    struct roster *roster; /* NULL: nobody is a member of anything */
    const char *user;
    const char *channel;
    int64_t now; /* wall ms: how old a membership may be */
    enum voucher voucher;
};

/* Looks a user like an identity of the admin listener? */
bool rights_identity(const char *user);

/* NULL right: everybody may. For "halt" a membership of any age counts, for
 * all else one of the last 24 h. */
bool rights_allow(const struct asker *who, const char *right);

/* Whether a role gives a right; whether its rights hold where who asks. */
bool rights_gives(const struct config_role *role, const char *right);
bool rights_here(const struct config_role *role, const struct asker *who);
bool rights_admin(const struct asker *who);

/* How somebody stands to a role, wherever they are. */
enum standing {
    STANDING_NONE,
    STANDING_UNREAD, /* not in it, as far as we know: Slack has never said who
                      * is in one of its groups */
    STANDING_STALE,  /* in it by a group that Slack named over 24 h ago: that
                      * is good for halt alone */
    STANDING_IN,
};
/* since: of what was last known of the group that decides, 0: never. group:
 * its id, NULL where none decides. Both may be NULL. */
enum standing rights_standing(const struct asker *who,
                              const struct config_role *role, int64_t *since,
                              const char **group);

/* Why not: what a refusal is to say. Borrowed from the configuration. */
#define GAP_ROLES    8
#define GAP_CHANNELS 8
struct rights_gap {
    const struct config_role *roles[GAP_ROLES]; /* those that give the right */
    size_t role_count;
    size_t more_roles;                  /* left out of roles */
    const char *channels[GAP_CHANNELS]; /* the asker has it in these */
    size_t channel_count;
    const char *stale;     /* a group that would give it, but it was … */
    int64_t stale_since;   /* … last known then (wall ms) */
    const char *unread;    /* a group that might give it, never known yet */
    int64_t failing_since; /* Slack does not say who is in groups; 0: it does */
};
void rights_explain(const struct asker *who, const char *right,
                    struct rights_gap *out);

/* Roles that give the right, as "operator, lead" into out; "" if none. */
const char *rights_roles(const struct config *cfg, const char *right, char *out,
                         size_t size);

#endif
