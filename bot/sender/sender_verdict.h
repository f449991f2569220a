/*
 * sender_verdict: what Slack's answer means for a post.
 *
 * Pure: no I/O, no clock. The sender thread's; tests'.
 */
#ifndef BOT_SENDER_VERDICT_H
#define BOT_SENDER_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "bot/sender/post.h"

enum answer_kind {
    ANSWER_HTTP,    /* a whole answer: status and body */
    ANSWER_UNSENT,  /* the request never left: nothing happened */
    ANSWER_LOST,    /* it left, and no whole answer came */
    ANSWER_TOO_BIG, /* the answer is over our limit */
};

/* What came back. Text is borrowed. */
struct answer {
    enum answer_kind kind;
    int status;
    int retry_after_s; /* 0: not given */
    const char *body;  /* never NULL */
    const char *why;   /* all but ANSWER_HTTP: what went wrong */
};

enum ruling {
    RULING_SENT,
    RULING_REFUSED, /* for good */
    RULING_RETRY,   /* nothing happened, or once more does no harm */
    RULING_LIMITED, /* 429: after a pause */
    RULING_TOKEN,   /* the token is refused: everybody's problem */
    RULING_PLAIN,   /* invalid_blocks: once more, as text only */
    RULING_UNKNOWN, /* it may have taken effect, and twice would harm */
};

struct judgement {
    enum ruling ruling;
    char error[128];    /* Slack's word, or a sentence; "" when sent */
    char messages[512]; /* what Slack says is wrong with the arguments */
};

/* post->rule is set. */
void judge(const struct post *post, const struct answer *answer,
           struct judgement *out);

#endif
