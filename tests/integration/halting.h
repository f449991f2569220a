/*
 * halting: a bot with agents to halt, for the tests of halts. What cannot be
 * done fails the test, as in harness.h.
 */
#ifndef INTEGRATION_HALTING_H
#define INTEGRATION_HALTING_H

#include "tests/harness/agents.h"
#include "tests/integration/common.h"

struct halting {
    struct agents *agents;
    struct harness *h;
    char *yaml;
};

/* n agents (0: no targets), each a target that is told and asked. more: yaml
 * before the agents' part, may be "". */
struct halting halting_start(int n, const char *more);
/* The same, and a target has 8 s to confirm, not 30: for tests of those that
 * do not. */
struct halting halting_start_hasty(int n);
void halting_stop(struct halting *t);

/* Types it as U0ANN in C0OPS, where an answer may take longer than its ack.
 * New ref. */
json_t *say_patiently(struct harness *h, const char *text);
void expect_patiently(struct harness *h, const char *text, const char *shown);

/* Waits until a message of C0OPS (edits included) shows text. */
void wait_card(struct harness *h, const char *text, int limit_ms);
/* Waits until exactly n messages of C0OPS show text. A card is shown before
 * its targets have confirmed, and edited afterwards, so how many show a
 * result is to be waited for. */
void wait_cards(struct harness *h, const char *text, size_t n, int limit_ms);
/* What the channel shows: all messages, their blocks. Heap. */
char *channel_shown(struct harness *h);
/* How many messages of the channel show text. */
size_t cards_with(struct harness *h, const char *text);
/* Presses the button of that label on the newest message of C0OPS that has
 * it, and waits for its answer. New ref. */
json_t *press_card(struct harness *h, const char *user, const char *label);
/* `unhalt scope`, confirmed: shows "Unhalted scope". */
void unhalt_all(struct harness *h);
/* Waits until there are n audit rows of a command and kind. */
void wait_audited(struct harness *h, const char *command, const char *kind,
                  long long n);
/* How many there are. */
long long audited(struct harness *h, const char *command, const char *kind);

#endif
