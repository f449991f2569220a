/*
 * control: the API that tests steer the sandbox with; see CONTROL.md.
 */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

#include "tests/sandbox/wire/http.h"

/* Any /control/ path: takes call. */
void control_handle(struct sandbox *sb, struct http_call *call);

/* {"ok":false,"error":…}. New. */
json_t *control_refusal(const char *error);

/* The calls that are not one-liners; how is the JSON body, borrowed. Each
 * returns the answer (new). */
json_t *control_socket(struct sandbox *sb, const json_t *how);
json_t *control_raw(struct sandbox *sb, const json_t *how);
json_t *control_envelope(struct sandbox *sb, const json_t *how);

/* Request URLs: where they are, and requests as a test wants them. Each takes
 * call. */
void control_delivery(struct sandbox *sb, struct http_call *call,
                      const json_t *how);
void control_ssl_check(struct sandbox *sb, struct http_call *call,
                       const json_t *how);
void control_raw_http(struct sandbox *sb, struct http_call *call,
                      const json_t *how);
void control_flood(struct sandbox *sb, struct http_call *call,
                   const json_t *how);

/* Acting as a person, perhaps with `wait`: takes call. */
void control_person(struct sandbox *sb, struct http_call *call,
                    const char *verb, const json_t *how);

#endif
