/* payload: the common parts of payloads; see payload.h. */
#include "tests/sandbox/world/payload.h"

#include <stdlib.h>

#include "tests/sandbox/world/message.h"

json_t *payload_interaction(const char *type, const struct user *user)
{
    return json_pack(
        "{s:s, s:{s:s, s:s, s:s, s:s}, s:s, s:s, s:{s:s, s:s}, s:n, s:b}",
        "type", type, "user", "id", user->id, "username", user->name, "name",
        user->name, "team_id", TEAM_ID, "api_app_id", APP_ID, "token",
        VERIFICATION, "team", "id", TEAM_ID, "domain", TEAM_DOMAIN,
        "enterprise", "is_enterprise_install", 0);
}

json_t *payload_event(struct world *w, json_t *event, const char *event_id)
{
    char id[] = "Ev0000000000";

    if (!event_id) {
        sandbox_hex(w->sb, 5, id + 2);
        event_id = id;
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:n, s:s, s:s, s:I, s:s, s:b,"
                     " s:[{s:n, s:s, s:s, s:b, s:b}], s:o}",
                     "token", VERIFICATION, "team_id", TEAM_ID, "api_app_id",
                     APP_ID, "context_team_id", TEAM_ID,
                     "context_enterprise_id", "type", "event_callback",
                     "event_id", event_id, "event_time",
                     (json_int_t)(world_now(w) / 1000), "event_context",
                     "4-sandbox", "is_ext_shared_channel", 0, "authorizations",
                     "enterprise_id", "team_id", TEAM_ID, "user_id", BOT_USER,
                     "is_bot", 1, "is_enterprise_install", 0, "event", event);
}

json_t *payload_ts(struct world *w)
{
    char text[TS_TEXT];

    return json_string(ts_text(world_now(w) * 1000, text));
}
