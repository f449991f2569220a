/*
 * load: sends one command many times and times the replies.
 *
 * Closed loop (`count`, `window` unanswered at any time) or open loop (`rate`
 * for `seconds`; latency then counts from the moment it was due, so that a
 * stalled bot cannot hide). A reply is an ack with a payload or the first
 * message by response URL. One load at a time; one thread.
 */
#ifndef SANDBOX_LOAD_H
#define SANDBOX_LOAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/sandbox/wire/http.h"

struct load;

#define LOAD_PATH "/commands/T0EX/load/"

/* POST /control/load: takes call; answers when the load is over. */
void load_control(struct sandbox *sb, struct http_call *call,
                  const json_t *how);
void load_free(struct load *load);
/* Sends what is due; once per turn. load may be NULL, also below. */
void load_pump(struct load *load);

/* The link tells what became of a command. */
void load_acked(struct load *load, uint32_t number, const json_t *payload);
void load_lost(struct load *load, uint32_t number);

/* POST to LOAD_PATH<number>. */
void load_reply(struct sandbox *sb, const struct http_request *req,
                struct http_response *res);

#endif
