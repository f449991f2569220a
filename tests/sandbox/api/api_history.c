/*
 * api_history: conversations.history and conversations.replies.
 *
 * One thread.
 */
#include <string.h>

#include "tests/sandbox/api/api.h"

#define HISTORY_MAX 999

/* Which messages, in microseconds of ts; both ends are included. */
struct range {
    int64_t from;
    int64_t to;
};

static bool parse_end(const struct call *c, const char *key, int64_t *out)
{
    const char *text = args_text(c->args, key);

    if (!text || strcmp(text, "0") == 0 || ts_parse(text, out))
        return true;
    if (strspn(text, "0123456789") != strlen(text))
        return false;
    return args_int(c->args, key, 0, out) && (*out *= 1000000, true);
}

static json_t *parse_range(const struct call *c, struct range *range)
{
    bool inclusive = args_bool(c->args, "inclusive", false);

    *range = (struct range){ .from = 0, .to = INT64_MAX };
    if (!parse_end(c, "oldest", &range->from))
        return call_error("invalid_ts_oldest");
    if (!parse_end(c, "latest", &range->to))
        return call_error("invalid_ts_latest");
    if (!inclusive && range->from)
        range->from++;
    if (!inclusive && range->to != INT64_MAX)
        range->to--;
    return NULL;
}

static bool in_range(const struct range *range, const struct message *m)
{
    return m->ts >= range->from && m->ts <= range->to && !m->deleted &&
           !m->ephemeral_to;
}

/* The channel, whose messages only members may read. */
static json_t *readable(struct call *c, struct channel **ch)
{
    json_t *refused = call_channel(c, ch);

    if (!refused && !channel_has(*ch, BOT_USER))
        refused = call_error("not_in_channel");
    return refused;
}

static json_t *answer_messages(json_t *all, int64_t limit, int64_t offset)
{
    bool more = offset + limit < (int64_t)json_array_size(all);
    json_t *answer = call_paged("messages", all, limit, offset);

    json_object_set_new(answer, "has_more", json_boolean(more));
    return answer;
}

json_t *api_conversations_history(struct call *c)
{
    bool all_metadata = args_bool(c->args, "include_all_metadata", false);
    struct channel *ch = NULL;
    struct range range;
    int64_t limit;
    int64_t offset;
    json_t *answer;
    json_t *all;
    json_t *refused = readable(c, &ch);

    if (!refused)
        refused = parse_range(c, &range);
    if (refused || !call_page(c, 100, HISTORY_MAX, &limit, &offset, &refused))
        return refused;
    all = json_array();
    for (size_t i = ch->message_count; i > 0; i--) {
        const struct message *m = ch->messages[i - 1];

        if (in_range(&range, m) && (!m->thread_ts || m->broadcast))
            json_array_append_new(all, message_json(m, all_metadata));
    }
    answer = answer_messages(all, limit, offset);
    json_object_set_new(answer, "pin_count", json_integer(0));
    return answer;
}

/* A reply's ts stands for the thread it is in. */
static const struct message *find_parent(const struct channel *ch,
                                         const char *ts)
{
    const struct message *m = message_find(ch, ts);

    if (m && m->thread_ts)
        m = message_at(ch, m->thread_ts);
    return m && !m->deleted && !m->ephemeral_to ? m : NULL;
}

json_t *api_conversations_replies(struct call *c)
{
    bool all_metadata = args_bool(c->args, "include_all_metadata", false);
    const struct message *parent;
    struct channel *ch = NULL;
    struct range range;
    int64_t limit;
    int64_t offset;
    json_t *all;
    json_t *refused = readable(c, &ch);

    if (!refused)
        refused = call_needs(c, "ts", NULL);
    if (!refused)
        refused = parse_range(c, &range);
    if (refused || !call_page(c, 1000, 1000, &limit, &offset, &refused))
        return refused;
    parent = find_parent(ch, args_text(c->args, "ts"));
    if (!parent)
        return call_error("thread_not_found");
    all = json_array();
    for (size_t i = 0; i < ch->message_count; i++) {
        const struct message *m = ch->messages[i];

        if (m == parent || (m->thread_ts == parent->ts && in_range(&range, m)))
            json_array_append_new(all, message_json(m, all_metadata));
    }
    return answer_messages(all, limit, offset);
}
