/*
 * pager_verdict: what the answer to a page means. Pure: no I/O, no clock.
 */
#ifndef BOT_PAGER_VERDICT_H
#define BOT_PAGER_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

/* What came back. */
struct pager_answer {
    bool mail;       /* SMTP, not HTTP */
    bool whole;      /* it was heard to its end */
    bool left;       /* the request may have arrived */
    int status;      /* of HTTP or SMTP; 0: none */
    int retry_after; /* seconds, as the place says; 0: it does not */
};

enum pager_end { PAGER_TAKEN, PAGER_LATER, PAGER_NEVER };

struct pager_verdict {
    enum pager_end end;
    bool unclear;     /* LATER: it may have arrived */
    int64_t delay_ms; /* LATER: until the next try */
};

/* attempts: tries so far, this one included. random: any number. */
void pager_judge(const struct pager_answer *answer, int attempts,
                 uint32_t random, struct pager_verdict *out);

#endif
