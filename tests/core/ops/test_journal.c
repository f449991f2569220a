/* journal: adding, draining, and files as a crash leaves them. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/core/ops/journal_dir.h"

TestSuite(journal, .init = journal_dir_start, .fini = journal_dir_stop);

static void change(const char *name, long at, const char *bytes)
{
    char *path = path_of(name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);

    if (at < 0)
        at = size_of(name);
    cr_assert_eq(pwrite(fd, bytes, strlen(bytes), at), (ssize_t)strlen(bytes));
    close(fd);
    free(path);
}

Test(journal, gives_back_in_order_what_was_added)
{
    int64_t since, before = clock_wall_ms();

    cr_expect_eq(journal_waiting(jd.j, &since), 0u);
    cr_expect_eq(since, 0);
    add("{\"n\":1}");
    cr_expect(journal_add(jd.j, JOURNAL_HALT, "{\"n\":\n 2,\r\n\"t\":\"\\n\"}",
                          &jd.err));
    add("{\"n\":\"h\303\251\"}");
    cr_expect_eq(journal_waiting(jd.j, &since), 3u);
    cr_expect_geq(since, before);
    cr_expect_leq(since, clock_wall_ms());
    expect_drain(0, "audit {\"n\":1};halt {\"n\":  2,  \"t\":\"\\n\"};"
                    "audit {\"n\":\"h\303\251\"};");
    cr_expect_eq(journal_waiting(jd.j, NULL), 0u);
    cr_expect_eq(size_of("journal"), 0);
    expect_drain(0, "");
    add("{\"n\":4}");
    expect_drain(0, "audit {\"n\":4};");
}

Test(journal, the_checksum_is_that_of_zlib)
{
    char *text;

    add("{}");
    text = text_of("journal");
    cr_assert_eq(strlen(text), 8 + 1 + 13 + strlen(" audit {}\n"));
    free(text);
    /* What zlib gives for the rest of the line. */
    journal_close(jd.j);
    jd.j = NULL;
    change("journal", 0, "7221ae35 1700000000000 audit {}\n");
    journal_reopen();
    expect_drain(0, "audit {};");
}

Test(journal, survives_a_restart)
{
    int64_t before = clock_wall_ms(), since, later;
    struct stat st;
    char *path = path_of("journal");

    add("1");
    journal_waiting(jd.j, &since);
    add("2");
    cr_expect_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600u);
    free(path);
    journal_reopen();
    cr_expect_eq(journal_waiting(jd.j, &later), 2u);
    cr_expect_geq(later, before);
    cr_expect_leq(later, since);
    expect_drain(2, "audit 1;");
    cr_expect_eq(journal_waiting(jd.j, NULL), 1u);
    journal_reopen();
    cr_expect_eq(journal_waiting(jd.j, NULL), 1u);
    add("3");
    expect_drain(0, "audit 2;audit 3;");
    cr_expect_eq(size_of("journal.drained"), -1);
    add("4");
    journal_reopen();
    expect_drain(0, "audit 4;");
}

Test(journal, a_crash_in_the_drain_repeats_and_loses_nothing)
{
    struct taken t = { .until = 151 };
    size_t drained;
    char *note;

    for (int i = 1; i <= 200; i++) {
        char *json = xasprintf("%d", i);

        add(json);
        free(json);
    }
    cr_expect_not(journal_drain(jd.j, take, &t, &drained, &jd.err));
    cr_expect_eq(drained, 150u);
    cr_expect_eq(jd.err.kind, ERR_DB);
    cr_expect_str_eq(jd.err.text, "not now");
    buf_dispose(&t.text);
    /* As if the note were older, or gone, or damaged. */
    note = text_of("journal.drained");
    cr_expect_gt(strtol(note, NULL, 10), 3000);
    journal_close(jd.j);
    jd.j = NULL;
    change("journal.drained", 0, "999999\n");
    journal_reopen();
    cr_expect_eq(journal_waiting(jd.j, NULL), 200u);
    journal_close(jd.j);
    jd.j = NULL;
    change("journal.drained", 0, "17\n9999\n");
    journal_reopen();
    cr_expect_eq(journal_waiting(jd.j, NULL), 200u,
                 "in the middle of a record");
    journal_close(jd.j);
    jd.j = NULL;
    change("journal.drained", 0, note);
    journal_reopen();
    cr_expect_eq(journal_waiting(jd.j, NULL), 50u);
    t = (struct taken){ 0 };
    cr_expect(journal_drain(jd.j, take, &t, &drained, &jd.err));
    cr_expect_eq(drained, 50u);
    cr_expect(strncmp(buf_text(&t.text), "audit 151;", 10) == 0);
    buf_dispose(&t.text);
    free(note);
}

Test(journal, a_torn_end_is_cut_off_and_kept)
{
    long whole;
    char *torn;

    add("{\"n\":1}");
    whole = size_of("journal");
    add("{\"n\":2}");
    journal_close(jd.j);
    jd.j = NULL;
    cr_assert_eq(truncate((torn = path_of("journal")), whole + 20), 0);
    free(torn);
    journal_reopen();
    cr_expect_eq(journal_waiting(jd.j, NULL), 1u);
    cr_expect_eq(size_of("journal"), whole);
    torn = text_of("journal.torn");
    cr_expect_eq(strlen(torn), 21u);
    free(torn);
    add("{\"n\":3}");
    journal_reopen();
    expect_drain(0, "audit {\"n\":1};audit {\"n\":3};");
}

Test(journal, a_whole_record_without_its_end_is_torn_as_well)
{
    char *path = path_of("journal");

    add("1");
    journal_close(jd.j);
    jd.j = NULL;
    cr_assert_eq(truncate(path, size_of("journal") - 1), 0);
    journal_reopen();
    cr_expect_eq(journal_waiting(jd.j, NULL), 0u);
    cr_expect_eq(size_of("journal"), 0);
    cr_expect_gt(size_of("journal.torn"), 20);
    free(path);
}

Test(journal, a_damaged_line_goes_aside_and_holds_up_nothing)
{
    char *bad;

    add("{\"n\":1}");
    add("{\"n\":2}");
    add("{\"n\":3}");
    journal_close(jd.j);
    jd.j = NULL;
    change("journal", size_of("journal") / 3 + 30, "X");
    change("journal", -1, "nonsense\n\n\n");
    journal_reopen();
    cr_expect_eq(journal_waiting(jd.j, NULL), 2u);
    bad = text_of("journal.bad");
    cr_expect(strstr(bad, "{\"Xn\":2}") || strchr(bad, 'X'), "%s", bad);
    cr_expect(strstr(bad, "nonsense\n"), "%s", bad);
    free(bad);
    journal_reopen();
    bad = text_of("journal.bad");
    cr_expect_null(strstr(strstr(bad, "nonsense") + 1, "nonsense"), "once");
    free(bad);
    expect_drain(0, "audit {\"n\":1};audit {\"n\":3};");
    cr_expect_eq(size_of("journal"), 0);
}

Test(journal, damage_while_it_runs_is_put_aside_too)
{
    add("{\"n\":1}");
    add("{\"n\":2}");
    change("journal", 12, "X");
    expect_drain(0, "audit {\"n\":2};");
    cr_expect_eq(journal_waiting(jd.j, NULL), 0u);
    cr_expect_gt(size_of("journal.bad"), 20);
}

Test(journal, what_is_added_during_a_drain_is_drained)
{
    struct taken t = { .feed = jd.j };
    size_t drained;

    add("1");
    cr_expect(journal_drain(jd.j, take, &t, &drained, &jd.err), "%s",
              jd.err.text);
    cr_expect_eq(drained, 2u);
    cr_expect_str_eq(buf_text(&t.text), "audit 1;halt {\"fed\":1};");
    cr_expect_eq(size_of("journal"), 0);
    buf_dispose(&t.text);
}

enum { WRITERS = 4, EACH = 50 };

static void *write_many(void *arg)
{
    const char *kind = arg;
    struct err e;

    for (int i = 0; i < EACH; i++) {
        char json[16];

        snprintf(json, sizeof json, "%d", i);
        if (!journal_add(jd.j, kind, json, &e))
            abort();
    }
    return NULL;
}

struct counts {
    int next[WRITERS]; /* of each writer */
    bool in_order;
};

static bool count(void *arg, const char *kind, const char *json, struct err *e)
{
    struct counts *c = arg;
    int *next = &c->next[kind[0] - 'a'];

    (void)e;
    c->in_order &= strtol(json, NULL, 10) == (*next)++;
    return true;
}

Test(journal, many_add_while_it_is_drained)
{
    static char kinds[WRITERS][2] = { "a", "b", "c", "d" };
    struct counts c = { .in_order = true };
    pthread_t threads[WRITERS];
    size_t all = 0, drained;

    for (int i = 0; i < WRITERS; i++)
        pthread_create(&threads[i], NULL, write_many, kinds[i]);
    while (all < WRITERS * EACH) {
        cr_assert(journal_drain(jd.j, count, &c, &drained, &jd.err), "%s",
                  jd.err.text);
        all += drained;
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    cr_expect(c.in_order);
    cr_expect_eq(journal_waiting(jd.j, NULL), 0u);
    expect_drain(0, "");
}

Test(journal, a_second_process_is_refused)
{
    struct err other = { 0 };

    cr_expect_null(journal_open(jd.dir, &other));
    cr_expect_eq(other.kind, ERR_SYSTEM);
    cr_expect(strstr(other.text, "in use by another opsbot"), "%s", other.text);
    cr_expect(strstr(other.text, jd.dir), "%s", other.text);
    add("1");
}

Test(journal, a_killed_process_lets_go)
{
    int status;
    pid_t pid;

    journal_close(jd.j);
    jd.j = NULL;
    pid = fork();
    if (pid == 0) {
        static struct journal *mine; /* not lost, to valgrind */
        struct err e;

        mine = journal_open(jd.dir, &e);
        if (!mine || !journal_add(mine, JOURNAL_HALT, "{}", &e))
            _exit(1);
        raise(SIGKILL);
    }
    waitpid(pid, &status, 0);
    cr_assert(WIFSIGNALED(status));
    journal_reopen();
    expect_drain(0, "halt {};");
}

Test(journal, no_journal_is_said)
{
    size_t drained = 7;
    int64_t since = 7;

    cr_expect_not(journal_add(NULL, JOURNAL_HALT, "{}", &jd.err));
    cr_expect_eq(jd.err.kind, ERR_SYSTEM);
    cr_expect_eq(journal_waiting(NULL, &since), 0u);
    cr_expect_eq(since, 0);
    cr_expect(journal_drain(NULL, take, NULL, &drained, &jd.err));
    cr_expect_eq(drained, 0u);
    journal_close(NULL);
}
