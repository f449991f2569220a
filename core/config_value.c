/*
 * config_value: the values of a configuration, walked by its schema: each key,
 * what is there, whether it is the same, and copies of it. A key that is added
 * to the schema is compared and copied without more. Reload only, one thread.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/config_parts.h"

/* ---- walking ----------------------------------------------------------------- */

static const cyaml_schema_field_t *whole(void)
{
    return config_schema.mapping.fields;
}

/* A section is no key by itself: its members are. */
static bool is_section(const cyaml_schema_field_t *f)
{
    return f->value.type == CYAML_MAPPING;
}

void config_each_key(void (*each)(void *arg, const char *key,
                                  const cyaml_schema_field_t *f),
                     void *arg)
{
    for (const cyaml_schema_field_t *f = whole(); f->key; f++) {
        const cyaml_schema_field_t *in =
            is_section(f) ? f->value.mapping.fields : NULL;

        if (!in)
            each(arg, f->key, f);
        for (; in && in->key; in++) {
            char *key = xasprintf("%s.%s", f->key, in->key);

            each(arg, key, in);
            free(key);
        }
    }
}

uint64_t config_number_at(const char *at, size_t size)
{
    uint64_t n = 0;

    memcpy(&n, at, size < sizeof n ? size : sizeof n); /* little-endian */
    return n;
}

static struct config_value value_at(const cyaml_schema_value_t *of,
                                    const char *at, uint64_t count)
{
    struct config_value v = { .of = of, .at = at, .count = count };

    if (of->flags & CYAML_FLAG_POINTER)
        memcpy(&v.at, at, sizeof v.at);
    return v;
}

struct config_value config_field(const cyaml_schema_field_t *f,
                                 const char *base)
{
    uint64_t count =
        f->value.type == CYAML_SEQUENCE
            ? config_number_at(base + f->count_offset, f->count_size)
            : 0;

    return value_at(&f->value, base + f->data_offset, count);
}

static size_t entry_size(const cyaml_schema_value_t *sequence)
{
    const cyaml_schema_value_t *entry = sequence->sequence.entry;

    return entry->flags & CYAML_FLAG_POINTER ? sizeof(void *)
                                             : entry->data_size;
}

struct config_value config_entry(const struct config_value *list, uint64_t i)
{
    return value_at(list->of->sequence.entry,
                    list->at + i * entry_size(list->of), 0);
}

/* ---- comparing --------------------------------------------------------------- */

static bool same_fields(const struct config_value *a,
                        const struct config_value *b)
{
    for (const cyaml_schema_field_t *f = a->of->mapping.fields; f->key; f++) {
        struct config_value x = config_field(f, a->at),
                            y = config_field(f, b->at);

        if (!config_same(&x, &y))
            return false;
    }
    return true;
}

static bool same_entries(const struct config_value *a,
                         const struct config_value *b)
{
    for (uint64_t i = 0; i < a->count; i++) {
        struct config_value x = config_entry(a, i), y = config_entry(b, i);

        if (!config_same(&x, &y))
            return false;
    }
    return true;
}

bool config_same(const struct config_value *a, const struct config_value *b)
{
    if (a->of->type == CYAML_SEQUENCE)
        return a->count == b->count && same_entries(a, b);
    if (!a->at || !b->at)
        return a->at == b->at;
    switch (a->of->type) {
    case CYAML_STRING:
        return strcmp(a->at, b->at) == 0;
    case CYAML_MAPPING:
        return same_fields(a, b);
    default:
        return memcmp(a->at, b->at, a->of->data_size) == 0;
    }
}

/* ---- keeping ----------------------------------------------------------------- */

static void drop(const struct config_value *v)
{
    const cyaml_schema_field_t *f =
        v->of->type == CYAML_MAPPING && v->at ? v->of->mapping.fields : NULL;

    for (; f && f->key; f++) {
        struct config_value in = config_field(f, v->at);

        drop(&in);
    }
    for (uint64_t i = 0; v->of->type == CYAML_SEQUENCE && i < v->count; i++) {
        struct config_value in = config_entry(v, i);

        drop(&in);
    }
    if (v->of->flags & CYAML_FLAG_POINTER)
        free((void *)(uintptr_t)v->at);
}

static void copy(const struct config_value *from, char *to);

/* Of the members, their bytes being there already. */
static void copy_in(const struct config_value *from, char *to)
{
    const cyaml_schema_field_t *f =
        from->of->type == CYAML_MAPPING ? from->of->mapping.fields : NULL;

    for (; f && f->key; f++) {
        struct config_value in = config_field(f, from->at);

        copy(&in, to + f->data_offset);
    }
    for (uint64_t i = 0; from->of->type == CYAML_SEQUENCE && i < from->count;
         i++) {
        struct config_value in = config_entry(from, i);

        copy(&in, to + i * entry_size(from->of));
    }
}

static size_t bytes_of(const struct config_value *v)
{
    switch (v->of->type) {
    case CYAML_STRING:
        return strlen(v->at) + 1;
    case CYAML_SEQUENCE:
        return v->count * entry_size(v->of);
    default:
        return v->of->data_size;
    }
}

/* to: where the value, or its pointer, goes; what is no pointer is there
 * already. A section's members are those of the struct around it. */
static void copy(const struct config_value *from, char *to)
{
    char *place = to;

    if (from->of->flags & CYAML_FLAG_POINTER) {
        place = from->at ? xmalloc(bytes_of(from) + 1) : NULL;
        memcpy(to, &place, sizeof place);
        if (place)
            memcpy(place, from->at, bytes_of(from));
    }
    if (place)
        copy_in(from, place);
}

void config_value_keep(const cyaml_schema_field_t *f, const char *from,
                       char *to)
{
    struct config_value was = config_field(f, from), is = config_field(f, to);

    drop(&is);
    if (!(f->value.flags & CYAML_FLAG_POINTER))
        memcpy(to + f->data_offset, was.at, bytes_of(&was));
    copy(&was, to + f->data_offset);
    if (f->value.type == CYAML_SEQUENCE)
        memcpy(to + f->count_offset, from + f->count_offset, f->count_size);
}
