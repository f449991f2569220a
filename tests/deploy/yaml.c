#include "tests/deploy/yaml.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <yaml.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

char *deploy_text(const char *path)
{
    struct buf text = { 0 };
    char part[4096];
    FILE *f = fopen(path, "r");
    size_t n;

    cr_assert(f, "%s cannot be opened", path);
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        buf_add(&text, part, n);
    fclose(f);
    return text.data ? buf_take(&text) : xstrdup("");
}

/* ---- YAML ------------------------------------------------------------------------ */

static json_t *scalar(const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    char *end;
    long long number = strtoll(text, &end, 10);

    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return json_string(text);
    if (!*text || strcmp(text, "null") == 0 || strcmp(text, "~") == 0)
        return json_null();
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_boolean(*text == 't');
    return *end ? json_string(text) : json_integer(number);
}

static json_t *value_of(yaml_document_t *doc, const yaml_node_t *node,
                        const char *name);

static json_t *mapping(yaml_document_t *doc, const yaml_node_t *node,
                       const char *name)
{
    json_t *object = json_object();

    for (yaml_node_pair_t *p = node->data.mapping.pairs.start;
         p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_document_get_node(doc, p->key);
        const char *word = (const char *)key->data.scalar.value;

        cr_assert_eq(key->type, YAML_SCALAR_NODE, "%s: a key is no word", name);
        cr_assert_null(json_object_get(object, word),
                       "%s:%zu: %s is there "
                       "twice",
                       name, key->start_mark.line + 1, word);
        json_object_set_new(
            object, word,
            value_of(doc, yaml_document_get_node(doc, p->value), name));
    }
    return object;
}

static json_t *value_of(yaml_document_t *doc, const yaml_node_t *node,
                        const char *name)
{
    json_t *list;

    if (node->type == YAML_SCALAR_NODE)
        return scalar(node);
    if (node->type == YAML_MAPPING_NODE)
        return mapping(doc, node, name);
    list = json_array();
    for (yaml_node_item_t *i = node->data.sequence.items.start;
         i < node->data.sequence.items.top; i++)
        json_array_append_new(
            list, value_of(doc, yaml_document_get_node(doc, *i), name));
    return list;
}

json_t *yaml_text(const char *text, const char *name)
{
    yaml_document_t doc;
    yaml_parser_t parser;
    json_t *out;

    cr_assert(yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(&parser, (const unsigned char *)text,
                                 strlen(text));
    cr_assert(yaml_parser_load(&parser, &doc), "%s:%zu: %s", name,
              parser.problem_mark.line + 1, parser.problem);
    cr_assert(yaml_document_get_root_node(&doc), "%s is empty", name);
    out = value_of(&doc, yaml_document_get_root_node(&doc), name);
    yaml_document_delete(&doc);
    yaml_parser_delete(&parser);
    return out;
}

json_t *yaml_file(const char *path)
{
    char *text = deploy_text(path);
    json_t *out = yaml_text(text, path);

    free(text);
    return out;
}

/* ---- looking --------------------------------------------------------------------- */

const json_t *at(const json_t *root, const char *path)
{
    char *copy = xstrdup(path), *rest = copy, *word;

    while (root && (word = strsep(&rest, ".")))
        root = json_is_array(root) ? json_array_get(root, (size_t)atoi(word))
                                   : json_object_get(root, word);
    free(copy);
    return root;
}

const char *text_at(const json_t *root, const char *path)
{
    const char *text = json_string_value(at(root, path));

    return text ? text : "";
}

bool has(const json_t *root, const char *path, const char *text)
{
    const json_t *item;
    size_t i;

    json_array_foreach(at(root, path), i, item)
    {
        if (strcmp(json_is_string(item) ? json_string_value(item) : "", text) ==
            0)
            return true;
    }
    return false;
}

char *shell(int *status, const char *fmt, ...)
{
    struct buf out = { 0 };
    char part[4096], *command, *whole;
    va_list ap;
    FILE *f;
    size_t n;

    va_start(ap, fmt);
    cr_assert_geq(vasprintf(&command, fmt, ap), 0);
    va_end(ap);
    whole = xasprintf("( %s ) 2>&1 </dev/null", command);
    f = popen(whole, "r");
    cr_assert(f, "%s", command);
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        buf_add(&out, part, n);
    *status = pclose(f);
    *status = WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
    free(whole);
    free(command);
    return out.data ? buf_take(&out) : xstrdup("");
}
