/*
 * schema_element: the fields and checks that the files of elements share.
 *
 * For the files of blockkit only: objects are in blockkit_object.c, menus in
 * blockkit_menu.c, all other elements in blockkit_element.c.
 */
#ifndef SANDBOX_SCHEMA_ELEMENT_H
#define SANDBOX_SCHEMA_ELEMENT_H

#include "tests/sandbox/blockkit/schema.h"

/* Fields that many elements have; limits from slack-protocol §6.3. */
#define ACTION_ID                                                              \
    {                                                                          \
        .key = "action_id", .shape = SHAPE_STRING, .min = 1, .max = 255        \
    }
#define FOCUS                                                                  \
    {                                                                          \
        .key = "focus_on_load", .shape = SHAPE_BOOL                            \
    }
#define PLACEHOLDER                                                            \
    {                                                                          \
        .key = "placeholder", .shape = SHAPE_PLAIN, .max = 150                 \
    }
#define CONFIRM                                                                \
    {                                                                          \
        .key = "confirm", .shape = SHAPE_OBJECT, .schema = &schema_confirm     \
    }
#define MAX_SELECTED                                                           \
    {                                                                          \
        .key = "max_selected_items", .shape = SHAPE_INT, .min = 1, .max = 100  \
    }
#define END                                                                    \
    {                                                                          \
        .key = NULL                                                            \
    }
/* Where most elements may stand. */
#define ANYWHERE (IN_SECTION | IN_ACTIONS | IN_INPUT)

/* An element of this name, with its fields and its check. */
#define ELEMENT(name, where, list, check)                                      \
    const struct schema name##_element = {                                     \
        .type = #name, .places = (where), .fields = (list), .also = (check)    \
    }

/* "primary", "danger", and a NULL. */
extern const char *const blockkit_styles[];
extern const struct schema schema_rich_option; /* its texts may be mrkdwn */
extern const struct schema schema_filter;
/* What stands in the arrays: of options, option groups, plain ids. */
extern const struct field item_option;
extern const struct field item_rich_option;
extern const struct field item_link_option;
extern const struct field item_group;
extern const struct field item_id;

/* options or option_groups, and the initial ones are among them. */
void check_options(struct check *c, const json_t *element);
void check_initial(struct check *c, const json_t *element);

/* Elements that choose: all in blockkit_menu.c, each with its own limits on
 * how many options there may be. */
extern const struct schema static_select_element;
extern const struct schema multi_static_select_element;
extern const struct schema external_select_element;
extern const struct schema multi_external_select_element;
extern const struct schema users_select_element;
extern const struct schema multi_users_select_element;
extern const struct schema channels_select_element;
extern const struct schema multi_channels_select_element;
extern const struct schema conversations_select_element;
extern const struct schema multi_conversations_select_element;
extern const struct schema overflow_element;
extern const struct schema checkboxes_element;
extern const struct schema radio_buttons_element;

#endif
