/*
 * halt_scope: the names that may be halted. No state, any thread.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/halt_parts.h"

#define COUNTER "generation" /* halt:generation is no scope's key */

static bool is_among(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void add_names(const char **names, size_t *count, char *const *more,
                      unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (!is_among(more[i], names, *count))
            names[(*count)++] = more[i];
}

const char **halt_scopes(const struct config *cfg, size_t *count)
{
    const struct config_halt *halt = &cfg->halt;
    size_t most = 1 + halt->scopes_count;
    const char **names;

    for (unsigned i = 0; i < halt->targets_count; i++)
        most += halt->targets[i].scopes_count;
    names = xcalloc(most, sizeof *names);
    names[0] = HALT_ALL;
    *count = 1;
    add_names(names, count, halt->scopes, halt->scopes_count);
    for (unsigned i = 0; i < halt->targets_count; i++)
        add_names(names, count, halt->targets[i].scopes,
                  halt->targets[i].scopes_count);
    return names;
}

static bool is_fit(const char *scope)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    size_t len = strlen(scope);

    return len > 0 && len < HALT_SCOPE && strspn(scope, allowed) == len &&
           strcmp(scope, COUNTER) != 0;
}

static bool not_fit(const char *scope, struct err *err)
{
    if (scope[0] == '\0')
        return err_set(err, ERR_USER, "name a scope: `all`, or one of yours");
    if (strcmp(scope, COUNTER) == 0)
        return err_set(err, ERR_USER,
                       "`%s` cannot be a scope: its key is the counter of "
                       "halts",
                       COUNTER);
    return err_set(err, ERR_USER,
                   "`%s` cannot be a scope: a scope's name has at most %d of "
                   "lower case letters, digits, `-`, `_` and `.`",
                   scope, HALT_SCOPE - 1);
}

/* Nearest first: it must survive when the list is cut. */
static bool not_known(const char *scope, const char *nearest,
                      const char *const *names, size_t n, struct err *err)
{
    struct buf text = { 0 };

    buf_fmt(&text, "`%s` is not a scope here.", scope);
    if (nearest)
        buf_fmt(&text, " Did you mean `%s`?", nearest);
    buf_str(&text, " Known:");
    for (size_t i = 0; i < n; i++)
        buf_fmt(&text, "%s `%s`", i ? "," : "", names[i]);
    err_set(err, ERR_USER, "%s", buf_text(&text));
    buf_dispose(&text);
    return false;
}

static bool explain(const char *scope, const char *const *names, size_t n,
                    struct err *err)
{
    const char *nearest = text_nearest(scope, names, n);
    char *plain = text_first_line(scope), *cut = text_cut(plain, HALT_SCOPE);

    if (n > 1 && strcmp(scope, COUNTER) != 0 && (nearest || is_fit(scope)))
        not_known(cut, nearest, names, n, err);
    else
        not_fit(cut, err);
    free(plain);
    free(cut);
    return false;
}

bool halt_scope_check(const struct config *cfg, const char *scope,
                      struct err *err)
{
    size_t count;
    const char **names = halt_scopes(cfg, &count);
    bool any = count == 1; /* none but "all" */
    bool ok = is_fit(scope) && (any || is_among(scope, names, count));

    if (!ok)
        explain(scope, names, count, err);
    free(names);
    return ok;
}
