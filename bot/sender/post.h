/*
 * post: one call to Slack on its way out, and what came of it.
 *
 * Made by any thread, given to the sender, which owns it from then on. When
 * it is over the sender calls done() on its own thread; done() must only push
 * to a queue or store to an atomic, and takes nothing but copies.
 */
#ifndef BOT_POST_H
#define BOT_POST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/queue.h"

/* Higher lanes overtake lower ones (design §3.5). */
enum post_lane {
    POST_CRITICAL,
    POST_CLICK,
    POST_WARNING,
    POST_EDIT,
    POST_INFO
};
#define POST_LANES (POST_INFO + 1)

enum post_result {
    POST_SENT,     /* Slack said ok */
    POST_REFUSED,  /* Slack said no, for good: error names it */
    POST_GIVEN_UP, /* retries or the deadline are over */
    POST_UNKNOWN,  /* sent, and no answer came: it may have taken effect */
};
#define POST_RESULTS (POST_UNKNOWN + 1)

struct post_outcome {
    enum post_result result;
    const char *error; /* Slack's error word, or a sentence; "" on success */
    const char *body;  /* Slack's answer as text; "" if none */
    int http_status;   /* of the last answer; 0: none came */
    int retry_after_s; /* Slack asked to wait this long (429); 0: it did not */
    int64_t took_ms;   /* from sender_submit() */
    int attempts;
};

struct flow;
struct call_rule;

struct post {
    struct node node;
    enum post_lane lane;
    const char *method; /* "chat.postMessage" (static), NULL for a URL */
    char *url;          /* a response_url (heap), NULL for a method */
    char *body;         /* JSON text (heap); sent as JSON, or, for methods
                         * that take none, as a form */
    char *channel;      /* heap; paces and orders; NULL: not to a channel */
    bool app_token;     /* apps.connections.open */
    bool once;          /* do not retry: the caller has its own policy, and
                         * is told when it may have taken effect */
    int64_t deadline;   /* mono ms; 0: the call's default: 60 s for a URL,
                         * 3 s to open a modal, else 5 min */
    bool patient;       /* its time stands still while the token is refused;
                         * so without a deadline, unless that is short */
    char *trace;        /* heap, for the log; may be NULL */
    void (*done)(void *arg, const struct post_outcome *outcome);
    void *arg;

    /* The sender's own: nobody else reads or writes what follows. */
    const struct call_rule *rule; /* what we know of the method */
    struct flow *flow;            /* what it keeps its order in */
    struct post *older, *newer;   /* all posts, in order of arrival */
    int attempts;
    bool plain;         /* blocks were dropped after invalid_blocks */
    int64_t not_before; /* mono ms: the back-off */
    int64_t started;    /* mono ms: when it was submitted */
    char *error;        /* why the last attempt failed, or NULL */
    int http_status;    /* of that attempt */
    int retry_after_s;
};

/* Takes body and url. method is static text; body may be NULL for a method
 * without arguments. Lane: POST_CLICK unless changed. */
struct post *post_method(const char *method, char *body);
struct post *post_url(char *url, char *body);
void post_free(struct post *post); /* NULL is fine */

#endif
