/*
 * err: how a failure explains itself.
 *
 * A function that can fail returns bool, is MUST_CHECK, and fills the caller's
 * struct err. err_set() always returns false, so that failing and explaining
 * is one statement:
 *
 *     if (!id)
 *         return err_set(err, ERR_USER, "`%s` is not an entry id", word);
 *
 * Any thread; no state of its own.
 */
#ifndef CORE_BASE_ERR_H
#define CORE_BASE_ERR_H

#include <stdbool.h>

#define MUST_CHECK          __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, a) __attribute__((format(printf, fmt, a)))

/* Who is told, and what they can do about it. */
enum err_kind {
    ERR_NONE,   /* no failure recorded */
    ERR_USER,   /* the person's input: shown to them as it stands */
    ERR_DENIED, /* a right is missing: shown, and audited as a refusal */
    ERR_BUSY,   /* a queue is full: try again */
    ERR_REDIS,  /* Redis did not answer, or answered with an error */
    ERR_DB,     /* Postgres did not answer, or answered with an error */
    ERR_SLACK,  /* Slack refused, or did not answer */
    ERR_CONFIG, /* start-up: configuration or environment */
    ERR_SYSTEM, /* the operating system: files, threads, sockets */
};

struct err {
    enum err_kind kind;
    char text[400]; /* one sentence or two, no newline at the end */
};

/* Formats the text (cut to fit, on a character boundary). Returns false. */
bool err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Puts "context: " in front of what is there. Returns false. */
bool err_prefix(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* "redis", "postgres", …: for logs and audit rows. Never NULL. */
const char *err_kind_name(enum err_kind kind);

#endif
