/*
 * confine: what the process gives up once it has read its configuration, so
 * that whoever finds a hole in it can do little from inside.
 *
 *     no new privileges   no set-user-id program makes us more than we are
 *     landlock            files: those named below, and nothing is executed
 *     seccomp             system calls: those the bot makes, and no others
 *
 * Called by main before the first thread is started: threads inherit it, and
 * it cannot be taken back. All that the bot does afterwards it does confined:
 * a rule that is too tight shows at start, not at night.
 *
 * Read-only: the directories of the configuration and of every file it or the
 * environment names (a file is replaced by renaming: its directory must be
 * readable for SIGHUP and for the checks that look at files), /etc, libraries
 * (name services and TLS load some later), time zones, /proc/self. Read and
 * write: the state directory, and the directory of the admin socket.
 *
 *     confine.c         what is given up, and saying so
 *     confine_paths.c   the files that the bot needs
 *     confine_files.c   landlock
 *     confine_calls.c   seccomp
 */
#ifndef BOT_CONFINE_H
#define BOT_CONFINE_H

#include <stddef.h>

#include "core/config.h"

/*
 * Does what the kernel can; what it has not got is skipped, and one line in
 * the log says what is on and what is not. file: the configuration file, NULL:
 * there is none. Not with `confine: off`, nor in a build with sanitizers, which
 * need more than the bot.
 */
void confine(const struct config *cfg, const char *file);

/* ---- its parts ------------------------------------------------------------ */

/* Two lists of paths, each ended by NULL. Heap, owned. */
struct confine_paths {
    char **readable, **writable; /* what is below them counts too */
    size_t readable_count, writable_count;
};

/* Those the bot needs with this configuration, file (or NULL) and environment.
 * The writable ones are made when they are not there. */
void confine_paths_find(struct confine_paths *out, const struct config *cfg,
                        const char *file);
void confine_paths_dispose(struct confine_paths *paths);

/* Nothing but these may be opened, nothing be executed. Returns the version of
 * landlock that does it; ERR_SYSTEM and 0 when the kernel does not. Needs no
 * new privileges. This thread, and those it starts. */
int confine_files(const struct confine_paths *paths, struct err *err);

/* No system calls but those the bot makes: any other one fails as if the
 * kernel did not know it, and one that nobody makes by mistake (a program
 * started, another process looked into) ends the process with SIGSYS. Every
 * thread. ERR_SYSTEM. */
MUST_CHECK bool confine_calls(struct err *err);

#endif
