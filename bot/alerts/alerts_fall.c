/*
 * alerts_fall: criticals that neither Slack nor Postgres takes: after
 * alerts.fallback.after they go by webhook and by mail, once each. See
 * alerts_int.h. The alerts thread.
 */
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/alerts_int.h"
#include "bot/alerts/pager.h"
#include "core/alert/fell.h"
#include "core/alert/page.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

/* One critical that is on its way to Slack without Postgres. */
struct fall {
    struct fall *next;
    char key[GROUP_KEY], op[OP_ID];
    int64_t began; /* mono ms */
    char *json, *subject, *words;
    bool arrived; /* somewhere in Slack; or nobody has to hear of it */
    int flying;   /* cards that are to be posted */
    bool over;    /* it has gone by the fallback, or need not */
};

struct fall *fall_new(struct fall **list, const struct alert_group *g)
{
    struct fall *f = xcalloc(1, sizeof *f);
    char *key = xasprintf("fallback:%s:hook", g->op);

    memcpy(f->key, g->key, strlen(g->key) + 1);
    memcpy(f->op, g->op, strlen(g->op) + 1);
    f->began = clock_mono_ms();
    f->json = page_json(g, "unposted", key, 0, 0);
    f->subject = page_subject(g);
    f->words = page_words(g);
    f->next = *list;
    *list = f;
    free(key);
    return f;
}

void fall_flies(struct fall *f)
{
    f->flying++;
}

void fall_arrived(struct fall *f, bool arrived)
{
    f->arrived = f->arrived || arrived;
    f->flying--;
}

static void fall_free(struct fall *f)
{
    free(f->json);
    free(f->subject);
    free(f->words);
    free(f);
}

void falls_free(struct fall *list)
{
    while (list) {
        struct fall *f = list;

        list = f->next;
        fall_free(f);
    }
}

/* What is over, and nobody holds any more. */
static void sweep(struct fall **list)
{
    while (*list) {
        struct fall *f = *list;

        if (!f->over || f->flying > 0) {
            list = &f->next;
            continue;
        }
        *list = f->next;
        fall_free(f);
    }
}

static void send_hook(struct alerts *a, const struct config_fallback *cfg,
                      const struct fall *f)
{
    char *key = xasprintf("fallback:%s:hook", f->op);
    char *target = xasprintf("webhook:%s", cfg->webhook);

    pager_direct(a->needs.pager, &(struct pager_page){ .key = key,
                                                       .target = target,
                                                       .subject = "",
                                                       .body = f->json });
    free(key);
    free(target);
}

static void send_mail(struct alerts *a, const struct fall *f)
{
    char *key = xasprintf("fallback:%s:mail", f->op);
    char *body = xasprintf("%s\n-- \nNeither Slack nor the bot's database could"
                           " be reached, so this comes by mail. Its card will"
                           " be posted when they are back.\n",
                           f->words);

    pager_direct(a->needs.pager, &(struct pager_page){ .key = key,
                                                       .target = "mail",
                                                       .subject = f->subject,
                                                       .body = body });
    free(key);
    free(body);
}

static void fall_back(struct alerts *a, const struct config *cfg,
                      const struct fall *f)
{
    const struct config_fallback *fallback = &cfg->alerts.fallback;
    bool mine;

    fell_claim(store_up(a->needs.redis) ? a->redis : NULL, a->needs.journal,
               cfg, f->key, f->op, &mine);
    if (!mine)
        return;
    log_warn("alerts", &(struct log_ctx){ .op = f->op },
             "neither Slack nor Postgres takes it: it goes by the fallback: %s",
             f->subject);
    if (fallback->webhook)
        send_hook(a, fallback, f);
    if (fallback->smtp_url)
        send_mail(a, f);
}

void falls_look(struct alerts *a, struct fall **list, int64_t now)
{
    const struct config *cfg = config_now(a->needs.config);
    const struct config_fallback *fallback = &cfg->alerts.fallback;
    bool roads =
        fallback->after_ms && (fallback->webhook || fallback->smtp_url);
    bool away = !store_up(a->needs.postgres);

    for (struct fall *f = *list; f; f = f->next) {
        if (f->over)
            continue;
        if (f->arrived || !roads || !away) {
            f->over = true;
        } else if (now - f->began >= fallback->after_ms) {
            fall_back(a, cfg, f);
            f->over = true;
        }
    }
    sweep(list);
}
