/*
 * redis: one connection to Redis; batches of commands, one round trip each.
 *
 * The only user of hiredis. A connection belongs to one thread. It connects
 * when first used and again after a failure, with a deadline on everything
 * (connect, write, read: 1 s unless said otherwise); a miss marks the shared
 * store_health down and every later call fails at once until redis_probe()
 * succeeds. Arguments carry lengths; nothing is ever formatted into a
 * command line.
 *
 *     redis_cmd(r, "XLEN", key);
 *     redis_cmd(r, "XRANGE", key, "-", "+", "COUNT", "1");
 *     if (!redis_run(r, err))
 *         return false;
 *     depth = reply_int(redis_reply(r, 0));
 */
#ifndef CORE_STORE_REDIS_H
#define CORE_STORE_REDIS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/store/health.h"

/* REDIS_URL taken apart: redis://[user:pass@]host:port/db, rediss://…,
 * unix:///path?db=0. Owns its text. */
struct redis_url {
    char *host; /* NULL for a socket */
    int port;
    char *path; /* NULL for TCP */
    char *user; /* NULL: none */
    char *pass;
    int db;
    bool tls;
};

/* The error names what is wrong, never the password. rediss:// fails unless
 * built with hiredis_ssl. */
MUST_CHECK bool redis_url_parse(const char *url, struct redis_url *out,
                                struct err *err);
void redis_url_dispose(struct redis_url *url);

struct redis;
struct reply; /* a Redis reply; borrowed, see redis_reply() */

/* No I/O. url and health are borrowed for the connection's life. */
struct redis *redis_new(const struct redis_url *url,
                        struct store_health *health);
void redis_free(struct redis *r);             /* NULL is fine */
void redis_deadline(struct redis *r, int ms); /* default 1000 */

/* Appends one command; sent by redis_run(). lens NULL: strlen of each. */
void redis_add(struct redis *r, int argc, const char *const *argv,
               const size_t *lens);
#define redis_cmd(r, ...)                                                      \
    redis_add(r,                                                               \
              (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)), \
              (const char *[]){ __VA_ARGS__ }, NULL)

/*
 * Sends all that was appended, reads all replies: one round trip. False when
 * the connection failed (nothing is known of any command then; the batch is
 * empty again). A command that Redis refused is not a failure here:
 * reply_error() tells. After it the batch holds the replies until the next
 * redis_add().
 */
MUST_CHECK bool redis_run(struct redis *r, struct err *err);

/*
 * redis_run() in two halves, so that something else is done while Redis works.
 * Between them r is left alone; whoever has sent receives, and waits then for
 * a deadline at most. Each fails as redis_run() does, and is over then.
 */
MUST_CHECK bool redis_begin(struct redis *r, struct err *err);
MUST_CHECK bool redis_finish(struct redis *r, struct err *err);

/* Forgets what was appended or answered: an empty batch. */
void redis_reset(struct redis *r);
size_t redis_count(const struct redis *r); /* appended, or replies held */
/* Borrowed until the next redis_add() or redis_free(). Never NULL: past the
 * end it is a nil reply. */
const struct reply *redis_reply(const struct redis *r, size_t i);

/* One command, one reply; an error reply is a failure too ("Redis refused
 * XADD: WRONGTYPE …"). Returns NULL on failure. Takes the same list. */
const struct reply *redis_do(struct redis *r, struct err *err, int argc,
                             const char *const *argv);
#define redis_one(r, err, ...)                                                 \
    redis_do(r, err,                                                           \
             (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)),  \
             (const char *[]){ __VA_ARGS__ })

/*
 * A Lua script, by its hash, loaded when Redis does not know it (NOSCRIPT is
 * handled inside). `keys` of the args are keys. lens may be NULL. Runs alone
 * (the batch must be empty). NULL on failure.
 */
struct redis_script {
    const char *name; /* for errors */
    const char *text;
};
const struct reply *redis_eval(struct redis *r,
                               const struct redis_script *script, int keys,
                               int argc, const char *const *argv,
                               const size_t *lens, struct err *err);

/* Appends a call of a script that redis_eval() has run before on r; false: it
 * has not, and nothing is appended. Redis may have forgotten it: a reply that
 * begins with NOSCRIPT, and nothing was done. */
MUST_CHECK bool redis_eval_add(struct redis *r,
                               const struct redis_script *script, int keys,
                               int argc, const char *const *argv);

/* PING past the down mark; marks up or down. For the one prober. */
bool redis_probe(struct redis *r, struct err *err);

/* ---- replies: each accepts any kind and gives an empty value otherwise --- */
const char *reply_error(const struct reply *rep); /* NULL: not an error */
bool reply_nil(const struct reply *rep);
int64_t reply_int(const struct reply *rep); /* integer, or a number as text */
const char *reply_str(
    const struct reply *rep);                /* "" unless text; may hold NULs */
size_t reply_len(const struct reply *rep);   /* bytes of reply_str() */
size_t reply_count(const struct reply *rep); /* elements; 0 unless an array */
const struct reply *reply_at(const struct reply *rep,
                             size_t i); /* never NULL */
/* In a flat list name, value, name, value: the value, or a nil reply. */
const struct reply *reply_field(const struct reply *rep, const char *name);

/* ---- reads: a quick command's share of one batch ------------------------ */

/* What ask() appends to and answer() reads from. */
struct reads {
    struct redis *redis;
    size_t first; /* of this command's replies in the batch */
    size_t count;
    bool failed; /* Redis did not answer: every reply is nil */
};
void reads_add(struct reads *reads, int argc, const char *const *argv);
#define reads_cmd(reads, ...)                                                  \
    reads_add(reads,                                                           \
              (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)), \
              (const char *[]){ __VA_ARGS__ })
const struct reply *reads_at(const struct reads *reads, size_t i);

/* "0.14.1": the library behind this, static; and whether rediss:// works. */
const char *redis_library(void);
bool redis_has_tls(void);

#endif
