/*
 * checking: what the tests of `opsbot check` share. One thread; what cannot be
 * done fails the test.
 */
#ifndef INTEGRATION_CHECKING_H
#define INTEGRATION_CHECKING_H

#include "tests/integration/typed.h"

/* Redis, Postgres and the local Slack; no bot. */
struct harness *checking_start(void);

/* What a check says, heap. env: entries over those of run_here(), or NULL;
 * yaml: a configuration, or NULL. Fails unless it ends with that status. */
char *checked(struct harness *h, const char *const *env, const char *yaml,
              int status);
/* checked(), which has to say all of the texts. */
void expect_check(struct harness *h, const char *const *env, const char *yaml,
                  int status, const char *const *texts);

/* The scopes of a token from now on. Takes scopes. */
void give_scopes(struct harness *h, const char *token, json_t *scopes);

/* The database's URL for another role. Heap. */
char *url_as(struct harness *h, const char *role);
/* Makes the roles owner and runner, and has a bot with env (which names them)
 * make its tables. */
void install(struct harness *h, const char *const *env);

#endif
