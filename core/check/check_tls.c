/*
 * check_tls: the certificate that is shown there: its chain, its name, how
 * long it still holds. Nothing is kept: a new handshake is what is asked.
 */
#include <string.h>

#include "core/base/clock.h"
#include "core/check/check_parts.h"
#include "core/net/wire.h"

#define DAY_MS ((int64_t)86400 * 1000)

static void judge(struct check_ask *ask, const struct wire_expiry *expiry)
{
    int64_t left = expiry->at - clock_wall_ms();
    unsigned limit = ask->spec->expect.days_left;
    char age[CLOCK_TEXT];
    const char *in = clock_age(left, age);

    if (left >= (int64_t)limit * DAY_MS)
        check_ok(ask, "%d d left", (int)(left / DAY_MS));
    else if (*expiry->whose)
        check_bad(ask,
                  "the certificate of its issuer %s expires in %s (limit"
                  " %u d)",
                  expiry->whose, in, limit);
    else
        check_bad(ask, "expires in %s (limit %u d)", in, limit);
}

static void tls_run(struct check_ask *ask)
{
    const struct config_check *spec = ask->spec;
    const char *url = spec->url;
    struct wire_expiry expiry;
    struct dial_address to;
    struct wire_tls want = { NULL, spec->ca, spec->client_cert,
                             spec->client_key };
    struct err err = { 0 };
    struct wire *wire;

    if (strncmp(url, "tls://", 6) == 0)
        url += 6;
    if (!dial_parse(url, NULL, &to)) {
        check_bad(ask, "its url is not host:port");
        return;
    }
    want.name = spec->server_name ? spec->server_name : to.host;
    wire = wire_open(&to, &want, ask->until, &err);
    if (!wire) {
        check_failed(ask, err.text);
        return;
    }
    wire_expiry(wire, &expiry);
    wire_close(wire);
    judge(ask, &expiry);
}

const struct check_type check_tls = { NULL, tls_run, NULL };
