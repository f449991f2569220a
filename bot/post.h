/*
 * post: one call to Slack on its way out, and what came of it.
 *
 * Made by any thread, given to the sender, which owns it from then on. When
 * it is over the sender calls done() on its own thread; done() must only push
 * to a queue or store to an atomic, and takes nothing but copies.
 */
#ifndef BOT_POST_H
#define BOT_POST_H

#include <stdint.h>

#include "core/base/log.h"
#include "core/base/queue.h"

/* Higher lanes overtake lower ones (design §3.5). */
enum post_lane {
    POST_CRITICAL,
    POST_CLICK,
    POST_WARNING,
    POST_EDIT,
    POST_INFO
};

enum post_result {
    POST_SENT,     /* Slack said ok */
    POST_REFUSED,  /* Slack said no, for good: error names it */
    POST_GIVEN_UP, /* retries or the deadline are over */
    POST_UNKNOWN,  /* sent, and no answer came: it may have taken effect */
};

struct post_outcome {
    enum post_result result;
    const char *error; /* Slack's error word, or a sentence; "" on success */
    const char *body;  /* Slack's answer as text; "" if none */
    int64_t took_ms;
    int attempts;
};

struct post {
    struct node node;
    enum post_lane lane;
    const char *method; /* "chat.postMessage" (static), NULL for a URL */
    char *url;          /* a response_url (heap), NULL for a method */
    char *body;         /* JSON text (heap); sent as JSON, or, for methods
                         * that take none, as a form */
    char *channel;      /* paces posts; NULL: not a post to a channel */
    bool app_token;     /* apps.connections.open */
    bool once;          /* do not retry: the caller has its own policy */
    int64_t deadline;   /* mono ms; 0: the lane's default */
    char *trace;        /* for the log; may be NULL */
    void (*done)(void *arg, const struct post_outcome *outcome);
    void *arg;

    /* The sender's own. */
    int attempts;
    int64_t not_before;
    int64_t started;
};

/* Takes body and url. method is static text. */
struct post *post_method(const char *method, char *body);
struct post *post_url(char *url, char *body);
void post_free(struct post *post); /* NULL is fine */

#endif
