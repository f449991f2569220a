/*
 * pager_wire_int: a page on its way from the inside, for the files of
 * pager_wire. Nobody else includes this. One thread.
 *
 *   pager_wire.c       calls: begun, ended, what came of them
 *   pager_wire_http.c  a request to a webhook
 *   pager_wire_mail.c  a mail's way to its server
 */
#ifndef BOT_PAGER_WIRE_INT_H
#define BOT_PAGER_WIRE_INT_H

#include "bot/alerts/pager_wire.h"
#include "core/base/buf.h"
#include "core/net/web_flight.h"

struct pager_call {
    struct web_flight flight;
    void *owner;
    struct curl_slist *list; /* headers, or who gets the mail */
    bool mail;
    char *body;
    size_t sent; /* of a mail: bytes that curl has */
    struct buf answer;
    char *why;
    long timeout_ms;
    char curl_why[CURL_ERROR_SIZE];
};

/* Both set the call's handle to a page's request; its list and its body are
 * the call's. False: why says what is in the way. */

/* To one of alerts.hooks, or to a severity's incoming webhook of Slack. */
MUST_CHECK bool pager_set_hook(struct pager_call *c,
                               const struct config_alerts *cfg,
                               const struct page_row *row, struct err *why);
/* now: wall ms. */
MUST_CHECK bool pager_set_mail(struct pager_call *c,
                               const struct config_fallback *f,
                               const struct page_row *row, int64_t now,
                               struct err *why);

#endif
