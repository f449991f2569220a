/*
 * where: at which address opsbot is asked, and as whom.
 *
 * --admin, else OPSBOT_ADMIN, else the first socket there is of
 * $OPSBOT_STATE/admin.sock, ./var/admin.sock, /run/opsbot/admin.sock and
 * /var/lib/opsbot/admin.sock. Secrets come from a file or the environment,
 * never from the command line. One thread.
 */
#ifndef BOT_OPSCTL_WHERE_H
#define BOT_OPSCTL_WHERE_H

#include "bot/opsctl/options.h"

/* Text heap, NULL where there is none. */
struct where {
    char *url;    /* "http://opsbot" or "https://host:8711", without a slash */
    char *socket; /* path of a Unix socket */
    char *shown;  /* as people write it: "unix:/run/opsbot/admin.sock" */
    char *token;  /* secret */
    char *ca, *cert, *key; /* PEM files */
};

/*
 * ERR_CONFIG: an address, a token or a file that cannot be used. ERR_SYSTEM:
 * no address is given and no socket is there; err names where was looked.
 */
MUST_CHECK bool where_find(const struct options *o, struct where *out,
                           struct err *err);
void where_dispose(struct where *w);

#endif
