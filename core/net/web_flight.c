/* web_flight: see web_flight.h. */
#include "core/net/web_flight.h"

#include <stdlib.h>

#include "core/base/mem.h"

struct web_deck {
    CURLM *multi;
    int flights; /* in the air */
};

struct web_deck *web_deck_new(long kept_open, long per_host)
{
    struct web_deck *d = xcalloc(1, sizeof *d);

    d->multi = curl_multi_init();
    if (!d->multi)
        abort(); /* out of memory, as in mem.c */
    curl_multi_setopt(d->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    curl_multi_setopt(d->multi, CURLMOPT_MAXCONNECTS, kept_open);
    curl_multi_setopt(d->multi, CURLMOPT_MAX_HOST_CONNECTIONS, per_host);
    return d;
}

void web_deck_free(struct web_deck *d)
{
    if (!d)
        return;
    curl_multi_cleanup(d->multi);
    free(d);
}

void web_flight_init(struct web_flight *f, struct web_deck *d, CURL *easy,
                     void *owner)
{
    *f = (struct web_flight){ .deck = d, .easy = easy, .owner = owner };
}

void web_flight_dispose(struct web_flight *f)
{
    web_flight_land(f);
    curl_easy_cleanup(f->easy);
    f->easy = NULL;
}

bool web_flight_begin(struct web_flight *f)
{
    if (curl_easy_setopt(f->easy, CURLOPT_PRIVATE, f) != CURLE_OK ||
        curl_multi_add_handle(f->deck->multi, f->easy) != CURLM_OK)
        return false;
    f->flying = true;
    f->deck->flights++;
    return true;
}

void web_flight_land(struct web_flight *f)
{
    if (!f->flying)
        return;
    f->flying = false;
    f->deck->flights--;
    curl_multi_remove_handle(f->deck->multi, f->easy);
}

void web_deck_turn(struct web_deck *d, int wait_ms)
{
    int running;

    curl_multi_perform(d->multi, &running);
    if (running < d->flights)
        return; /* some are over already: nothing would end the wait */
    curl_multi_poll(d->multi, NULL, 0, wait_ms, NULL);
    curl_multi_perform(d->multi, &running);
}

void web_deck_wake(struct web_deck *d)
{
    curl_multi_wakeup(d->multi);
}

void *web_deck_next(struct web_deck *d, CURLcode *code)
{
    struct web_flight *f = NULL;
    struct CURLMsg *msg;
    int left;

    msg = curl_multi_info_read(d->multi, &left);
    if (!msg || msg->msg != CURLMSG_DONE)
        return NULL;
    *code = msg->data.result;
    curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &f);
    web_flight_land(f);
    return f->owner;
}
