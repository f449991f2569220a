#include "bot/outbox/poster_body.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/outbox.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define EVENT         "opsbot_outbox" /* metadata event_type */
#define BLOCKS        50              /* Slack's limit */
#define FALLBACK_TEXT 2500            /* characters of it */
#define PAGE          50
#define LOOK_BACK_S   600 /* clocks differ */

static const char *str(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* What is no JSON object is a text. */
static json_t *parse(const char *message)
{
    json_t *root = json_loads(message, 0, NULL);

    if (json_is_object(root))
        return root;
    json_decref(root);
    root = json_object();
    json_object_set_new(root, "text", json_string(message));
    return root;
}

/* Takes root. */
static char *dump(json_t *root)
{
    char *text = json_dumps(root, JSON_COMPACT);

    json_decref(root);
    return text;
}

/* ---- marks -------------------------------------------------------------------- */

static void add_context(json_t *message, const char *text)
{
    json_t *blocks = json_object_get(message, "blocks");
    json_t *attachments = json_object_get(message, "attachments");

    if (json_array_size(blocks) == 0) /* a card with a colour */
        blocks = json_object_get(json_array_get(attachments, 0), "blocks");
    if (json_array_size(blocks) == 0 || json_array_size(blocks) >= BLOCKS)
        return; /* the text has it */
    json_array_append_new(blocks, json_pack("{s:s, s:[{s:s, s:s}]}", "type",
                                            "context", "elements", "type",
                                            "mrkdwn", "text", text));
}

static void say_before(json_t *message, const char *mark)
{
    char *text = xasprintf("%s%s", mark, str(message, "text"));

    json_object_set_new(message, "text", json_string(text));
    free(text);
}

/* "3 m 10 s": whoever reads what is late wants the seconds of its minutes. */
static void age_of(int64_t ms, char out[CLOCK_TEXT])
{
    int64_t s = ms / 1000;

    clock_age(ms, out);
    if (s >= 60 && s < 3600 && s % 60)
        snprintf(out + strlen(out), CLOCK_TEXT - strlen(out), " %d s",
                 (int)(s % 60));
}

static void mark_late(json_t *message, const struct body_marks *marks)
{
    const char *why = outbox_delay_text(marks->delay);
    char age[CLOCK_TEXT], words[120], line[160];

    if (marks->late_ms <= OUTBOX_LATE_MS)
        return;
    age_of(marks->late_ms, age);
    snprintf(words, sizeof words, "%s late%s%s%s", age, *why ? " (" : "", why,
             *why ? ")" : "");
    snprintf(line, sizeof line, "[%s] ", words);
    say_before(message, line);
    snprintf(line, sizeof line, "\xE2\x8F\xB3 %s", words);
    add_context(message, line);
}

/* Whoever misses the first card, or finds it beside this one, is told. */
static void mark_lost(json_t *message, const char *lost)
{
    const char *line = "Posted again: the first card could not be edited any "
                       "more.";

    if (!lost || !lost[0])
        return;
    if (strcmp(lost, "message_not_found") == 0 ||
        strcmp(lost, "thread_not_found") == 0)
        line = "Posted again: the first card was deleted.";
    say_before(message, "(posted again) ");
    add_context(message, line);
}

static void mark_about(json_t *message, const char *about)
{
    char line[80];

    if (!about || !about[0])
        return;
    snprintf(line, sizeof line, "%s: ", about);
    say_before(message, line);
    snprintf(line, sizeof line, "about *%s*", about);
    add_context(message, line);
}

static void mark(json_t *message, const struct body_marks *marks)
{
    mark_about(message, marks->about);
    mark_late(message, marks);
    mark_lost(message, marks->lost);
    if (marks->repeated) {
        say_before(message, "(repeated) ");
        add_context(message, "(repeated) Slack did not say whether it took "
                             "this the first time: it may be here twice.");
    }
}

/* ---- out ------------------------------------------------------------------------ */

static void address(json_t *message, const struct outbox_row *row)
{
    json_t *payload = json_pack("{s:s}", "op", row->op);

    if (row->id)
        json_object_set_new(payload, "row", json_integer(row->id));
    if (row->thing[0])
        json_object_set_new(payload, "thing", json_string(row->thing));
    json_object_set_new(message, "channel", json_string(row->channel));
    json_object_set_new(
        message, "metadata",
        json_pack("{s:s, s:o}", "event_type", EVENT, "event_payload", payload));
}

char *body_post(const struct outbox_row *row, const char *message,
                const struct body_marks *marks)
{
    json_t *root = parse(message);

    mark(root, marks);
    address(root, row);
    if (row->thread_ts[0])
        json_object_set_new(root, "thread_ts", json_string(row->thread_ts));
    return dump(root);
}

static void without_unfurling(json_t *root)
{
    json_object_del(root, "unfurl_links");
    json_object_del(root, "unfurl_media");
    if (!json_object_get(root, "blocks"))
        json_object_set_new(root, "blocks", json_array()); /* not the old */
}

char *body_edit(const struct outbox_row *row, const char *message)
{
    json_t *root = parse(message);

    address(root, row);
    json_object_set_new(root, "ts", json_string(row->ts));
    without_unfurling(root);
    return dump(root);
}

char *body_replace(const char *message)
{
    json_t *root = parse(message);

    without_unfurling(root);
    json_object_set_new(root, "response_type", json_string("in_channel"));
    json_object_set_new(root, "replace_original", json_true());
    return dump(root);
}

/* By response URL, which is for its asker alone unless told otherwise. */
char *body_url(const char *message, const struct body_marks *marks)
{
    json_t *root = parse(message);

    mark(root, marks);
    json_object_set_new(root, "response_type", json_string("in_channel"));
    json_object_set_new(root, "replace_original", json_false());
    return dump(root);
}

char *body_fallback(const struct outbox_row *row, const char *message,
                    const char *why)
{
    json_t *root = parse(message);
    char *cut = text_cut(str(root, "text"), FALLBACK_TEXT);
    char *text = xasprintf("This could not be posted in <#%s>: %s.\n%s",
                           row->channel, outbox_reason(why), cut);

    json_decref(root);
    root = json_object();
    json_object_set_new(root, "text", json_string(text));
    json_object_set_new(root, "unfurl_links", json_false());
    free(cut);
    free(text);
    return dump(root);
}

/* ---- looking -------------------------------------------------------------------- */

/* A message is not older than its row. A card may have been posted before its
 * row was written, by another road. */
char *body_look(const struct outbox_row *row, const char *cursor)
{
    json_t *root = json_pack("{s:s, s:b, s:i}", "channel", row->channel,
                             "include_all_metadata", 1, "limit", PAGE);
    char oldest[32];

    snprintf(oldest, sizeof oldest, "%lld.000000",
             (long long)(row->created_at / 1000 - LOOK_BACK_S));
    if (!row->thing[0])
        json_object_set_new(root, "oldest", json_string(oldest));
    if (row->thread_ts[0])
        json_object_set_new(root, "ts", json_string(row->thread_ts));
    if (cursor)
        json_object_set_new(root, "cursor", json_string(cursor));
    return dump(root);
}

static bool is_ours(const json_t *message, const struct outbox_row *row)
{
    const json_t *metadata = json_object_get(message, "metadata");
    const json_t *payload = json_object_get(metadata, "event_payload");

    if (strcmp(str(metadata, "event_type"), EVENT) != 0)
        return false;
    /* A card that was posted while Postgres was away has its operation alone:
     * nobody knew its thing by then. */
    if (row->thing[0] && str(payload, "thing")[0])
        return strcmp(str(payload, "thing"), row->thing) == 0;
    if (row->thing[0])
        return strcmp(str(payload, "op"), row->op) == 0 &&
               !json_object_get(payload, "row");
    return json_integer_value(json_object_get(payload, "row")) == row->id &&
           strcmp(str(payload, "op"), row->op) == 0;
}

char *body_found(const char *answer, const struct outbox_row *row)
{
    json_t *root = json_loads(answer, 0, NULL), *message;
    char *ts = NULL;
    size_t i;

    json_array_foreach(json_object_get(root, "messages"), i, message)
    {
        if (!ts && is_ours(message, row))
            ts = xstrdup(str(message, "ts"));
    }
    json_decref(root);
    return ts;
}

char *body_cursor(const char *answer)
{
    json_t *root = json_loads(answer, 0, NULL);
    const char *cursor =
        str(json_object_get(root, "response_metadata"), "next_cursor");
    char *copy = cursor[0] ? xstrdup(cursor) : NULL;

    json_decref(root);
    return copy;
}

char *body_ts(const char *answer)
{
    json_t *root = json_loads(answer, 0, NULL);
    char *ts = xstrdup(str(root, "ts"));

    json_decref(root);
    return ts;
}
