/*
 * blockkit_menu: what the elements with a choice may hold.
 *
 * Select menus, overflow menus, checkboxes and radio buttons: tables for the
 * walk of blockkit.c. Limits are those of the protocol (§6.3).
 */
#include "tests/sandbox/blockkit/schema_element.h"

static const struct field static_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    CONFIRM,
    { .key = "options",
      .shape = SHAPE_LIST,
      .min = 1,
      .max = 100,
      .item = &item_option },
    { .key = "option_groups",
      .shape = SHAPE_LIST,
      .min = 1,
      .max = 100,
      .item = &item_group },
    { .key = "initial_option",
      .shape = SHAPE_OBJECT,
      .schema = &schema_option },
    END,
};

static const struct field multi_static_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    CONFIRM,
    MAX_SELECTED,
    { .key = "options",
      .shape = SHAPE_LIST,
      .min = 1,
      .max = 100,
      .item = &item_option },
    { .key = "option_groups",
      .shape = SHAPE_LIST,
      .min = 1,
      .max = 100,
      .item = &item_group },
    { .key = "initial_options",
      .shape = SHAPE_LIST,
      .min = 1,
      .max = 100,
      .item = &item_option },
    END,
};

static const struct field external_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    CONFIRM,
    { .key = "min_query_length", .shape = SHAPE_INT, .min = 0, .max = 255 },
    { .key = "initial_option",
      .shape = SHAPE_OBJECT,
      .schema = &schema_option },
    END,
};

static const struct field multi_external_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    CONFIRM,
    MAX_SELECTED,
    { .key = "min_query_length", .shape = SHAPE_INT, .min = 0, .max = 255 },
    { .key = "initial_options",
      .shape = SHAPE_LIST,
      .min = 1,
      .max = 100,
      .item = &item_option },
    END,
};

static const struct field users_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    CONFIRM,
    { .key = "initial_user", .shape = SHAPE_STRING, .min = 1 },
    END,
};

static const struct field multi_users_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    CONFIRM,
    MAX_SELECTED,
    { .key = "initial_users",
      .shape = SHAPE_LIST,
      .min = 1,
      .max = 100,
      .item = &item_id },
    END,
};

static const struct field channels_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    CONFIRM,
    { .key = "initial_channel", .shape = SHAPE_STRING, .min = 1 },
    { .key = "response_url_enabled", .shape = SHAPE_BOOL },
    END,
};

static const struct field multi_channels_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    CONFIRM,
    MAX_SELECTED,
    { .key = "initial_channels",
      .shape = SHAPE_LIST,
      .min = 1,
      .max = 100,
      .item = &item_id },
    END,
};

static const struct field conversations_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    CONFIRM,
    { .key = "initial_conversation", .shape = SHAPE_STRING, .min = 1 },
    { .key = "default_to_current_conversation", .shape = SHAPE_BOOL },
    { .key = "response_url_enabled", .shape = SHAPE_BOOL },
    { .key = "filter", .shape = SHAPE_OBJECT, .schema = &schema_filter },
    END,
};

static const struct field multi_conversations_fields[] = {
    ACTION_ID,
    FOCUS,
    PLACEHOLDER,
    CONFIRM,
    MAX_SELECTED,
    { .key = "initial_conversations",
      .shape = SHAPE_LIST,
      .min = 1,
      .max = 100,
      .item = &item_id },
    { .key = "default_to_current_conversation", .shape = SHAPE_BOOL },
    { .key = "filter", .shape = SHAPE_OBJECT, .schema = &schema_filter },
    END,
};

static const struct field overflow_fields[] = {
    ACTION_ID,
    CONFIRM,
    { .key = "options",
      .shape = SHAPE_LIST,
      .required = true,
      .min = 1,
      .max = 5,
      .item = &item_link_option },
    END,
};

static const struct field checkboxes_fields[] = {
    ACTION_ID,
    FOCUS,
    CONFIRM,
    { .key = "options",
      .shape = SHAPE_LIST,
      .required = true,
      .min = 1,
      .max = 10,
      .item = &item_rich_option },
    { .key = "initial_options",
      .shape = SHAPE_LIST,
      .min = 1,
      .max = 10,
      .item = &item_rich_option },
    END,
};

static const struct field radio_fields[] = {
    ACTION_ID,
    FOCUS,
    CONFIRM,
    { .key = "options",
      .shape = SHAPE_LIST,
      .required = true,
      .min = 1,
      .max = 10,
      .item = &item_rich_option },
    { .key = "initial_option",
      .shape = SHAPE_OBJECT,
      .schema = &schema_rich_option },
    END,
};

ELEMENT(static_select, ANYWHERE, static_fields, check_options);
ELEMENT(multi_static_select, ANYWHERE, multi_static_fields, check_options);
ELEMENT(external_select, ANYWHERE, external_fields, NULL);
ELEMENT(multi_external_select, ANYWHERE, multi_external_fields, NULL);
ELEMENT(users_select, ANYWHERE, users_fields, NULL);
ELEMENT(multi_users_select, ANYWHERE, multi_users_fields, NULL);
ELEMENT(channels_select, ANYWHERE, channels_fields, NULL);
ELEMENT(multi_channels_select, ANYWHERE, multi_channels_fields, NULL);
ELEMENT(conversations_select, ANYWHERE, conversations_fields, NULL);
ELEMENT(multi_conversations_select, ANYWHERE, multi_conversations_fields, NULL);
ELEMENT(overflow, IN_SECTION | IN_ACTIONS, overflow_fields, NULL);
ELEMENT(checkboxes, ANYWHERE, checkboxes_fields, check_initial);
ELEMENT(radio_buttons, ANYWHERE, radio_fields, check_initial);
