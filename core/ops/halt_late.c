/*
 * halt_late: a halt as a text: for the journal while Redis is away, and to
 * outlive the call that asked for it. Declared in halt_act.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/halt_act.h"
#include "core/ops/halt_parts.h"
#include "core/ops/operation.h"

char *halt_late_text(const struct halt_want *want)
{
    const struct act *act = want->act;

    return json_text(
        member_str("op", act->op), ACT_MEMBERS(act),
        member_str("action", halt_action_name(want->action)),
        member_str("scope", want->scope), member_str("reason", want->reason),
        member_int("at", want->at), member_int("generation", want->generation),
        member_bool("force", want->force));
}

/* Borrows from doc. */
static void want_from(const struct json_doc *doc, struct act *act,
                      struct halt_want *want)
{
    *act = operation_act(doc, json_doc_str(doc, "op"));
    *want = (struct halt_want){
        .act = act,
        .action = halt_action_from(json_doc_str(doc, "action")),
        .scope = json_doc_str(doc, "scope"),
        .reason = json_doc_str(doc, "reason"),
        .at = json_doc_int(doc, "at", 0),
        .generation = json_doc_int(doc, "generation", 0),
        .force = json_doc_bool(doc, "force"),
    };
}

struct halt_kept *halt_keep(const struct halt_want *want)
{
    struct halt_kept *kept = xcalloc(1, sizeof *kept);
    char *text = halt_late_text(want);
    struct err err;

    kept->doc = json_doc_parse(text, strlen(text), &err);
    want_from(kept->doc, &kept->act, &kept->want);
    free(text);
    return kept;
}

void halt_kept_free(struct halt_kept *kept)
{
    if (!kept)
        return;
    json_doc_free(kept->doc);
    free(kept);
}

static const char *said(const struct halt_done *done)
{
    switch (done->result) {
    case HALT_DONE:
        return "applied now";
    case HALT_ALREADY:
        return "it was halted already";
    case HALT_SUPERSEDED:
        break;
    }
    return "superseded: somebody acted on the scope since";
}

bool halt_apply_late(struct redis *r, const struct config *cfg,
                     const char *json, struct err *err)
{
    struct json_doc *doc = json_doc_parse(json, strlen(json), err);
    struct halt_done done = { 0 };
    struct halt_want want;
    struct act act;
    bool ok;

    if (doc)
        want_from(doc, &act, &want);
    if (!doc || !act.op[0] || !want.scope[0] || want.at <= 0 ||
        want.action != HALT_STOP) {
        log_error("halt", NULL, "a record of the journal is no halt: let go");
        json_doc_free(doc);
        return true;
    }
    ok = halt_apply(r, cfg, &want, &done, err);
    if (ok)
        log_warn("halt", &(struct log_ctx){ .op = act.op, .user = act.user },
                 "a halt of %s that was asked while Redis was away: %s",
                 want.scope, said(&done));
    else if (err->kind == ERR_USER)
        log_error("halt", &(struct log_ctx){ .op = act.op, .user = act.user },
                  "a halt of %s that was asked while Redis was away cannot be "
                  "set: %s",
                  want.scope, err->text);
    ok = ok || err->kind == ERR_USER; /* it must not hold back the others */
    halt_done_dispose(&done);
    json_doc_free(doc);
    return ok;
}
