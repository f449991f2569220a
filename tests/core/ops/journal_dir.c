/*
 * journal_dir: a journal in a directory of its own, for tests.
 */
#include "tests/core/ops/journal_dir.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "core/base/mem.h"

struct journal_dir jd;

void journal_reopen(void)
{
    journal_close(jd.j);
    jd.j = journal_open(jd.dir, &jd.err);
    cr_assert(jd.j, "%s", jd.err.text);
}

void journal_dir_start(void)
{
    jd = (struct journal_dir){ .dir = "/tmp/opsbot-journal-XXXXXX" };
    cr_assert(mkdtemp(jd.dir));
    journal_reopen();
}

void journal_dir_stop(void)
{
    char *command = xasprintf("rm -rf %s", jd.dir);

    journal_close(jd.j);
    umount(jd.dir); /* of the one test that mounts */
    cr_expect_eq(system(command), 0);
    free(command);
}

void add(const char *json)
{
    cr_assert(journal_add(jd.j, JOURNAL_AUDIT, json, &jd.err), "%s",
              jd.err.text);
}

char *path_of(const char *name)
{
    return xasprintf("%s/%s", jd.dir, name);
}

/* The file's text, heap; "" when there is none. */
char *text_of(const char *name)
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

long size_of(const char *name)
{
    char *path = path_of(name);
    struct stat st;
    long size = stat(path, &st) == 0 ? (long)st.st_size : -1;

    free(path);
    return size;
}

bool take(void *arg, const char *kind, const char *json, struct err *e)
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

void expect_drain(size_t until, const char *wanted)
{
    struct taken t = { .until = until };
    size_t drained;
    bool ok = journal_drain(jd.j, take, &t, &drained, &jd.err);

    cr_expect_eq(ok, until == 0, "%s", jd.err.text);
    cr_expect_eq(drained, t.count);
    cr_expect_str_eq(buf_text(&t.text), wanted, "%s", buf_text(&t.text));
    buf_dispose(&t.text);
}
