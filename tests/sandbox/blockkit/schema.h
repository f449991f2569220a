/*
 * schema: the tables that say what a block, an element or an object may hold.
 *
 * Shared by the files of blockkit only. A schema is a list of fields, ended by
 * one without a key; every key of the object must be among them. What a list
 * of fields cannot say is in also(). All tables are constant.
 */
#ifndef SANDBOX_SCHEMA_H
#define SANDBOX_SCHEMA_H

#include "core/base/buf.h"
#include "tests/sandbox/blockkit/blockkit.h"

enum shape {
    SHAPE_STRING, /* min..max characters */
    SHAPE_IMAGE,  /* an http or https URL of at most max characters */
    SHAPE_LINK,   /* the same, or mailto: or slack: */
    SHAPE_BOOL,
    SHAPE_INT, /* min..max, if max */
    SHAPE_NUMBER,
    SHAPE_WORD,    /* one of words */
    SHAPE_PLAIN,   /* a plain_text object of min..max characters */
    SHAPE_TEXT,    /* a plain_text or mrkdwn object */
    SHAPE_OBJECT,  /* of schema */
    SHAPE_ONE_OF,  /* of the schemas of schemas, by its type */
    SHAPE_ELEMENT, /* an element that may stand in places */
    SHAPE_BLOCK,   /* a block inside a block, of places */
    SHAPE_LIST,    /* min..max items of item */
    SHAPE_ANY,
};

/* Where an element may stand; a block, if it stands in another. */
enum place {
    IN_SECTION = 1,
    IN_ACTIONS = 2,
    IN_INPUT = 4,
    IN_CONTEXT = 8,
    IN_CONTEXT_ACTIONS = 16,
    IN_CARD = 32,
    IN_CONTAINER = 64,
    IN_CAROUSEL = 128,
    IN_PLAN = 256,
    IN_CELL = 512,
    ON_TOP = 1024, /* a block that is in no other */
};

struct schema;

struct field {
    const char *key;
    enum shape shape;
    bool required;
    bool nullable;
    int min;
    int max;
    unsigned places;
    const char *const *words; /* ended by NULL */
    const struct schema *schema;
    const struct schema *const *schemas; /* ended by NULL */
    const struct field *item;
};

/* One check of one set of blocks. */
struct check {
    struct buf at; /* the pointer to what is being looked at */
    json_t *problems;
    enum surface surface;
    json_t *block_ids;
    json_t *action_ids; /* of the block at hand */
    unsigned focused;
    size_t markdown;
    unsigned tables;
};

struct schema {
    const char *type;  /* NULL: the object has no type */
    unsigned surfaces; /* of a block; 0: all */
    unsigned places;   /* of an element, or a block in a block */
    const struct field *fields;
    void (*also)(struct check *c, const json_t *object);
};

/* Ended by NULL. */
extern const struct schema *const blockkit_blocks[];
extern const struct schema *const blockkit_elements[];
extern const struct schema schema_option;
extern const struct schema schema_confirm;
extern const struct schema schema_rich_text;
extern const struct schema schema_modal;
extern const struct schema schema_home;

/* A problem where c is, or in its child key. */
void check_wrong(struct check *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
void check_wrong_in(struct check *c, const char *key, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Into the pointer goes one key or index; returns what to buf_cut() it to. */
size_t check_enter(struct check *c, const char *key);
size_t check_enter_item(struct check *c, size_t i);
/* Whether it is an object with a type; if not, that is noted. */
bool check_typed(struct check *c, const json_t *json);
/* Everything a schema asks for. */
void check_object(struct check *c, const json_t *json,
                  const struct schema *schema);
void check_blocks(struct check *c, const json_t *blocks, int max);

#endif
