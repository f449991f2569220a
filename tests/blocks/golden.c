/*
 * golden: compares with, or rewrites, the files in tests/blocks/golden.
 */
#include "tests/blocks/golden.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/buf.h"

static void path_of(struct buf *path, const char *file)
{
    buf_fmt(path, "tests/blocks/golden/%s", file);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    cr_assert(f, "%s: cannot be written", path);
    cr_assert(fputs(text, f) >= 0);
    cr_assert_eq(fclose(f), 0);
}

static void read_file(struct buf *out, const char *path)
{
    FILE *f = fopen(path, "r");
    char piece[4096];
    size_t n;

    cr_assert(f, "%s is missing: UPDATE_GOLDEN=1 writes it", path);
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_add(out, piece, n);
    fclose(f);
}

void golden_text(const char *file, const char *text)
{
    const char *update = getenv("UPDATE_GOLDEN");
    struct buf path = { 0 }, expected = { 0 };

    path_of(&path, file);
    if (update && *update == '1')
        write_file(path.data, text);
    read_file(&expected, path.data);
    cr_expect_str_eq(text, buf_text(&expected), "%s differs:\n%s", path.data,
                     text);
    buf_dispose(&path);
    buf_dispose(&expected);
}

void golden_json(const char *file, const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    struct buf lines = { 0 };
    char *indented;

    cr_assert(json, "%s: %s", file, error.text);
    indented = json_dumps(json, JSON_INDENT(2));
    buf_str(&lines, indented);
    buf_char(&lines, '\n');
    golden_text(file, lines.data);
    buf_dispose(&lines);
    free(indented);
    json_decref(json);
}
