/*
 * fuzz_config: any file is either loaded or refused with one line that names
 * it, and what was loaded is freed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/config_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const struct err *err)
{
    if (err->kind != ERR_CONFIG || strncmp(err->text, "f:", 2) != 0 ||
        strchr(err->text, '\n') || !text_valid(err->text, strlen(err->text)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config_source src = { .path = "f" };
    struct problems problems = { .src = &src };
    struct config_file *file = NULL;
    struct err err = { 0 };

    buf_add(&src.text, data, size);
    if (!config_syntax(&src, &err) || !config_schema_load(&src, &file, &err)) {
        check_error(&err);
    } else {
        problem(&problems, "streams[0].dlq", "x");
        problem(&problems, "slack.command", "x");
        if (problems_none(&problems, &err))
            abort();
    }
    config_schema_free(file);
    buf_dispose(&src.text);
    return 0;
}
