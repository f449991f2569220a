/*
 * check_tcp: something accepts connections there. Nothing is kept: that a new
 * one is accepted is what is asked.
 */
#include <string.h>
#include <unistd.h>

#include "core/check/check_parts.h"
#include "core/net/dial.h"

static void tcp_run(struct check_ask *ask)
{
    const char *url = ask->spec->url;
    struct dial_address to;
    struct err err = { 0 };
    int fd;

    if (strncmp(url, "tcp://", 6) == 0)
        url += 6;
    if (!dial_parse(url, NULL, &to)) {
        check_bad(ask, "its url is not host:port");
        return;
    }
    fd = dial_tcp(&to, ask->until, &err);
    if (fd >= 0) {
        close(fd);
        check_ok_time(ask);
    } else {
        check_failed(ask, err.text);
    }
}

const struct check_type check_tcp = { NULL, tcp_run, NULL };
