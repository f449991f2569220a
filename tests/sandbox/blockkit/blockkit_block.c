/*
 * blockkit_block: what the blocks of every day, and views, may hold.
 *
 * Tables for the walk of blockkit.c. Limits are those of the protocol (§6.1
 * and §6.2). The rarer blocks are in blockkit_rare.c.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/blockkit/schema_rare.h"

#define TABLE_TEXT_MAX 10000

static const char *text_in(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

/* ---- section, header, image, context, actions --------------------------- */

static const struct field section_field_item = { .shape = SHAPE_TEXT,
                                                 .max = 2000 };
static const struct field section_fields[] = {
    BLOCK_ID,
    { .key = "text", .shape = SHAPE_TEXT, .max = 3000 },
    { .key = "fields",
      .shape = SHAPE_LIST,
      .min = 1,
      .max = 10,
      .item = &section_field_item },
    { .key = "accessory", .shape = SHAPE_ELEMENT, .places = IN_SECTION },
    { .key = "expand", .shape = SHAPE_BOOL },
    END,
};

static void check_section(struct check *c, const json_t *block)
{
    if (!json_object_get(block, "text") && !json_object_get(block, "fields"))
        check_wrong(c, "missing required field: text or fields");
}

static const struct field divider_fields[] = { BLOCK_ID, END };

static const struct field header_fields[] = {
    BLOCK_ID,
    { .key = "text", .shape = SHAPE_PLAIN, .required = true, .max = 150 },
    { .key = "level", .shape = SHAPE_INT, .min = 1, .max = 4 },
    END,
};

static const struct field image_fields[] = {
    BLOCK_ID,
    { .key = "image_url", .shape = SHAPE_IMAGE, .max = 3000 },
    { .key = "slack_file", .shape = SHAPE_ANY },
    { .key = "alt_text",
      .shape = SHAPE_STRING,
      .required = true,
      .min = 1,
      .max = 2000 },
    { .key = "title", .shape = SHAPE_PLAIN, .max = 2000 },
    END,
};

static void check_image(struct check *c, const json_t *block)
{
    if (!json_object_get(block, "image_url") ==
        !json_object_get(block, "slack_file"))
        check_wrong(c, "missing required field: image_url");
}

static const struct field context_item = { .shape = SHAPE_ELEMENT,
                                           .places = IN_CONTEXT };
static const struct field context_fields[] = {
    BLOCK_ID,
    { .key = "elements",
      .shape = SHAPE_LIST,
      .required = true,
      .min = 1,
      .max = 10,
      .item = &context_item },
    END,
};

static const struct field actions_item = { .shape = SHAPE_ELEMENT,
                                           .places = IN_ACTIONS };
static const struct field actions_fields[] = {
    BLOCK_ID,
    { .key = "elements",
      .shape = SHAPE_LIST,
      .required = true,
      .min = 1,
      .max = 25,
      .item = &actions_item },
    END,
};

static const struct field context_actions_item = {
    .shape = SHAPE_ELEMENT,
    .places = IN_CONTEXT_ACTIONS,
};
static const struct field context_actions_fields[] = {
    BLOCK_ID,
    { .key = "elements",
      .shape = SHAPE_LIST,
      .required = true,
      .min = 1,
      .max = 5,
      .item = &context_actions_item },
    END,
};

static const struct field input_fields[] = {
    BLOCK_ID,
    { .key = "label", .shape = SHAPE_PLAIN, .required = true, .max = 2000 },
    { .key = "element",
      .shape = SHAPE_ELEMENT,
      .required = true,
      .places = IN_INPUT },
    { .key = "hint", .shape = SHAPE_PLAIN, .max = 2000 },
    { .key = "optional", .shape = SHAPE_BOOL },
    { .key = "dispatch_action", .shape = SHAPE_BOOL },
    END,
};

/* ---- markdown ----------------------------------------------------------- */

static const struct field markdown_fields[] = {
    BLOCK_ID,
    { .key = "text",
      .shape = SHAPE_STRING,
      .required = true,
      .min = 1,
      .max = MARKDOWN_TOTAL_MAX },
    END,
};

static void check_markdown(struct check *c, const json_t *block)
{
    const char *text = text_in(block, "text");

    c->markdown += text ? blockkit_characters(text) : 0;
    if (c->markdown > MARKDOWN_TOTAL_MAX)
        check_wrong_in(c, "text", "must be less than %d characters",
                       MARKDOWN_TOTAL_MAX + 1);
}

/* ---- table -------------------------------------------------------------- */

static const char *const aligns[] = { "left", "center", "right", NULL };
static const struct field column_fields[] = {
    { .key = "align", .shape = SHAPE_WORD, .words = aligns },
    { .key = "is_wrapped", .shape = SHAPE_BOOL },
    END,
};

static const struct schema column = { .fields = column_fields };
/* A column without settings is null. */
static const struct field column_item = { .shape = SHAPE_OBJECT,
                                          .nullable = true,
                                          .schema = &column };
static const struct field cell_item = { .shape = SHAPE_BLOCK,
                                        .places = IN_CELL };
static const struct field row_item = {
    .shape = SHAPE_LIST, .min = 1, .max = 20, .item = &cell_item
};
static const struct field table_fields[] = {
    BLOCK_ID,
    { .key = "rows",
      .shape = SHAPE_LIST,
      .required = true,
      .min = 1,
      .max = 100,
      .item = &row_item },
    { .key = "column_settings",
      .shape = SHAPE_LIST,
      .max = 20,
      .item = &column_item },
    END,
};

static void check_table(struct check *c, const json_t *block)
{
    json_t *alone = json_pack("[O]", block);

    if (++c->tables > 1)
        check_wrong(c, "only one table is allowed in a message");
    if (blockkit_length(alone) > TABLE_TEXT_MAX)
        check_wrong(c, "must be less than %d characters", TABLE_TEXT_MAX + 1);
    json_decref(alone);
}

static const struct field raw_text_fields[] = {
    { .key = "text", .shape = SHAPE_STRING, .required = true, .min = 1 },
    END,
};

/* ---- the table of blocks ------------------------------------------------ */

#define EVERYWHERE (SURFACE_MESSAGE | SURFACE_MODAL | SURFACE_HOME)
#define VIEWS      (SURFACE_MODAL | SURFACE_HOME)

#define BLOCK(name, where, nested, list, check)                                \
    static const struct schema name##_block = { .type = #name,                 \
                                                .surfaces = (where),           \
                                                .places = (nested),            \
                                                .fields = (list),              \
                                                .also = (check) }

BLOCK(section, EVERYWHERE, ON_TOP | IN_CONTAINER, section_fields,
      check_section);
BLOCK(divider, EVERYWHERE, ON_TOP | IN_CONTAINER, divider_fields, NULL);
BLOCK(header, EVERYWHERE, ON_TOP | IN_CONTAINER, header_fields, NULL);
BLOCK(image, EVERYWHERE, ON_TOP | IN_CONTAINER, image_fields, check_image);
BLOCK(context, EVERYWHERE, ON_TOP | IN_CONTAINER, context_fields, NULL);
BLOCK(actions, EVERYWHERE, ON_TOP | IN_CONTAINER, actions_fields, NULL);
BLOCK(context_actions, SURFACE_MESSAGE, ON_TOP, context_actions_fields, NULL);
BLOCK(input, VIEWS, ON_TOP | IN_CONTAINER, input_fields, NULL);
BLOCK(markdown, SURFACE_MESSAGE, ON_TOP, markdown_fields, check_markdown);
BLOCK(table, SURFACE_MESSAGE, ON_TOP | IN_CONTAINER, table_fields, check_table);
BLOCK(raw_text, SURFACE_MESSAGE, IN_CELL, raw_text_fields, NULL);

const struct schema *const blockkit_blocks[] = {
    &section_block,         &divider_block,
    &header_block,          &image_block,
    &context_block,         &actions_block,
    &context_actions_block, &input_block,
    &markdown_block,        &table_block,
    &raw_text_block,        &schema_rich_text,
    &schema_video,          &schema_alert,
    &schema_card,           &schema_carousel,
    &schema_container,      &schema_task_card,
    &schema_plan,           NULL,
};

/* ---- views -------------------------------------------------------------- */

static const struct field view_block = { .shape = SHAPE_BLOCK,
                                         .places = ON_TOP };

static const struct field home_fields[] = {
    { .key = "blocks",
      .shape = SHAPE_LIST,
      .required = true,
      .max = BLOCKS_IN_VIEW,
      .item = &view_block },
    { .key = "private_metadata", .shape = SHAPE_STRING, .max = 3000 },
    { .key = "callback_id", .shape = SHAPE_STRING, .max = 255 },
    { .key = "external_id", .shape = SHAPE_STRING, .max = 255 },
    END,
};

const struct schema schema_home = { .type = "home", .fields = home_fields };

static const struct field modal_fields[] = {
    { .key = "blocks",
      .shape = SHAPE_LIST,
      .required = true,
      .max = BLOCKS_IN_VIEW,
      .item = &view_block },
    { .key = "private_metadata", .shape = SHAPE_STRING, .max = 3000 },
    { .key = "callback_id", .shape = SHAPE_STRING, .max = 255 },
    { .key = "external_id", .shape = SHAPE_STRING, .max = 255 },
    { .key = "title", .shape = SHAPE_PLAIN, .required = true, .max = 24 },
    { .key = "submit", .shape = SHAPE_PLAIN, .max = 24 },
    { .key = "close", .shape = SHAPE_PLAIN, .max = 24 },
    { .key = "clear_on_close", .shape = SHAPE_BOOL },
    { .key = "notify_on_close", .shape = SHAPE_BOOL },
    { .key = "submit_disabled", .shape = SHAPE_BOOL },
    END,
};

static void check_modal(struct check *c, const json_t *view)
{
    size_t i;
    json_t *block;

    if (json_object_get(view, "submit"))
        return;
    json_array_foreach(json_object_get(view, "blocks"), i, block)
    {
        const char *type = text_in(block, "type");

        if (type && strcmp(type, "input") == 0) {
            check_wrong(c, "missing required field: submit (the view has "
                           "input blocks)");
            return;
        }
    }
}

const struct schema schema_modal = { .type = "modal",
                                     .fields = modal_fields,
                                     .also = check_modal };
