/*
 * front: what is behind the public listener (OPSBOT_LISTEN): the pages, and
 * where Slack comes by them its request URLs.
 */
#ifndef BOT_FRONT_H
#define BOT_FRONT_H

#include "bot/http/pages.h"
#include "bot/http/slack.h"

/* Borrowed for life. */
struct front {
    struct pages pages;
    struct slack *slack; /* NULL: it comes by the socket alone */
};

/* What server_start() wants of it; borrows f and address. */
void front_listener(struct front *f, const char *address, struct listener *out);

#endif
