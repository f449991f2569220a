/* answer: see answer.h. */
#include "bot/opsctl/answer.h"

#include <string.h>

#define CONFIRM "confirm "

const char *part_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

const json_t *part_list(const json_t *object, const char *name)
{
    const json_t *list = json_object_get(object, name);

    return json_is_array(list) ? list : NULL;
}

/* A load balancer's page, another program's port. */
static bool not_ours(long http, const char *from, struct err *err)
{
    return err_set(err, ERR_SYSTEM,
                   "What answers at %.120s is not opsbot's admin API (HTTP "
                   "%ld, and no answer that opsctl can read). Is the address "
                   "right, and is opsbot as new as opsctl?",
                   from, http);
}

bool answer_read(const char *text, size_t len, long http, const char *from,
                 struct answer *out, struct err *err)
{
    json_t *json = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    const json_t *ok = json_object_get(json, "ok"), *card;

    *out = (struct answer){ .http = http };
    if (!json_is_boolean(ok)) {
        json_decref(json);
        return not_ours(http, from, err);
    }
    card = json_object_get(json, "card");
    out->json = json;
    out->ok = json_is_true(ok);
    out->op = part_text(json, "op");
    out->outcome = part_text(json, "outcome");
    out->why = part_text(json_object_get(json, "error"), "text");
    out->card = json_is_object(card) ? card : NULL;
    return true;
}

void answer_dispose(struct answer *a)
{
    json_decref(a->json);
    *a = (struct answer){ 0 };
}

static enum status refused(long http)
{
    switch (http) {
    case 401:
    case 403:
        return STATUS_DENIED;
    case 409:
        return STATUS_NOT_DONE;
    case 429:
    case 502:
    case 503:
    case 504:
        return STATUS_AGAIN;
    default:
        return http >= 500 ? STATUS_UNREADABLE : STATUS_INPUT;
    }
}

/* Answers that say why nothing was done. */
static bool is_undone(const char *outcome)
{
    static const char *const words[] = { "cancelled", "expired", "given up",
                                         "gone",      "refused", "superseded" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], outcome) == 0)
            return true;
    return false;
}

enum status answer_status(const struct answer *a)
{
    if (!a->ok)
        return refused(a->http);
    if (strcmp(a->outcome, "asked") == 0)
        return STATUS_UNCONFIRMED;
    if (is_undone(a->outcome) || strcmp(part_text(a->card, "tone"), "bad") == 0)
        return STATUS_NOT_DONE;
    return STATUS_DONE;
}

const char *answer_asks(const struct answer *a)
{
    const json_t *actions = part_list(a->card, "actions"), *action;
    size_t i;

    if (!a->ok || strcmp(a->outcome, "asked") != 0)
        return NULL;
    json_array_foreach(actions, i, action)
    {
        const char *command = part_text(action, "command");

        if (strncmp(command, CONFIRM, strlen(CONFIRM)) == 0)
            return command + strlen(CONFIRM);
    }
    return NULL;
}
