/*
 * stores: a private Redis and Postgres for one unit test of core.
 *
 * (tests/harness does the same for the whole program, but brings functions of
 * its own named like core's.) Nothing here returns an error: what cannot be
 * done aborts the test. The servers die with the test's process.
 */
#ifndef TESTS_CORE_STORES_H
#define TESTS_CORE_STORES_H

#include <sys/types.h>

#include "core/store/db.h"
#include "core/store/health.h"
#include "core/store/redis.h"

struct stores {
    char dir[64];
    char redis_text[128]; /* "unix:///…" */
    char database[160];   /* "postgresql:///opsbot?host=…&user=bot" */
    pid_t redis_pid, postgres_pid;
    struct redis_url url;
    struct store_health redis_health, db_health;
};

enum { WITH_REDIS = 1, WITH_POSTGRES = 2, WITH_BOTH = 3 };

void stores_start(struct stores *s, int which);
void stores_stop(struct stores *s);

/* One of them: ends at once, or comes back with its data and address. */
void redis_server_stop(struct stores *s);
void redis_server_start(struct stores *s);
void postgres_server_stop(struct stores *s);
void postgres_server_start(struct stores *s);

/* A connection of the servers' kind; the caller frees. */
struct redis *stores_redis(struct stores *s);
struct db *stores_db(struct stores *s);

/* As an onlooker: one SQL statement's first value (heap), a Redis reply. */
char *look_text(struct stores *s, const char *sql);
long look_number(struct stores *s, const char *sql);
/* redis-cli's output without the newline at the end; heap. */
char *cli(struct stores *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
long cli_number(struct stores *s, const char *command);

#endif
