/*
 * alert_nonce: which state of a card its buttons belong to. See alert.h.
 */
#include "blocks/alert.h"

#include <stdio.h>

/* op is at most 16 characters; a nonce has 39. */
const char *alert_nonce(const struct alert_group *g, char out[ALERT_NONCE])
{
    snprintf(out, ALERT_NONCE, "%.18s.%lld", g->op, (long long)g->version);
    return out;
}
