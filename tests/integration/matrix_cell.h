/*
 * matrix_cell: one cell of the matrix: its group and card, what is done to it,
 * and how it has to be in the end. See matrix.h. One thread.
 */
#ifndef INTEGRATION_MATRIX_CELL_H
#define INTEGRATION_MATRIX_CELL_H

#include "tests/integration/common.h"
#include "tests/integration/matrix.h"

enum matrix_op { OP_POST, OP_EDIT, OP_ACK, OP_ESCALATE, OP_SILENCE };
#define MATRIX_OPS (OP_SILENCE + 1)

enum matrix_trouble {
    LIMITED_ONCE,
    LIMITED, /* 429 for ever */
    STATUS_500,
    TAKEN_UNSAID, /* accepted, and the answer never came */
    TWICE,        /* a duplicate click; the same news twice */
    OUT_OF_ORDER, /* two people's clicks cross; news of before come after */
    STALE,        /* a click on an old card; an old repeat */
    DELETED,      /* somebody deletes the card */
    REFUSED_BLOCKS,
    SOCKET_DROP
};
#define MATRIX_TROUBLES (SOCKET_DROP + 1)

#define CELL_BODIES 2

/* What is done: as it is typed, as the card has it, the command's name; why it
 * is in the history, and what the line in the thread ends with. */
struct matrix_act {
    const char *typed, *label, *command, *reason, *line;
};

struct cell {
    enum matrix_op op;
    enum matrix_trouble trouble;
    const char *channel;
    char service[40];   /* its group's label, of this cell alone */
    int number;         /* A-<number>; 0: not known yet */
    json_t *card;       /* as it was before; NULL: there was none */
    long long audited;  /* effects in the audit before it */
    long long refused;  /* … and what was turned away */
    bool typed;         /* not pressed */
    int old;            /* what keeps its card as it was; 0: nothing */
    bool joined;        /* something joined the group besides */
    long long version;  /* in the end */
    const char *by;     /* who waits for it: the latest one … */
    struct asked asked; /* … for what … */
    int64_t asked_ms;   /* … and since when (mono) */

    /* News, as they are sent, until they are taken. */
    char *bodies[CELL_BODIES];
    int sent[CELL_BODIES]; /* descriptor; -1: it has to be sent (again) */
    size_t bodies_count;
};

extern const char *const matrix_op_names[MATRIX_OPS];
extern const char *const matrix_trouble_names[MATRIX_TROUBLES];
extern const char *const matrix_channels[MATRIX_OPS];
extern const struct matrix_act matrix_acts[MATRIX_OPS];

/* A fault, which it takes; its id. */
int matrix_fault(struct harness *h, json_t *how);
/* What Slack does, in all channels and to all response URLs. Behind the faults
 * that there are: the first one that fits applies. */
void matrix_troubles(struct harness *h, enum matrix_trouble trouble);

/* Zeroed before; the run's number makes its names. */
void cell_init(struct cell *c, enum matrix_op op, enum matrix_trouble trouble,
               int run);
void cell_dispose(struct cell *c);

/* News of its group, as they are sent: JSON, heap. */
char *cell_alert(const struct cell *c, const char *print, int age_s,
                 const char *status);
/* Its alert, for those that need one. */
void cell_fire(struct harness *h, struct cell *c);
/* Its card is there. What comes before that which is done to it: it gets old,
 * and is seen as it was; somebody deletes it. */
void cell_prepare(struct harness *h, struct cell *c);
/* Does it, waiting for nothing. */
void cell_act(struct harness *h, struct cell *c);
/* Presses it again, as who saw an error does. */
void cell_press_again(struct harness *h, struct cell *c);

/* Sends what was not taken, until it is. */
void cell_deliver(struct harness *h, struct cell *c);
/* Effects of its command in its channel by now; turned: what had none. */
long long cell_audited(struct harness *h, const struct cell *c, bool turned);
/* Somebody else has it: neither may it be acknowledged nor escalated. */
bool cell_turned_away(const struct cell *c);
/* Postgres has what came of it. */
bool cell_recorded(struct harness *h, struct cell *c);
/* Until it is: whoever is asked whether it is still wanted says yes, whoever
 * was told that it failed tries again; an ack for nothing fails. */
void cell_insist(struct harness *h, struct cell *c);

/* Cards of it that can be seen in its channel by now; *one: one of them (new
 * reference), or NULL. */
size_t cell_cards(struct harness *h, const struct cell *c, json_t **one);
/* Somebody deletes its card. */
void cell_delete(struct harness *h, const struct cell *c);
/* Something else joins its group. */
void cell_join(struct harness *h, struct cell *c);

/* How it has to be. False: says what is wrong on stderr. */
bool cell_check(struct harness *h, struct cell *c);
/* Later: nothing has changed since. */
bool cell_undisturbed(struct harness *h, struct cell *c);

#endif
