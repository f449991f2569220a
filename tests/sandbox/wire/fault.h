/*
 * fault: what is to go wrong, and where; see CONTROL.md.
 *
 * The plan is a list; the first entry that matches applies. A fault that was
 * taken lives until fault_done(), also when it is deleted meanwhile. One
 * thread.
 */
#ifndef SANDBOX_FAULT_H
#define SANDBOX_FAULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct faults;

enum fault_kind {
    FAULT_DELAY,   /* nothing but delay_ms */
    FAULT_ANSWER,  /* another answer: status, error, body, url, … */
    FAULT_DROP,    /* connection closed */
    FAULT_HANG,    /* never answered */
    FAULT_GARBAGE, /* not HTTP */
};

struct fault {
    unsigned id;
    enum fault_kind kind;
    int64_t delay_ms;  /* with any kind: first this */
    bool after_effect; /* the call takes effect nevertheless, before */
    int status;        /* 0: as fits */
    const char *error; /* these point into spec, or NULL */
    const char *body;
    const char *content_type;
    const char *url;
    json_int_t retry_after; /* seconds, -1: no such header */
    json_int_t copies;      /* of a delivery; 1 otherwise */
    json_int_t retry_num;   /* of a delivery; -1: as it should be */
    const char *retry_reason;
    /* the plan's own */
    const char *on;
    json_int_t times; /* left; -1: for ever */
    json_int_t after; /* to be skipped first */
    json_int_t hits;
    json_t *match; /* in spec, or NULL */
    json_t *spec;
    unsigned holds;
    struct fault *next;
};

struct faults *faults_new(void);
void faults_free(struct faults *all);

/* Adds what POST /control/fault describes (borrowed). 0 and *why (static):
 * it makes no sense. */
unsigned fault_add(struct faults *all, const json_t *spec, const char **why);
/* 0: all. Returns how many went. */
unsigned fault_remove(struct faults *all, unsigned id);
json_t *faults_json(const struct faults *all); /* new */

/* The fault for a call, counted, or NULL. args may be NULL. "*" in the plan
 * means every Web API method. */
struct fault *fault_take(struct faults *all, const char *where,
                         const json_t *args);
void fault_done(struct faults *all, struct fault *fault);

#endif
