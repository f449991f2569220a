/*
 * usage: what `opsctl --help` says, and what it says of one verb. Made from
 * the tables of verb.h and options.h, so that none is forgotten. Pure.
 */
#ifndef BOT_OPSCTL_USAGE_H
#define BOT_OPSCTL_USAGE_H

#include "bot/opsctl/verb.h"

void usage_all(struct buf *out);
void usage_verb(struct buf *out, const struct verb *verb);

#endif
