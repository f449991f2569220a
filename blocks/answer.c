/* answer: see answer.h. */
#include "blocks/answer.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"
#include "core/base/json.h"

/* Outcomes of a command that answered, and did not do what it was asked. */
static bool conflicts(const char *outcome)
{
    static const char *const words[] = { "refused", "expired",    "cancelled",
                                         "gone",    "superseded", "given up" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], outcome) == 0)
            return true;
    return false;
}

enum answer_kind answer_kind(const struct answer *a)
{
    if (a->err && a->err->kind != ERR_NONE)
        return ANSWER_FAILED;
    return conflicts(a->outcome) ? ANSWER_CONFLICT : ANSWER_DONE;
}

static char *error_json(const char *kind, const char *text)
{
    return json_text(member_str("kind", kind), member_str("text", text));
}

char *answer_error(const char *kind, const char *text)
{
    char *error = error_json(kind, text);
    char *document =
        json_text(member_bool("ok", false), member_raw("error", error));

    free(error);
    return document;
}

/* Heap; NULL when there is none. */
static char *error_of(const struct answer *a, enum answer_kind kind)
{
    char *summary, *error;

    if (kind == ANSWER_DONE)
        return NULL;
    if (kind == ANSWER_FAILED)
        return error_json(err_kind_name(a->err->kind), a->err->text);
    summary = render_summary(a->card);
    error = error_json("conflict", summary);
    free(summary);
    return error;
}

char *answer_json(const struct answer *a)
{
    enum answer_kind kind = answer_kind(a);
    char *error = error_of(a, kind);
    char *card = a->card ? render_json(a->card) : NULL;
    char *document =
        json_text(member_bool("ok", kind == ANSWER_DONE),
                  member_str("command", a->command), member_str("op", a->op),
                  member_str("outcome", a->outcome), member_raw("error", error),
                  member_raw("card", card));

    free(card);
    free(error);
    return document;
}
