/*
 * cards: alerts that are sent to somebody, and what Slack shows of them: for
 * the bot and for those it is compared with. Group g goes to channel
 * C0A<g % CARD_CHANNELS> and is named "bench group <g>". One thread.
 */
#ifndef BENCH_CARDS_H
#define BENCH_CARDS_H

#include "tests/bench/alarm_feed.h"

#define CARD_CHANNELS 5

/* The channels, with the bot in them. */
void cards_channels(struct harness *h);
/* All messages of one of them. New reference. */
json_t *cards_of(struct harness *h, long channel);
/* A message of the channel itself, with a thread or without. */
bool cards_is_one(const json_t *message);

/* What a post costs in the sandbox itself, p95 of 20: ms. */
double cards_own_latency(struct harness *h);

/* 20 of the first hundred posts are answered with 429, two at a time. */
void cards_limit_some(struct harness *h);

/* Criticals one after the other, each a group of its own from `first` on, each
 * until it is named. */
struct cards_singles {
    struct alarm_to to;
    long first;
    int count, apart_ms;
};
/* Of each: ms from its event to the message; and for how long of that Slack
 * itself forbade every post in its channel, by the Retry-After of a 429. */
struct cards_delays {
    double ms[64], forbidden[64], over[64]; /* over: the difference */
    int count;                              /* of those that were named */
    int lost, twice; /* not named within two minutes; with two messages */
};
void cards_singles(struct harness *h, const struct cards_singles *what,
                   struct cards_delays *out);

/* What is there of groups 0 … groups - 1, the first `critical` of which are
 * criticals, after all of them were sent. */
struct cards_seen {
    int lost, twice;               /* groups: not named, with two messages */
    int critical_lost, late;       /* criticals; later than 5 s */
    double last_s;                 /* the last critical, seconds after began */
    long messages, edits, refused; /* calls; answered with 429 */
};
void cards_seen(struct harness *h, int groups, int critical, double began,
                struct cards_seen *out);
/* Until each of so many groups is named, or limit_ms are over. */
void cards_wait(struct harness *h, int groups, int limit_ms);

double cards_percentile(double *values, int n, double p); /* sorts; 0: none */

#endif
