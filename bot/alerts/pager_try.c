/* pager: one try after the other. See pager.h. */
#include <stdlib.h>
#include <sys/random.h>

#include "bot/alerts/pager_int.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

/* ---- the end of a try -------------------------------------------------------------- */

static void sending_over(struct sending *s)
{
    pager_call_free(s->call);
    page_row_dispose(&s->row);
    free(s->why);
    *s = (struct sending){ 0 };
}

static void log_end(const struct sending *s)
{
    struct log_ctx ctx = { .op = s->row.key };

    if (s->verdict.end == PAGER_TAKEN)
        log_info("pager", &ctx, "%s took it, %lld ms after it was written",
                 s->row.target, (long long)s->row.age_ms);
    else if (s->verdict.end == PAGER_LATER)
        log_warn("pager", &ctx, "%s did not take it (%s): again in %lld s",
                 s->row.target, s->why,
                 (long long)(s->verdict.delay_ms + 999) / 1000);
    else
        log_error("pager", &ctx, "%s will not take it: %s", s->row.target,
                  s->why);
}

static bool write_end(struct pager *p, const struct sending *s, struct err *err)
{
    switch (s->verdict.end) {
    case PAGER_TAKEN:
        return page_sent(p->db, &s->row, err);
    case PAGER_LATER:
        return page_retry(p->db, &s->row, s->why, s->verdict.delay_ms,
                          s->verdict.unclear, err);
    case PAGER_NEVER:
        break;
    }
    return page_failed(p->db, &s->row, s->why, err);
}

static void count_end(struct pager *p, const struct sending *s)
{
    atomic_fetch_add(s->verdict.end == PAGER_TAKEN   ? &p->sent
                     : s->verdict.end == PAGER_LATER ? &p->later
                                                     : &p->failed,
                     1);
    log_end(s);
}

/* Until Postgres knows, it stays ours, and is not sent again by us. */
static void end(struct pager *p, struct sending *s)
{
    struct err err = { 0 };

    if (s->direct) {
        count_end(p, s);
        pager_direct_over(p, s->direct, &s->verdict);
        sending_over(s);
        return;
    }
    if (!store_up(p->needs.postgres) || !write_end(p, s, &err)) {
        if (err.text[0] && news_is(&p->end_news, err.text))
            log_warn("pager", &(struct log_ctx){ .op = s->row.key }, "%s",
                     err.text);
        return;
    }
    news_over(&p->end_news);
    count_end(p, s);
    sending_over(s);
}

static void ended(struct sending *s, const struct pager_answer *answer,
                  const char *why)
{
    uint32_t random = 0;

    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
        random = (uint32_t)clock_mono_us();
    pager_judge(answer, s->row.attempts, random, &s->verdict);
    free(s->why);
    s->why = xstrdup(why);
    pager_call_free(s->call);
    s->call = NULL;
}

/* ---- the begin ------------------------------------------------------------------------ */

static void begin(struct pager *p, struct sending *s)
{
    const struct config_alerts *cfg = &config_now(p->needs.config)->alerts;
    struct err why = { 0 };

    s->used = true;
    s->call = pager_call_new(p->deck, cfg, &s->row, clock_wall_ms(), s, &why);
    if (s->call)
        return;
    s->verdict = (struct pager_verdict){ .end = PAGER_NEVER };
    s->why = xstrdup(why.text);
}

void pager_try(struct pager *p, struct page_row *row, struct direct *direct)
{
    struct sending *s = p->sendings;

    while (s->used)
        s++;
    s->row = *row;
    s->direct = direct;
    begin(p, s);
}

size_t pager_room(const struct pager *p, bool direct)
{
    size_t n = PAGER_AT_ONCE;

    for (size_t i = 0; i < PAGER_SLOTS; i++)
        n -= p->sendings[i].used && (p->sendings[i].direct != NULL) == direct;
    return n;
}

/* ---- all of them ------------------------------------------------------------------------ */

void pager_move(struct pager *p, int wait_ms)
{
    struct pager_answer answer;
    struct sending *s;
    const char *why;

    web_deck_turn(p->deck, wait_ms);
    while ((s = pager_wire_next(p->deck, &answer, &why)))
        ended(s, &answer, why);
    for (size_t i = 0; i < PAGER_SLOTS; i++)
        if (p->sendings[i].used && !p->sendings[i].call)
            end(p, &p->sendings[i]);
}

bool pager_any_under_way(const struct pager *p)
{
    for (size_t i = 0; i < PAGER_SLOTS; i++)
        if (p->sendings[i].call)
            return true;
    return false;
}

void pager_let_go(struct pager *p)
{
    for (size_t i = 0; i < PAGER_SLOTS; i++) {
        if (p->sendings[i].direct)
            pager_direct_free(p->sendings[i].direct);
        sending_over(&p->sendings[i]);
    }
}
