/*
 * help: what this person may do. `help [group]`, and `/ops` alone.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "blocks/help.h"
#include "commands/registry.h"
#include "core/base/buf.h"
#include "core/base/mem.h"

#define ROLES_BYTES 160

/* Groups in the order they are shown; others follow by name. */
static const char *const order[] = { "general", "health",   "alert",  "silence",
                                     "oncall",  "streams",  "dlq",    "jobs",
                                     "halt",    "incident", "outbox", "audit" };

static size_t rank(const struct command *c)
{
    size_t i = 0;

    while (i < sizeof order / sizeof *order && strcmp(order[i], c->group) != 0)
        i++;
    return i;
}

static int by_group(const void *a, const void *b)
{
    const struct command *x = *(const struct command *const *)a;
    const struct command *y = *(const struct command *const *)b;
    size_t rx = rank(x), ry = rank(y);

    if (rx != ry)
        return rx < ry ? -1 : 1;
    if (strcmp(x->group, y->group) != 0)
        return strcmp(x->group, y->group);
    return strcmp(x->name, y->name);
}

/* One command, or all of a group. "" wants everything. */
static bool is_wanted(const struct command *c, const char *topic)
{
    size_t len = strlen(topic);

    return !len || strcasecmp(c->group, topic) == 0 ||
           strcasecmp(c->name, topic) == 0 ||
           (strncasecmp(c->name, topic, len) == 0 && c->name[len] == ' ');
}

static struct help_item item_of(const struct call *call,
                                const struct command *c, char *roles)
{
    struct asker who = call_asker(call);
    bool allowed = rights_allow(&who, c->right);
    struct rights_gap gap = { 0 };

    *roles = '\0';
    if (!allowed) {
        rights_roles(call->config, c->right, roles, ROLES_BYTES);
        rights_explain(&who, c->right, &gap);
    }
    return (struct help_item){
        .name = c->name,
        .group = c->group,
        .usage = c->usage,
        .summary = c->summary,
        .example = c->example,
        .flags = c->flags,
        .right = c->right,
        .roles = roles,
        .elsewhere = gap.channel_count ? gap.channels[0] : NULL,
        .allowed = allowed,
        .bare = c->min_words == 0 && !c->changes,
    };
}

static char *topic_of(const struct args *args)
{
    return xasprintf("%s%s%s", args_word(args, 0), args->count > 1 ? " " : "",
                     args_word(args, 1));
}

/* Sorted, those of a group side by side. Heap. */
static const struct command **sorted_table(size_t *count)
{
    const struct command *const *table = command_table(count);
    const struct command **sorted = xcalloc(*count, sizeof *sorted);

    memcpy(sorted, table, *count * sizeof(struct command *));
    qsort(sorted, *count, sizeof *sorted, by_group);
    return sorted;
}

static bool unknown_topic(const char *topic, struct err *err)
{
    size_t count;
    const struct command **sorted = sorted_table(&count);
    struct buf groups = { 0 };

    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(sorted[i - 1]->group, sorted[i]->group) != 0)
            buf_fmt(&groups, "%s%s", i ? ", " : "", sorted[i]->group);
    err_set(err, ERR_USER,
            "There is no command and no group `%.60s`. The groups are %s.",
            topic, buf_text(&groups));
    buf_dispose(&groups);
    free(sorted);
    return false;
}

/* Fills card; false when there is nothing about topic. */
static bool show(const struct call *call, struct card *card, const char *topic)
{
    size_t count, n = 0;
    const struct command **sorted = sorted_table(&count);
    struct help_item *items = xcalloc(count, sizeof *items);
    char(*roles)[ROLES_BYTES] = xcalloc(count, sizeof *roles);
    struct help help = { .items = items, .topic = topic };

    help.all = args_flag(&call->args, "all") != NULL;
    for (size_t i = 0; i < count; i++)
        if (is_wanted(sorted[i], topic)) {
            items[n] = item_of(call, sorted[i], roles[n]);
            n++;
        }
    help.count = n;
    if (n > 0 && *topic)
        help_detail_card(card, &help);
    else if (n > 0)
        help_card(card, &help);
    free(roles);
    free(items);
    free(sorted);
    return n > 0;
}

static bool help_answer(struct call *call, const struct reads *reads,
                        struct card *card, struct err *err)
{
    char *topic = topic_of(&call->args);
    bool ok = show(call, card, topic);

    (void)reads;
    if (!ok)
        unknown_topic(topic, err);
    free(topic);
    return ok;
}

static const char *const flags[] = { "all", NULL };

const struct command command_help = {
    .name = "help",
    .group = "general",
    .usage = "[group] [--all]",
    .summary = "What you may do",
    .example = "help dlq",
    .flags = flags,
    .max_words = 2,
    .answer = help_answer,
};
