/*
 * decode: the wire's own light look into requests: queries, forms, JSON.
 *
 * Good enough to record a call and to match it against a fault; the world
 * decodes for itself, strictly.
 */
#ifndef SANDBOX_DECODE_H
#define SANDBOX_DECODE_H

#include <jansson.h>
#include <stddef.h>

#include "tests/sandbox/sandbox.h"

/* "a=1&b=x+y" → {"a":"1","b":"x y"}; what is not UTF-8 is left out. New. */
json_t *decode_form(const char *text, size_t len);

/* Query and body (form or JSON) in one object; strings that hold a JSON
 * object or array are decoded, `token` is masked. New. */
json_t *decode_args(const struct http_request *req);

/* JSON if it parses, else a string; NULL body gives null. New. */
json_t *decode_answer(const char *body, size_t len);

#endif
