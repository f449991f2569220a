/* pager_wire: a mail's way to its server. See pager_wire.h. */
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/pager_mail.h"
#include "bot/alerts/pager_wire_int.h"
#include "core/base/mem.h"

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
    CURL *e = c->flight.easy;
    unsigned bad = 0;

    for (unsigned i = 0; i < f->smtp_to_count; i++) {
        char *to = mail_address(f->smtp_to[i]);

        c->list = curl_slist_append(c->list, to);
        free(to);
    }
    bad |= curl_easy_setopt(e, CURLOPT_MAIL_FROM, from);
    bad |= curl_easy_setopt(e, CURLOPT_MAIL_RCPT, c->list);
    /* one who has left keeps it from nobody else */
    bad |= curl_easy_setopt(e, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
    if (f->smtp_user)
        bad |= curl_easy_setopt(e, CURLOPT_USERNAME, f->smtp_user);
    if (f->smtp_password)
        bad |= curl_easy_setopt(e, CURLOPT_PASSWORD, f->smtp_password);
    free(from);
    return !bad;
}

static bool set_request(struct pager_call *c, const struct config_fallback *f,
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
    CURL *e = c->flight.easy;
    unsigned bad = 0;

    c->mail = true;
    c->body = mail_text(&m);
    bad |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    bad |= curl_easy_setopt(e, CURLOPT_URL, f->smtp_url);
    bad |= curl_easy_setopt(e, CURLOPT_USE_SSL,
                            (long)(open ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (f->smtp_ca) {
        bad |= curl_easy_setopt(e, CURLOPT_CAINFO, f->smtp_ca);
        bad |= curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
    }
    bad |= curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
    bad |= curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
    bad |= curl_easy_setopt(e, CURLOPT_READDATA, c);
    return set_people(c, f) && !bad;
}

bool pager_set_mail(struct pager_call *c, const struct config_fallback *f,
                    const struct page_row *row, int64_t now, struct err *why)
{
    if (!f->smtp_url || !f->smtp_from || !f->smtp_to_count)
        return err_set(why, ERR_CONFIG,
                       "the configuration has no mail server any more");
    return set_request(c, f, row, now) ||
           err_set(why, ERR_SYSTEM, "curl does not take the request");
}
