/* pager_wire: see pager_wire.h. */
#include "bot/alerts/pager_wire.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/pager_mail.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/net/web.h"

#define CONNECT_MS 3000L
#define KEPT_OPEN  32L
#define ANSWER     (16 << 10) /* bytes of an answer that are read */
#define SAID       120        /* characters of it that are shown */

struct pager_wire {
    CURLM *multi;
    int flights;
};

struct pager_call {
    struct pager_wire *wire;
    void *owner;
    CURL *easy;
    struct curl_slist *list; /* headers, or who gets the mail */
    bool mail, flying;
    char *body;
    size_t sent; /* of a mail: bytes that curl has */
    struct buf answer;
    char *why;
    long timeout_ms;
    char curl_why[CURL_ERROR_SIZE];
};

/* ---- where to ------------------------------------------------------------------- */

struct place {
    const char *url, *token;
    bool slack; /* an incoming webhook */
};

static bool find_hook(const struct config_alerts *cfg, const char *name,
                      struct place *out)
{
    for (unsigned i = 0; i < cfg->hooks_count; i++) {
        if (strcmp(cfg->hooks[i].name, name) != 0)
            continue;
        *out = (struct place){ .url = cfg->hooks[i].url,
                               .token = cfg->hooks[i].token };
        return out->url != NULL;
    }
    return false;
}

static bool find_slack(const struct config_alerts *cfg, const char *severity,
                       struct place *out)
{
    for (int i = 0; i < ALERT_SEVERITIES; i++) {
        if (strcmp(event_severity_name((enum alert_severity)i), severity) != 0)
            continue;
        *out = (struct place){ .url = cfg->of[i].webhook, .slack = true };
        return out->url != NULL;
    }
    return false;
}

static bool find_place(const struct config_alerts *cfg, const char *target,
                       struct place *out)
{
    const char *name = strchr(target, ':');

    if (!name)
        return false;
    return strncmp(target, "slack:", 6) == 0 ? find_slack(cfg, name + 1, out)
                                             : find_hook(cfg, name + 1, out);
}

/* ---- by HTTP ---------------------------------------------------------------------- */

static size_t on_answer(char *data, size_t size, size_t count, void *arg)
{
    struct pager_call *c = arg;
    size_t len = size * count, room = ANSWER - c->answer.len;

    buf_add(&c->answer, data, len < room ? len : room);
    return len; /* what is longer is not looked at */
}

/* It may be there already, and nothing finds out: it says so. */
static char *repeated(const char *body)
{
    json_t *root = json_loads(body, 0, NULL);
    const char *text = json_string_value(json_object_get(root, "text"));
    char *marked = xasprintf("(repeated) %s", text ? text : "");
    char *out = NULL;

    if (text) {
        json_object_set_new(root, "text", json_string(marked));
        out = json_dumps(root, JSON_COMPACT);
    }
    json_decref(root);
    free(marked);
    return out ? out : xstrdup(body);
}

static bool set_hook(struct pager_call *c, const struct place *place,
                     const struct page_row *row)
{
    char *key = xasprintf("Idempotency-Key: %s", row->key);
    unsigned bad = 0; /* CURLE_OK is 0 */

    c->body =
        place->slack && row->unclear ? repeated(row->body) : xstrdup(row->body);
    c->list = curl_slist_append(NULL, "Content-Type: application/json");
    c->list = curl_slist_append(c->list, "Expect:");
    c->list = curl_slist_append(c->list, key);
    if (place->token)
        c->list = web_add_token(c->list, place->token);
    free(key);
    bad |= curl_easy_setopt(c->easy, CURLOPT_URL, place->url);
    bad |= curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->list);
    bad |= curl_easy_setopt(c->easy, CURLOPT_POST, 1L);
    bad |= curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, c->body);
    bad |= curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t)strlen(c->body));
    return !bad;
}

/* ---- by mail ---------------------------------------------------------------------- */

static size_t on_read(char *to, size_t size, size_t count, void *arg)
{
    struct pager_call *c = arg;
    size_t left = strlen(c->body + c->sent);
    size_t len = left < size * count ? left : size * count;

    memcpy(to, c->body + c->sent, len);
    c->sent += len;
    return len;
}

/* The machine itself needs no certificate. */
static bool is_here(const char *url)
{
    CURLU *u = curl_url();
    char *host = NULL;
    bool here = curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) ==
                    CURLUE_OK &&
                curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                (strcmp(host, "localhost") == 0 ||
                 strncmp(host, "127.", 4) == 0 || strcmp(host, "[::1]") == 0);

    curl_free(host);
    curl_url_cleanup(u);
    return here;
}

static bool set_people(struct pager_call *c, const struct config_fallback *f)
{
    char *from = mail_address(f->smtp_from);
    unsigned bad = 0;

    for (unsigned i = 0; i < f->smtp_to_count; i++) {
        char *to = mail_address(f->smtp_to[i]);

        c->list = curl_slist_append(c->list, to);
        free(to);
    }
    bad |= curl_easy_setopt(c->easy, CURLOPT_MAIL_FROM, from);
    bad |= curl_easy_setopt(c->easy, CURLOPT_MAIL_RCPT, c->list);
    /* one who has left keeps it from nobody else */
    bad |= curl_easy_setopt(c->easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
    if (f->smtp_user)
        bad |= curl_easy_setopt(c->easy, CURLOPT_USERNAME, f->smtp_user);
    if (f->smtp_password)
        bad |= curl_easy_setopt(c->easy, CURLOPT_PASSWORD, f->smtp_password);
    free(from);
    return !bad;
}

static bool set_mail(struct pager_call *c, const struct config_fallback *f,
                     const struct page_row *row, int64_t now)
{
    struct mail m = { .from = f->smtp_from,
                      .to = (const char *const *)f->smtp_to,
                      .to_count = f->smtp_to_count,
                      .subject = row->subject,
                      .body = row->body,
                      .key = row->key,
                      .at = now };
    bool open = is_here(f->smtp_url) && !f->smtp_user;
    unsigned bad = 0;

    c->mail = true;
    c->body = mail_text(&m);
    bad |= curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    bad |= curl_easy_setopt(c->easy, CURLOPT_URL, f->smtp_url);
    bad |= curl_easy_setopt(c->easy, CURLOPT_USE_SSL,
                            (long)(open ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    bad |= curl_easy_setopt(c->easy, CURLOPT_UPLOAD, 1L);
    bad |= curl_easy_setopt(c->easy, CURLOPT_READFUNCTION, on_read);
    bad |= curl_easy_setopt(c->easy, CURLOPT_READDATA, c);
    return set_people(c, f) && !bad;
}

/* ---- a call ------------------------------------------------------------------------- */

static bool set_where(struct pager_call *c, const struct config_alerts *cfg,
                      const struct page_row *row, int64_t now, struct err *why)
{
    const struct config_fallback *f = &cfg->fallback;
    struct place place = { 0 };
    bool ok;

    if (strcmp(row->target, "mail") == 0) {
        if (!f->smtp_url || !f->smtp_from || !f->smtp_to_count)
            return err_set(why, ERR_CONFIG,
                           "the configuration has no mail server any more");
        ok = set_mail(c, f, row, now);
    } else {
        if (!find_place(cfg, row->target, &place))
            return err_set(why, ERR_CONFIG,
                           "the configuration has no `%.80s` any more",
                           row->target);
        ok = set_hook(c, &place, row);
    }
    return ok || err_set(why, ERR_SYSTEM, "curl does not take the request");
}

static bool set_up(struct pager_call *c)
{
    unsigned bad = 0;

    c->timeout_ms = c->mail ? 2L * PAGER_TRY_MS : PAGER_TRY_MS;
    bad |= curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
    bad |= curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    bad |= curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, c->timeout_ms);
    bad |= curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_answer);
    bad |= curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
    return !bad;
}

struct pager_call *pager_call_new(struct pager_wire *w,
                                  const struct config_alerts *cfg,
                                  const struct page_row *row, int64_t now,
                                  void *owner, struct err *why)
{
    struct pager_call *c = xcalloc(1, sizeof *c);

    c->wire = w;
    c->owner = owner;
    c->easy = web_new(&(struct web_files){ 0 }, c->curl_why);
    if (set_where(c, cfg, row, now, why) &&
        (set_up(c) || err_set(why, ERR_SYSTEM, "curl has no memory")) &&
        (curl_multi_add_handle(w->multi, c->easy) == CURLM_OK ||
         err_set(why, ERR_SYSTEM, "curl does not take the request"))) {
        c->flying = true;
        w->flights++;
        return c;
    }
    pager_call_free(c);
    return NULL;
}

static void land(struct pager_call *c)
{
    if (!c->flying)
        return;
    c->flying = false;
    c->wire->flights--;
    curl_multi_remove_handle(c->wire->multi, c->easy);
}

void pager_call_free(struct pager_call *c)
{
    if (!c)
        return;
    land(c);
    curl_easy_cleanup(c->easy);
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

    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &wait);
    *out = (struct pager_answer){
        .mail = c->mail,
        .whole = code == CURLE_OK,
        .left = !never_left(code) && was_connected(c->easy),
        .status = (int)status,
        .retry_after = wait > 3600 ? 3600 : (int)wait,
    };
    free(c->why);
    if (code != CURLE_OK && !(c->mail && status >= 400))
        c->why = web_explain(c->easy, code, c->curl_why, c->timeout_ms);
    else if (status >= 300)
        c->why = status_of(c, status);
    else
        c->why = xstrdup("");
}

void *pager_wire_next(struct pager_wire *w, struct pager_answer *out,
                      const char **why)
{
    struct pager_call *c = NULL;
    struct CURLMsg *msg;
    CURLcode code;
    int left;

    msg = curl_multi_info_read(w->multi, &left);
    if (!msg || msg->msg != CURLMSG_DONE)
        return NULL;
    code = msg->data.result;
    curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &c);
    land(c);
    read_answer(c, code, out);
    *why = c->why;
    return c->owner;
}

void pager_wire_turn(struct pager_wire *w, int wait_ms)
{
    web_turn(w->multi, w->flights, wait_ms);
}

void pager_wire_wake(struct pager_wire *w)
{
    curl_multi_wakeup(w->multi);
}

struct pager_wire *pager_wire_new(void)
{
    struct pager_wire *w = xcalloc(1, sizeof *w);

    w->multi = curl_multi_init();
    if (!w->multi)
        abort(); /* out of memory, as in mem.c */
    curl_multi_setopt(w->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, KEPT_OPEN);
    return w;
}

void pager_wire_free(struct pager_wire *w)
{
    if (!w)
        return;
    curl_multi_cleanup(w->multi);
    free(w);
}
