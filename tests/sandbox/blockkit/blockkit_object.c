/*
 * blockkit_object: what the composition objects may hold.
 *
 * Options, confirmations, filters: tables for the walk of blockkit.c (protocol
 * §6.3), shared by the elements.
 */
#include "tests/sandbox/blockkit/schema_element.h"

const char *const blockkit_styles[] = { "primary", "danger", NULL };

/* ---- composition objects ------------------------------------------------ */

static const struct field confirm_fields[] = {
    { .key = "title", .shape = SHAPE_PLAIN, .required = true, .max = 100 },
    { .key = "text", .shape = SHAPE_TEXT, .required = true, .max = 300 },
    { .key = "confirm", .shape = SHAPE_PLAIN, .max = 30 },
    { .key = "deny", .shape = SHAPE_PLAIN, .max = 30 },
    { .key = "style", .shape = SHAPE_WORD, .words = blockkit_styles },
    END,
};

const struct schema schema_confirm = { .fields = confirm_fields };

static const struct field option_fields[] = {
    { .key = "text", .shape = SHAPE_PLAIN, .required = true, .max = 75 },
    { .key = "value",
      .shape = SHAPE_STRING,
      .required = true,
      .min = 1,
      .max = 150 },
    { .key = "description", .shape = SHAPE_PLAIN, .max = 75 },
    END,
};

const struct schema schema_option = { .fields = option_fields };

/* Of checkboxes and radio buttons. */
static const struct field rich_option_fields[] = {
    { .key = "text", .shape = SHAPE_TEXT, .required = true, .max = 75 },
    { .key = "value",
      .shape = SHAPE_STRING,
      .required = true,
      .min = 1,
      .max = 150 },
    { .key = "description", .shape = SHAPE_TEXT, .max = 75 },
    END,
};

const struct schema schema_rich_option = { .fields = rich_option_fields };

/* Of an overflow menu. */
static const struct field link_option_fields[] = {
    { .key = "text", .shape = SHAPE_PLAIN, .required = true, .max = 75 },
    { .key = "value",
      .shape = SHAPE_STRING,
      .required = true,
      .min = 1,
      .max = 150 },
    { .key = "description", .shape = SHAPE_PLAIN, .max = 75 },
    { .key = "url", .shape = SHAPE_LINK, .max = 3000 },
    END,
};

static const struct schema link_option = { .fields = link_option_fields };

const struct field item_option = { .shape = SHAPE_OBJECT,
                                   .schema = &schema_option };
const struct field item_rich_option = { .shape = SHAPE_OBJECT,
                                        .schema = &schema_rich_option };
const struct field item_link_option = { .shape = SHAPE_OBJECT,
                                        .schema = &link_option };

static const struct field group_fields[] = {
    { .key = "label", .shape = SHAPE_PLAIN, .required = true, .max = 75 },
    { .key = "options",
      .shape = SHAPE_LIST,
      .required = true,
      .min = 1,
      .max = 100,
      .item = &item_option },
    END,
};

static const struct schema group = { .fields = group_fields };
const struct field item_group = { .shape = SHAPE_OBJECT, .schema = &group };

static const char *const conversations[] = { "im", "mpim", "private", "public",
                                             NULL };
static const struct field conversation_item = { .shape = SHAPE_WORD,
                                                .words = conversations };
static const struct field filter_fields[] = {
    { .key = "include",
      .shape = SHAPE_LIST,
      .min = 1,
      .max = 4,
      .item = &conversation_item },
    { .key = "exclude_external_shared_channels", .shape = SHAPE_BOOL },
    { .key = "exclude_bot_users", .shape = SHAPE_BOOL },
    END,
};

const struct schema schema_filter = { .fields = filter_fields };
const struct field item_id = { .shape = SHAPE_STRING, .min = 1 };

/* ---- checks that tables cannot say -------------------------------------- */

static bool options_hold(const json_t *options, const json_t *value)
{
    size_t i;
    json_t *option;

    json_array_foreach(options, i, option)
    {
        if (json_equal(json_object_get(option, "value"), value))
            return true;
    }
    return false;
}

static bool element_offers(const json_t *element, const json_t *option)
{
    const json_t *value = json_object_get(option, "value");
    size_t i;
    json_t *one;

    if (options_hold(json_object_get(element, "options"), value))
        return true;
    json_array_foreach(json_object_get(element, "option_groups"), i, one)
    {
        if (options_hold(json_object_get(one, "options"), value))
            return true;
    }
    return false;
}

/* The initial ones must be among the options. */
void check_initial(struct check *c, const json_t *element)
{
    const json_t *one = json_object_get(element, "initial_option");
    size_t i;
    json_t *option;

    if (one && !element_offers(element, one))
        check_wrong_in(c, "initial_option",
                       "must be one of the provided options");
    json_array_foreach(json_object_get(element, "initial_options"), i, option)
    {
        if (!element_offers(element, option))
            check_wrong_in(c, "initial_options",
                           "must be among the provided options");
    }
}

void check_options(struct check *c, const json_t *element)
{
    bool options = json_object_get(element, "options") != NULL;
    bool groups = json_object_get(element, "option_groups") != NULL;

    if (!options && !groups)
        check_wrong(c, "missing required field: options");
    if (options && groups)
        check_wrong(c, "options and option_groups exclude each other");
    check_initial(c, element);
}
