/*
 * render: a card as a message that Slack takes, whatever is in it.
 *
 * Each plan shows less than the one before; the first whose message keeps
 * all limits is sent. When none does, the message is plain text.
 */
#include "blocks/render.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/json_out.h"
#include "blocks/mrkdwn.h"
#include "blocks/render_blocks.h"
#include "core/base/mem.h"
#include "core/base/text.h"

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

const struct plan *render_plan(size_t i)
{
    return i < sizeof plans / sizeof *plans ? &plans[i] : NULL;
}

#define SUMMARY_UNITS   2000 /* 300 characters, escaped */
#define TEXT_ONLY_UNITS 3000
#define TEXT_ONLY_LEAST 20

/* Everything before the text. */
static void head_put(struct json_out *out, const struct card *card,
                     enum render_for how)
{
    json_out_open(out, '{');
    if (how == RENDER_POST) {
        json_out_key(out, "unfurl_links");
        json_out_bool(out, false);
        json_out_key(out, "unfurl_media");
        json_out_bool(out, false);
        if (card->broadcast) {
            json_out_key(out, "reply_broadcast");
            json_out_bool(out, true);
        }
        return;
    }
    json_out_key(out, "response_type");
    json_out_word(out, card->audience == AUDIENCE_CHANNEL ? "in_channel"
                                                          : "ephemeral");
    json_out_key(out, "replace_original");
    json_out_bool(out, how == RENDER_REPLACE);
}

static void text_put(struct json_out *out, const char *plain, size_t limit)
{
    struct buf text = { 0 };
    struct ink ink;

    ink_start(&ink, &text, limit);
    ink_text(&ink, plain, INK_TEXT);
    json_out_key(out, "text");
    json_out_text(out, buf_text(&text), text.len);
    buf_dispose(&text);
}

static void summary_put(struct json_out *out, const struct card *card)
{
    struct buf plain = { 0 };

    plain_summary(&plain, card);
    text_put(out, plain.data, SUMMARY_UNITS);
    buf_dispose(&plain);
}

static bool small_enough(const struct buf *message, size_t max_bytes)
{
    return !max_bytes || message->len <= max_bytes;
}

/* False: does not keep the limits, or there is nothing but text. */
static bool try_plan(struct json_out *out, const struct card *card,
                     size_t max_bytes, const struct plan *plan)
{
    struct blocks_size size = render_blocks(out, card, plan);

    json_out_close(out, '}');
    return size.count > 0 && size.count <= BLOCKS_MOST &&
           size.units <= UNITS_MOST && small_enough(out->buf, max_bytes);
}

/* What stands before the blocks is the same in every plan. False: none. */
static bool with_blocks(struct buf *message, const struct card *card,
                        enum render_for how, size_t max_bytes)
{
    struct json_out out = { .buf = message };
    size_t before;

    head_put(&out, card, how);
    summary_put(&out, card);
    json_out_key(&out, "blocks");
    before = message->len;
    for (size_t i = 0; render_plan(i); i++) {
        if (try_plan(&out, card, max_bytes, render_plan(i)))
            return true;
        buf_cut(message, before);
        out.comma = false;
    }
    return false;
}

static void nothing_put(struct json_out *out)
{
    json_out_open(out, '[');
    json_out_close(out, ']');
}

/* Where a message is replaced, Slack would keep its old blocks; where it is
 * edited, its old attachments. */
static void text_alone(struct buf *message, const struct card *card,
                       enum render_for how, const char *plain, size_t limit)
{
    struct json_out out = { .buf = message };

    buf_cut(message, 0);
    head_put(&out, card, how);
    text_put(&out, plain, limit);
    if (how == RENDER_REPLACE) {
        json_out_key(&out, "blocks");
        nothing_put(&out);
    }
    if (card->colour) {
        json_out_key(&out, "attachments");
        nothing_put(&out);
    }
    json_out_close(&out, '}');
}

static void text_only(struct buf *message, const struct card *card,
                      enum render_for how, size_t max_bytes)
{
    struct buf plain = { 0 };
    size_t limit = TEXT_ONLY_UNITS;

    plain_card(&plain, card, RENDER_ROWS);
    if (text_blank(buf_text(&plain))) {
        buf_cut(&plain, 0);
        plain_summary(&plain, card);
    }
    text_alone(message, card, how, plain.data, limit);
    while (!small_enough(message, max_bytes) && limit > TEXT_ONLY_LEAST) {
        limit = limit * 2 / 3;
        text_alone(message, card, how, plain.data, limit);
    }
    buf_dispose(&plain);
}

char *render_message(const struct card *card, enum render_for how,
                     size_t max_bytes)
{
    struct buf message = { 0 };

    if (!with_blocks(&message, card, how, max_bytes))
        text_only(&message, card, how, max_bytes);
    return buf_take(&message);
}
