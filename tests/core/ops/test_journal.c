/* journal: adding, draining, and files as a crash leaves them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/ops/journal.h"

static char dir[64];
static struct journal *j;
static struct err err;

static struct journal *opened(void)
{
    struct journal *journal = journal_open(dir, &err);

    cr_assert(journal, "%s", err.text);
    return journal;
}

static void start(void)
{
    snprintf(dir, sizeof dir, "/tmp/opsbot-journal-XXXXXX");
    cr_assert(mkdtemp(dir));
    j = opened();
}

static void stop(void)
{
    char *command = xasprintf("rm -rf %s", dir);

    journal_close(j);
    umount(dir); /* of the one test that mounts */
    cr_expect_eq(system(command), 0);
    free(command);
}

TestSuite(journal, .init = start, .fini = stop);

static void add(const char *json)
{
    cr_assert(journal_add(j, JOURNAL_AUDIT, json, &err), "%s", err.text);
}

static void reopen(void)
{
    journal_close(j);
    j = opened();
}

static char *path_of(const char *name)
{
    return xasprintf("%s/%s", dir, name);
}

/* The file's text, heap; "" when there is none. */
static char *text_of(const char *name)
{
    char *path = path_of(name), chunk[4096];
    struct buf text = { 0 };
    FILE *file = fopen(path, "r");
    size_t n;

    while (file && (n = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(&text, chunk, n);
    if (file)
        fclose(file);
    buf_str(&text, "");
    free(path);
    return buf_take(&text);
}

static long size_of(const char *name)
{
    char *path = path_of(name);
    struct stat st;
    long size = stat(path, &st) == 0 ? (long)st.st_size : -1;

    free(path);
    return size;
}

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

/* What was drained: "kind json;…". Stops at record `until`, if that is > 0. */
struct taken {
    struct buf text;
    size_t count, until;
    struct journal *feed; /* gets one more record at the first */
};

static bool take(void *arg, const char *kind, const char *json, struct err *e)
{
    struct taken *t = arg;

    if (t->until > 0 && t->count + 1 == t->until)
        return err_set(e, ERR_DB, "not now");
    t->count++;
    buf_fmt(&t->text, "%s %s;", kind, json);
    if (t->feed)
        cr_expect(journal_add(t->feed, JOURNAL_HALT, "{\"fed\":1}", e));
    t->feed = NULL;
    return true;
}

static void expect_drain(size_t until, const char *wanted)
{
    struct taken t = { .until = until };
    size_t drained;
    bool ok = journal_drain(j, take, &t, &drained, &err);

    cr_expect_eq(ok, until == 0, "%s", err.text);
    cr_expect_eq(drained, t.count);
    cr_expect_str_eq(buf_text(&t.text), wanted, "%s", buf_text(&t.text));
    buf_dispose(&t.text);
}

Test(journal, gives_back_in_order_what_was_added)
{
    int64_t since, before = clock_wall_ms();

    cr_expect_eq(journal_waiting(j, &since), 0u);
    cr_expect_eq(since, 0);
    add("{\"n\":1}");
    cr_expect(
        journal_add(j, JOURNAL_HALT, "{\"n\":\n 2,\r\n\"t\":\"\\n\"}", &err));
    add("{\"n\":\"h\303\251\"}");
    cr_expect_eq(journal_waiting(j, &since), 3u);
    cr_expect_geq(since, before);
    cr_expect_leq(since, clock_wall_ms());
    expect_drain(0, "audit {\"n\":1};halt {\"n\":  2,  \"t\":\"\\n\"};"
                    "audit {\"n\":\"h\303\251\"};");
    cr_expect_eq(journal_waiting(j, NULL), 0u);
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
    journal_close(j);
    change("journal", 0, "7221ae35 1700000000000 audit {}\n");
    j = opened();
    expect_drain(0, "audit {};");
}

Test(journal, survives_a_restart)
{
    int64_t since, later;
    struct stat st;
    char *path = path_of("journal");

    add("1");
    journal_waiting(j, &since);
    add("2");
    cr_expect_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600u);
    free(path);
    reopen();
    cr_expect_eq(journal_waiting(j, &later), 2u);
    cr_expect_geq(later, since - 5);
    cr_expect_leq(later, since);
    expect_drain(2, "audit 1;");
    cr_expect_eq(journal_waiting(j, NULL), 1u);
    reopen();
    cr_expect_eq(journal_waiting(j, NULL), 1u);
    add("3");
    expect_drain(0, "audit 2;audit 3;");
    cr_expect_eq(size_of("journal.drained"), -1);
    add("4");
    reopen();
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
    cr_expect_not(journal_drain(j, take, &t, &drained, &err));
    cr_expect_eq(drained, 150u);
    cr_expect_eq(err.kind, ERR_DB);
    cr_expect_str_eq(err.text, "not now");
    buf_dispose(&t.text);
    /* As if the note were older, or gone, or damaged. */
    note = text_of("journal.drained");
    cr_expect_gt(strtol(note, NULL, 10), 3000);
    journal_close(j);
    change("journal.drained", 0, "999999\n");
    j = opened();
    cr_expect_eq(journal_waiting(j, NULL), 200u);
    journal_close(j);
    change("journal.drained", 0, "17\n9999\n");
    j = opened();
    cr_expect_eq(journal_waiting(j, NULL), 200u, "in the middle of a record");
    journal_close(j);
    change("journal.drained", 0, note);
    j = opened();
    cr_expect_eq(journal_waiting(j, NULL), 50u);
    t = (struct taken){ 0 };
    cr_expect(journal_drain(j, take, &t, &drained, &err));
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
    journal_close(j);
    cr_assert_eq(truncate((torn = path_of("journal")), whole + 20), 0);
    free(torn);
    j = opened();
    cr_expect_eq(journal_waiting(j, NULL), 1u);
    cr_expect_eq(size_of("journal"), whole);
    torn = text_of("journal.torn");
    cr_expect_eq(strlen(torn), 21u);
    free(torn);
    add("{\"n\":3}");
    reopen();
    expect_drain(0, "audit {\"n\":1};audit {\"n\":3};");
}

Test(journal, a_whole_record_without_its_end_is_torn_as_well)
{
    char *path = path_of("journal");

    add("1");
    journal_close(j);
    cr_assert_eq(truncate(path, size_of("journal") - 1), 0);
    j = opened();
    cr_expect_eq(journal_waiting(j, NULL), 0u);
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
    journal_close(j);
    change("journal", size_of("journal") / 3 + 30, "X");
    change("journal", -1, "nonsense\n\n\n");
    j = opened();
    cr_expect_eq(journal_waiting(j, NULL), 2u);
    bad = text_of("journal.bad");
    cr_expect(strstr(bad, "{\"Xn\":2}") || strchr(bad, 'X'), "%s", bad);
    cr_expect(strstr(bad, "nonsense\n"), "%s", bad);
    free(bad);
    reopen();
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
    cr_expect_eq(journal_waiting(j, NULL), 0u);
    cr_expect_gt(size_of("journal.bad"), 20);
}

Test(journal, what_is_added_during_a_drain_is_drained)
{
    struct taken t = { .feed = j };
    size_t drained;

    add("1");
    cr_expect(journal_drain(j, take, &t, &drained, &err), "%s", err.text);
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
        if (!journal_add(j, kind, json, &e))
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
        cr_assert(journal_drain(j, count, &c, &drained, &err), "%s", err.text);
        all += drained;
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    cr_expect(c.in_order);
    cr_expect_eq(journal_waiting(j, NULL), 0u);
    expect_drain(0, "");
}

Test(journal, a_second_process_is_refused)
{
    struct err other = { 0 };

    cr_expect_null(journal_open(dir, &other));
    cr_expect_eq(other.kind, ERR_SYSTEM);
    cr_expect(strstr(other.text, "in use by another opsbot"), "%s", other.text);
    cr_expect(strstr(other.text, dir), "%s", other.text);
    add("1");
}

Test(journal, a_killed_process_lets_go)
{
    int status;
    pid_t pid;

    journal_close(j);
    pid = fork();
    if (pid == 0) {
        struct err e;
        struct journal *mine = journal_open(dir, &e);

        if (!mine || !journal_add(mine, JOURNAL_HALT, "{}", &e))
            _exit(1);
        raise(SIGKILL);
    }
    waitpid(pid, &status, 0);
    cr_assert(WIFSIGNALED(status));
    j = opened();
    expect_drain(0, "halt {};");
}

Test(journal, no_journal_is_said)
{
    size_t drained = 7;
    int64_t since = 7;

    cr_expect_not(journal_add(NULL, JOURNAL_HALT, "{}", &err));
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect_eq(journal_waiting(NULL, &since), 0u);
    cr_expect_eq(since, 0);
    cr_expect(journal_drain(NULL, take, NULL, &drained, &err));
    cr_expect_eq(drained, 0u);
    journal_close(NULL);
}

Test(journal, a_directory_that_cannot_be_is_said)
{
    char *inside = path_of("journal/deep"), *missing = path_of("a/b");

    cr_expect_null(journal_open(inside, &err));
    cr_expect(strstr(err.text, "cannot make the directory"), "%s", err.text);
    cr_expect_null(journal_open(missing, &err));
    cr_expect(strstr(err.text, "No such file"), "%s", err.text);
    free(inside);
    free(missing);
}

Test(journal, taken_away_while_in_use_is_said)
{
    char *path = path_of("journal");

    unlink(path);
    cr_expect_not(journal_add(j, JOURNAL_HALT, "{}", &err));
    cr_expect(strstr(err.text, "taken away"), "%s", err.text);
    free(path);
}

/* A limit stands for a disk: what is written in part must be taken back. */
Test(journal, what_is_half_written_is_taken_back)
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
    cr_expect_not(journal_add(j, JOURNAL_HALT, "{\"n\":2}", &err));
    setrlimit(RLIMIT_FSIZE, &before);
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect(strstr(err.text, "cannot write to it"), "%s", err.text);
    cr_expect_eq(size_of("journal"), size);
    cr_expect_eq(journal_waiting(j, NULL), 1u);
    add("{\"n\":3}");
    reopen();
    expect_drain(0, "audit {\"n\":1};audit {\"n\":3};");
}

Test(journal, a_full_disk_is_said_and_read_only_too)
{
    char *json = xmalloc(30001);
    size_t written = 0;

    journal_close(j);
    j = NULL;
    if (mount("none", dir, "tmpfs", 0, "size=64k") != 0) {
        free(json);
        cr_skip_test("no right to mount: %s", strerror(errno));
    }
    memset(json, '1', 30000);
    json[30000] = '\0';
    j = opened();
    while (journal_add(j, JOURNAL_AUDIT, json, &err))
        cr_assert_lt(++written, 5u);
    cr_expect(strstr(err.text, "the disk is full"), "%s", err.text);
    cr_expect_eq(journal_waiting(j, NULL), written);
    reopen();
    cr_expect_eq(journal_waiting(j, NULL), written);
    cr_expect_eq(size_of("journal.torn"), -1);
    journal_close(j);
    cr_expect_eq(mount("none", dir, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
    j = journal_open(dir, &err);
    cr_expect_null(j);
    cr_expect(strstr(err.text, "Read-only"), "%s", err.text);
    cr_expect_eq(umount(dir), 0);
    free(json);
}

Test(journal, it_has_an_end)
{
    char *path = path_of("journal"), *json = xmalloc(1 << 20);

    memset(json, '1', (1 << 20) - 1);
    json[(1 << 20) - 1] = '\0';
    for (int i = 0; i < 63; i++)
        add(json);
    cr_expect_not(journal_add(j, JOURNAL_AUDIT, json, &err));
    cr_expect(strstr(err.text, "full (64 MiB)"), "%s", err.text);
    cr_expect_eq(journal_waiting(j, NULL), 63u);
    add("1");
    free(path);
    free(json);
}
