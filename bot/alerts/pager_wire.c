/* pager_wire: calls. See pager_wire.h. */
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/pager_wire_int.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/net/web.h"

#define CONNECT_MS 3000L
#define ANSWER     (16 << 10) /* bytes of an answer that are read */
#define SAID       120        /* characters of it that are shown */

/* ---- a call ------------------------------------------------------------------------- */

static size_t on_answer(char *data, size_t size, size_t count, void *arg)
{
    struct pager_call *c = arg;
    size_t len = size * count, room = ANSWER - c->answer.len;

    buf_add(&c->answer, data, len < room ? len : room);
    return len; /* what is longer is not looked at */
}

static bool set_where(struct pager_call *c, const struct config_alerts *cfg,
                      const struct page_row *row, int64_t now, struct err *why)
{
    return strcmp(row->target, "mail") == 0
               ? pager_set_mail(c, &cfg->fallback, row, now, why)
               : pager_set_hook(c, cfg, row, why);
}

static bool set_up(struct pager_call *c)
{
    CURL *e = c->flight.easy;
    unsigned bad = 0; /* CURLE_OK is 0 */

    c->timeout_ms = c->mail ? 2L * PAGER_TRY_MS : PAGER_TRY_MS;
    /* a mail server may let us wait for its greeting: curl counts that */
    bad |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
                            c->mail ? c->timeout_ms : CONNECT_MS);
    bad |= curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, c->timeout_ms);
    bad |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
    bad |= curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
    return !bad;
}

struct pager_call *pager_call_new(struct web_deck *deck,
                                  const struct config_alerts *cfg,
                                  const struct page_row *row, int64_t now,
                                  void *owner, struct err *why)
{
    struct pager_call *c = xcalloc(1, sizeof *c);

    c->owner = owner;
    web_flight_init(&c->flight, deck,
                    web_new(&(struct web_files){ 0 }, c->curl_why), c);
    if (set_where(c, cfg, row, now, why) &&
        (set_up(c) || err_set(why, ERR_SYSTEM, "curl has no memory")) &&
        (web_flight_begin(&c->flight) ||
         err_set(why, ERR_SYSTEM, "curl does not take the request")))
        return c;
    pager_call_free(c);
    return NULL;
}

void pager_call_free(struct pager_call *c)
{
    if (!c)
        return;
    web_flight_dispose(&c->flight);
    curl_slist_free_all(c->list);
    buf_dispose(&c->answer);
    free(c->body);
    free(c->why);
    free(c);
}

/* ---- what came of it ------------------------------------------------------------------ */

/* "HTTP status 404: no_service": the place's own words, without secrets. */
static char *status_of(const struct pager_call *c, long status)
{
    char *line = text_first_line(buf_text(&c->answer));
    char *masked = text_mask(line, NULL, 0), *cut = text_cut(masked, SAID);
    char *why = xasprintf("%s %ld%s%s", c->mail ? "SMTP reply" : "HTTP status",
                          status, *cut ? ": " : "", cut);

    free(line);
    free(masked);
    free(cut);
    return why;
}

/* Nothing of it can have arrived. */
static bool never_left(CURLcode code)
{
    return code == CURLE_COULDNT_CONNECT ||
           code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_URL_MALFORMAT ||
           code == CURLE_UNSUPPORTED_PROTOCOL ||
           code == CURLE_PEER_FAILED_VERIFICATION ||
           code == CURLE_SSL_CONNECT_ERROR || code == CURLE_USE_SSL_FAILED ||
           code == CURLE_LOGIN_DENIED;
}

/* A time-out before the connection stood did no harm either. */
static bool was_connected(CURL *easy)
{
    curl_off_t us = 0;

    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &us);
    return us > 0;
}

static void read_answer(struct pager_call *c, CURLcode code,
                        struct pager_answer *out)
{
    curl_off_t wait = 0;
    long status = 0;

    curl_easy_getinfo(c->flight.easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(c->flight.easy, CURLINFO_RETRY_AFTER, &wait);
    *out = (struct pager_answer){
        .mail = c->mail,
        .whole = code == CURLE_OK,
        .left = !never_left(code) && was_connected(c->flight.easy),
        .status = (int)status,
        .retry_after = wait > 3600 ? 3600 : (int)wait,
    };
    free(c->why);
    if (code != CURLE_OK && !(c->mail && status >= 400))
        c->why = web_explain(c->flight.easy, code, c->curl_why, c->timeout_ms);
    else if (status >= 300)
        c->why = status_of(c, status);
    else
        c->why = xstrdup("");
}

void *pager_wire_next(struct web_deck *deck, struct pager_answer *out,
                      const char **why)
{
    CURLcode code;
    struct pager_call *c = web_deck_next(deck, &code);

    if (!c)
        return NULL;
    read_answer(c, code, out);
    *why = c->why;
    return c->owner;
}
