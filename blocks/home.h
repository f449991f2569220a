/*
 * home: App Home: what is wrong now, what of it is yours, what you may do.
 *
 * The same sections in two forms: as the home tab, a header and blocks for
 * each, and as one card for `home` typed anywhere (P9). What a store that is
 * away would know is said to be unknown, with since when. Pure.
 */
#ifndef BLOCKS_HOME_H
#define BLOCKS_HOME_H

#include "blocks/card.h"
#include "core/alert/group.h"
#include "core/check/board.h"
#include "core/ops/halt.h"
#include "core/ops/incident.h"
#include "core/ops/job.h"

/* A check that fails. */
struct home_check {
    const struct config_check *check;
    struct check_state state;
};

/* A command whose right the person has. */
struct home_right {
    const char *name;    /* "dlq requeue" */
    const char *channel; /* it holds in this channel alone; NULL: anywhere */
};

/* A store, or Slack, as the bot sees it. */
struct home_peer {
    int64_t us;    /* last round trip; -1: none yet */
    int64_t since; /* wall ms since when it is away; 0: it is not */
};

/* All borrowed. */
struct home {
    const char *user;
    int64_t now; /* wall ms */

    const struct halt_list *halts;
    bool may_unhalt;

    const struct home_check *failing; /* worst first */
    size_t failing_count;
    size_t passing, waiting; /* waiting: not asked yet */

    bool incidents_known;
    struct incident_list incidents;

    bool alerts_shown; /* there are alerts, and the person may see them */
    bool alerts_known;
    struct group_list alerts; /* unacknowledged ones, the worst first */

    bool jobs_known;
    const struct job *jobs; /* the person's own, open ones first */
    size_t job_count;

    const struct home_right *may;
    size_t may_count;
    const char *const *everyone; /* names of what needs no right */
    size_t everyone_count;
    size_t lacking;      /* commands that need a right they do not have */
    char *const *admins; /* whom to ask */
    unsigned admin_count;

    struct home_peer redis, postgres;
    bool socket_off;      /* Slack comes by request URLs alone */
    int64_t socket_up_ms; /* since hello; -1: not connected */
    int64_t slack_us;     /* last round trip; -1: none */
    int64_t outbox;       /* posts that wait; -1: not known */
    const char *version;
    bool health, streams; /* there are checks, streams to look at */
};

/* The home tab: a view as JSON text (heap), at most 100 blocks. nonce: as in
 * card_nonce(), another one each time, at most 37 characters. */
char *home_tab(const struct home *home, const char *slash, const char *nonce);

/* The same as a card. */
void home_card(struct card *card, const struct home *home);

#endif
