#include "bot/http/lws_log.h"

#include <libwebsockets.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"

#define AGAIN_MS 10000 /* until the same trouble is said again */

static _Thread_local bool refused;
static _Thread_local int64_t said; /* mono ms */

/* lws tries again at once, thousands of times a second, and says so. */
static void accept_failed(const char *why, int len)
{
    int64_t now = clock_mono_ms();

    refused = true;
    if (said && now - said < AGAIN_MS)
        return;
    said = now;
    log_error("lws", NULL, "whoever connects is not taken in: %.*s", len, why);
}

/* Any thread that has a context. What is an error to lws is a connection that
 * failed to us, and its owner says so too. */
static void to_our_log(int level, const char *line)
{
    int len = (int)strcspn(line, "\r\n");

    if (strncmp(line, "accept: ", 8) == 0) {
        accept_failed(line + 8, len - 8);
        return;
    }
    log_write(level == LLL_ERR ? LOG_WARN : LOG_DEBUG, "lws", NULL, "%.*s", len,
              line);
}

void lws_log_start(void)
{
    lws_set_log_level(LLL_ERR | LLL_WARN, to_our_log);
}

bool lws_log_refused(void)
{
    bool was = refused;

    refused = false;
    return was;
}

const char *lws_library(void)
{
    return lws_get_library_version();
}
