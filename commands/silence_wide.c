/*
 * silence_wide: a silence that would make much quiet is asked about first: what
 * it hides stands under the question. Declared in alert.h.
 */
#include <stdlib.h>
#include <string.h>

#include "commands/alert.h"
#include "core/base/digest.h"
#include "core/base/mem.h"

#define WIDE 10 /* groups that fire: more are asked about */

/* A line each: none of them holds one. Heap. */
static char *lines_of(const struct silence_new *want)
{
    struct buf lines = { 0 };

    for (size_t i = 0; i < want->matchers_count; i++)
        buf_fmt(&lines, "%s%s", i ? "\n" : "", want->matchers[i]);
    return buf_take(&lines);
}

static bool ask(struct call *call, const struct silence_new *want,
                const struct silence_reach *reach, struct card *card,
                struct err *err)
{
    struct act act = call->act;
    char op[OP_ID], *lines = lines_of(want);
    char *bound = json_text(
        member_str("matchers", lines), member_str("reason", want->reason),
        member_int("until", want->until), member_int("group", want->group));
    bool ok;

    digest_op(op, "silence", act.trace, act.user, NULL);
    act.op = op;
    ok = db_begin(call->db, err) && confirm_ask(call->db, &act, bound, err) &&
         db_commit(call->db, err);
    db_rollback(call->db);
    if (ok) {
        call->outcome = "asked";
        silence_prompt_card(card, want, reach, op, call->now);
    }
    free(bound);
    free(lines);
    return ok;
}

bool silence_ask(struct call *call, const struct silence_new *want, bool *asks,
                 struct card *card, struct err *err)
{
    struct silence_reach reach;
    bool ok;

    *asks = false;
    if (!silence_reach(call->db, want->matchers, want->matchers_count, &reach,
                       err))
        return false;
    *asks = reach.groups > WIDE;
    ok = !*asks || ask(call, want, &reach, card, err);
    silence_reach_dispose(&reach);
    return ok;
}

bool silence_carry_out(struct call *call, struct confirm *c, struct card *card,
                       struct err *err)
{
    struct alert_world world = alert_world_of(call);
    char *lines = xstrdup(json_doc_str(c->bound, "matchers")), *rest = lines;
    const char *matchers[ALERT_MATCHERS];
    struct silence_new want = { .matchers = matchers,
                                .reason = json_doc_str(c->bound, "reason"),
                                .until = json_doc_int(c->bound, "until", 0),
                                .group = json_doc_int(c->bound, "group", 0) };
    struct silence_done done = { 0 };
    bool ok;

    while (rest && want.matchers_count < ALERT_MATCHERS)
        matchers[want.matchers_count++] = strsep(&rest, "\n");
    ok = silence_add_in(&world, &c->act, &want, &done, err);
    if (ok) {
        call->outcome = done.before ? "already" : "ok";
        silence_done_card(card, &done, false, call->now);
    }
    silence_done_dispose(&done);
    free(lines);
    return ok;
}
