/*
 * when: a moment that somebody types: "1h", "18:00", "18:00 Europe/Berlin",
 * "2026-11-20T14:00+02:00". Any thread.
 *
 * A clock or a date without a zone is read in that of the configuration
 * (alerts.zone). Which zone it was is given back: an answer names it, for a
 * person whose clock shows another one. Of two such moments (the clock is put
 * back) it is the first that is not over, of none (it is put forward) as much
 * later as the clock jumps.
 */
#ifndef COMMANDS_WHEN_H
#define COMMANDS_WHEN_H

#include "commands/command.h"

#define WHEN_ZONE 64

struct when {
    int64_t at;           /* wall ms */
    char zone[WHEN_ZONE]; /* "Europe/Berlin", "UTC", "+02:00"; "" where it does
                           * not matter: a length of time was typed */
    bool said;            /* it was typed with the time */
};

/* How a text is read. */
struct when_how {
    const char *zone; /* of the configuration */
    int64_t now;      /* wall ms */
};
struct when_how when_how(const struct call *call);

/* Until when: a length of time, a clock (the next time that it shows this), or
 * a date or time. After now, or ERR_USER. */
MUST_CHECK bool when_until(const char *text, const struct when_how *how,
                           struct when *out, struct err *err);
/* A moment, past or not: a clock (the next time), or a date or time. */
MUST_CHECK bool when_moment(const char *text, const struct when_how *how,
                            struct when *out, struct err *err);
/*
 * The words from the i-th on that say until when, as when_until() wants them:
 * "18:00", "18:00 Europe/Berlin". *used: how many they are. Heap. A word
 * behind a time that was meant as a zone and is none is taken with it, so that
 * it is refused, and not read as another word.
 */
char *when_words(const struct args *args, size_t i, size_t *used);

#endif
