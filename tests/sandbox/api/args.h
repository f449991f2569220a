/*
 * args: the arguments of a Web API call, whatever they came in.
 *
 * Form, multipart and JSON bodies and the query string become one JSON
 * object. In it, values that are JSON inside a form (blocks, view, …) are
 * decoded; one that could not be stays a string. One thread, no state.
 */
#ifndef SANDBOX_ARGS_H
#define SANDBOX_ARGS_H

#include "tests/sandbox/sandbox.h"

/*
 * A new object, never NULL. *error is NULL, or invalid_json, json_not_object,
 * invalid_form_data, invalid_post_type, missing_post_type; *warning is NULL,
 * or missing_charset, superfluous_charset. All static.
 */
json_t *args_decode(const struct http_request *req, const char **error,
                    const char **warning);

/* Whether the body is JSON, by its content type. */
bool args_is_json(const struct http_request *req);

/* The token of the header, else of the form (never of a JSON body). Borrowed
 * from the request or args; NULL: none. */
const char *args_token(const struct http_request *req, const json_t *args);

/* Borrowed; NULL: absent or empty. A number is not text. */
const char *args_text(const json_t *args, const char *key);
/* true, "1", "True", "yes", 1, …: true. Absent or unreadable: fallback. */
bool args_bool(const json_t *args, const char *key, bool fallback);
/* Numbers also as text. False: it is there and is no number. */
bool args_int(const json_t *args, const char *key, int64_t fallback,
              int64_t *out);
/* Borrowed; NULL: absent, null or "". */
json_t *args_value(const json_t *args, const char *key);

#endif
