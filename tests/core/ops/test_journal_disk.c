/* journal: what a disk may do to it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/core/ops/journal_dir.h"

TestSuite(journal_disk, .init = journal_dir_start, .fini = journal_dir_stop);

Test(journal_disk, a_directory_that_cannot_be_is_said)
{
    char *inside = path_of("journal/deep"), *missing = path_of("a/b");

    cr_expect_null(journal_open(inside, &jd.err));
    cr_expect(strstr(jd.err.text, "cannot make the directory"), "%s",
              jd.err.text);
    cr_expect_null(journal_open(missing, &jd.err));
    cr_expect(strstr(jd.err.text, "No such file"), "%s", jd.err.text);
    free(inside);
    free(missing);
}

Test(journal_disk, taken_away_while_in_use_is_said)
{
    char *path = path_of("journal");

    unlink(path);
    cr_expect_not(journal_add(jd.j, JOURNAL_HALT, "{}", &jd.err));
    cr_expect(strstr(jd.err.text, "taken away"), "%s", jd.err.text);
    free(path);
}

/* A limit stands for a disk: what is written in part must be taken back. */
Test(journal_disk, what_is_half_written_is_taken_back)
{
    struct rlimit before, tight;
    long size;

    add("{\"n\":1}");
    size = size_of("journal");
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = (rlim_t)size + 20;
    setrlimit(RLIMIT_FSIZE, &tight);
    cr_expect_not(journal_add(jd.j, JOURNAL_HALT, "{\"n\":2}", &jd.err));
    setrlimit(RLIMIT_FSIZE, &before);
    cr_expect_eq(jd.err.kind, ERR_SYSTEM);
    cr_expect(strstr(jd.err.text, "cannot write to it"), "%s", jd.err.text);
    cr_expect_eq(size_of("journal"), size);
    cr_expect_eq(journal_waiting(jd.j, NULL), 1u);
    add("{\"n\":3}");
    journal_reopen();
    expect_drain(0, "audit {\"n\":1};audit {\"n\":3};");
}

Test(journal_disk, a_full_disk_is_said_and_read_only_too)
{
    char *json = xmalloc(30001);
    size_t written = 0;

    journal_close(jd.j);
    jd.j = NULL;
    if (mount("none", jd.dir, "tmpfs", 0, "size=64k") != 0) {
        free(json);
        cr_skip_test("no right to mount: %s", strerror(errno));
    }
    memset(json, '1', 30000);
    json[30000] = '\0';
    journal_reopen();
    while (journal_add(jd.j, JOURNAL_AUDIT, json, &jd.err))
        cr_assert_lt(++written, 5u);
    cr_expect(strstr(jd.err.text, "the disk is full"), "%s", jd.err.text);
    cr_expect_eq(journal_waiting(jd.j, NULL), written);
    journal_reopen();
    cr_expect_eq(journal_waiting(jd.j, NULL), written);
    cr_expect_eq(size_of("journal.torn"), -1);
    journal_close(jd.j);
    jd.j = NULL;
    cr_expect_eq(mount("none", jd.dir, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL),
                 0);
    jd.j = journal_open(jd.dir, &jd.err);
    cr_expect_null(jd.j);
    cr_expect(strstr(jd.err.text, "Read-only"), "%s", jd.err.text);
    cr_expect_eq(umount(jd.dir), 0);
    free(json);
}

Test(journal_disk, it_has_an_end)
{
    char *json = xmalloc(1 << 20);

    memset(json, '1', (1 << 20) - 1);
    json[(1 << 20) - 1] = '\0';
    for (int i = 0; i < 63; i++)
        add(json);
    cr_expect_not(journal_add(jd.j, JOURNAL_AUDIT, json, &jd.err));
    cr_expect(strstr(jd.err.text, "full (64 MiB)"), "%s", jd.err.text);
    cr_expect_eq(journal_waiting(jd.j, NULL), 63u);
    add("1");
    free(json);
}
