/*
 * pager_wire: pages under way: the curl handles behind the pager, which fly
 * from a deck of its own (core/net/web_flight.h). One thread.
 *
 * Certificates are always verified, no redirect is followed, no proxy is used.
 * A token is only ever in the Authorization header, a password only where the
 * connection is encrypted: by smtps://, or by STARTTLS, without which
 * smtp:// goes to this machine alone.
 */
#ifndef BOT_PAGER_WIRE_H
#define BOT_PAGER_WIRE_H

#include "bot/alerts/pager_verdict.h"
#include "core/alert/page.h"
#include "core/config.h"

#define PAGER_TRY_MS 10000 /* connecting, sending, hearing; mail: twice that */

struct web_deck;
struct pager_call; /* one page on its way */

/* Sends row, which is borrowed for the call's life, to where the configuration
 * says; owner: see pager_wire_next(). NULL: there is no such place any more,
 * why says so. */
struct pager_call *pager_call_new(struct web_deck *deck,
                                  const struct config_alerts *cfg,
                                  const struct page_row *row, int64_t now,
                                  void *owner, struct err *why);
void pager_call_free(struct pager_call *c); /* what is under way ends */

/* The owner of the next call that is over, or NULL. *why: what went wrong, for
 * people, "" when nothing did; valid until the call is freed. */
void *pager_wire_next(struct web_deck *deck, struct pager_answer *out,
                      const char **why);

#endif
