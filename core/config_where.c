/*
 * config_where: lines in the configuration file, from libyaml's own tree.
 *
 * libcyaml says where it was, not where the key is that it refused, and
 * nothing at all of a syntax error's place; and our own checks come after it.
 * So the text is parsed again here, which only happens to a file that is read
 * at start, and once for each thing wrong with it.
 */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/base/text.h"
#include "core/config_parts.h"

static void parse_from(yaml_parser_t *parser, const struct config_source *src)
{
    if (yaml_parser_initialize(parser) == 0)
        abort(); /* out of memory, as in mem.c */
    yaml_parser_set_input_string(
        parser, (const unsigned char *)buf_text(&src->text), src->text.len);
}

static int line_at(const struct config_source *src, size_t offset)
{
    int line = 1;

    for (size_t i = 0; i < offset && i < src->text.len; i++)
        line += src->text.data[i] == '\n';
    return line;
}

static bool syntax_error(const yaml_parser_t *parser,
                         const struct config_source *src, struct err *err)
{
    int line = (int)parser->problem_mark.line + 1;

    if (parser->error == YAML_READER_ERROR)
        return err_set(err, ERR_CONFIG, "%s:%d: not UTF-8 text", src->path,
                       line_at(src, parser->problem_offset));
    return err_set(err, ERR_CONFIG, "%s:%d:%d: not valid YAML: %s", src->path,
                   line, (int)parser->problem_mark.column + 1,
                   parser->problem ? parser->problem : "unknown problem");
}

/* What libcyaml would quietly ignore. */
static bool second_document(yaml_parser_t *parser,
                            const struct config_source *src, struct err *err)
{
    yaml_document_t doc;
    bool ok = true;

    if (!yaml_parser_load(parser, &doc))
        return syntax_error(parser, src, err);
    if (yaml_document_get_root_node(&doc))
        ok = err_set(err, ERR_CONFIG,
                     "%s:%d: a second document: expected only one", src->path,
                     (int)doc.start_mark.line + 1);
    yaml_document_delete(&doc);
    return ok;
}

/* ---- empty sections --------------------------------------------------------- */

static bool empty(const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;

    return node->type == YAML_SCALAR_NODE &&
           node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (*text == '\0' || strcmp(text, "~") == 0 ||
            strcmp(text, "null") == 0);
}

static bool section(const yaml_node_t *key)
{
    const cyaml_schema_field_t *f = config_schema.mapping.fields;

    if (key->type != YAML_SCALAR_NODE)
        return false;
    while (f->key && strcmp(f->key, (const char *)key->data.scalar.value) != 0)
        f++;
    return f->key && f->value.type == CYAML_MAPPING;
}

/* Bytes before a mark: it counts in characters. */
static size_t offset_of(const struct config_source *src, yaml_mark_t mark)
{
    const char *s = src->text.data, *end = s + src->text.len;

    for (size_t i = 0; i < mark.index && s < end; i++) {
        size_t n = text_char(s, (size_t)(end - s));

        s += n ? n : 1;
    }
    return (size_t)(s - src->text.data);
}

/* Replaces what stands from one mark to the other by {}. */
static void fill(struct config_source *src, yaml_mark_t from, yaml_mark_t to)
{
    size_t start = offset_of(src, from), end = offset_of(src, to);
    struct buf filled = { 0 };

    buf_add(&filled, src->text.data, start);
    buf_str(&filled, " {} ");
    buf_str(&filled, src->text.data + end);
    buf_dispose(&src->text);
    src->text = filled;
}

/*
 * `slack:` with all its keys commented out is an empty section to people and
 * an error to libcyaml. From the end, so that marks before it stay true.
 */
static void fill_empty_sections(struct config_source *src, yaml_document_t *doc)
{
    const yaml_node_t *root = yaml_document_get_root_node(doc);

    if (empty(root)) {
        buf_cut(&src->text, 0); /* "---" alone */
        return;
    }
    if (root->type != YAML_MAPPING_NODE)
        return;
    for (yaml_node_pair_t *pair = root->data.mapping.pairs.top;
         pair-- > root->data.mapping.pairs.start;) {
        const yaml_node_t *value = yaml_document_get_node(doc, pair->value);

        if (empty(value) && section(yaml_document_get_node(doc, pair->key)))
            fill(src, value->start_mark, value->end_mark);
    }
}

/* ---- what the header promises ----------------------------------------------- */

bool config_syntax(struct config_source *src, struct err *err)
{
    yaml_parser_t parser;
    yaml_document_t doc;
    bool ok = true;

    parse_from(&parser, src);
    if (!yaml_parser_load(&parser, &doc)) {
        ok = syntax_error(&parser, src, err);
    } else {
        if (yaml_document_get_root_node(&doc)) {
            ok = second_document(&parser, src, err);
            if (ok)
                fill_empty_sections(src, &doc);
        }
        yaml_document_delete(&doc);
    }
    yaml_parser_delete(&parser);
    return ok;
}

/* The value of a key, NULL when there is none; the last one when it is given
 * twice. The line is that of the key. */
static yaml_node_t *value_of(yaml_document_t *doc, const yaml_node_t *node,
                             const char *key, size_t len, int *line)
{
    yaml_node_t *found = NULL;

    if (node->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(doc, pair->key);

        if (name->type != YAML_SCALAR_NODE || name->data.scalar.length != len ||
            memcmp(name->data.scalar.value, key, len) != 0)
            continue;
        found = yaml_document_get_node(doc, pair->value);
        *line = (int)name->start_mark.line + 1;
    }
    return found;
}

static yaml_node_t *item_of(yaml_document_t *doc, const yaml_node_t *node,
                            long index, int *line)
{
    yaml_node_item_t *first;
    yaml_node_t *found;

    if (node->type != YAML_SEQUENCE_NODE)
        return NULL;
    first = node->data.sequence.items.start;
    if (index < 0 || index >= node->data.sequence.items.top - first)
        return NULL;
    found = yaml_document_get_node(doc, first[index]);
    *line = (int)found->start_mark.line + 1;
    return found;
}

int config_line(const struct config_source *src, const char *key)
{
    yaml_parser_t parser;
    yaml_document_t doc;
    yaml_node_t *node;
    int line = 0;

    parse_from(&parser, src);
    if (yaml_parser_load(&parser, &doc)) {
        node = yaml_document_get_root_node(&doc);
        while (node && *key) {
            size_t len = strcspn(key, ".[");

            if (*key == '[')
                node = item_of(&doc, node, strtol(key + 1, (char **)&key, 10),
                               &line);
            else
                node = value_of(&doc, node, key, len, &line);
            key += *key == ']' ? 1 : len;
            key += *key == '.';
        }
        yaml_document_delete(&doc);
    }
    yaml_parser_delete(&parser);
    return line;
}
