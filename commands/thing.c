/* thing: see thing.h. One line for each kind of thing. */
#include "commands/thing.h"

#include <string.h>

#include "commands/ack.h"
#include "commands/alert.h"
#include "commands/bulk.h"
#include "commands/halt.h"
#include "commands/health.h"
#include "commands/incident.h"

typedef char *make_message(struct db *db, const struct config *cfg,
                           const char *id, int64_t now, struct err *err);

static const struct {
    const char *prefix;
    make_message *make;
} kinds[] = {
    { "ack:", ack_thing },           { "alert:", alert_thing },
    { "away:", away_thing },         { "page:", alert_thing },
    { "halt:", halt_thing },         { "health:", health_thing },
    { "incident:", incident_thing }, { "job:", bulk_message },
    { "roll:", roll_thing },         { "storm:", storm_thing },
    { GROUP_TWIN, twin_thing },
};

char *thing_message(struct db *db, const struct config *cfg, const char *thing,
                    int64_t now, struct err *err)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t len = strlen(kinds[i].prefix);

        if (strncmp(thing, kinds[i].prefix, len) == 0)
            return kinds[i].make(db, cfg, thing + len, now, err);
    }
    err_set(err, ERR_USER, "nothing is known of `%.80s`", thing);
    return NULL;
}
