/*
 * stores: a private Redis and Postgres for one unit test of core, from the
 * harness, and connections to them of core's own kind.
 *
 * Nothing here returns an error: what cannot be done aborts the test. The
 * servers die with the test's process; part_stop() and the others of
 * tests/harness/harness.h work on them.
 */
#ifndef TESTS_CORE_STORES_H
#define TESTS_CORE_STORES_H

#include "core/store/db.h"
#include "core/store/health.h"
#include "core/store/redis.h"
#include "tests/harness/harness.h"

struct stores {
    struct harness *harness;
    char sockets[80];     /* where Postgres listens */
    char redis_text[128]; /* "unix:///…" */
    char database[160];   /* "postgresql:///opsbot?host=…&user=bot" */
    struct redis_url url;
    struct store_health redis_health, db_health;
};

enum {
    WITH_REDIS = PART_REDIS,
    WITH_POSTGRES = PART_POSTGRES,
    WITH_BOTH = PART_REDIS | PART_POSTGRES,
};

void stores_start(struct stores *s, int which);
void stores_stop(struct stores *s);

/* A connection of the servers' kind; the caller frees. It waits for STORES_MS,
 * for a busy machine: who tests that it does not wait says so before. */
#define STORES_MS 20000
struct redis *stores_redis(struct stores *s);
struct db *stores_db(struct stores *s);

/* As an onlooker: one SQL statement's first value (heap), a Redis reply. */
char *look_text(struct stores *s, const char *sql);
long look_number(struct stores *s, const char *sql);
/* redis-cli's output without the newline at the end; heap. */
char *cli(struct stores *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
long cli_number(struct stores *s, const char *command);

#endif
