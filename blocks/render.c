/*
 * render: a card as a message that Slack takes, whatever is in it.
 *
 * Each plan shows less than the one before; the first whose message keeps
 * all limits is sent. When none does, the message is plain text.
 */
#include "blocks/render.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/mrkdwn.h"
#include "blocks/render_blocks.h"
#include "core/base/mem.h"

/* What people read is lost in this order: the ends of long payloads, the last
 * rows, details, the ends of lines. */
static const struct plan plans[] = {
    /* rows, lead, line, payload, details */
    { RENDER_ROWS, 2900, 1000, 2500, true },
    { RENDER_ROWS, 2000, 500, 300, true },
    { RENDER_ROWS, 1000, 300, 120, true },
    { 6, 1000, 300, 120, true },
    { 3, 1000, 300, 120, true },
    { 3, 600, 200, 0, false },
    { 1, 300, 100, 0, false },
};

#define SUMMARY_UNITS   2000 /* 300 characters, escaped */
#define TEXT_ONLY_UNITS 3000
#define TEXT_ONLY_LEAST 20

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new_nocheck(object, key, value);
}

/* Takes text. New. */
static json_t *message(const struct card *card, enum render_for how,
                       json_t *text)
{
    json_t *root = json_object();

    if (how == RENDER_POST) {
        set(root, "unfurl_links", json_false());
        set(root, "unfurl_media", json_false());
    } else {
        set(root, "response_type",
            json_string_nocheck(card->audience == AUDIENCE_CHANNEL
                                    ? "in_channel"
                                    : "ephemeral"));
        set(root, "replace_original", json_boolean(how == RENDER_REPLACE));
    }
    set(root, "text", text);
    return root;
}

static json_t *for_slack(const char *plain, size_t limit)
{
    struct buf text = { 0 };
    struct ink ink;
    json_t *json;

    ink_start(&ink, &text, limit);
    ink_text(&ink, plain, INK_TEXT);
    json = json_stringn_nocheck(buf_text(&text), text.len);
    buf_dispose(&text);
    return json;
}

static json_t *summary_for_slack(const struct card *card)
{
    struct buf plain = { 0 };
    json_t *json;

    plain_summary(&plain, card);
    json = for_slack(plain.data, SUMMARY_UNITS);
    buf_dispose(&plain);
    return json;
}

/* Takes root. NULL: too big. */
static char *dump(json_t *root, size_t max_bytes)
{
    char *text = json_dumps(root, JSON_COMPACT);

    json_decref(root);
    if (text && max_bytes && strlen(text) > max_bytes) {
        free(text);
        text = NULL;
    }
    return text;
}

/* NULL: does not keep the limits, or there is nothing but text. */
static char *try_plan(const struct card *card, enum render_for how,
                      size_t max_bytes, const struct plan *plan)
{
    size_t units, count;
    json_t *blocks = render_blocks(card, plan, &units), *root;

    count = json_array_size(blocks);
    if (count == 0 || count > BLOCKS_MOST || units > UNITS_MOST) {
        json_decref(blocks);
        return NULL;
    }
    root = message(card, how, summary_for_slack(card));
    set(root, "blocks", blocks);
    return dump(root, max_bytes);
}

/* Where a message is replaced, Slack would keep its old blocks. */
static char *text_only(const struct card *card, enum render_for how,
                       size_t max_bytes)
{
    struct buf plain = { 0 };
    char *text = NULL;
    size_t limit = TEXT_ONLY_UNITS;

    plain_card(&plain, card, RENDER_ROWS);
    if (clean_blank(buf_text(&plain))) {
        buf_cut(&plain, 0);
        plain_summary(&plain, card);
    }
    while (!text && limit > 0) {
        json_t *root = message(card, how, for_slack(plain.data, limit));

        if (how == RENDER_REPLACE)
            set(root, "blocks", json_array());
        text = dump(root, limit > TEXT_ONLY_LEAST ? max_bytes : 0);
        limit = limit * 2 / 3;
    }
    buf_dispose(&plain);
    return text ? text : xstrdup("{\"text\":\"…\"}");
}

char *render_message(const struct card *card, enum render_for how,
                     size_t max_bytes)
{
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        char *text = try_plan(card, how, max_bytes, &plans[i]);

        if (text)
            return text;
    }
    return text_only(card, how, max_bytes);
}
