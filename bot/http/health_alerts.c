/* health_alerts: of /health, what there is to say of alerts. See health.h. */
#include <stdlib.h>

#include "bot/http/health.h"
#include "core/base/clock.h"
#include "core/base/json.h"

/* {"critical":1,…}; -1: not known. Heap. */
static char *by_severity(const int64_t counts[ALERT_SEVERITIES])
{
    struct json_member members[ALERT_SEVERITIES + 1];

    for (int i = 0; i < ALERT_SEVERITIES; i++)
        members[i] =
            member_int(event_severity_name((enum alert_severity)i), counts[i]);
    members[ALERT_SEVERITIES] = (struct json_member){ .kind = MEMBER_END };
    return json_text_of(members);
}

/* What stands of our own, where something does. Heap. */
static char *watch_part(const struct watch_facts *w)
{
    struct json_member members[OWN_KINDS + 1];
    size_t n = 0;

    for (int i = 0; i < OWN_KINDS; i++)
        if (w->standing[i] > 0)
            members[n++] =
                member_int(own_name((enum own_kind)i), w->standing[i]);
    members[n] = (struct json_member){ .kind = MEMBER_END };
    return json_text_of(members);
}

static const char *state_of(const struct health_alerts *a)
{
    if (!a->on)
        return "off";
    if (a->facts.stream_unread_since)
        return "unread";
    return a->facts.held_now > 0 ? "held" : "ok";
}

bool health_alerts_well(const struct health_alerts *a)
{
    return !a->on || (!a->facts.stream_unread_since && a->facts.held_now <= 0);
}

char *health_alerts_part(const struct health_alerts *a)
{
    const struct alerts_facts *f = &a->facts;
    bool unread = f->stream_unread_since != 0;
    char at[CLOCK_TEXT], *groups = by_severity(f->groups);
    char *unacked = by_severity(f->unacked), *watch = watch_part(&a->watch);
    char *pages = json_text(member_int("waiting", a->pages.waiting),
                            member_int("oldest_ms", a->pages.oldest_ms));
    char *part = json_text(
        member_str("state", state_of(a)), member_raw("groups", groups),
        member_raw("unacked", unacked),
        member_int("waiting", (int64_t)f->waiting),
        member_int("held", f->held_now),
        member_int("overdue_ms", f->overdue_ms),
        member_str("unread_since",
                   unread ? clock_rfc3339(f->stream_unread_since, at) : NULL),
        member_str("why", unread ? f->stream_why : NULL),
        member_raw("pages", pages), member_raw("watch", watch));

    free(groups);
    free(unacked);
    free(watch);
    free(pages);
    return part;
}
