/*
 * blockkit_rare: what the rarer and newer blocks may hold.
 *
 * Tables for the walk of blockkit.c (protocol §6.2): video, alert, card,
 * carousel, container, task_card and plan. Blocks that are not in the tables
 * (file, call, data_table, data_visualization) are refused as unknown.
 */
#include "tests/sandbox/blockkit/schema_rare.h"

/* ---- video, alert ------------------------------------------------------- */

static const struct field video_fields[] = {
    BLOCK_ID,
    { .key = "alt_text", .shape = SHAPE_STRING, .required = true, .min = 1 },
    { .key = "video_url", .shape = SHAPE_IMAGE, .required = true },
    { .key = "thumbnail_url", .shape = SHAPE_IMAGE, .required = true },
    { .key = "title", .shape = SHAPE_PLAIN, .required = true, .max = 199 },
    { .key = "title_url", .shape = SHAPE_IMAGE },
    { .key = "author_name", .shape = SHAPE_STRING, .max = 49 },
    { .key = "provider_name", .shape = SHAPE_STRING },
    { .key = "provider_icon_url", .shape = SHAPE_IMAGE },
    { .key = "description", .shape = SHAPE_PLAIN },
    END,
};

const struct schema schema_video = { .type = "video",
                                     .places = ON_TOP | IN_CONTAINER,
                                     .fields = video_fields };

static const char *const levels[] = { "default", "info",    "warning",
                                      "error",   "success", NULL };
static const struct field alert_fields[] = {
    BLOCK_ID,
    { .key = "text", .shape = SHAPE_TEXT, .required = true, .max = 3000 },
    { .key = "level", .shape = SHAPE_WORD, .words = levels },
    END,
};

const struct schema schema_alert = { .type = "alert",
                                     .surfaces = SURFACE_MODAL,
                                     .places = ON_TOP,
                                     .fields = alert_fields };

/* ---- card, carousel ----------------------------------------------------- */

static const struct field card_action_item = { .shape = SHAPE_ELEMENT,
                                               .places = IN_CARD };
static const struct field card_fields[] = {
    BLOCK_ID,
    { .key = "hero_image", .shape = SHAPE_ANY },
    { .key = "icon", .shape = SHAPE_ANY },
    { .key = "slack_icon", .shape = SHAPE_ANY },
    { .key = "title", .shape = SHAPE_TEXT, .max = 150 },
    { .key = "subtitle", .shape = SHAPE_TEXT, .max = 150 },
    { .key = "body", .shape = SHAPE_TEXT, .max = 200 },
    { .key = "subtext", .shape = SHAPE_TEXT, .max = 200 },
    { .key = "actions",
      .shape = SHAPE_LIST,
      .min = 1,
      .max = 5,
      .item = &card_action_item },
    END,
};

static void check_card(struct check *c, const json_t *card)
{
    if (!json_object_get(card, "hero_image") &&
        !json_object_get(card, "title") && !json_object_get(card, "actions") &&
        !json_object_get(card, "body"))
        check_wrong(c, "missing required field: title");
    if (json_object_get(card, "icon") && json_object_get(card, "slack_icon"))
        check_wrong(c, "icon and slack_icon exclude each other");
}

const struct schema schema_card = { .type = "card",
                                    .surfaces = SURFACE_MESSAGE,
                                    .places = ON_TOP | IN_CAROUSEL,
                                    .fields = card_fields,
                                    .also = check_card };

static const struct field carousel_item = { .shape = SHAPE_BLOCK,
                                            .places = IN_CAROUSEL };
static const struct field carousel_fields[] = {
    BLOCK_ID,
    { .key = "elements",
      .shape = SHAPE_LIST,
      .required = true,
      .min = 1,
      .max = 10,
      .item = &carousel_item },
    END,
};

const struct schema schema_carousel = { .type = "carousel",
                                        .surfaces = SURFACE_MESSAGE,
                                        .places = ON_TOP,
                                        .fields = carousel_fields };

/* ---- container ---------------------------------------------------------- */

static const char *const widths[] = { "narrow", "standard", "wide", "full",
                                      NULL };
static const struct field container_item = { .shape = SHAPE_BLOCK,
                                             .places = IN_CONTAINER };
static const struct field container_fields[] = {
    BLOCK_ID,
    { .key = "child_blocks",
      .shape = SHAPE_LIST,
      .required = true,
      .min = 1,
      .max = 10,
      .item = &container_item },
    { .key = "title", .shape = SHAPE_PLAIN, .max = 150 },
    { .key = "rich_text_title",
      .shape = SHAPE_OBJECT,
      .schema = &schema_rich_text },
    { .key = "subtitle", .shape = SHAPE_PLAIN, .max = 150 },
    { .key = "icon", .shape = SHAPE_ANY },
    { .key = "width", .shape = SHAPE_WORD, .words = widths },
    { .key = "is_collapsible", .shape = SHAPE_BOOL },
    { .key = "default_collapsed", .shape = SHAPE_BOOL },
    { .key = "has_header_divider", .shape = SHAPE_BOOL },
    END,
};

static void check_container(struct check *c, const json_t *block)
{
    if (!json_object_get(block, "title") ==
        !json_object_get(block, "rich_text_title"))
        check_wrong(c, "missing required field: title");
}

const struct schema schema_container = { .type = "container",
                                         .places = ON_TOP,
                                         .fields = container_fields,
                                         .also = check_container };

/* ---- task_card, plan ---------------------------------------------------- */

static const char *const states[] = { "pending", "in_progress", "complete",
                                      "error", NULL };
static const struct field source_fields[] = {
    { .key = "url", .shape = SHAPE_LINK, .required = true },
    { .key = "text", .shape = SHAPE_STRING, .required = true, .min = 1 },
    END,
};

static const struct schema source = { .type = "url", .fields = source_fields };
static const struct field source_item = { .shape = SHAPE_OBJECT,
                                          .schema = &source };
static const struct field task_fields[] = {
    BLOCK_ID,
    { .key = "task_id", .shape = SHAPE_STRING, .required = true, .min = 1 },
    { .key = "title", .shape = SHAPE_STRING, .required = true, .min = 1 },
    { .key = "status", .shape = SHAPE_WORD, .required = true, .words = states },
    { .key = "details", .shape = SHAPE_OBJECT, .schema = &schema_rich_text },
    { .key = "output", .shape = SHAPE_OBJECT, .schema = &schema_rich_text },
    { .key = "sources", .shape = SHAPE_LIST, .item = &source_item },
    END,
};

const struct schema schema_task_card = { .type = "task_card",
                                         .surfaces = SURFACE_MESSAGE,
                                         .places = ON_TOP | IN_PLAN,
                                         .fields = task_fields };

static const struct field task_item = { .shape = SHAPE_BLOCK,
                                        .places = IN_PLAN };
static const struct field plan_fields[] = {
    BLOCK_ID,
    { .key = "title", .shape = SHAPE_STRING, .required = true, .min = 1 },
    { .key = "tasks", .shape = SHAPE_LIST, .item = &task_item },
    END,
};

const struct schema schema_plan = { .type = "plan",
                                    .surfaces = SURFACE_MESSAGE,
                                    .places = ON_TOP,
                                    .fields = plan_fields };
