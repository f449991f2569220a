/*
 * The size guard against everything: random cards made of wide, hostile and
 * broken texts, few or hundreds of each part. Whatever comes out must be what
 * Slack takes: judged by our own count of the limits and by the sandbox's
 * Block Kit validator, which shares no code with blocks/.
 *
 * RENDER_SEED and RENDER_RUNS choose others than the usual cards.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"
#include "tests/blocks/random_card.h"
#include "tests/sandbox/blockkit/blockkit.h"

static uint64_t started; /* the seed of the card at hand */

#define must(what) cr_assert(what, "seed %lu: %s", started, #what)

static bool blank(const char *s)
{
    return !s[strspn(s, " \n\t\r")];
}

/* In UTF-16; jansson has seen to it that it is UTF-8. */
static size_t units_of(const char *s)
{
    size_t units = 0;

    for (; *s; s++)
        if (((unsigned char)*s & 0xc0) != 0x80)
            units += (unsigned char)*s >= 0xf0 ? 2 : 1;
    return units;
}

static bool plain(const char *s)
{
    while (*s == '\n' || (unsigned char)*s >= 0x20)
        s++;
    return !*s;
}

static void check_string(const char *s, const char *key, size_t most)
{
    cr_assert_not(blank(s), "seed %lu: %s is blank", started, key);
    cr_assert_leq(units_of(s), most, "seed %lu: %s of %zu", started, key,
                  units_of(s));
    cr_assert(plain(s), "seed %lu: control", started);
    must(!strstr(s, "\u202e"));
    must(!strstr(s, "\u200b"));
}

static bool starts(const char *s, const char *with)
{
    return !strncmp(s, with, strlen(with));
}

static bool ours(const char *p)
{
    if (*p == '&')
        return starts(p, "&amp;") || starts(p, "&lt;") || starts(p, "&gt;");
    return starts(p, "<@U012ABC>") || starts(p, "<#U012ABC>") ||
           starts(p, "<!subteam^U012ABC>") ||
           ((starts(p, "<!date^") || starts(p, "<https://x.") ||
             starts(p, "<http://x.")) &&
            strchr(p, '>'));
}

/* Every < opens one of our tokens, which is closed; every & is an entity. */
static void check_markup(const char *s)
{
    for (s += strcspn(s, "&<"); *s; s += strcspn(s, "&<")) {
        cr_assert(ours(s), "seed %lu: %.40s", started, s);
        s++;
    }
}

static size_t count_of(const char *s, const char *what)
{
    size_t n = 0;

    while ((s = strstr(s, what))) {
        n++;
        s += strlen(what);
    }
    return n;
}

static void check_text(const json_t *object, size_t most, size_t *total)
{
    const char *type = json_string_value(json_object_get(object, "type"));
    const char *text = json_string_value(json_object_get(object, "text"));

    must(type && text);
    check_string(text, type, most);
    *total += units_of(text);
    if (!strcmp(type, "mrkdwn")) {
        must(json_is_true(json_object_get(object, "verbatim")));
        check_markup(text);
        must(count_of(text, "```") % 2 == 0);
    } else {
        must(!strcmp(type, "plain_text"));
        must(!strstr(text, "<!"));
        must(!strstr(text, "<@"));
        must(!strstr(text, "<#"));
    }
}

/* One that runs a command, or one that opens a link. */
static void check_value(const json_t *element, size_t most)
{
    const char *value = json_string_value(json_object_get(element, "value"));
    const char *url = json_string_value(json_object_get(element, "url"));
    struct press press;

    check_string(value, "value", most);
    if (url)
        must(render_press_link(value) && starts(url, "http"));
    else
        cr_assert(render_press(value, &press), "seed %lu: %s", started, value);
}

static void check_id(const json_t *element, json_t *seen)
{
    const char *id = json_string_value(json_object_get(element, "action_id"));

    check_string(id, "action_id", 255);
    must(!json_object_get(seen, id));
    json_object_set_new(seen, id, json_true());
}

static void check_menu(const json_t *menu, json_t *seen, size_t *total)
{
    const json_t *options = json_object_get(menu, "options"), *option;
    size_t i;

    check_id(menu, seen);
    must(json_array_size(options) >= 1 && json_array_size(options) <= 5);
    json_array_foreach(options, i, option)
    {
        check_text(json_object_get(option, "text"), 75, total);
        check_value(option, 150);
    }
}

static void check_button(const json_t *button, json_t *seen, size_t *total)
{
    json_t *confirm = json_object_get(button, "confirm");
    const char *label =
        json_string_value(json_object_get(button, "accessibility_label"));

    check_text(json_object_get(button, "text"), 75, total);
    check_value(button, 2000);
    check_id(button, seen);
    if (label)
        check_string(label, "accessibility_label", 75);
    if (!confirm)
        return;
    check_text(json_object_get(confirm, "title"), 100, total);
    check_text(json_object_get(confirm, "text"), 300, total);
    check_text(json_object_get(confirm, "confirm"), 30, total);
    check_text(json_object_get(confirm, "deny"), 30, total);
}

static void check_elements(const json_t *block, const char *type, json_t *seen,
                           size_t *total)
{
    json_t *elements = json_object_get(block, "elements"), *element;
    bool context = !strcmp(type, "context");
    size_t i;

    must(context || !strcmp(type, "actions"));
    must(json_array_size(elements) >= 1);
    must(json_array_size(elements) <= (context ? 10u : 25u));
    json_array_foreach(elements, i, element)
    {
        if (context)
            check_text(element, 3000, total);
        else if (json_object_get(element, "options"))
            check_menu(element, seen, total);
        else
            check_button(element, seen, total);
    }
}

static void check_block(const json_t *block, json_t *seen, size_t *total)
{
    const char *type = json_string_value(json_object_get(block, "type"));
    const char *id = json_string_value(json_object_get(block, "block_id"));
    json_t *text = json_object_get(block, "text"), *field;
    json_t *fields = json_object_get(block, "fields");
    json_t *accessory = json_object_get(block, "accessory");
    size_t i;

    if (id) {
        check_string(id, "block_id", 255);
        must(!json_object_get(seen, id));
        json_object_set_new(seen, id, json_true());
    }
    if (text)
        check_text(text, !strcmp(type, "header") ? 150 : 3000, total);
    json_array_foreach(fields, i, field) check_text(field, 2000, total);
    must(json_array_size(fields) <= 10);
    if (accessory)
        check_button(accessory, seen, total);
    if (!text && !fields)
        check_elements(block, type, seen, total);
}

static void refused(json_t *problems)
{
    if (problems)
        cr_assert_fail("seed %lu: %s", started, json_dumps(problems, 0));
}

/* Those of the message and those of its attachment, which share its limits. */
static void check_blocks(const json_t *blocks, const json_t *attachments)
{
    const json_t *more =
        json_object_get(json_array_get(attachments, 0), "blocks");
    json_t *seen = json_object(), *block;
    size_t i, total = 0;

    must(json_array_size(attachments) <= 1);
    must(json_array_size(blocks) + json_array_size(more) <= 45);
    json_array_foreach(blocks, i, block) check_block(block, seen, &total);
    json_array_foreach(more, i, block) check_block(block, seen, &total);
    cr_assert_leq(total, 12500, "seed %lu: %zu", started, total);
    json_decref(seen);
    refused(blockkit_check(blocks, SURFACE_MESSAGE, "/blocks"));
    refused(blockkit_check_attachments(attachments));
    must(blockkit_length(blocks) + (more ? blockkit_length(more) : 0) <=
         BLOCKS_TEXT_MAX);
}

static void check_message(const struct card *card, enum render_for how,
                          size_t max_bytes)
{
    char *message = render_message(card, how, max_bytes);
    json_t *root = json_loads(message, JSON_REJECT_DUPLICATES, NULL), *blocks,
           *attachments;
    const char *text;

    cr_assert(root, "seed %lu: %s", started, message);
    if (max_bytes)
        cr_assert_leq(strlen(message), max_bytes, "seed %lu", started);
    text = json_string_value(json_object_get(root, "text"));
    check_string(text, "text", 3000);
    check_markup(text);
    blocks = json_object_get(root, "blocks");
    attachments = json_object_get(root, "attachments");
    if (json_array_size(blocks) + json_array_size(attachments))
        check_blocks(blocks, attachments);
    else
        must(!blocks || how == RENDER_REPLACE);
    json_decref(root);
    free(message);
}

static void check_others(const struct card *card)
{
    char *json = render_json(card), *text = render_text(card);
    char *summary = render_summary(card);
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, NULL);

    cr_assert(root, "seed %lu", started);
    json_decref(root);
    root = json_string(text); /* NULL unless UTF-8 */
    cr_assert(root && *text, "seed %lu", started);
    json_decref(root);
    check_string(summary, "summary", 300);
    cr_assert(plain(text), "seed %lu", started);
    free(json);
    free(text);
    free(summary);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);

    return value ? strtoull(value, NULL, 10) : otherwise;
}

/* One quarter of the cards: the quarters run side by side. */
static void slack_takes(uint64_t quarter)
{
    static const size_t bytes[] = { 0, 0, RENDER_ACK_BYTES, 4000, 1000, 200 };
    uint64_t first = setting("RENDER_SEED", 1);
    uint64_t runs = setting("RENDER_RUNS", 20000);
    struct card *card = card_new();

    for (uint64_t run = quarter; run < runs; run += 4) {
        started = first + run;
        random_seed(started);
        card_reset(card);
        random_fill(card);
        check_message(card, (enum render_for)random_below(3),
                      bytes[random_below(6)]);
        if (random_below(8) == 0)
            check_others(card);
    }
    card_free(card);
}

Test(render_random, slack_takes_every_card_1)
{
    slack_takes(0);
}

Test(render_random, slack_takes_every_card_2)
{
    slack_takes(1);
}

Test(render_random, slack_takes_every_card_3)
{
    slack_takes(2);
}

Test(render_random, slack_takes_every_card_4)
{
    slack_takes(3);
}

/* Each text within its limit, and all of them together around Slack's. */
Test(render_random, the_sum_of_all_texts_is_bounded)
{
    char text[3000];

    for (size_t len = 100; len < sizeof text; len += 20) {
        struct card *card = card_new();

        memset(text, 'x', len);
        text[len] = '\0';
        started = len;
        card_lead(card, LINE(say_text(text)));
        for (int i = 0; i < 10; i++) {
            card_row(card, LINE(say_text(text)));
            card_detail(card, LINE(say_text(text)));
            card_payload(card, text);
        }
        check_message(card, RENDER_POST, 0);
        card_free(card);
    }
}
