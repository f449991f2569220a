/* state: the lock, and the id of whoever ran before. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bot/flow/state.h"

#define FIRST  "00000000000000aa"
#define SECOND "00000000000000bb"
#define THIRD  "00000000000000cc"

static char base[64], dir[96];

static void start(void)
{
    strcpy(base, "/tmp/opsbot-state-XXXXXX");
    cr_assert_not_null(mkdtemp(base));
    snprintf(dir, sizeof dir, "%s/var/lib", base);
}

/* The files by name: nothing else may be there. */
static void stop(void)
{
    static const char *const names[] = { "var/lib/lock", "var/lib/replica",
                                         "var/lib", "var", "" };
    char path[160];

    for (size_t i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/%s", base, names[i]);
        remove(path);
    }
    cr_expect_neq(access(base, F_OK), 0, "something is left in %s", base);
}

TestSuite(state, .init = start, .fini = stop);

Test(state, the_next_run_knows_the_one_before)
{
    struct state s;

    state_open(&s, dir, FIRST);
    cr_expect_eq(s.hold, STATE_OURS);
    cr_expect_str_eq(s.predecessor, "", "nobody was here");
    state_close(&s);
    state_open(&s, dir, SECOND);
    cr_expect_str_eq(s.predecessor, FIRST);
    state_close(&s);
    state_open(&s, dir, THIRD);
    cr_expect_str_eq(s.predecessor, SECOND);
    state_close(&s);
}

/* Who lives is no predecessor, and is not written over. */
Test(state, two_share_a_directory)
{
    struct state first, second;

    state_open(&first, dir, FIRST);
    state_open(&second, dir, SECOND);
    cr_expect_eq(second.hold, STATE_SHARED);
    cr_expect_str_eq(second.predecessor, "");
    state_close(&second);
    state_close(&first);
    state_open(&first, dir, THIRD);
    cr_expect_str_eq(first.predecessor, FIRST);
    state_close(&first);
}

Test(state, what_is_no_id_is_nobody)
{
    static const char *const texts[] = { "", "short\n", "../../../../etc/pw\n",
                                         "00000000000000aa00\n",
                                         "00000000000000A\n" };
    char path[160];
    struct state s;

    snprintf(path, sizeof path, "%s/replica", dir);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        FILE *f;

        state_open(&s, dir, FIRST);
        state_close(&s);
        f = fopen(path, "w");
        fputs(texts[i], f);
        fclose(f);
        state_open(&s, dir, SECOND);
        cr_expect_str_eq(s.predecessor, "", "%s", texts[i]);
        cr_expect_eq(s.hold, STATE_OURS);
        state_close(&s);
    }
}

/* A file where the directory should be: for root as well. */
Test(state, a_directory_that_cannot_be_had_is_no_failure)
{
    char path[128];
    struct state s;
    int fd;

    snprintf(path, sizeof path, "%s/var", base);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    cr_assert_geq(fd, 0);
    close(fd);
    state_open(&s, dir, FIRST);
    cr_expect_eq(s.hold, STATE_UNAVAILABLE);
    cr_expect_not_null(strstr(s.why, "cannot open"), "%s", s.why);
    cr_expect_str_eq(s.predecessor, "");
    state_close(&s);
}
