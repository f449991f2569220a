/*
 * task: one envelope while a worker answers it: from its text to a card, an
 * audit row and a message. Worker threads; straight-line, no I/O of its own
 * but what a command's run() does.
 */
#ifndef BOT_TASK_H
#define BOT_TASK_H

#include "blocks/answer.h"
#include "blocks/render.h"
#include "bot/flow/envelope.h"
#include "commands/command.h"
#include "core/base/digest.h"
#include "core/ops/audit.h"

/* What every task of one worker shares; all borrowed. config is the one that
 * was there when the task began. */
struct task_world {
    const struct config *config;
    const struct services *services;
    const char *replica;
    struct redis *redis;
    struct db *db;
};

struct task {
    struct envelope *env; /* owned */
    struct call call;
    const struct command *command; /* NULL: err says why not */
    struct err err;
    struct card *card; /* kept from task to task */
    struct press press;
    struct vitals vitals;
    struct reads reads;
    char op[OP_ID];
    char name[64];    /* for the audit row */
    char *text;       /* what was typed, secrets masked */
    char *detail;     /* of the audit row; NULL: none */
    struct act again; /* of a press that found it done: its own record */
    char again_op[OP_ID];
    struct audit_row row;
    struct audit_values values;
    bool effect; /* it changed something, or found that done before */
    bool shared; /* the answer is for everybody where it was asked */
};

/* Takes env. vitals are a snapshot. Finds the command, or says why not. */
void task_open(struct task *t, struct envelope *env,
               const struct task_world *world, const struct vitals *vitals);

/* Adds the Redis reads of a quick command. */
void task_ask(struct task *t, struct redis *redis);
/* Makes the card of a quick command, or the one of its failure. */
void task_answer(struct task *t);
/* The same for a straight one. */
void task_run(struct task *t, const struct task_world *world);

/* Fills t->row with what came of it. */
void task_conclude(struct task *t);

/* The answer is not there yet: call.later will be it. */
bool task_later(const struct task *t);
/* The answer for whoever asked by the admin API. After task_conclude(). */
struct answer task_document(const struct task *t);
/* The answer as a message (heap); NULL: there is nothing to say. */
char *task_message(const struct task *t);
/* To a form: the response_action that its ack carries (heap); else NULL. */
char *task_action(const struct task *t);

/* The command line of an envelope that was typed or said; borrowed. */
const char *task_text(const struct config *cfg, const struct envelope *env);

/* Frees all but the card, which is emptied for the next task. */
void task_close(struct task *t);

#endif
