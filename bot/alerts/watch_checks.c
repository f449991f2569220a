/*
 * watch_checks: health checks that fail. Whether one does is the board's to
 * say, after fail_after and pass_after results in a row: what comes here has
 * its hysteresis. See watch_int.h.
 */
#include <stdlib.h>

#include "bot/alerts/watch_int.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

static const enum alert_severity severities[] = {
    [CHECK_CRITICAL] = ALERT_CRITICAL,
    [CHECK_HIGH] = ALERT_HIGH,
    [CHECK_WARNING] = ALERT_WARNING,
};

static const char *name_of(const struct config_check *c)
{
    return c->name ? c->name : c->id;
}

/* Whose it is: the one scope that it guards, else itself. */
static const char *service_of(const struct config_check *c)
{
    return c->scopes_count == 1 ? c->scopes[0] : c->id;
}

static char *message_of(const struct check_state *state)
{
    char at[CLOCK_TEXT];

    if (!state->last_ok)
        return xasprintf("%s\nIt has not passed before.", state->last.text);
    return xasprintf("%s\nIt passed last at %s.", state->last.text,
                     clock_rfc3339(state->last_ok, at));
}

static void failing(struct watch *w, const struct config_check *c,
                    const struct check_state *state)
{
    char *title = xasprintf("%s: %s", name_of(c), state->last.text);
    char *message = message_of(state);
    struct own_fact fact = {
        .kind = OWN_CHECK,
        .subject = c->id,
        .severity = severities[c->severity],
        .title = title,
        .message = message,
        .runbook = c->runbook,
        .labels = (const char *const[]){ "check", c->id, "service",
                                         service_of(c), NULL },
        .at = state->since,
    };

    own_holds(w->own, &fact);
    free(title);
    free(message);
}

/* It has not passed since it was raised: after a start nothing is known of it,
 * or what is known is older, for a bot that was killed had not written down
 * that it fails. So it stays as it stands. */
static bool stays(const struct watch *w, const char *id,
                  const struct check_state *state)
{
    int64_t since = own_since(w->own, OWN_CHECK, id);

    return since && state->last_ok <= since;
}

void watch_checks(struct watch *w, const struct config *cfg)
{
    for (unsigned i = 0; cfg->alerts.watch.checks && i < cfg->checks_count;
         i++) {
        const struct config_check *c = &cfg->checks[i];
        struct check_state state;

        check_board_get(w->needs.board, c->id, &state);
        if (state.mark == CHECK_FAILING || stays(w, c->id, &state))
            failing(w, c, &state);
    }
    own_looked(w->own, OWN_CHECK);
}
