/* Any text at all as a command line: parsed, bound, looked up, suggested. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const allowed[] = { "page=", "user=", "all", NULL };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    struct args args;
    struct err err = { 0 };
    int64_t ago;
    long number;

    if (args_parse(text, &args, &err)) {
        args_shift(&args, 1);
        if (args_bind(&args, allowed, &err)) {
            (void)args_number(args_word(&args, 0), 0, 99, &number, &err);
            (void)args_since(args_word(&args, 0), 1795186800000, &ago, &err);
        }
    }
    args_dispose(&args);
    command_lane(text);
    free(command_meant(text));
    free(text);
    return 0;
}
