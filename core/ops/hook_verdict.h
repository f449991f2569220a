/*
 * hook_verdict: what a target's answer means. Internal to core/ops. No state,
 * any thread.
 */
#ifndef CORE_OPS_HOOK_VERDICT_H
#define CORE_OPS_HOOK_VERDICT_H

#include "core/ops/halt.h"
#include "core/ops/hook_http.h"

enum hook_verdict {
    HOOK_YES,   /* took the hook; or: is as it should be */
    HOOK_LATER, /* not now, perhaps the next time */
    HOOK_NEVER, /* another time would be the same */
};

/* The answer to a hook: a 4xx (408, 425 and 429 are "later") or a redirect is
 * final. *detail: what it said, for people; heap, "" with HOOK_YES. */
enum hook_verdict hook_taken(const struct hook_answer *a,
                             enum halt_action action, char **detail);

/*
 * What health says. The status does not count (a halted service may well call
 * itself unhealthy), only what is at halted_path. To have started it must say
 * something else there than halted_value; that it says nothing there is
 * enough only in a good answer.
 */
enum hook_verdict hook_confirmed(const struct hook_answer *a,
                                 const struct config_target *target,
                                 enum halt_action action, char **detail);

#endif
