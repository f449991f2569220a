/*
 * rights: who may do what (P7): deny by default.
 *
 * A right comes from a role of the configuration: to its users, to the members
 * of its user groups, or to everyone; in its channels, if it names any.
 * admins hold every right everywhere. Pure but for the roster, any thread.
 */
#ifndef CORE_RIGHTS_H
#define CORE_RIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/roster.h"

/* Who asks, and where. All borrowed. */
struct asker {
    const struct config *config;
    struct roster *roster; /* NULL: nobody is a member of anything */
    const char *user;
    const char *channel;
    int64_t now; /* wall ms: how old a membership may be */
};

/* NULL right: everybody may. For "halt" a membership of any age counts, for
 * all else one of the last 24 h. */
bool rights_allow(const struct asker *who, const char *right);

/* Why not: what a refusal is to say. */
struct rights_gap {
    char holders[256];   /* roles that give the right, with their people: as
                        * "operator (@oncall, <@U1>), admins"; "" if none */
    bool elsewhere;      /* the asker would have it in other channels … */
    char channels[128];  /* … these: "C1 C2" */
    bool stale;          /* a membership that counts is too old to be used */
    int64_t stale_since; /* wall ms: when it was last known */
};
void rights_explain(const struct asker *who, const char *right,
                    struct rights_gap *out);

/* Roles that give the right, as "operator, lead" into out; "" if none. */
const char *rights_roles(const struct config *cfg, const char *right, char *out,
                         size_t size);

#endif
