/*
 * text: what is done to text from outside before people see it. Any thread.
 *
 * Lengths for people are in code points, a byte that is not UTF-8 counting as
 * one. What is returned is valid UTF-8 and, unless it says otherwise, on the
 * heap and the caller's. NULL counts as "".
 */
#ifndef CORE_BASE_TEXT_H
#define CORE_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/* ---- UTF-8 --------------------------------------------------------------- */

/* Bytes of the valid character at s (1 to 4), 0 if there is none. Looks at no
 * more than len bytes. */
size_t text_char(const char *s, size_t len);
bool text_valid(const char *s, size_t len);
size_t text_length(const char *s);
/* Is there nothing to see: only white space, of whatever width? */
bool text_blank(const char *s);

/* Bytes that are not UTF-8, and NULs, become U+FFFD. */
char *text_repair(const char *s, size_t len);

/* At most max characters; what is cut ends in "…", which counts. */
char *text_cut(const char *s, size_t max);

/* The same number for the same bytes, whoever asks (FNV-1a). Not NULL. */
uint32_t text_hash(const char *s);

/* ---- shape --------------------------------------------------------------- */

/* Without what could forge lines or hide text: control characters (a tab
 * becomes a space, newlines stay), bidirectional overrides, zero-width
 * characters. Repairs as well. */
char *text_plain(const char *s);

/* The first line that is not blank, plain, its white space trimmed. */
char *text_first_line(const char *s);

/* Of n names the one nearest to word, close enough to be a slip of the
 * fingers; NULL when none is. Borrowed from names. */
const char *text_nearest(const char *word, const char *const *names, size_t n);

/* What a hexadecimal digit stands for; -1: it is none. */
int text_hex(char c);

/*
 * len bytes of a URL or, form, of a form's field ("+" is a space) with each %XX
 * decoded. Heap, maybe not UTF-8. NULL: an escape that is none, or a NUL. Not
 * NULL.
 */
char *text_unescape(const char *s, size_t len, bool form);

/* n as digits into out, which is returned: how stores take numbers. */
#define TEXT_NUMBER 24
const char *text_number(char out[TEXT_NUMBER], int64_t n);

/* ---- secrets (P8) -------------------------------------------------------- */

#define TEXT_MASKED "***"

/*
 * text with every value that log_secret() was given, or that looks like a
 * secret, replaced by "***": Slack tokens, AWS keys, JWTs, "Bearer …", passwords in URLs, private key blocks,
 * and what follows a secret name and = or : ("password=…", "\"token\": \"…\"").
 * extra: more names that are secret (cfg->mask), may be NULL when n is 0.
 * It may mask too much, and keeps everything else byte by byte (repaired).
 */
char *text_mask(const char *text, const char *const *extra, size_t n);

/* Is name that of a secret field? "db_password", "X-Api-Key", … or one of
 * extra. Case, "-" and "_" make no difference. */
bool text_secret_name(const char *name, const char *const *extra, size_t n);

/* value, or "***" when its field's name is secret; otherwise masked as by
 * text_mask(). */
char *text_mask_field(const char *name, const char *value,
                      const char *const *extra, size_t n);

#endif
