/*
 * blockkit_element: what buttons, pickers and inputs may hold, and the table of
 * all elements.
 *
 * Tables for the walk of blockkit.c. Limits are those of the protocol (§6.3).
 */
#include <string.h>

#include "tests/sandbox/blockkit/schema_element.h"

static const char *const triggers[] = { "on_enter_pressed",
                                        "on_character_entered", NULL };
static const struct field trigger_item = { .shape = SHAPE_WORD,
                                           .words = triggers };
static const struct field dispatch_fields[] = {
    { .key = "trigger_actions_on",
      .shape = SHAPE_LIST,
      .required = true,
      .min = 1,
      .max = 2,
      .item = &trigger_item },
    END,
};

static const struct schema dispatch = { .fields = dispatch_fields };

#define DISPATCH                                                               \
    {                                                                          \
        .key = "dispatch_action_config", .shape = SHAPE_OBJECT,                \
        .schema = &dispatch                                                    \
    }

static bool is_shaped(const char *text, const char *shape)
{
    size_t i;

    for (i = 0; text[i] && shape[i]; i++)
        if (shape[i] == '0' ? text[i] < '0' || text[i] > '9'
                            : text[i] != shape[i])
            return false;
    return !text[i] && !shape[i];
}

static void check_shaped(struct check *c, const json_t *element,
                         const char *key, const char *shape)
{
    const char *text = json_string_value(json_object_get(element, key));

    if (text && !is_shaped(text, shape))
        check_wrong_in(c, key, "must have the format %s", shape);
}

static void check_picked(struct check *c, const json_t *element)
{
    check_shaped(c, element, "initial_date", "0000-00-00");
    check_shaped(c, element, "initial_time", "00:00");
}

static void check_lengths(struct check *c, const json_t *element)
{
    const json_t *min = json_object_get(element, "min_length");
    const json_t *max = json_object_get(element, "max_length");
    const char *text =
        json_string_value(json_object_get(element, "initial_value"));

    if (min && max && json_integer_value(min) > json_integer_value(max))
        check_wrong_in(c, "min_length", "must not be more than max_length");
    if (text && max &&
        (json_int_t)blockkit_characters(text) > json_integer_value(max))
        check_wrong_in(c, "initial_value",
                       "must not be longer than max_length");
}

/* ---- elements ----------------------------------------------------------- */

static const struct field button_fields[] = {
    { .key = "text", .shape = SHAPE_PLAIN, .required = true, .max = 75 },
    ACTION_ID,
    { .key = "value", .shape = SHAPE_STRING, .max = 2000 },
    { .key = "url", .shape = SHAPE_LINK, .max = 3000 },
    { .key = "style", .shape = SHAPE_WORD, .words = blockkit_styles },
    CONFIRM,
    { .key = "accessibility_label", .shape = SHAPE_STRING, .max = 75 },
    END,
};

static const struct field date_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    CONFIRM,
    { .key = "initial_date", .shape = SHAPE_STRING, .min = 1 },
    END,
};

static const struct field time_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    CONFIRM,
    { .key = "initial_time", .shape = SHAPE_STRING, .min = 1 },
    { .key = "timezone", .shape = SHAPE_STRING, .min = 1 },
    END,
};

static const struct field datetime_fields[] = {
    ACTION_ID, FOCUS,
    CONFIRM,   { .key = "initial_date_time", .shape = SHAPE_INT, .min = 1 },
    END,
};

static const struct field text_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    DISPATCH,
    { .key = "initial_value", .shape = SHAPE_STRING, .max = 3000 },
    { .key = "multiline", .shape = SHAPE_BOOL },
    { .key = "min_length", .shape = SHAPE_INT, .min = 0, .max = 3000 },
    { .key = "max_length", .shape = SHAPE_INT, .min = 1, .max = 3000 },
    END,
};

static const struct field line_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    DISPATCH,
    { .key = "initial_value", .shape = SHAPE_STRING },
    END,
};

static const struct field number_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    DISPATCH,
    { .key = "is_decimal_allowed", .shape = SHAPE_BOOL, .required = true },
    { .key = "initial_value", .shape = SHAPE_STRING },
    { .key = "min_value", .shape = SHAPE_STRING },
    { .key = "max_value", .shape = SHAPE_STRING },
    END,
};

static const struct field filetype_item = { .shape = SHAPE_STRING, .min = 1 };
static const struct field file_fields[] = {
    ACTION_ID,
    { .key = "filetypes",
      .shape = SHAPE_LIST,
      .min = 1,
      .item = &filetype_item },
    { .key = "max_files", .shape = SHAPE_INT, .min = 1, .max = 10 },
    END,
};

static const struct field rich_input_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    DISPATCH,
    { .key = "initial_value",
      .shape = SHAPE_OBJECT,
      .schema = &schema_rich_text },
    { .key = "min_lines", .shape = SHAPE_INT, .min = 1, .max = 100 },
    { .key = "max_lines", .shape = SHAPE_INT, .min = 1, .max = 100 },
    END,
};

static const struct field image_fields[] = {
    { .key = "image_url", .shape = SHAPE_IMAGE, .max = 3000 },
    { .key = "slack_file", .shape = SHAPE_ANY },
    { .key = "alt_text",
      .shape = SHAPE_STRING,
      .required = true,
      .min = 1,
      .max = 2000 },
    END,
};

static void check_image(struct check *c, const json_t *element)
{
    if (!json_object_get(element, "image_url") ==
        !json_object_get(element, "slack_file"))
        check_wrong(c, "missing required field: image_url");
}

static const struct field feedback_button_fields[] = {
    { .key = "text", .shape = SHAPE_PLAIN, .required = true, .max = 75 },
    { .key = "value", .shape = SHAPE_STRING, .required = true, .max = 2000 },
    { .key = "accessibility_label", .shape = SHAPE_STRING, .max = 75 },
    END,
};

static const struct schema feedback_button = { .fields =
                                                   feedback_button_fields };
static const struct field feedback_fields[] = {
    ACTION_ID,
    { .key = "positive_button",
      .shape = SHAPE_OBJECT,
      .required = true,
      .schema = &feedback_button },
    { .key = "negative_button",
      .shape = SHAPE_OBJECT,
      .required = true,
      .schema = &feedback_button },
    END,
};

static const char *const icons[] = { "trash", NULL };
static const struct field icon_fields[] = {
    ACTION_ID,
    CONFIRM,
    { .key = "icon", .shape = SHAPE_WORD, .required = true, .words = icons },
    { .key = "text", .shape = SHAPE_PLAIN, .required = true, .max = 75 },
    { .key = "value", .shape = SHAPE_STRING, .max = 2000 },
    { .key = "accessibility_label", .shape = SHAPE_STRING, .max = 75 },
    { .key = "visible_to_user_ids",
      .shape = SHAPE_LIST,
      .min = 1,
      .item = &item_id },
    END,
};

static ELEMENT(button, IN_SECTION | IN_ACTIONS | IN_CARD, button_fields, NULL);
static ELEMENT(datepicker, ANYWHERE, date_fields, check_picked);
static ELEMENT(timepicker, ANYWHERE, time_fields, check_picked);
static ELEMENT(datetimepicker, IN_ACTIONS | IN_INPUT, datetime_fields, NULL);
static ELEMENT(plain_text_input, IN_INPUT, text_fields, check_lengths);
static ELEMENT(email_text_input, IN_INPUT, line_fields, NULL);
static ELEMENT(url_text_input, IN_INPUT, line_fields, NULL);
static ELEMENT(number_input, IN_INPUT, number_fields, NULL);
static ELEMENT(file_input, IN_INPUT, file_fields, NULL);
static ELEMENT(rich_text_input, IN_INPUT | IN_ACTIONS, rich_input_fields, NULL);
static ELEMENT(image, IN_SECTION | IN_CONTEXT, image_fields, check_image);
static ELEMENT(feedback_buttons, IN_CONTEXT_ACTIONS, feedback_fields, NULL);
static ELEMENT(icon_button, IN_CONTEXT_ACTIONS, icon_fields, NULL);

const struct schema *const blockkit_elements[] = {
    &button_element,
    &static_select_element,
    &multi_static_select_element,
    &external_select_element,
    &multi_external_select_element,
    &users_select_element,
    &multi_users_select_element,
    &channels_select_element,
    &multi_channels_select_element,
    &conversations_select_element,
    &multi_conversations_select_element,
    &overflow_element,
    &checkboxes_element,
    &radio_buttons_element,
    &datepicker_element,
    &timepicker_element,
    &datetimepicker_element,
    &plain_text_input_element,
    &email_text_input_element,
    &url_text_input_element,
    &number_input_element,
    &file_input_element,
    &rich_text_input_element,
    &image_element,
    &feedback_buttons_element,
    &icon_button_element,
    NULL,
};
