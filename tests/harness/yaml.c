#include "tests/harness/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/base/mem.h"
#include "tests/harness/harness.h"

static json_t *plain(const char *text)
{
    char *end;
    long long number = strtoll(text, &end, 10);

    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_boolean(*text == 't');
    if (strcmp(text, "null") == 0 || strcmp(text, "~") == 0 || !*text)
        return json_null();
    return *end ? json_string(text) : json_integer(number);
}

static json_t *value(yaml_document_t *doc, const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    json_t *out;

    switch (node->type) {
    case YAML_SEQUENCE_NODE:
        out = json_array();
        for (yaml_node_item_t *i = node->data.sequence.items.start;
             i < node->data.sequence.items.top; i++)
            json_array_append_new(out,
                                  value(doc, yaml_document_get_node(doc, *i)));
        return out;
    case YAML_MAPPING_NODE:
        out = json_object();
        for (yaml_node_pair_t *p = node->data.mapping.pairs.start;
             p < node->data.mapping.pairs.top; p++)
            json_object_set_new(
                out,
                (const char *)yaml_document_get_node(doc, p->key)
                    ->data.scalar.value,
                value(doc, yaml_document_get_node(doc, p->value)));
        return out;
    case YAML_SCALAR_NODE:
        return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
                   ? plain(text)
                   : json_string(text);
    case YAML_NO_NODE:
        break;
    }
    return json_null();
}

json_t *yaml_read(const char *path)
{
    char *whole = xasprintf("%s/%s", harness_root(), path);
    FILE *file = fopen(whole, "r");
    yaml_parser_t parser;
    yaml_document_t doc;
    json_t *out;

    if (!file || !yaml_parser_initialize(&parser))
        harness_fail("%s cannot be read", whole);
    yaml_parser_set_input_file(&parser, file);
    if (!yaml_parser_load(&parser, &doc))
        harness_fail("%s:%zu: %s", whole, parser.problem_mark.line + 1,
                     parser.problem);
    out = value(&doc, yaml_document_get_root_node(&doc));
    yaml_document_delete(&doc);
    yaml_parser_delete(&parser);
    fclose(file);
    free(whole);
    return out;
}
