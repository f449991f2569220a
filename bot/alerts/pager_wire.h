/*
 * pager_wire: pages under way: the curl handles behind the pager. One thread.
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

struct pager_wire;
struct pager_call; /* one page on its way */

struct pager_wire *pager_wire_new(void);
/* Its calls are freed before. NULL is fine. */
void pager_wire_free(struct pager_wire *w);

/* Sends row, which is borrowed for the call's life, to where the configuration
 * says; owner: see pager_wire_next(). NULL: there is no such place any more,
 * why says so. */
struct pager_call *pager_call_new(struct pager_wire *w,
                                  const struct config_alerts *cfg,
                                  const struct page_row *row, int64_t now,
                                  void *owner, struct err *why);
void pager_call_free(struct pager_call *c); /* what is under way ends */

/* Moves what can be moved; waits up to wait_ms for something to happen. */
void pager_wire_turn(struct pager_wire *w, int wait_ms);
void pager_wire_wake(struct pager_wire *w); /* any thread: ends that wait */
/* The owner of the next call that is over, or NULL. *why: what went wrong, for
 * people, "" when nothing did; valid until the call is freed. */
void *pager_wire_next(struct pager_wire *w, struct pager_answer *out,
                      const char **why);

#endif
