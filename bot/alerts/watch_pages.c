/*
 * watch_pages: pages that were given up: somebody should have been told, and
 * was not. One alert for each place, however many it refused: what it raises is
 * escalated too, to the same place perhaps. See watch_int.h.
 */
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/watch_int.h"
#include "core/alert/page.h"
#include "core/base/mem.h"

static const char *const labels_own[] = { "service", "opsbot", NULL };

/* "pager ops", "mail". Heap. */
static char *place(const char *target)
{
    return strncmp(target, "webhook:", 8) == 0
               ? xasprintf("pager %s", target + 8)
           : strncmp(target, "slack:", 6) == 0
               ? xasprintf("the incoming webhook for %s", target + 6)
               : xstrdup(target);
}

static void lost(struct watch *w, const struct page_lost *l)
{
    char *where = place(l->target);
    char *title = xasprintf("Pages are not delivered: %s", where);
    char *of = l->group ? xasprintf(" It was of A-%lld.", (long long)l->group)
                        : xstrdup("");
    char *message = xasprintf(
        "A page was given up, and nobody was told by it.%s The last answer: "
        "%s. Tell whoever is on call yourself (`oncall`), then set %s right; "
        "it is over with the first page that arrives, or with its alert.",
        of, l->why[0] ? l->why : "none", where);

    own_holds(w->own, &(struct own_fact){
                          .kind = OWN_PAGES,
                          .subject = l->target,
                          .severity = ALERT_CRITICAL,
                          .title = title,
                          .message = message,
                          .runbook = "deploy/runbooks/alerts-stuck.md",
                          .labels = labels_own,
                          .at = l->since,
                      });
    free(where);
    free(title);
    free(of);
    free(message);
}

bool watch_pages(struct watch *w, struct err *err)
{
    struct page_lost all[PAGES_LOST];
    size_t count;

    if (!pages_lost(w->db, all, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        lost(w, &all[i]);
    own_looked(w->own, OWN_PAGES);
    pages_lost_dispose(all, count);
    return true;
}
