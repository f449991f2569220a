/*
 * calls: a call as the bot makes one, without the bot: a configuration with a
 * few roles, a person, and the card that comes of a typed text.
 *
 *   U0ANN  operator: dlq.*      U0BEN  nobody
 *   U0LEE  lead: audit, outbox, outbox.retry, oncall.override
 *   U0HAL  trader: halt, unhalt
 *   U0INC  commander: incident.*
 *   U0ACK  keeper: ack
 *   U0ALE  responder: alert.*, route.test
 *   U0SEC  security: dlq.*, in C0SEC only, as have the members of S0OLD
 *
 * Calls come from C0OPS. Rotations: pay, risk.
 */
#ifndef TESTS_COMMANDS_CALLS_H
#define TESTS_COMMANDS_CALLS_H

#include "commands/command.h"

/* The moment of every call: 2026-11-23T14:08:07Z. */
#define NOW INT64_C(1795442887000)

/* Borrowed for ever. */
const struct config *calls_config(void);

/* One call from text to card, both freed by the next one. */
struct called {
    struct call call;
    struct err err;
    const struct command *command; /* NULL: err says why not */
    char *text;                    /* the card as plain text */
};

/* As the worker does it: find, run or answer, explain what failed. reads may
 * be NULL: Redis answered nothing. */
struct called *call_as(const char *user, const char *text);
struct called *call_reading(const char *user, const char *text,
                            const struct reads *reads);
/* Frees what the last call left: for a suite's .fini. */
void calls_end(void);

/* What ping and the refusals look at; for tests to change. */
extern struct vitals calls_vitals;
extern struct store_health calls_redis, calls_postgres;

#endif
