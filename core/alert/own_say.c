/*
 * own_say: what of it is news, and was it heard? See own.h.
 */
#include "core/alert/own_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

/* The same news have the same id, whoever has them; but those that had no
 * effect would be taken for known. Heap. */
static char *id_of(const struct own_entry *e, bool over, int64_t now)
{
    char again[TEXT_NUMBER + 1] = "";

    if (e->said == (over ? SAID_OVER : SAID_FIRING))
        snprintf(again, sizeof again, "+%lld", (long long)now);
    return xasprintf("%s@%lld%s/%s%s", e->print, (long long)e->at, again,
                     event_severity_name(e->severity), over ? "/over" : "");
}

static void tell(struct alert_event *out, const struct own_entry *e, bool over,
                 const struct config *cfg, int64_t now)
{
    *out = (struct alert_event){
        .id = id_of(e, over, now),
        .fingerprint = xstrdup(e->print),
        .source = xstrdup("bot"),
        .severity = e->severity,
        .resolved = over,
        .resolves = true,
        .title = xstrdup(e->title),
        .message = xstrdup(e->message),
        .runbook = xstrdup(e->runbook),
        .at = e->at,
        .ended = over ? now : 0,
        .received = now,
    };
    labels_copy(&out->labels, &e->labels);
    event_finish(out, cfg);
}

static void said(struct own_entry *e)
{
    e->said = e->over ? SAID_OVER : SAID_FIRING;
    e->said_at = clock_mono_ms();
    e->stands = !e->over;
    e->due = e->once = false;
}

/* Nothing is wrong, nothing was said that is not known. */
static bool needless(const struct own_entry *e)
{
    return !e->due && !e->holds && !e->stands &&
           (e->said == SAID_NOTHING ||
            clock_mono_ms() - e->said_at > 2 * OWN_GRACE_MS);
}

size_t own_news(struct own *o, const struct config *cfg, int64_t now,
                struct alert_event **events)
{
    size_t count = 0;

    *events = xcalloc(2 * o->count + 1, sizeof **events);
    for (size_t i = o->count; i-- > 0;) {
        struct own_entry *e = &o->items[i];

        if (e->due) {
            tell(&(*events)[count++], e, e->over, cfg, now);
            e->over = e->over || e->once;
            if (e->once)
                tell(&(*events)[count++], e, true, cfg, now);
            said(e);
        }
        if (needless(e))
            own_forget(o, i);
    }
    return count;
}

void own_unsaid(struct own *o)
{
    for (size_t i = 0; i < o->count; i++) {
        struct own_entry *e = &o->items[i];

        if (e->said == SAID_NOTHING)
            continue;
        e->due = e->once = e->kind == OWN_WAS_DEAF;
        e->over = false;
        e->stands = e->said == SAID_OVER && !e->once;
        e->said = SAID_NOTHING;
    }
}

void own_count(const struct own *o, int64_t out[OWN_KINDS])
{
    memset(out, 0, OWN_KINDS * sizeof *out);
    for (size_t i = 0; i < o->count; i++)
        out[o->items[i].kind] += o->items[i].stands;
}
