/*
 * sender_body: what is sent, and where to: pure helpers. Any thread.
 */
#ifndef BOT_SENDER_BODY_H
#define BOT_SENDER_BODY_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/err.h"

/* A JSON object as application/x-www-form-urlencoded, appended to out. Nested
 * values become JSON text, null is left out. NULL and "" are no arguments. */
MUST_CHECK bool body_form(const char *json, struct buf *out, struct err *err);

/* The message without its blocks (edit: with an empty list, which takes the
 * old ones away); of a new one its text mentions whom they did. Heap; NULL when there were none, or no text would be left. */
char *body_plain(const char *json, bool edit);

/* True when url may be posted to: hooks.slack.com, or host and port of
 * api_url; https, or http for a loopback host; no user in it. */
bool body_url_allowed(const char *url, const char *api_url);

/* True for http://127.0.0.1… and the like. */
bool body_url_loopback(const char *url);

#endif
