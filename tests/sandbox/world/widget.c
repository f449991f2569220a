/* widget: the values of elements; see widget.h. */
#include "tests/sandbox/world/widget.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/blockkit/blockkit.h"

enum holds {
    HOLDS_TEXT,
    HOLDS_OPTION,
    HOLDS_OPTIONS,
    HOLDS_ID,
    HOLDS_IDS,
    HOLDS_TIME,
    HOLDS_ANY,
};

static const struct widget {
    const char *type;
    enum holds holds;
    const char *key;
    const char *initial;
    bool is_free; /* its options are not in the element */
} widgets[] = {
    { "channels_select", HOLDS_ID, "selected_channel", "initial_channel", 0 },
    { "checkboxes", HOLDS_OPTIONS, "selected_options", "initial_options", 0 },
    { "conversations_select", HOLDS_ID, "selected_conversation",
      "initial_conversation", 0 },
    { "datepicker", HOLDS_TEXT, "selected_date", "initial_date", 0 },
    { "datetimepicker", HOLDS_TIME, "selected_date_time", "initial_date_time",
      0 },
    { "email_text_input", HOLDS_TEXT, "value", "initial_value", 0 },
    { "external_select", HOLDS_OPTION, "selected_option", "initial_option", 1 },
    { "file_input", HOLDS_ANY, "files", NULL, 0 },
    { "multi_channels_select", HOLDS_IDS, "selected_channels",
      "initial_channels", 0 },
    { "multi_conversations_select", HOLDS_IDS, "selected_conversations",
      "initial_conversations", 0 },
    { "multi_external_select", HOLDS_OPTIONS, "selected_options",
      "initial_options", 1 },
    { "multi_static_select", HOLDS_OPTIONS, "selected_options",
      "initial_options", 0 },
    { "multi_users_select", HOLDS_IDS, "selected_users", "initial_users", 0 },
    { "number_input", HOLDS_TEXT, "value", "initial_value", 0 },
    { "overflow", HOLDS_OPTION, "selected_option", NULL, 0 },
    { "plain_text_input", HOLDS_TEXT, "value", "initial_value", 0 },
    { "radio_buttons", HOLDS_OPTION, "selected_option", "initial_option", 0 },
    { "rich_text_input", HOLDS_ANY, "rich_text_value", "initial_value", 0 },
    { "static_select", HOLDS_OPTION, "selected_option", "initial_option", 0 },
    { "timepicker", HOLDS_TEXT, "selected_time", "initial_time", 0 },
    { "url_text_input", HOLDS_TEXT, "value", "initial_value", 0 },
    { "users_select", HOLDS_ID, "selected_user", "initial_user", 0 },
};

static const char *text_in(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text ? text : "";
}

static const struct widget *widget_of(const json_t *element)
{
    const char *type = text_in(element, "type");

    for (size_t i = 0; i < sizeof(widgets) / sizeof(*widgets); i++)
        if (strcmp(widgets[i].type, type) == 0)
            return &widgets[i];
    return NULL;
}

bool widget_is_stateful(const json_t *element)
{
    const struct widget *widget = widget_of(element);

    return widget && strcmp(widget->type, "overflow") != 0;
}

static bool is_list(const struct widget *widget)
{
    return widget->holds == HOLDS_OPTIONS || widget->holds == HOLDS_IDS ||
           strcmp(widget->key, "files") == 0;
}

static json_t *holding(const struct widget *widget, json_t *value)
{
    return json_pack("{s:s, s:o}", "type", widget->type, widget->key, value);
}

static json_t *nothing(const struct widget *widget)
{
    return is_list(widget) ? json_array() : json_null();
}

json_t *widget_initial(const json_t *element)
{
    const struct widget *widget = widget_of(element);
    json_t *value =
        widget->initial ? json_object_get(element, widget->initial) : NULL;

    return holding(widget, value ? json_deep_copy(value) : nothing(widget));
}

/* ---- options ------------------------------------------------------------ */

static json_t *option_in(const json_t *options, const char *value)
{
    size_t i;
    json_t *option;

    json_array_foreach(options, i, option)
    {
        if (strcmp(text_in(option, "value"), value) == 0)
            return option;
    }
    return NULL;
}

/* The option of that value. New, or NULL. */
static json_t *option_of(const struct widget *widget, const json_t *element,
                         const char *value)
{
    json_t *option = option_in(json_object_get(element, "options"), value);
    size_t i;
    json_t *group;

    json_array_foreach(json_object_get(element, "option_groups"), i, group)
    {
        if (!option)
            option = option_in(json_object_get(group, "options"), value);
    }
    if (option)
        return json_deep_copy(option);
    if (!widget->is_free)
        return NULL;
    return json_pack("{s:{s:s, s:s, s:b}, s:s}", "text", "type", "plain_text",
                     "text", value, "emoji", 1, "value", value);
}

/* One item of a list, or the only one. New, or NULL. */
static json_t *item_of(const struct widget *widget, const json_t *element,
                       const json_t *given)
{
    if (!json_is_string(given))
        return NULL;
    if (widget->holds == HOLDS_OPTION || widget->holds == HOLDS_OPTIONS)
        return option_of(widget, element, json_string_value(given));
    return json_deep_copy(given);
}

static json_t *list_of(const struct widget *widget, const json_t *element,
                       const json_t *given)
{
    json_t *list = json_array();
    size_t i;
    json_t *one;

    json_array_foreach(given, i, one)
    {
        json_t *item = item_of(widget, element, one);

        if (!item) {
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *value_of(const struct widget *widget, const json_t *element,
                        const json_t *given)
{
    if (json_is_null(given))
        return nothing(widget);
    switch (widget->holds) {
    case HOLDS_TEXT:
    case HOLDS_ID:
    case HOLDS_OPTION:
        return item_of(widget, element, given);
    case HOLDS_OPTIONS:
    case HOLDS_IDS:
        return json_is_array(given) ? list_of(widget, element, given) : NULL;
    case HOLDS_TIME:
        return json_is_integer(given) ? json_deep_copy(given) : NULL;
    case HOLDS_ANY:
        break;
    }
    return json_deep_copy(given);
}

json_t *widget_given(const json_t *element, const json_t *given,
                     const char **wrong)
{
    const struct widget *widget = widget_of(element);
    json_t *value = NULL;

    *wrong = NULL;
    if (!widget)
        *wrong = "this element holds no value";
    else if (!(value = value_of(widget, element, given)))
        *wrong = widget->holds == HOLDS_OPTION || widget->holds == HOLDS_OPTIONS
                     ? "value: not among the options"
                     : "value: of the wrong type for this element";
    return value ? holding(widget, value) : NULL;
}

/* ---- submitting --------------------------------------------------------- */

static const json_t *held(const json_t *value)
{
    const struct widget *widget = widget_of(value);

    return widget ? json_object_get(value, widget->key) : NULL;
}

bool widget_is_empty(const json_t *value)
{
    const json_t *is = held(value);

    return !is || json_is_null(is) ||
           (json_is_string(is) && !json_string_length(is)) ||
           (json_is_array(is) && !json_array_size(is));
}

static const char *refuse_text(const json_t *element, const char *text)
{
    const json_t *min = json_object_get(element, "min_length");
    const json_t *max = json_object_get(element, "max_length");
    json_int_t len = (json_int_t)blockkit_characters(text);

    if (min && len < json_integer_value(min))
        return "shorter than min_length";
    if (max && len > json_integer_value(max))
        return "longer than max_length";
    return max || len <= 3000 ? NULL : "longer than 3000 characters";
}

static const char *refuse_number(const json_t *element, const char *text)
{
    const char *min = text_in(element, "min_value");
    const char *max = text_in(element, "max_value");
    char *end;
    double n = strtod(text, &end);

    if (end == text || *end)
        return "not a number";
    if (!json_is_true(json_object_get(element, "is_decimal_allowed")) &&
        strchr(text, '.'))
        return "not a whole number";
    if (*min && n < strtod(min, NULL))
        return "less than min_value";
    return *max && n > strtod(max, NULL) ? "more than max_value" : NULL;
}

const char *widget_refuse(const json_t *element, const json_t *value)
{
    const char *type = text_in(element, "type");
    const char *text = json_string_value(held(value));
    const json_t *max = json_object_get(element, "max_selected_items");

    if (max &&
        (json_int_t)json_array_size(held(value)) > json_integer_value(max))
        return "more than max_selected_items";
    if (!text || !*text)
        return NULL;
    if (strcmp(type, "plain_text_input") == 0)
        return refuse_text(element, text);
    if (strcmp(type, "number_input") == 0)
        return refuse_number(element, text);
    if (strcmp(type, "email_text_input") == 0 && !strchr(text, '@'))
        return "not an e-mail address";
    if (strcmp(type, "url_text_input") == 0 && !strstr(text, "://"))
        return "not a URL";
    return NULL;
}

/* ---- all of them -------------------------------------------------------- */

void widget_store(json_t *values, const json_t *block, const json_t *element,
                  json_t *value)
{
    const char *block_id = text_in(block, "block_id");
    json_t *of_block = json_object_get(values, block_id);

    if (!of_block) {
        of_block = json_object();
        json_object_set_new(values, block_id, of_block);
    }
    json_object_set_new(of_block, text_in(element, "action_id"), value);
}

struct states {
    json_t *values;
    const json_t *earlier;
};

static bool add_state(void *arg, json_t *block, json_t *element)
{
    struct states *s = arg;
    json_t *old =
        json_object_get(json_object_get(s->earlier, text_in(block, "block_id")),
                        text_in(element, "action_id"));

    if (!widget_is_stateful(element))
        return false;
    if (old && strcmp(text_in(old, "type"), text_in(element, "type")) == 0)
        widget_store(s->values, block, element, json_deep_copy(old));
    else
        widget_store(s->values, block, element, widget_initial(element));
    return false;
}

json_t *widget_states(const json_t *blocks, const json_t *earlier)
{
    struct states s = { .values = json_object(), .earlier = earlier };

    blockkit_each(blocks, add_state, &s);
    return s.values;
}
