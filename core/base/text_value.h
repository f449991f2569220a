/*
 * text_value: where the value stands that a secret's name announces. Private
 * to text_mask.c.
 */
#ifndef CORE_BASE_TEXT_VALUE_H
#define CORE_BASE_TEXT_VALUE_H

#include <stdbool.h>
#include <stddef.h>

/* A name in a text. */
struct text_name {
    const char *s;
    size_t len;
    char before; /* the byte before it; 0: none */
};

/* Bytes after the name that may be shown, and the secret ones after those. */
struct text_value {
    size_t shown, hidden;
};

/* Whether anything between the two says that there is a value: = or : or =>,
 * a blank after an option, XML's >, %3D. */
bool text_value_announced(const struct text_name *name);
/* False: there is no value, or an empty one. */
bool text_value_find(const struct text_name *name, struct text_value *out);

#endif
