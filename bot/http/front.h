/*
 * front: what is behind the public listener (OPSBOT_LISTEN): the pages, where
 * alerts come in, and where Slack comes by them its request URLs. Each has a
 * limit of its own for bodies.
 */
#ifndef BOT_FRONT_H
#define BOT_FRONT_H

#include "bot/http/alerts.h"
#include "bot/http/pages.h"
#include "bot/http/slack.h"

/* Borrowed for life. */
struct front {
    struct pages pages;
    struct http_alerts *alerts;
    struct slack *slack; /* NULL: it comes by the socket alone */
};

/* What server_start() wants of it; borrows f and address. */
void front_listener(struct front *f, const char *address, struct listener *out);

#endif
