/*
 * shell: opsctl as somebody runs it, in a script or at a terminal. What does
 * not end in time fails the test, as in harness.h. One thread.
 */
#ifndef INTEGRATION_SHELL_H
#define INTEGRATION_SHELL_H

#include "tests/harness/harness.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* How it is run; all borrowed, NULL where there is nothing to say. */
struct shell {
    struct harness *h;
    const char *address;    /* OPSBOT_ADMIN; NULL: the first bot's socket */
    const char *const *env; /* more of it, "NAME=value", NULL-ended */
    const char *answer;     /* typed at a terminal when it asks: "y\n" */
};

/* What came of it. Text heap; shell_over(). */
struct ran {
    int status; /* exit status, or 128 + signal */
    char *out;  /* standard output; at a terminal all there was to see */
    char *err;  /* standard error; "" at a terminal */
};

/* In a script: no terminal anywhere. */
struct ran shell_run(const struct shell *s, const char *const *words);
/* At a terminal of 100 columns. */
struct ran shell_type(const struct shell *s, const char *const *words);
void shell_over(struct ran *r);

/* shell_run() or shell_type() that must end so and show all the texts. */
void shell_expect(const struct shell *s, const char *const *words, int status,
                  const char *const *texts);
void shell_expect_typed(const struct shell *s, const char *const *words,
                        int status, const char *const *texts);

/* Without waiting: its process, and where its outputs go. */
pid_t shell_begin(const struct shell *s, const char *const *words,
                  const char *out, const char *err);
/* Waits for it: its exit status. */
int shell_wait(pid_t pid);

#endif
