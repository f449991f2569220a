/*
 * alert_sample: groups of alerts for the tests of their cards: one of each
 * state, all about the same trouble, as at NOW (shown.h).
 *
 * What they hold is borrowed from the sample, and gone with it.
 */
#ifndef TESTS_BLOCKS_ALERT_SAMPLE_H
#define TESTS_BLOCKS_ALERT_SAMPLE_H

#include "blocks/alert.h"

#define TEXT(s) ((char *)(size_t)(s))

struct sample {
    struct alert_group g;
    struct alert_view view; /* of a channel: now 0 */
    struct group_alerts alerts;
    struct alert_context context;
};

/* A-1042: critical, three alerts fire, @anna is paged next. */
struct sample *sample_new(void);
void sample_free(struct sample *s);

/* It, as it stands later. */
void sample_ack(struct sample *s);
void sample_silence(struct sample *s);
void sample_resolve(struct sample *s);
/* So many alerts, each of its own instance. */
void sample_alerts(struct sample *s, size_t count);
/* A halt, a stream, a check and a deployment beside it. */
void sample_context(struct sample *s);

#endif
