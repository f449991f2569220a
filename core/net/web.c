/*
 * web: how we speak HTTP to services of ours. A handle belongs to one thread.
 */
#include "core/net/web.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"

#define WHY_MAX 160 /* characters */

static bool set_up_tls(CURL *e, const struct web_files *files)
{
    unsigned bad = 0; /* CURLE_OK is 0 */

    bad |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    bad |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    bad |=
        curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (files->ca) {
        bad |= curl_easy_setopt(e, CURLOPT_CAINFO, files->ca);
        bad |= curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
    }
    if (files->client_cert)
        bad |= curl_easy_setopt(e, CURLOPT_SSLCERT, files->client_cert);
    if (files->client_key)
        bad |= curl_easy_setopt(e, CURLOPT_SSLKEY, files->client_key);
    return !bad;
}

static bool set_up(CURL *e, char *why)
{
    unsigned bad = 0;

    bad |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* never joins DNS */
    bad |=
        curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    bad |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    bad |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(e, CURLOPT_PROXY, "");
    bad |= curl_easy_setopt(e, CURLOPT_USERAGENT, "opsbot");
    bad |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, why);
    return !bad;
}

CURL *web_new(const struct web_files *files, char *why)
{
    CURL *easy = curl_easy_init();

    if (!easy || !set_up(easy, why) || !set_up_tls(easy, files))
        abort(); /* out of memory, as in mem.c */
    return easy;
}

struct curl_slist *web_add_token(struct curl_slist *list, const char *token)
{
    char *header = xasprintf("Authorization: Bearer %s", token);

    list = curl_slist_append(list, header);
    explicit_bzero(header, strlen(header));
    free(header);
    return list;
}

/* curl's own words, fit to be shown. Of OpenSSL's only the end says anything:
 * "…:SSL routines::tlsv13 alert certificate required, errno 0". */
static char *curl_words(CURLcode code, const char *why)
{
    const char *words = *why ? why : curl_easy_strerror(code);
    const char *inner = strstr(words, "SSL routines::");
    char *line, *masked, *cut;

    if (inner)
        line =
            xasprintf("TLS: %.*s", (int)strcspn(inner + 14, ","), inner + 14);
    else
        line = text_first_line(words);
    masked = text_mask(line, NULL, 0);
    cut = text_cut(masked, WHY_MAX);
    free(line);
    free(masked);
    return cut;
}

char *web_explain(CURL *easy, CURLcode code, const char *why, long timeout_ms)
{
    long error = 0;

    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return xstrdup("the name of its host is not known");
    case CURLE_COULDNT_CONNECT:
        return xasprintf("cannot connect: %s",
                         error ? strerror((int)error) : "no answer");
    case CURLE_OPERATION_TIMEDOUT:
        return xasprintf("no answer within %ld ms", timeout_ms);
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        if (strstr(why, "SSL")) /* as "certificate required" */
            return curl_words(code, why);
        return xstrdup("hung up without an answer");
    default:
        return curl_words(code, why);
    }
}
