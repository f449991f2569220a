/*
 * blockkit_check: the walk over the tables of schema.h.
 *
 * Looks at one value after the other and notes what is wrong with it, and
 * where. One thread, no state but the struct check at hand.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/blockkit/schema.h"

static void check_field(struct check *c, const json_t *value,
                        const struct field *field);

/* ---- where it is, and what is wrong ------------------------------------- */

static void wrong(struct check *c, const char *fmt, va_list ap)
{
    char *text = NULL;

    if (vasprintf(&text, fmt, ap) < 0)
        abort();
    blockkit_problem(&c->problems, buf_text(&c->at), text);
    free(text);
}

void check_wrong(struct check *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    wrong(c, fmt, ap);
    va_end(ap);
}

size_t check_enter(struct check *c, const char *key)
{
    size_t before = c->at.len;

    buf_fmt(&c->at, "/%s", key);
    return before;
}

size_t check_enter_item(struct check *c, size_t i)
{
    size_t before = c->at.len;

    buf_fmt(&c->at, "/%zu", i);
    return before;
}

void check_wrong_in(struct check *c, const char *key, const char *fmt, ...)
{
    size_t before = check_enter(c, key);
    va_list ap;

    va_start(ap, fmt);
    wrong(c, fmt, ap);
    va_end(ap);
    buf_cut(&c->at, before);
}

/* ---- one value ---------------------------------------------------------- */

static void check_length(struct check *c, const char *text, int min, int max)
{
    size_t len = blockkit_characters(text);

    if (len < (size_t)min)
        check_wrong(c, "must be more than %d characters", min - 1);
    if (max && len > (size_t)max)
        check_wrong(c, "must be less than %d characters", max + 1);
}

static void check_string(struct check *c, const json_t *value,
                         const struct field *field)
{
    if (!json_is_string(value))
        check_wrong(c, "must be a string");
    else
        check_length(c, json_string_value(value), field->min, field->max);
}

static bool has_scheme(const char *url, bool is_link)
{
    if (strncasecmp(url, "https://", 8) == 0)
        return url[8] != '\0';
    if (strncasecmp(url, "http://", 7) == 0)
        return url[7] != '\0';
    return is_link && (strncasecmp(url, "mailto:", 7) == 0 ||
                       strncasecmp(url, "slack://", 8) == 0);
}

static void check_url(struct check *c, const json_t *value,
                      const struct field *field)
{
    const char *url = json_string_value(value);

    if (!url) {
        check_wrong(c, "must be a string");
        return;
    }
    check_length(c, url, 1, field->max);
    if (!has_scheme(url, field->shape == SHAPE_LINK) || strpbrk(url, " \n\t"))
        check_wrong(c, "must be a valid URL");
}

static void check_int(struct check *c, const json_t *value,
                      const struct field *field)
{
    json_int_t n = json_integer_value(value);

    if (!json_is_integer(value))
        check_wrong(c, "must be an integer");
    else if (n < field->min || (field->max && n > field->max))
        check_wrong(c, "must be between %d and %d", field->min, field->max);
}

static void check_word(struct check *c, const json_t *value,
                       const struct field *field)
{
    const char *text = json_string_value(value);

    for (const char *const *word = field->words; text && *word; word++)
        if (strcmp(*word, text) == 0)
            return;
    check_wrong(c, "must be a valid enum value");
}

/* ---- text objects ------------------------------------------------------- */

static const struct field plain_fields[] = {
    { .key = "text", .shape = SHAPE_ANY, .required = true },
    { .key = "emoji", .shape = SHAPE_BOOL },
    { .key = NULL },
};

static const struct field mrkdwn_fields[] = {
    { .key = "text", .shape = SHAPE_ANY, .required = true },
    { .key = "verbatim", .shape = SHAPE_BOOL },
    { .key = NULL },
};

static const struct schema plain = { .type = "plain_text",
                                     .fields = plain_fields };
static const struct schema mrkdwn = { .type = "mrkdwn",
                                      .fields = mrkdwn_fields };

static const char *type_of(const json_t *json)
{
    const char *type = json_string_value(json_object_get(json, "type"));

    return type ? type : "";
}

static void check_text(struct check *c, const json_t *value,
                       const struct field *field)
{
    bool is_plain = strcmp(type_of(value), "plain_text") == 0;
    bool is_mrkdwn = strcmp(type_of(value), "mrkdwn") == 0;
    const json_t *text = json_object_get(value, "text");
    size_t before;

    if (!json_is_object(value)) {
        check_wrong(c, "must be an object");
        return;
    }
    if (!is_plain && (!is_mrkdwn || field->shape == SHAPE_PLAIN)) {
        check_wrong_in(c, "type", "must be a valid enum value");
        return;
    }
    check_object(c, value, is_plain ? &plain : &mrkdwn);
    if (!text)
        return;
    before = check_enter(c, "text");
    check_string(c, text,
                 &(struct field){ .min = field->min ? field->min : 1,
                                  .max = field->max });
    buf_cut(&c->at, before);
}

/* ---- objects and lists -------------------------------------------------- */

static const struct schema *by_type(const struct schema *const *schemas,
                                    const json_t *json)
{
    for (; *schemas; schemas++)
        if (strcmp((*schemas)->type, type_of(json)) == 0)
            return *schemas;
    return NULL;
}

bool check_typed(struct check *c, const json_t *json)
{
    if (!json_is_object(json))
        check_wrong(c, "must be an object");
    else if (!json_is_string(json_object_get(json, "type")))
        check_wrong(c, "missing required field: type");
    else
        return true;
    return false;
}

static void check_one_of(struct check *c, const json_t *json,
                         const struct schema *const *schemas, unsigned places)
{
    const struct schema *schema;

    if (!check_typed(c, json))
        return;
    schema = by_type(schemas, json);
    if (!schema || (places && !(schema->places & places)) ||
        (schema->surfaces && !(schema->surfaces & c->surface)))
        check_wrong_in(c, "type", "unsupported type: %s", type_of(json));
    else
        check_object(c, json, schema);
}

static void check_element(struct check *c, const json_t *json,
                          const struct field *field)
{
    const char *id = json_string_value(json_object_get(json, "action_id"));

    if (id && json_object_get(c->action_ids, id))
        check_wrong_in(c, "action_id",
                       "`action_id` \"%s\" already exists in this block", id);
    else if (id)
        json_object_set_new(c->action_ids, id, json_true());
    if (json_is_true(json_object_get(json, "focus_on_load")) &&
        ++c->focused > 1)
        check_wrong_in(c, "focus_on_load",
                       "only one element may have focus_on_load");
    /* Texts stand among the elements of a context block. */
    if (field->places == IN_CONTEXT && strcmp(type_of(json), "image"))
        check_text(c, json,
                   &(struct field){ .shape = SHAPE_TEXT, .max = 2000 });
    else
        check_one_of(c, json, blockkit_elements, field->places);
}

static void check_list(struct check *c, const json_t *list,
                       const struct field *field)
{
    size_t size = json_array_size(list);
    size_t i;
    json_t *item;

    if (!json_is_array(list)) {
        check_wrong(c, "must be an array");
        return;
    }
    if (size < (size_t)field->min)
        check_wrong(c, "must have at least %d items", field->min);
    if (field->max && size > (size_t)field->max) {
        check_wrong(c, "no more than %d items allowed", field->max);
        return;
    }
    json_array_foreach(list, i, item)
    {
        size_t before = check_enter_item(c, i);

        check_field(c, item, field->item);
        buf_cut(&c->at, before);
    }
}

static void check_block(struct check *c, const json_t *block, unsigned places)
{
    const char *id = json_string_value(json_object_get(block, "block_id"));

    if (id && json_object_get(c->block_ids, id))
        check_wrong_in(c, "block_id", "`block_id` \"%s\" already exists", id);
    else if (id)
        json_object_set_new(c->block_ids, id, json_true());
    json_object_clear(c->action_ids);
    check_one_of(c, block, blockkit_blocks, places);
}

static void check_field(struct check *c, const json_t *value,
                        const struct field *field)
{
    if (field->nullable && json_is_null(value))
        return;
    switch (field->shape) {
    case SHAPE_STRING:
        check_string(c, value, field);
        break;
    case SHAPE_IMAGE:
    case SHAPE_LINK:
        check_url(c, value, field);
        break;
    case SHAPE_BOOL:
        if (!json_is_boolean(value))
            check_wrong(c, "must be a boolean");
        break;
    case SHAPE_INT:
        check_int(c, value, field);
        break;
    case SHAPE_NUMBER:
        if (!json_is_number(value))
            check_wrong(c, "must be a number");
        break;
    case SHAPE_WORD:
        check_word(c, value, field);
        break;
    case SHAPE_PLAIN:
    case SHAPE_TEXT:
        check_text(c, value, field);
        break;
    case SHAPE_OBJECT:
        check_object(c, value, field->schema);
        break;
    case SHAPE_ONE_OF:
        check_one_of(c, value, field->schemas, 0);
        break;
    case SHAPE_ELEMENT:
        check_element(c, value, field);
        break;
    case SHAPE_BLOCK:
        check_block(c, value, field->places);
        break;
    case SHAPE_LIST:
        check_list(c, value, field);
        break;
    case SHAPE_ANY:
        break;
    }
}

static const struct field *field_of(const struct schema *schema,
                                    const char *key)
{
    for (const struct field *f = schema->fields; f->key; f++)
        if (strcmp(f->key, key) == 0)
            return f;
    return NULL;
}

static void check_keys(struct check *c, const json_t *json,
                       const struct schema *schema)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)json, key, value)
    {
        const struct field *field = field_of(schema, key);
        size_t before;

        if (!field && schema->type && strcmp(key, "type") == 0)
            continue;
        if (!field) {
            check_wrong(c, "invalid additional property: %s", key);
            continue;
        }
        before = check_enter(c, key);
        check_field(c, value, field);
        buf_cut(&c->at, before);
    }
}

void check_object(struct check *c, const json_t *json,
                  const struct schema *schema)
{
    if (!json_is_object(json)) {
        check_wrong(c, "must be an object");
        return;
    }
    for (const struct field *f = schema->fields; f->key; f++)
        if (f->required && !json_object_get(json, f->key))
            check_wrong(c, "missing required field: %s", f->key);
    check_keys(c, json, schema);
    if (schema->also)
        schema->also(c, json);
}

void check_blocks(struct check *c, const json_t *blocks, int max)
{
    static const struct field block = { .shape = SHAPE_BLOCK,
                                        .places = ON_TOP };

    check_list(
        c, blocks,
        &(struct field){ .shape = SHAPE_LIST, .max = max, .item = &block });
}
