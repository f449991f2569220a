/*
 * calls: the Web API and response URL calls that the app made, in order.
 *
 * The last CALLS_KEPT are remembered, and how many there were of each method.
 * One thread.
 */
#ifndef SANDBOX_CALLS_H
#define SANDBOX_CALLS_H

#include <jansson.h>
#include <stdint.h>

#define CALLS_KEPT 10000

struct calls;

/* What there is to say about one call. The JSON is taken. */
struct call_record {
    const char *method; /* "chat.postMessage", "response_url"; copied */
    int64_t at_ms;
    json_t *args;
    json_t *answer; /* NULL: none was given */
    int status;     /* 0: none was given */
    unsigned fault; /* id of the fault that applied, 0: none */
};

struct calls *calls_new(void);
void calls_free(struct calls *calls);
/* Reserves its place in the order; calls_end() fills it in. */
uint64_t calls_begin(struct calls *calls, const struct call_record *record);
void calls_end(struct calls *calls, uint64_t number, json_t *answer,
               int status);

/* How often; NULL: all. */
json_int_t calls_count(const struct calls *calls, const char *method);
/* [{method, at_ms, args, answer, status, fault?}], one method's or all. New,
 * but the calls in it are shared: dump it at once. */
json_t *calls_json(const struct calls *calls, const char *method);

#endif
