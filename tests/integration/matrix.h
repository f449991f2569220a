/*
 * matrix: alerts under every trouble, killed at every point. One thread; what
 * cannot be done fails the test, as in harness.h.
 *
 * For each trouble all five operations (post, edit, ack, escalate, silence) are
 * begun together, each on a group and in a channel of its own; the bot is
 * killed (SIGKILL) at one point of them, started again, and what is there in
 * the end is looked at: a cell is one operation under one trouble.
 */
#ifndef INTEGRATION_MATRIX_H
#define INTEGRATION_MATRIX_H

enum matrix_kill {
    KILL_UNRECORDED, /* before Postgres has it */
    KILL_RECORDED,   /* it has; Slack has not done anything of it */
    KILL_EFFECT,     /* Slack has; nobody was told that it did */
    KILL_OUTCOME     /* that is recorded too */
};

/* All troubles, in one world; prints the table. Fails when a cell is not as it
 * should be, after all others were looked at. */
void matrix_run(enum matrix_kill kill);

#endif
