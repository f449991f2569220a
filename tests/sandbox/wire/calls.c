/*
 * calls: see calls.h.
 */
#include "tests/sandbox/wire/calls.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

struct calls {
    json_t **ring; /* each as calls_json() shows it */
    uint64_t count;
    json_t *by_method; /* name → how many */
};

struct calls *calls_new(void)
{
    struct calls *calls = xcalloc(1, sizeof(*calls));

    calls->ring = xcalloc(CALLS_KEPT, sizeof(json_t *));
    calls->by_method = json_object();
    return calls;
}

void calls_free(struct calls *calls)
{
    if (!calls)
        return;
    for (size_t i = 0; i < CALLS_KEPT; i++)
        json_decref(calls->ring[i]);
    json_decref(calls->by_method);
    free(calls->ring);
    free(calls);
}

json_int_t calls_count(const struct calls *calls, const char *method)
{
    if (!method)
        return (json_int_t)calls->count;
    return json_integer_value(json_object_get(calls->by_method, method));
}

uint64_t calls_begin(struct calls *calls, const struct call_record *record)
{
    json_t **place = &calls->ring[calls->count % CALLS_KEPT];

    json_decref(*place);
    *place = json_pack("{ss sI so so si}", "method", record->method, "at_ms",
                       (json_int_t)record->at_ms, "args", record->args,
                       "answer", record->answer ? record->answer : json_null(),
                       "status", record->status);
    if (record->fault)
        json_object_set_new(*place, "fault", json_integer(record->fault));
    json_object_set_new(calls->by_method, record->method,
                        json_integer(calls_count(calls, record->method) + 1));
    return calls->count++;
}

void calls_end(struct calls *calls, uint64_t number, json_t *answer, int status)
{
    json_t *call = calls->ring[number % CALLS_KEPT];

    if (calls->count - number > CALLS_KEPT) {
        json_decref(answer);
        return;
    }
    json_object_set_new(call, "answer", answer);
    json_object_set_new(call, "status", json_integer(status));
}

json_t *calls_json(const struct calls *calls, const char *method)
{
    uint64_t first = calls->count > CALLS_KEPT ? calls->count - CALLS_KEPT : 0;
    json_t *list = json_array();

    for (uint64_t i = first; i < calls->count; i++) {
        json_t *call = calls->ring[i % CALLS_KEPT];
        const char *its = json_string_value(json_object_get(call, "method"));

        if (!method || strcmp(its, method) == 0)
            json_array_append(list, call);
    }
    return list;
}
