/*
 * home: App Home, looked up for one person.
 */
#ifndef COMMANDS_HOME_H
#define COMMANDS_HOME_H

#include "commands/command.h"

/*
 * The home tab of call's person: a view as JSON text (heap). Reads Redis and
 * Postgres, and never fails: what cannot be known is said to be unknown. call
 * needs act.user, config, services, vitals, redis, db and now. nonce: see
 * home_tab().
 */
char *home_of(struct call *call, const char *nonce);

#endif
