/*
 * tally: what this process has done since it began, counted by whoever does
 * it, for /metrics. Any thread; there is one for the process, like its log.
 *
 * Every name that may become a label comes from a table: the commands of the
 * registry, and the roads, outcomes and reasons below. What is in none of them
 * counts as "other", so that nothing that people type makes another series.
 */
#ifndef BOT_TALLY_H
#define BOT_TALLY_H

#include "core/base/err.h"
#include "core/base/meter.h"

#define TALLY_ROADS    5
#define TALLY_OUTCOMES 19
#define TALLY_SOURCES  6
#define TALLY_COMMANDS 64 /* and those that the registry does not know */

/* Why something that was asked was not done. */
enum tally_reason {
    TALLY_DENIED,     /* a right is missing */
    TALLY_INPUT,      /* what was typed cannot be done */
    TALLY_BUSY,       /* a queue is full */
    TALLY_REDIS,      /* a store, or Slack, is away */
    TALLY_POSTGRES,   /* … */
    TALLY_SLACK,      /* … */
    TALLY_SYSTEM,     /* anything else of ours */
    TALLY_UNRECORDED, /* Redis did not record it in time, nobody ran it */
    TALLY_STOPPING,   /* we are about to end */
    TALLY_REASONS
};

/* What became of an event that came in. */
enum tally_fate {
    TALLY_TAKEN,   /* it is in Postgres, or was before */
    TALLY_HELD,    /* … in Redis or the journal, until Postgres is back */
    TALLY_NOWHERE, /* whoever sent it was told so */
    TALLY_FATES
};

struct tally {
    struct tally_road {
        struct meter acks;    /* from an envelope's arrival to its ack */
        struct meter answers; /* … to its answer */
    } roads[TALLY_ROADS];
    /* The last command is what the registry does not know. */
    _Atomic uint64_t commands[TALLY_COMMANDS + 1][TALLY_OUTCOMES];
    _Atomic uint64_t refusals[TALLY_REASONS];
    _Atomic uint64_t alerts[TALLY_SOURCES][TALLY_FATES]; /* events */
    struct meter cards; /* of alerts: from the transaction to Slack's answer */
    _Atomic uint64_t late_posts; /* of the outbox, see OUTBOX_LATE_MS */
};

/* road: "socket", "http", "admin", "recovery", as act.via has it. us: since
 * it arrived. */
void tally_ack(const char *road, int64_t us);
void tally_answer(const char *road, int64_t us);
/* name: of the registry; "" for what names no command. outcome: as the audit
 * row has it. */
void tally_command(const char *name, const char *outcome);
void tally_refusal(enum tally_reason reason);
/* ERR_NONE counts nothing. */
void tally_error(enum err_kind kind);
void tally_late_post(void);
/* source: of the event. */
void tally_alert(const char *source, enum tally_fate fate);
void tally_card(int64_t us);

/* To be read; never freed. */
const struct tally *tally_read(void);

/* ---- labels: static, "other" the last of roads, outcomes and sources ------- */
const char *tally_road_name(unsigned i);
const char *tally_outcome_name(unsigned i);
const char *tally_reason_name(enum tally_reason reason);
const char *tally_source_name(unsigned i);
const char *tally_fate_name(enum tally_fate fate);
/* The name of command i: NULL where there is none, "other" for the last. */
const char *tally_command_name(unsigned i);

#endif
