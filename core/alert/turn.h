/*
 * turn: groups change, and what follows from it is written: the one way by
 * which take.c, change.c and due.c do so. Internal to core/alert.
 *
 * group_step() says what becomes of each; everything else is collected and
 * written at the end, a statement for each kind of row and not for each group.
 * All of it in the open transaction of the caller, who has locked the groups.
 */
#ifndef CORE_ALERT_TURN_H
#define CORE_ALERT_TURN_H

#include "core/alert/storm.h"
#include "core/alert/take.h"

/* Rows as a JSON list, while they are collected. */
struct turn_rows {
    struct buf text;
    size_t count;
};

struct turn_page {
    const struct alert_group *g; /* borrowed */
    int step, round;
    struct group_change *change; /* of the history; heap */
};

struct turns {
    const struct alert_world *w;
    const struct router *router;
    int64_t now;
    bool posted; /* cards may be in Slack already: look first */
    struct turn_rows groups, cards, touched, history, lines;
    struct turn_page *pages;
    size_t pages_count;
    char **channels; /* that got critical cards; borrowed from their groups */
    size_t channels_count;
};

/* A moment for all of it: w->now, or the clock's. */
int64_t world_now(const struct alert_world *w);

void turns_begin(struct turns *t, const struct alert_world *w);
void turns_dispose(struct turns *t);

/* One step of one group. g has to live until turns_write(). in->now and what
 * its route's windows say are filled in here. *out: the caller disposes. */
void turn_group(struct turns *t, struct alert_group *g, struct step_input *in,
                struct step_out *out);
MUST_CHECK bool turns_write(struct turns *t, struct err *err);

void turn_add(struct turn_rows *rows, char *object); /* takes it */
/* Its list, "[]" at least. Borrowed until the next. */
const char *turn_list(struct turn_rows *rows);

/* What its alerts say: how many fire, how many of them are muted, why and
 * until when. As columns of a row: group, muted, why, until. */
struct quiet_count {
    int64_t group, firing, muted, until;
    char *why; /* heap */
};
MUST_CHECK bool quiet_counts(struct db *db, const int64_t *groups, size_t count,
                             struct quiet_count **out, size_t *found,
                             struct err *err);
void quiet_counts_free(struct quiet_count *counts, size_t count);

/* Groups by number, locked, in the order of their keys; those that are not
 * there are left out. Heap. skip: those that another has locked, too. */
MUST_CHECK bool groups_lock(struct db *db, const int64_t *numbers, size_t count,
                            struct alert_group **out, size_t *found,
                            struct err *err);
void groups_free(struct alert_group *groups, size_t count);

/* "[1,2]". Heap. */
char *numbers_text(const int64_t *numbers, size_t count);

#endif
