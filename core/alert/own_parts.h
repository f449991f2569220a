/*
 * own_parts: what the files of own share. Internal to core/alert.
 *
 *   own.c       what is wrong
 *   own_read.c  what stands already, by Postgres
 *   own_say.c   what of it is to be said
 */
#ifndef CORE_ALERT_OWN_PARTS_H
#define CORE_ALERT_OWN_PARTS_H

#include "core/alert/own.h"

#define OWN_BEGIN "opsbot/" /* of every fingerprint */
/* What was said is not looked for sooner: it may be on its way. */
#define OWN_GRACE_MS 30000

/* What was said of one last; one mover: said(). */
enum said { SAID_NOTHING, SAID_FIRING, SAID_OVER };

struct own_entry {
    char *print, *title, *message, *runbook, *replica;
    enum own_kind kind;
    enum alert_severity severity;
    struct labels labels;
    int64_t at;
    bool holds;  /* since it was looked at last */
    bool due;    /* it is to be said that … */
    bool over;   /* … it is over; otherwise that it is wrong */
    bool stands; /* by Postgres, or by what was said since */
    bool once;
    enum said said;
    int64_t said_at; /* mono ms */
};

struct own {
    const char *replica;
    struct own_entry *items;
    size_t count;
};

struct own_entry *own_find(const struct own *o, const char *print);
/* Takes print. Entries that were found before may have moved. */
struct own_entry *own_add(struct own *o, char *print);
/* The i-th; the last one takes its place. */
void own_forget(struct own *o, size_t i);
/* Of this replica, or of all of them. */
bool own_ours(const struct own *o, const struct own_entry *e);

#endif
