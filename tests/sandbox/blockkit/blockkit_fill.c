/*
 * blockkit_fill: walking over blocks, and what Slack fills in.
 *
 * The same walk finds the elements that can be acted on, for clicks and for
 * the state of a view. One thread, no state.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sandbox/blockkit/blockkit.h"

#define GENERATED_ID 8

static bool is_type(const json_t *json, const char *type)
{
    const char *is = json_string_value(json_object_get(json, "type"));

    return is && strcmp(is, type) == 0;
}

/* ---- the walk ----------------------------------------------------------- */

/* Texts and images stand among elements; they cannot be acted on. */
static bool is_live(const json_t *element)
{
    return json_is_object(element) && !is_type(element, "image") &&
           !is_type(element, "plain_text") && !is_type(element, "mrkdwn");
}

static bool each_in(const json_t *list, json_t *block, blockkit_fn *fn,
                    void *arg)
{
    size_t i;
    json_t *element;

    json_array_foreach(list, i, element)
    {
        if (is_live(element) && fn(arg, block, element))
            return true;
    }
    return false;
}

static bool each_in_block(json_t *block, blockkit_fn *fn, void *arg)
{
    json_t *elements = json_object_get(block, "elements");
    json_t *accessory = json_object_get(block, "accessory");
    json_t *element = json_object_get(block, "element");

    if (is_type(block, "container"))
        return blockkit_each(json_object_get(block, "child_blocks"), fn, arg);
    if (is_type(block, "carousel"))
        return blockkit_each(elements, fn, arg);
    if (is_type(block, "card"))
        return each_in(json_object_get(block, "actions"), block, fn, arg);
    if (is_type(block, "actions") || is_type(block, "context_actions"))
        return each_in(elements, block, fn, arg);
    if (is_type(block, "section") && is_live(accessory))
        return fn(arg, block, accessory);
    return is_type(block, "input") && is_live(element) &&
           fn(arg, block, element);
}

bool blockkit_each(const json_t *blocks, blockkit_fn *fn, void *arg)
{
    size_t i;
    json_t *block;

    json_array_foreach(blocks, i, block)
    {
        if (each_in_block(block, fn, arg))
            return true;
    }
    return false;
}

/* ---- length ------------------------------------------------------------- */

static size_t length_of(const json_t *json)
{
    size_t sum = 0;
    size_t i;
    const char *key;
    json_t *value;

    json_array_foreach(json, i, value)
    {
        sum += length_of(value);
    }
    json_object_foreach((json_t *)json, key, value)
    {
        if (json_is_string(value) && strcmp(key, "text") == 0)
            sum += blockkit_characters(json_string_value(value));
        else
            sum += length_of(value);
    }
    return sum;
}

size_t blockkit_length(const json_t *blocks)
{
    return length_of(blocks);
}

/* ---- filling in --------------------------------------------------------- */

/* Five characters, a different five for each number below 2^30. */
static json_t *generated_id(unsigned *next)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ+/";
    unsigned n = (++*next * 2654435761u) & 0x3FFFFFFFu;
    char id[GENERATED_ID] = { 0 };

    for (int i = 0; i < 5; i++, n >>= 6)
        id[i] = digits[n & 63];
    return json_string(id);
}

static void fill(json_t *json, const char *key, json_t *value)
{
    if (json_object_get(json, key))
        json_decref(value);
    else
        json_object_set_new(json, key, value);
}

/* Every text object, however deep. */
static void fill_texts(json_t *json)
{
    size_t i;
    const char *key;
    json_t *value;

    json_array_foreach(json, i, value)
    {
        fill_texts(value);
    }
    json_object_foreach(json, key, value)
    {
        fill_texts(value);
    }
    if (is_type(json, "plain_text"))
        fill(json, "emoji", json_true());
    if (is_type(json, "mrkdwn"))
        fill(json, "verbatim", json_false());
}

static bool fill_element(void *arg, json_t *block, json_t *element)
{
    (void)block;
    if (!json_object_get(element, "action_id"))
        json_object_set_new(element, "action_id", generated_id(arg));
    return false;
}

static void fill_blocks(json_t *blocks, unsigned *next)
{
    size_t i;
    json_t *block;

    json_array_foreach(blocks, i, block)
    {
        if (!json_object_get(block, "block_id"))
            json_object_set_new(block, "block_id", generated_id(next));
        if (is_type(block, "input")) {
            fill(block, "optional", json_false());
            fill(block, "dispatch_action", json_false());
        }
        fill_blocks(json_object_get(block, "child_blocks"), next);
        if (is_type(block, "carousel"))
            fill_blocks(json_object_get(block, "elements"), next);
    }
}

json_t *blockkit_fill(const json_t *blocks, unsigned *next)
{
    json_t *filled = json_deep_copy(blocks);

    fill_texts(filled);
    fill_blocks(filled, next);
    blockkit_each(filled, fill_element, next);
    return filled;
}
