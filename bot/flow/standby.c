/* standby: see standby.h. */
#include "bot/flow/standby.h"

#include <stdlib.h>
#include <string.h>

#include "core/alert/oncall.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/lease.h"

#define CALL_MS  3000
#define BEGIN_MS 3000 /* no call begins later: leadership waits */

/* What Slack was told last: "S0ONCALL U0ANN"; heap, "" when it was not. */
static bool told(struct db *db, const char *timer, char **out, struct err *err)
{
    struct err bad = { 0 };
    struct json_doc *doc;
    char *text;

    if (!timer_last(db, timer, &text, err))
        return false;
    doc = text ? json_doc_parse(text, strlen(text), &bad) : NULL;
    *out = xstrdup(json_doc_str(doc, "is"));
    json_doc_free(doc);
    free(text);
    return true;
}

/* The row is made by whoever comes first. */
static bool note(struct db *db, const char *timer, const char *is,
                 struct err *err)
{
    char *text = json_text(member_str("is", is));
    bool mine;
    bool ok = timer_claim(db, timer, STANDBY_EVERY_MS, &mine, err) &&
              timer_note(db, timer, text, err);

    free(text);
    return ok;
}

static bool tell_slack(struct sender *s, const struct config_rotation *r,
                       const char *user, struct err *err)
{
    char *body =
        json_text(member_str("usergroup", r->group), member_str("users", user));
    char *answer = NULL;
    bool ok =
        sender_call(s, "usergroups.users.update", body, CALL_MS, &answer, err);

    if (!ok)
        err_prefix(err,
                   "whoever is on call (%s) is not in the user group %s yet; "
                   "it needs the bot scope usergroups:write, and a workspace "
                   "where the app may change user groups",
                   r->name, r->group);
    free(body);
    free(answer);
    return ok;
}

/* Noted after it was told: what is told twice changes nothing. */
static bool follow(struct sender *s, struct db *db,
                   const struct config_rotation *r, bool *changed,
                   struct err *err)
{
    struct oncall now;
    char *timer = xasprintf("oncall.%s", r->name), *was = NULL, *is = NULL;
    bool ok = oncall_at(db, r, clock_wall_ms(), &now, err);

    if (ok) {
        is = xasprintf("%s %s", r->group, now.user);
        ok = told(db, timer, &was, err);
    }
    *changed = ok && strcmp(was, is) != 0;
    if (*changed) {
        ok = *changed = tell_slack(s, r, now.user, err);
        if (ok)
            log_info("oncall", NULL, "%s: the user group %s is %s now", r->name,
                     r->group, now.user);
        ok = ok && note(db, timer, is, err);
    }
    oncall_dispose(&now);
    free(timer);
    free(was);
    free(is);
    return ok;
}

bool standby_follow(struct sender *s, const struct config *cfg, struct db *db,
                    size_t *changed, struct err *err)
{
    int64_t began = clock_mono_ms();
    bool all = true;

    *changed = 0;
    for (unsigned i = 0; i < cfg->alerts.rotations_count; i++) {
        const struct config_rotation *r = &cfg->alerts.rotations[i];
        struct err why = { 0 };
        bool one = false;

        if (!r->group || clock_mono_ms() - began >= BEGIN_MS)
            continue;
        if (!follow(s, db, r, &one, &why)) {
            *err = why;
            all = false;
        }
        *changed += one;
    }
    return all;
}
