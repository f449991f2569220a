/* deploy/opsbot.example.yaml: every key of the schema and no other, those that
 * are commented out included. That it loads as it stands: tests/core. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/config_parts.h"
#include "tests/deploy/yaml.h"

#define EXAMPLE "deploy/opsbot.example.yaml"

TestSuite(example, .timeout = 30);

/* "  # token: …" shows a key; "# Sent as …" tells about one. */
static bool shows_a_key(const char *comment)
{
    size_t word = strspn(comment, "abcdefghijklmnopqrstuvwxyz_");

    return word > 0 && strncmp(comment + word, ": ", 2) == 0;
}

/* With the keys that are commented out; heap. */
static char *uncommented(void)
{
    char *text = deploy_text(EXAMPLE), *rest = text, *line;
    struct buf out = { 0 };

    while ((line = strsep(&rest, "\n"))) {
        size_t indent = strspn(line, " ");
        const char *comment = line + indent;

        if (strncmp(comment, "# ", 2) == 0 && shows_a_key(comment + 2))
            buf_fmt(&out, "%*s%s\n", (int)indent, "", comment + 2);
        else
            buf_fmt(&out, "%s\n", line);
    }
    free(text);
    return buf_take(&out);
}

Test(example, fits_the_schema_with_every_key)
{
    struct config_source source = { .path = EXAMPLE };
    struct config_file *file = NULL;
    struct err err = { 0 };
    char *text = uncommented();

    buf_str(&source.text, text);
    cr_assert(config_schema_load(&source, &file, &err),
              "with every `# key: ` uncommented: %s", err.text);
    config_schema_free(file);
    buf_dispose(&source.text);
    free(text);
}

/* Is the key there, in any of the entries where a list is on its way? */
static bool is_there(const json_t *value, const char *path)
{
    size_t word = strcspn(path, "."), i;
    const json_t *item;
    char *key;
    bool is;

    if (!*path || !value)
        return value != NULL;
    if (json_is_array(value)) {
        json_array_foreach(value, i, item)
        {
            if (is_there(item, path))
                return true;
        }
        return false;
    }
    key = xstrndup(path, word);
    is = is_there(json_object_get(value, key),
                  path + word + (path[word] == '.'));
    free(key);
    return is;
}

static const cyaml_schema_field_t *members(const cyaml_schema_value_t *value)
{
    while (value->type == CYAML_SEQUENCE)
        value = value->sequence.entry;
    return value->type == CYAML_MAPPING ? value->mapping.fields : NULL;
}

/* The key of a thing under which there are more of its kind, as of a route's
 * routes; NULL: it has none. */
static const char *more_of(const cyaml_schema_value_t *value)
{
    for (const cyaml_schema_field_t *f = members(value); f->key; f++)
        if (members(&f->value) == members(value))
            return f->key;
    return NULL;
}

/* One of those further down shows it too. */
static bool is_shown(const cyaml_schema_value_t *value, const char *above,
                     const char *key, const json_t *example)
{
    const char *more = more_of(value);
    char *here = xasprintf("%s%s%s", above, *above ? "." : "", key);
    char *below = xasprintf("%s.%s.%s", above, more ? more : "", key);
    bool is = is_there(example, here) || (more && is_there(example, below));

    free(here);
    free(below);
    return is;
}

static void expect_keys(const cyaml_schema_value_t *value, const char *above,
                        const json_t *example)
{
    if (!members(value))
        return;
    for (const cyaml_schema_field_t *f = members(value); f->key; f++) {
        char *path = xasprintf("%s%s%s", above, *above ? "." : "", f->key);

        cr_expect(is_shown(value, above, f->key, example),
                  EXAMPLE " does not show `%s` (as `%s: value`, or commented "
                          "out as `# %s: value`)",
                  path, f->key, f->key);
        if (members(&f->value) != members(value))
            expect_keys(&f->value, path, example);
        free(path);
    }
}

Test(example, shows_every_key_of_the_schema)
{
    char *text = uncommented();
    json_t *example = yaml_text(text, EXAMPLE);

    expect_keys(&config_schema, "", example);
    json_decref(example);
    free(text);
}

/* A variable that stands for a key is named beside it. */
Test(example, names_every_variable)
{
    char *text = deploy_text(EXAMPLE);

    for (size_t i = 0; i < env_count; i++)
        cr_expect(strstr(text, env_vars[i].name),
                  EXAMPLE " does not name %s, which stands for `%s`",
                  env_vars[i].name, env_vars[i].key);
    free(text);
}

Test(example, names_every_right)
{
    char *text = deploy_text(EXAMPLE);
    size_t count;
    const struct command *const *table = command_table(&count);

    for (size_t i = 0; i < count; i++)
        cr_expect(!table[i]->right || strstr(text, table[i]->right),
                  EXAMPLE " does not name the right `%s` (above roles)",
                  table[i]->right);
    free(text);
}
