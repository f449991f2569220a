#include "bot/sender/sender_rule.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define TIER2 20, 5
#define TIER3 50, 10
#define TIER4 100, 20
#define USUAL 10000, 300000 /* timeout and deadline */
#define MODAL 3000, 3000    /* a trigger lives 3 s */

/* The first two are not methods. From the third on sorted by name:
 * call_rule_find() bisects. */
static const struct call_rule rules[] = {
    { "response_url", 0, 0, CALL_TWICE | CALL_MESSAGE, 5000, 60000 },
    { "other", TIER2, CALL_FORM, USUAL },
    { "apps.connections.open", 12, 3, CALL_FORM | CALL_TWICE, USUAL },
    { "auth.test", 60, 10, CALL_FORM | CALL_TWICE, USUAL },
    { "bookmarks.add", TIER2, 0, USUAL },
    { "chat.delete", TIER3, CALL_TWICE, USUAL },
    { "chat.getPermalink", TIER4, CALL_FORM | CALL_TWICE, USUAL },
    { "chat.postEphemeral", TIER4, CALL_TWICE | CALL_MESSAGE, USUAL },
    { "chat.postMessage", 300, 60, CALL_CHANNEL | CALL_MESSAGE, USUAL },
    { "chat.update", TIER3, CALL_TWICE | CALL_MESSAGE | CALL_EDIT, USUAL },
    { "conversations.archive", TIER2, CALL_TWICE, USUAL },
    { "conversations.create", TIER2, 0, USUAL },
    { "conversations.history", TIER3, CALL_FORM | CALL_TWICE, USUAL },
    { "conversations.info", TIER3, CALL_FORM | CALL_TWICE, USUAL },
    { "conversations.invite", TIER3, CALL_TWICE, USUAL },
    { "conversations.join", TIER3, CALL_TWICE, USUAL },
    { "conversations.list", TIER2, CALL_FORM | CALL_TWICE, USUAL },
    { "conversations.members", TIER4, CALL_FORM | CALL_TWICE, USUAL },
    { "conversations.open", TIER3, CALL_TWICE, USUAL },
    { "conversations.rename", TIER2, CALL_TWICE, USUAL },
    { "conversations.replies", TIER3, CALL_FORM | CALL_TWICE, USUAL },
    { "conversations.setPurpose", TIER2, CALL_TWICE, USUAL },
    { "conversations.setTopic", TIER2, CALL_TWICE, USUAL },
    { "files.completeUploadExternal", TIER4, 0, USUAL },
    { "files.getUploadURLExternal", TIER4, CALL_FORM | CALL_TWICE, USUAL },
    { "pins.add", TIER2, CALL_TWICE, USUAL },
    { "reactions.add", TIER3, CALL_TWICE, USUAL },
    { "usergroups.list", TIER2, CALL_FORM | CALL_TWICE, USUAL },
    { "usergroups.users.list", TIER2, CALL_FORM | CALL_TWICE, USUAL },
    { "usergroups.users.update", TIER2, CALL_TWICE, USUAL },
    { "users.info", TIER4, CALL_FORM | CALL_TWICE, USUAL },
    { "users.list", TIER2, CALL_FORM | CALL_TWICE, USUAL },
    { "users.lookupByEmail", TIER3, CALL_FORM | CALL_TWICE, USUAL },
    { "views.open", TIER4, CALL_TWICE, MODAL },
    { "views.publish", TIER4, CALL_TWICE, USUAL },
    { "views.push", TIER4, CALL_TWICE, MODAL },
    { "views.update", TIER4, CALL_TWICE, USUAL },
};
/* clang-format on */

#define RULE_COUNT (sizeof rules / sizeof rules[0])
#define FIRST      2 /* of the methods */

static_assert(RULE_COUNT <= CALL_RULES, "raise CALL_RULES");

static int by_method(const void *key, const void *entry)
{
    return strcmp(key, ((const struct call_rule *)entry)->method);
}

const struct call_rule *call_rule_find(const char *method)
{
    const struct call_rule *found;

    if (!method)
        return &rules[0];
    found = bsearch(method, rules + FIRST, RULE_COUNT - FIRST, sizeof rules[0],
                    by_method);
    return found ? found : &rules[1];
}

const struct call_rule *call_rule_at(size_t index)
{
    return index < RULE_COUNT ? &rules[index] : NULL;
}

size_t call_rule_index(const struct call_rule *rule)
{
    return (size_t)(rule - rules);
}

bool call_rule_is_url(const struct call_rule *rule)
{
    return rule == &rules[0];
}
