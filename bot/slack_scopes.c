#include "bot/slack_scopes.h"

/* clang-format off */
static const struct slack_scope table[] = {
    { "/ops", "commands", SCOPE_COMMAND, SCOPE_ALWAYS,
      "the slash command" },
    { "apps.connections.open", "connections:write", SCOPE_APP, SCOPE_ALWAYS,
      "Socket Mode" },
    { "auth.test", NULL, SCOPE_METHOD, SCOPE_CHECK,
      "whose token it is" },
    { "chat.postMessage", "chat:write", SCOPE_METHOD, SCOPE_ALWAYS,
      "to post cards" },
    { "chat.postEphemeral", "chat:write", SCOPE_METHOD, SCOPE_ALWAYS,
      "to answer one person" },
    { "chat.update", "chat:write", SCOPE_METHOD, SCOPE_ALWAYS,
      "to keep cards true" },
    { "conversations.join", "channels:join", SCOPE_METHOD, SCOPE_ALWAYS,
      "to post where it is not a member" },
    { "conversations.history", "channels:history", SCOPE_METHOD, SCOPE_ALWAYS,
      "to see whether a post arrived" },
    { "conversations.replies", "channels:history", SCOPE_METHOD, SCOPE_ALWAYS,
      "to see whether a line of a thread arrived" },
    { "conversations.history", "groups:history", SCOPE_METHOD, SCOPE_PRIVATE,
      "to see whether a post arrived in a private channel" },
    { "conversations.replies", "groups:history", SCOPE_METHOD, SCOPE_PRIVATE,
      "the same in a thread" },
    { "conversations.info", "channels:read", SCOPE_METHOD, SCOPE_CHECK,
      "to see whether channels exist" },
    { "conversations.info", "groups:read", SCOPE_METHOD, SCOPE_CHECK,
      "the same for private channels" },
    { "files.getUploadURLExternal", "files:write", SCOPE_METHOD, SCOPE_PICTURE,
      "to show what is behind an alert" },
    { "files.completeUploadExternal", "files:write", SCOPE_METHOD,
      SCOPE_PICTURE, "the same: to share it" },
    { "usergroups.list", "usergroups:read", SCOPE_METHOD, SCOPE_GROUPS,
      "to know who is in the user groups of roles" },
    { "usergroups.users.list", "usergroups:read", SCOPE_METHOD, SCOPE_GROUPS,
      "the same, for one group" },
    { "usergroups.users.update", "usergroups:write", SCOPE_METHOD,
      SCOPE_STANDBY, "to put whoever is on call into a user group" },
    { "views.open", NULL, SCOPE_METHOD, SCOPE_ALWAYS,
      "to show forms" },
    { "views.publish", NULL, SCOPE_METHOD, SCOPE_ALWAYS,
      "to show App Home" },
    { "app_home_opened", NULL, SCOPE_EVENT, SCOPE_TALK,
      "to show App Home" },
    { "app_mention", "app_mentions:read", SCOPE_EVENT, SCOPE_TALK,
      "to be asked with @ in channels" },
    { "message.im", "im:history", SCOPE_EVENT, SCOPE_TALK,
      "to be asked in direct messages" },
};
/* clang-format on */

const struct slack_scope *slack_scopes(size_t *count)
{
    *count = sizeof table / sizeof *table;
    return table;
}
