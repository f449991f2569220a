/*
 * registry: the table of commands, and what a text means by it.
 *
 * The table is sorted by name, so that one or two words are found by
 * bisection. Read-only: any thread.
 */
#include "commands/registry.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "blocks/words.h"
#include "core/base/text.h"

/* Keep sorted: find_name() bisects. */
static const struct command *const table[] = {
    &command_ack,
    &command_alert_file,
    &command_alert_note,
    &command_alert_resolve,
    &command_alert_show,
    &command_alert_test,
    &command_alerts,
    &command_assign,
    &command_audit,
    &command_cancel,
    &command_confirm,
    &command_dlq_discard,
    &command_dlq_list,
    &command_dlq_requeue,
    &command_dlq_restore,
    &command_dlq_show,
    &command_escalate,
    &command_halt,
    &command_halts,
    &command_health,
    &command_health_details,
    &command_help,
    &command_home,
    &command_incident_list,
    &command_incident_open,
    &command_incident_resolve,
    &command_incident_status,
    &command_incident_update,
    &command_jobs,
    &command_oncall,
    &command_oncall_override,
    &command_outbox,
    &command_outbox_retry,
    &command_ping,
    &command_route_test,
    &command_silence,
    &command_silences,
    &command_streams,
    &command_streams_pending,
    &command_unack,
    &command_unhalt,
    &command_unsilence,
    &command_version,
    &command_whoami,
};

#define TABLE      (sizeof table / sizeof *table)
#define NAME_BYTES 64

const struct command *const *command_table(size_t *count)
{
    *count = TABLE;
    return table;
}

const char *command_slash(const struct config *cfg)
{
    return cfg && cfg->slack.command ? cfg->slack.command : "/ops";
}

bool command_page(const struct args *args, size_t *page, struct err *err)
{
    const char *text = args_flag(args, "page");
    long n = 1;

    if (text && !args_number(text, 1, 1000000, &n, err))
        return false;
    *page = (size_t)n;
    return true;
}

struct asker call_asker(const struct call *call)
{
    return (struct asker){
        .config = call->config,
        .roster = call->services ? call->services->roster : NULL,
        .user = call->act.user,
        .channel = call->act.channel,
        .now = call->now,
        .voucher = call->voucher,
    };
}

bool call_may(const struct call *call, const char *right)
{
    struct asker who = call_asker(call);

    return rights_allow(&who, right);
}

char *call_text(const struct call *call, size_t i)
{
    const struct config *cfg = call->config;
    char *text = args_text(&call->args, i);
    char *masked =
        text_mask(text, (const char *const *)cfg->mask, cfg->mask_count);

    free(text);
    return masked;
}

static const struct command *find_name(const char *name)
{
    size_t low = 0, high = TABLE;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcasecmp(name, table[middle]->name);

        if (order == 0)
            return table[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

bool command_is_group(const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i < TABLE && len; i++)
        if (strcasecmp(table[i]->group, word) == 0 ||
            (strncasecmp(table[i]->name, word, len) == 0 &&
             table[i]->name[len] == ' '))
            return true;
    return false;
}

/* The first n words (1 or 2) as a name. False: there are not so many, or the
 * second is quoted: that is a stream called "pending". */
static bool name_of(const struct args *args, size_t n, char out[NAME_BYTES])
{
    if (args->count < n || (n > 1 && args->words[1].literal))
        return false;
    return snprintf(out, NAME_BYTES, "%s%s%s", args->words[0].text,
                    n > 1 ? " " : "",
                    n > 1 ? args->words[1].text : "") < NAME_BYTES;
}

/* What the words name, and with how many of them: two before one. */
static const struct command *find_words(const struct args *args, size_t *used)
{
    char name[NAME_BYTES];

    for (size_t n = 2; n > 0; n--) {
        const struct command *found =
            name_of(args, n, name) ? find_name(name) : NULL;

        *used = n;
        if (found)
            return found;
    }
    *used = 0;
    if (args->count == 0 || (args->count == 1 && command_is_group(name)))
        return &command_help;
    return NULL;
}

const struct command *command_named(const char *text)
{
    const struct command *found = NULL;
    struct args args;
    struct err err;
    size_t used;

    if (args_parse(text, &args, &err))
        found = find_words(&args, &used);
    args_dispose(&args);
    return found;
}

bool command_acts(const struct command *c, const struct args *args)
{
    return c && c->changes && !(c->prompts && c->prompts(args));
}

enum lane command_lane(const char *text)
{
    const struct command *found = command_named(text);

    if (found && found->urgent)
        return LANE_URGENT;
    return found && found->run ? LANE_SLOW : LANE_QUICK;
}

/* ---- what was probably meant ---------------------------------------------- */

/* Names of n words; a group counts as one when it stands alone. */
static size_t names_of(size_t words, bool alone, const char **names)
{
    size_t n = 0;

    for (size_t i = 0; i < TABLE; i++) {
        bool two = strchr(table[i]->name, ' ');

        if (two == (words == 2))
            names[n++] = table[i]->name;
        else if (two && alone)
            names[n++] = table[i]->group;
    }
    return n;
}

/* The known name nearest to the first words, and how many it replaces. */
static const char *nearest_name(const struct args *args, size_t *used)
{
    const char *names[TABLE];
    char typed[NAME_BYTES];

    for (*used = 2; *used > 0; --*used) {
        size_t n = names_of(*used, args->count == 1, names);
        const char *near;

        if (!name_of(args, *used, typed))
            continue;
        for (char *c = typed; *c; c++)
            *c = (char)tolower((unsigned char)*c);
        near = text_nearest(typed, names, n);
        if (near)
            return near;
    }
    return NULL;
}

static void add_flag(struct buf *line, const struct flag *flag)
{
    buf_fmt(line, " --%s", flag->name);
    if (flag->given)
        words_typed(line, flag->value);
}

/* Words from the given one on, each flag before the word it stood before:
 * that may be its value. */
static void add_rest(struct buf *line, const struct args *args, size_t from)
{
    for (size_t i = from; i < args->count; i++) {
        for (size_t f = 0; f < args->flag_count; f++)
            if (args->flags[f].at == i)
                add_flag(line, &args->flags[f]);
        words_typed(line, args->words[i].text);
    }
    for (size_t f = 0; f < args->flag_count; f++)
        if (args->flags[f].at < from || args->flags[f].at == ARGS_WORDS)
            add_flag(line, &args->flags[f]);
}

char *command_meant(const char *text)
{
    struct buf line = { 0 };
    struct args args;
    struct err err;
    const char *near;
    size_t used;

    if (args_parse(text, &args, &err) && !find_words(&args, &used)) {
        near = nearest_name(&args, &used);
        if (near) {
            buf_str(&line, near);
            add_rest(&line, &args, used);
        }
    }
    args_dispose(&args);
    return line.len ? buf_take(&line) : NULL;
}

/* ---- finding --------------------------------------------------------------- */

static bool unknown(const char *text, const struct args *args, struct err *err)
{
    char name[NAME_BYTES] = "";
    char *meant = command_meant(text);

    /* "dlq lst": the second word is the wrong one. */
    if (!(args->count > 1 && command_is_group(args->words[0].text) &&
          name_of(args, 2, name)))
        snprintf(name, sizeof name, "%.60s", args_word(args, 0));
    if (meant)
        err_set(err, ERR_USER, "I do not know `%s`. Did you mean `%.200s`?",
                name, meant);
    else
        err_set(err, ERR_USER, "I do not know `%s`.", name);
    free(meant);
    return false;
}

static bool check_flags(const struct command *c, struct args *args,
                        struct err *err)
{
    const char *allowed[ARGS_FLAGS + 2];
    size_t n = 0;

    while (c->flags && n < ARGS_FLAGS && c->flags[n]) {
        allowed[n] = c->flags[n];
        n++;
    }
    if (!c->changes)
        allowed[n++] = "share";
    allowed[n] = NULL;
    return args_bind(args, allowed, err);
}

static bool check_words(const struct command *c, const struct args *args,
                        struct err *err)
{
    int given = (int)args->count;

    if (args->tail && !c->text)
        return err_set(err, ERR_USER,
                       "More than %d words. Quote a text that belongs "
                       "together.",
                       ARGS_WORDS);
    if (given < c->min_words)
        return err_set(err, ERR_USER, "`%s` needs %s: %s.", c->name, c->usage,
                       given ? "something is missing"
                             : "you gave no word after its name");
    if (c->max_words >= 0 && given > c->max_words)
        return err_set(err, ERR_USER,
                       "`%s` does not know what to do with `%.60s`. Quote a "
                       "text that belongs together.",
                       c->name, args_word(args, (size_t)c->max_words));
    return true;
}

static bool check_right(const char *what, const char *right,
                        const struct asker *who, struct err *err)
{
    struct rights_gap gap;

    if (rights_allow(who, right))
        return true;
    rights_explain(who, right, &gap);
    return err_set(err, ERR_DENIED,
                   "`%s` needs the right `%s`, which you do not have%s.", what,
                   right, gap.channel_count ? " in this channel" : "");
}

bool call_needs(struct call *call, const char *what, const char *right,
                struct err *err)
{
    struct asker who = call_asker(call);

    if (check_right(what, right, &who, err))
        return true;
    call->missing = right;
    return false;
}

const struct command *command_find(const struct asker *who, const char *text,
                                   struct args *args, struct err *err)
{
    const struct command *found;
    size_t used;

    if (!args_parse(text, args, err))
        return NULL;
    found = find_words(args, &used);
    if (!found) {
        unknown(text, args, err);
        return NULL;
    }
    args_shift(args, used);
    if (!check_right(found->name, found->right, who, err) ||
        !check_flags(found, args, err) || !check_words(found, args, err))
        return NULL;
    return found;
}
