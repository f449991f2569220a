/*
 * problem: the card for a failure, from what is known of the call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/problem.h"
#include "commands/registry.h"
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

void command_problem(struct card *card, const struct call *call,
                     const struct err *err)
{
    const struct command *c = command_named(call->act.text);
    char roles[160] = "", topic[64];
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
        problem.right = c->right;
        if (c->right)
            rights_roles(call->config, c->right, roles, sizeof roles);
        problem.roles = roles;
    }
    topic_of(call->act.text, topic, sizeof topic);
    card_slash(card, command_slash(call->config));
    problem_card(card, &problem);
    free(meant);
}

void command_ask_again(struct card *card, const struct call *call,
                       const char *text)
{
    card_slash(card, command_slash(call->config));
    problem_ask_again(card, text);
}
