/*
 * api_call: what the handlers of the Web API have in common.
 *
 * Answers, required arguments, the channel of a call, and pages. One thread.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/api/api.h"
#include "tests/sandbox/blockkit/blockkit.h"

#define CURSOR "dGVhbTo" /* what a cursor begins with */

json_t *call_ok(void)
{
    return json_pack("{s:b}", "ok", 1);
}

json_t *call_error(const char *error)
{
    return json_pack("{s:b, s:s}", "ok", 0, "error", error);
}

static json_t *with_messages(json_t *answer, json_t *messages)
{
    json_object_set_new(answer, "response_metadata",
                        json_pack("{s:o}", "messages", messages));
    return answer;
}

json_t *call_invalid(const char *fmt, ...)
{
    char text[300];
    va_list ap;
    char *message;
    json_t *answer;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    message = xasprintf("[ERROR] %s", text);
    answer = with_messages(call_error("invalid_arguments"),
                           json_pack("[s]", message));
    free(message);
    return answer;
}

json_t *call_refuse(struct refusal *why)
{
    json_t *answer = call_error(why->error);

    if (why->problems) {
        json_object_set_new(answer, "errors",
                            blockkit_texts(why->problems, ""));
        with_messages(answer, blockkit_texts(why->problems, "[ERROR] "));
    }
    refusal_dispose(why);
    return answer;
}

json_t *call_missing_scope(const struct call *c, const char *needed)
{
    char *provided = token_scope_list(c->token);
    json_t *answer =
        json_pack("{s:b, s:s, s:s, s:s}", "ok", 0, "error", "missing_scope",
                  "needed", needed, "provided", provided);

    free(provided);
    return answer;
}

json_t *call_limited(struct call *c, int seconds)
{
    c->retry_after = seconds;
    return call_error("ratelimited");
}

json_t *call_needs(const struct call *c, ...)
{
    json_t *refused = NULL;
    const char *key;
    va_list ap;

    va_start(ap, c);
    while (!refused && (key = va_arg(ap, const char *)))
        if (!args_value(c->args, key))
            refused = call_invalid("missing required field: %s", key);
    va_end(ap);
    return refused;
}

/* ---- the channel -------------------------------------------------------- */

/* What "*:manage" is for a kind of channel. */
static char *scope_for(const struct channel *ch, const char *pattern)
{
    const char *what = pattern + 1;

    if (strcmp(what, ":manage") == 0 && ch->kind != CHANNEL_PUBLIC)
        what = ":write";
    return xasprintf("%s%s", channel_scope(ch), what);
}

json_t *call_channel(struct call *c, struct channel **out)
{
    json_t *refused = call_needs(c, "channel", NULL);
    struct channel *ch;
    char *scope;

    if (refused)
        return refused;
    ch = channel_find(&c->w->team, args_text(c->args, "channel"));
    if (!ch || !channel_visible(ch))
        return call_error("channel_not_found");
    *out = ch;
    if (!c->method->scope || *c->method->scope != '*')
        return NULL;
    scope = scope_for(ch, c->method->scope);
    if (!token_has(c->token, scope))
        refused = call_missing_scope(c, scope);
    free(scope);
    return refused;
}

json_t *call_channel_inside(struct call *c, struct channel **out)
{
    json_t *refused = call_channel(c, out);

    if (!refused && !channel_has(*out, BOT_USER))
        refused = call_error("not_in_channel");
    if (!refused && (*out)->archived)
        refused = call_error("is_archived");
    return refused;
}

/* ---- pages -------------------------------------------------------------- */

void call_cursor(json_t *answer, const char *cursor)
{
    json_object_set_new(
        answer, "response_metadata",
        json_pack("{s:s}", "next_cursor", cursor ? cursor : ""));
}

bool call_page(struct call *c, int64_t fallback, int64_t max, int64_t *limit,
               int64_t *offset, json_t **error)
{
    const char *cursor = args_text(c->args, "cursor");

    *offset = 0;
    *error = NULL;
    if (!args_int(c->args, "limit", fallback, limit) || *limit < 1 ||
        *limit > max)
        *error = call_error("invalid_limit");
    else if (cursor && sscanf(cursor, CURSOR "%" SCNd64, offset) != 1)
        *error = call_error("invalid_cursor");
    return !*error;
}

json_t *call_paged(const char *key, json_t *all, int64_t limit, int64_t offset)
{
    int64_t size = (int64_t)json_array_size(all);
    json_t *page = json_array();
    json_t *answer = call_ok();
    int64_t end = offset + limit < size ? offset + limit : size;
    char cursor[40];

    for (int64_t i = offset < 0 ? 0 : offset; i < end; i++)
        json_array_append(page, json_array_get(all, (size_t)i));
    snprintf(cursor, sizeof(cursor), CURSOR "%" PRId64, end);
    json_object_set_new(answer, key, page);
    call_cursor(answer, end < size ? cursor : NULL);
    json_decref(all);
    return answer;
}
