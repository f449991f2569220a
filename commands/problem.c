/*
 * problem: the card for a failure, from what is known of the call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/problem.h"
#include "commands/registry.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"

/* A button must do exactly what was typed: not when a secret was masked out
 * of it, nor when it is too long to be carried. */
#define AGAIN_BYTES 1000

static const char *again(const char *text)
{
    if (!text || strlen(text) > AGAIN_BYTES || strstr(text, TEXT_MASKED))
        return NULL;
    return text;
}

static char *meant_by(const struct call *call)
{
    const char *text = again(call->act.text);

    return text ? command_meant(text) : NULL;
}

/* The group of a line that names no command: "dlq" of "dlq xyz". */
static void topic_of(const char *text, char *topic, size_t size)
{
    struct args args;
    struct err err;

    *topic = '\0';
    if (args_parse(text, &args, &err) && args.count &&
        command_is_group(args.words[0].text))
        snprintf(topic, size, "%s", args.words[0].text);
    args_dispose(&args);
}

/* A store that was down before the call began stopped it at once. */
static bool was_down(const struct call *call, enum err_kind kind)
{
    const struct vitals *v = call->vitals;
    const struct store_health *health = NULL;
    int64_t since;

    if (v)
        health = kind == ERR_REDIS ? v->redis : v->postgres;
    since = health ? atomic_load(&health->down_since) : 0;
    return since != 0 && since < call->now;
}

/* ---- refusals --------------------------------------------------------------- */

/* NULL: the call was refused for something else than a right. */
static const char *missing_right(const struct call *call,
                                 const struct command *c)
{
    if (call->missing)
        return call->missing;
    return c && !call_may(call, c->right) ? c->right : NULL;
}

/* The names of all groups that roles name. Array heap. */
static struct group_name *group_names(const struct asker *who, size_t *count)
{
    const char **ids = roster_groups(who->config, count);
    struct group_name *names = xcalloc(*count + 1, sizeof *names);

    for (size_t i = 0; i < *count; i++) {
        names[i].id = ids[i];
        if (who->roster)
            roster_handle(who->roster, ids[i], names[i].handle);
    }
    free(ids);
    return names;
}

static void refuse(struct card *card, const struct call *call,
                   struct problem *problem, const char *right)
{
    struct asker who = call_asker(call);
    struct rights_gap gap;
    size_t count;
    struct group_name *names = group_names(&who, &count);
    struct refusal refusal = {
        .right = right,
        .user = call->act.user,
        .gap = &gap,
        .groups = names,
        .group_count = count,
        .admins = call->config->admins,
        .admin_count = call->config->admins_count,
        .from_file = call->config->from_file,
        .now = call->now,
    };

    rights_explain(&who, right, &gap);
    problem->refusal = &refusal;
    problem_card(card, problem);
    problem->refusal = NULL;
    free(names);
}

char *command_denial(const struct call *call)
{
    const char *right = missing_right(call, command_named(call->act.text));
    struct asker who = call_asker(call);
    struct rights_gap gap = { 0 };
    const char *why = "no role of theirs gives it";

    if (!right)
        return NULL; /* it was no right that they lack */
    rights_explain(&who, right, &gap);
    if (gap.channel_count)
        why = "not in this channel";
    else if (gap.stale)
        why = "their user group was last read over 24 h ago";
    else if (gap.unread)
        why = "a user group was never read";
    return json_text(member_str("right", right), member_str("why", why));
}

/* ---- any failure ------------------------------------------------------------- */

void command_problem(struct card *card, const struct call *call,
                     const struct err *err)
{
    const struct command *c = command_named(call->act.text);
    char topic[64];
    char *meant = err->kind == ERR_USER && !c ? meant_by(call) : NULL;
    const struct command *runs = meant ? command_named(meant) : c;
    struct problem problem = {
        .kind = err->kind,
        .text = err->text,
        .meant = meant,
        .again = again(call->act.text),
        .topic = topic,
        .op = call->act.op,
        .changes = runs && runs->changes,
        .begun = c && c->changes && !was_down(call, err->kind),
    };

    if (c) {
        problem.command = c->name;
        problem.usage = c->usage;
        problem.example = c->example;
    }
    topic_of(call->act.text, topic, sizeof topic);
    card_slash(card, command_slash(call->config));
    if (err->kind == ERR_DENIED && missing_right(call, c))
        refuse(card, call, &problem, missing_right(call, c));
    else
        problem_card(card, &problem);
    free(meant);
}

void command_ask_again(struct card *card, const struct call *call,
                       const char *text)
{
    card_slash(card, command_slash(call->config));
    if (call->filled_in)
        problem_submit_again(card, text);
    else
        problem_ask_again(card, text);
}
