/*
 * widget: what elements hold: their value, and how a person changes it.
 *
 * A stateful element's value is {"type", <key>: …} with a key by its type:
 * "selected_option", "value", "selected_date" (protocol §3.4, §3.5). One
 * thread, no state.
 */
#ifndef SANDBOX_WIDGET_H
#define SANDBOX_WIDGET_H

#include <jansson.h>
#include <stdbool.h>

/* Whether it holds a value at all: buttons and overflow menus do not. */
bool widget_is_stateful(const json_t *element);

/* Its value at first, from initial_…. New. */
json_t *widget_initial(const json_t *element);

/*
 * Its value after a person gave `given`: text, the value of an option, a list
 * of those, a Unix time, or null for nothing. New; NULL: that cannot be, and
 * *wrong says why (static).
 */
json_t *widget_given(const json_t *element, const json_t *given,
                     const char **wrong);

/* Whether such a value is nothing: null, "" or []. */
bool widget_is_empty(const json_t *value);

/* NULL, or why Slack's client would not let the value be submitted. */
const char *widget_refuse(const json_t *element, const json_t *value);

/* {block_id: {action_id: value}} of all stateful elements: the earlier value
 * (earlier may be NULL) if block_id, action_id and type are the same. New. */
json_t *widget_states(const json_t *blocks, const json_t *earlier);

/* values[block_id][action_id] = value (taken). */
void widget_store(json_t *values, const json_t *block, const json_t *element,
                  json_t *value);

#endif
