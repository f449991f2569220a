/*
 * complete: what the shell may offer for the word that is being typed.
 *
 * deploy/opsctl.bash asks `opsctl __complete -- WORD…`; the last word is the
 * one under the cursor, "" if there is none yet. One thread.
 */
#ifndef BOT_OPSCTL_COMPLETE_H
#define BOT_OPSCTL_COMPLETE_H

#include <stddef.h>

#include "core/base/buf.h"

/* Names that only opsbot knows: command is a line to ask, cell what they are
 * called in its rows. Appends each with a newline; nothing when it does not
 * know them. */
typedef void complete_ask(struct buf *out, const char *command,
                          const char *cell, void *arg);

/* A file of the shell's own is wanted. */
#define COMPLETE_FILES ":files\n"

/* Appends what fits the last of the words, a line each, or COMPLETE_FILES. */
void complete_words(struct buf *out, const char *const *words, size_t count,
                    complete_ask *ask, void *arg);

#endif
