#include "bot/http/lws_log.h"

#include <libwebsockets.h>
#include <string.h>

#include "core/base/log.h"

/* Any thread that has a context. What is an error to lws is a connection that
 * failed to us, and its owner says so too. */
static void to_our_log(int level, const char *line)
{
    int len = (int)strcspn(line, "\r\n");

    log_write(level == LLL_ERR ? LOG_WARN : LOG_DEBUG, "lws", NULL, "%.*s", len,
              line);
}

bool lws_tls_first(void)
{
    static bool done;
    bool first = !done;

    done = true;
    return first;
}

void lws_log_start(void)
{
    lws_set_log_level(LLL_ERR | LLL_WARN, to_our_log);
}
