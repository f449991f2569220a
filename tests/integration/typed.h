/*
 * typed: the program as it is typed in a shell: words, an environment of its
 * own, what it said, its exit status. One thread; what cannot be done fails the
 * test.
 */
#ifndef INTEGRATION_TYPED_H
#define INTEGRATION_TYPED_H

#include "tests/harness/harness.h"

#define EXIT_UNAVAILABLE 69
#define EXIT_CONFIG      78

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* A file below the harness's directory; its path, heap. */
char *write_file(struct harness *h, const char *name, const char *text);

/* Runs opsbot with nothing but env in its environment. What it said, stderr
 * included, is *out (heap); its exit status. */
int run_with(struct harness *h, const char *const *words,
             const char *const *env, char **out);

/* run_with(); fails unless it ends so and says all of the texts. */
void expect_run(struct harness *h, const char *const *words,
                const char *const *env, int status, const char *const *texts);

/* The same with all that a bot of this harness is given (tokens, stores, the
 * local Slack, a free address, and without a file ann as admin); env replaces
 * entries of that by name, "NAME=" is as good as none. */
int run_here(struct harness *h, const char *const *words,
             const char *const *env, char **out);

#endif
