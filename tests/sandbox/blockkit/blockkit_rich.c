/*
 * blockkit_rich: what rich text may hold.
 *
 * Tables for the walk of blockkit.c (protocol §6.2, rich_text).
 */
#include "tests/sandbox/blockkit/schema_rare.h"

static const struct field style_fields[] = {
    { .key = "bold", .shape = SHAPE_BOOL },
    { .key = "italic", .shape = SHAPE_BOOL },
    { .key = "strike", .shape = SHAPE_BOOL },
    { .key = "code", .shape = SHAPE_BOOL },
    { .key = "underline", .shape = SHAPE_BOOL },
    { .key = "highlight", .shape = SHAPE_BOOL },
    { .key = "client_highlight", .shape = SHAPE_BOOL },
    { .key = "unlink", .shape = SHAPE_BOOL },
    END,
};

static const struct schema style = { .fields = style_fields };

#define STYLE                                                                  \
    {                                                                          \
        .key = "style", .shape = SHAPE_OBJECT, .schema = &style                \
    }
#define NEEDED(name)                                                           \
    {                                                                          \
        .key = (name), .shape = SHAPE_STRING, .required = true, .min = 1       \
    }

static const struct field text_fields[] = { NEEDED("text"), STYLE, END };
static const struct field link_fields[] = {
    { .key = "url", .shape = SHAPE_LINK, .required = true },
    { .key = "text", .shape = SHAPE_STRING },
    { .key = "unsafe", .shape = SHAPE_BOOL },
    STYLE,
    END,
};
static const struct field emoji_fields[] = {
    NEEDED("name"),
    { .key = "unicode", .shape = SHAPE_STRING },
    STYLE,
    END,
};
static const struct field user_fields[] = { NEEDED("user_id"), STYLE, END };
static const struct field group_fields[] = { NEEDED("usergroup_id"), STYLE,
                                             END };
static const struct field channel_fields[] = { NEEDED("channel_id"), STYLE,
                                               END };
static const struct field team_fields[] = { NEEDED("team_id"), STYLE, END };

static const char *const ranges[] = { "here", "channel", "everyone", NULL };
static const struct field broadcast_fields[] = {
    { .key = "range", .shape = SHAPE_WORD, .required = true, .words = ranges },
    STYLE,
    END,
};
static const struct field color_fields[] = { NEEDED("value"), STYLE, END };
static const struct field date_fields[] = {
    { .key = "timestamp", .shape = SHAPE_INT, .required = true },
    NEEDED("format"),
    { .key = "url", .shape = SHAPE_LINK },
    { .key = "fallback", .shape = SHAPE_STRING },
    STYLE,
    END,
};

#define LEAF(name)                                                             \
    static const struct schema name##_leaf = { .type = #name,                  \
                                               .fields = name##_fields }

LEAF(text);
LEAF(link);
LEAF(emoji);
LEAF(user);
LEAF(channel);
LEAF(team);
LEAF(broadcast);
LEAF(color);
LEAF(date);
static const struct schema group_leaf = { .type = "usergroup",
                                          .fields = group_fields };

static const struct schema *const leaves[] = {
    &text_leaf,  &link_leaf,    &emoji_leaf, &user_leaf,
    &group_leaf, &channel_leaf, &team_leaf,  &broadcast_leaf,
    &color_leaf, &date_leaf,    NULL,
};

static const struct field leaf_item = { .shape = SHAPE_ONE_OF,
                                        .schemas = leaves };

#define LEAVES                                                                 \
    {                                                                          \
        .key = "elements", .shape = SHAPE_LIST, .required = true,              \
        .item = &leaf_item                                                     \
    }
#define BORDER                                                                 \
    {                                                                          \
        .key = "border", .shape = SHAPE_INT, .min = 0, .max = 1                \
    }

static const struct field section_fields[] = { LEAVES, END };
static const struct field bordered_fields[] = { LEAVES, BORDER, END };
static const struct field preformatted_fields[] = {
    LEAVES,
    BORDER,
    { .key = "language", .shape = SHAPE_STRING },
    END,
};

static const struct schema section = { .type = "rich_text_section",
                                       .fields = section_fields };
static const struct schema *const sections[] = { &section, NULL };
static const struct field section_item = { .shape = SHAPE_ONE_OF,
                                           .schemas = sections };
static const char *const list_styles[] = { "bullet", "ordered", NULL };
static const struct field list_fields[] = {
    { .key = "style",
      .shape = SHAPE_WORD,
      .required = true,
      .words = list_styles },
    { .key = "elements",
      .shape = SHAPE_LIST,
      .required = true,
      .min = 1,
      .item = &section_item },
    { .key = "indent", .shape = SHAPE_INT, .min = 0, .max = 8 },
    { .key = "offset", .shape = SHAPE_INT, .min = 0 },
    BORDER,
    END,
};

static const struct schema list = { .type = "rich_text_list",
                                    .fields = list_fields };
static const struct schema preformatted = { .type = "rich_text_preformatted",
                                            .fields = preformatted_fields };
static const struct schema quote = { .type = "rich_text_quote",
                                     .fields = bordered_fields };
static const struct schema *const parts[] = { &section, &list, &preformatted,
                                              &quote, NULL };
static const struct field part_item = { .shape = SHAPE_ONE_OF,
                                        .schemas = parts };

static const struct field rich_text_fields[] = {
    BLOCK_ID,
    { .key = "elements",
      .shape = SHAPE_LIST,
      .required = true,
      .min = 1,
      .item = &part_item },
    END,
};

const struct schema schema_rich_text = {
    .type = "rich_text",
    .surfaces = SURFACE_MESSAGE | SURFACE_MODAL | SURFACE_HOME,
    .places = ON_TOP | IN_CONTAINER | IN_CELL,
    .fields = rich_text_fields,
};
