/*
 * hook_verdict: what a target's answer means. No state, any thread.
 */
#include "core/ops/hook_verdict.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/halt_parts.h"

#define VALUE_SHOWN 80 /* characters */

static bool is_good(const struct hook_answer *a)
{
    return a->status >= 200 && a->status < 300;
}

/* Why there is no good answer. */
static char *said(const struct hook_answer *a)
{
    if (a->status == 0 || (is_good(a) && !a->whole))
        return xstrdup(a->why);
    if (a->status >= 300 && a->status < 400)
        return xasprintf("answered %d: redirects are not followed", a->status);
    return xasprintf("answered %d", a->status);
}

/* Final: "refused the halt: 403". */
static char *refused(const struct hook_answer *a, enum halt_action action)
{
    if (a->status == 0)
        return said(a);
    return xasprintf("refused the %s: %d%s", halt_action_name(action),
                     a->status,
                     a->status < 400 ? ", and redirects are not followed" : "");
}

enum hook_verdict hook_taken(const struct hook_answer *a,
                             enum halt_action action, char **detail)
{
    int status = a->status;
    bool never = a->never || (status >= 300 && status < 500);

    /* The status is the answer, whatever became of the rest. */
    if (is_good(a)) {
        *detail = xstrdup("");
        return HOOK_YES;
    }
    if (status == 408 || status == 425 || status == 429)
        never = false;
    *detail = never ? refused(a, action) : said(a);
    return never ? HOOK_NEVER : HOOK_LATER;
}

static char *says(const char *path, const char *value)
{
    char *line = text_first_line(value), *masked = text_mask(line, NULL, 0);
    char *cut = text_cut(masked, VALUE_SHOWN);
    char *text = xasprintf("`%s` is %s", path, cut[0] ? cut : "empty");

    free(line);
    free(masked);
    free(cut);
    return text;
}

static enum hook_verdict judge(const struct hook_answer *a,
                               const struct config_target *target,
                               enum halt_action action, const char *value,
                               char **detail)
{
    bool halted = value && strcmp(value, target->halted_value) == 0;

    if (value ? halted == (action == HALT_STOP)
              : action == HALT_START && is_good(a)) {
        *detail = xstrdup("");
        return HOOK_YES;
    }
    if (value)
        *detail = says(target->halted_path, value);
    else if (is_good(a))
        *detail = xasprintf("its health has no `%s`", target->halted_path);
    else
        *detail = said(a);
    return HOOK_LATER;
}

enum hook_verdict hook_confirmed(const struct hook_answer *a,
                                 const struct config_target *target,
                                 enum halt_action action, char **detail)
{
    struct json_doc *doc = NULL;
    enum hook_verdict verdict = HOOK_LATER;
    struct err ignored;
    char *value;

    if (a->whole)
        doc = json_doc_parse(a->body, a->len, &ignored);
    if (doc) {
        value = json_doc_value(doc, target->halted_path);
        verdict = judge(a, target, action, value, detail);
        free(value);
    } else if (a->whole && is_good(a)) {
        *detail = xstrdup("its health is not JSON");
    } else {
        *detail = said(a);
        verdict = a->never ? HOOK_NEVER : HOOK_LATER;
    }
    json_doc_free(doc);
    return verdict;
}
