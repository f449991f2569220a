/*
 * halt_list: all that is halted now. No state of its own: it runs on the
 * thread whose connection it is given.
 *
 * One script, so that the list is of one moment: the scopes that were ever
 * halted here, and those of the configuration, which other tools may halt.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/halt_parts.h"

/*
 * KEYS: last actions. ARGV: what a halt's key begins with, then scopes. Only
 * reads. A key of another type is a halt of which nothing can be read.
 */
static const char script_list[] =
    "local seen, out = {}, {}\n"
    "local function look(scope)\n"
    "  if seen[scope] or scope == 'generation' then return end\n"
    "  seen[scope] = true\n"
    "  local value = redis.pcall('GET', ARGV[1] .. scope)\n"
    "  if not value then return end\n"
    "  if type(value) == 'table' then value = '' end\n"
    "  out[#out + 1] = {scope, value}\n"
    "end\n"
    "for i = 2, #ARGV do look(ARGV[i]) end\n"
    "local known = redis.pcall('HKEYS', KEYS[1])\n"
    "if not known.err then\n"
    "  for i = 1, #known do look(known[i]) end\n"
    "end\n"
    "return out\n";

void halt_list_ask(struct reads *reads, const struct config *cfg)
{
    size_t count, argc = 0;
    const char **scopes = halt_scopes(cfg, &count);
    const char **argv = xcalloc(count + 5, sizeof *argv);
    char *last = xasprintf("%shalts", cfg->redis_prefix);
    char *begin = xasprintf("%shalt:", cfg->redis_prefix);

    argv[argc++] = "EVAL";
    argv[argc++] = script_list;
    argv[argc++] = "1";
    argv[argc++] = last;
    argv[argc++] = begin;
    for (size_t i = 0; i < count; i++)
        argv[argc++] = scopes[i];
    reads_add(reads, (int)argc, argv);
    free(last);
    free(begin);
    free(argv);
    free(scopes);
}

static int all_first(const void *a, const void *b)
{
    const struct halt *x = a, *y = b;
    bool x_all = strcmp(x->scope, HALT_ALL) == 0;
    bool y_all = strcmp(y->scope, HALT_ALL) == 0;

    return x_all != y_all ? y_all - x_all : strcmp(x->scope, y->scope);
}

void halt_list_read(const struct reads *reads, struct halt_list *out)
{
    const struct reply *list = reads_at(reads, 0);

    *out = (struct halt_list){ .unknown = reads->failed || reply_nil(list) ||
                                          reply_error(list) != NULL };
    out->count = reply_count(list);
    out->halts = xcalloc(out->count + 1, sizeof *out->halts);
    for (size_t i = 0; i < out->count; i++) {
        const struct reply *value = reply_at(reply_at(list, i), 1);

        halt_read(&out->halts[i], reply_str(reply_at(reply_at(list, i), 0)),
                  reply_str(value), reply_len(value));
    }
    qsort(out->halts, out->count, sizeof *out->halts, all_first);
}

void halt_list_dispose(struct halt_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        halt_dispose(&list->halts[i]);
    free(list->halts);
    *list = (struct halt_list){ 0 };
}
