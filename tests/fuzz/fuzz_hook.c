/*
 * fuzz_hook: what targets answer. The first bytes choose the status and how
 * the answer ended; up to a newline follows the path and the value that mean
 * "halted", then the body. Never "yes" to a halt without that value at that
 * path, and always a reason where it is no.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/hook_verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check(enum hook_verdict verdict, char *detail)
{
    must(detail && text_valid(detail, strlen(detail)));
    must((verdict == HOOK_YES) == (detail[0] == '\0'));
    must(strpbrk(detail, "\n\r\x1b") == NULL);
    free(detail);
}

/* The other way round: what is so for a halt is not so for a start. */
static void check_both(const struct hook_answer *a,
                       const struct config_target *target)
{
    char *stop_detail, *start_detail;
    enum hook_verdict stop = hook_confirmed(a, target, HALT_STOP, &stop_detail);
    enum hook_verdict start =
        hook_confirmed(a, target, HALT_START, &start_detail);

    must(stop != HOOK_YES || start != HOOK_YES);
    must(stop != HOOK_YES || a->whole);
    check(stop, stop_detail);
    check(start, start_detail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = { 0,   200, 204, 301, 400, 404,
                                    408, 425, 429, 500, 503, 999 };
    struct config_target target = { .name = (char[]){ "t" } };
    struct hook_answer a = { .why = "hung up without an answer" };
    const char *body, *value;
    char *detail, *text;
    enum hook_verdict taken;
    bool fit = true;

    if (size < 2)
        return 0;
    text = xstrndup((const char *)data + 2, size - 2);
    body = strchr(text, '\n');
    value = strchr(text, ' ');
    target.halted_path = value && (!body || value < body)
                             ? xstrndup(text, (size_t)(value - text))
                             : xstrdup("halted");
    target.halted_value = xstrdup(data[1] & 4 ? "false" : "true");
    a.status = statuses[data[0] % 12];
    a.whole = a.status && data[1] & 1;
    a.never = !a.whole && data[1] & 2;
    a.body = a.whole && body ? body + 1 : "";
    /* with the NULs that a C text ends at */
    a.len = a.whole && body ? size - 2 - (size_t)(body + 1 - text) : 0;
    if (a.len)
        a.body = (const char *)data + 2 + (body + 1 - text);
    taken = hook_taken(&a, &detail);
    must((taken == HOOK_YES) == (a.status >= 200 && a.status < 300));
    check(taken, detail);
    /* A path is written by who configures it: text, and visible. */
    for (const char *c = target.halted_path; *c; c++)
        fit &= *c > ' ' && *c < 127;
    if (fit)
        check_both(&a, &target);
    free(target.halted_path);
    free(target.halted_value);
    free(text);
    return 0;
}
