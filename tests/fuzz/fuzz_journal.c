/*
 * fuzz_journal: a file of records, damaged anywhere in any way. It opens,
 * gives every record that is whole in the file, in order and nothing else,
 * and takes new ones; a note of how far it is drained that was damaged as
 * well loses none of what is added.
 *
 * The input: how far the note says it is drained, then how to damage three
 * good records, a byte at a time; what is left is put behind them as it is.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/journal.h"
#include "core/ops/journal_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define GOOD 3

/* In memory: each record is fsync'd. */
static char directory[] = "/dev/shm/opsbot-fuzz-XXXXXX";

static void must(bool ok)
{
    if (!ok)
        abort();
}

static char *path_of(const char *name)
{
    return xasprintf("%s/%s", directory, name);
}

static void clear(void)
{
    static const char *const names[] = { "journal", "journal.drained",
                                         "journal.drained.new", "journal.bad",
                                         "journal.torn" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = path_of(names[i]);

        unlink(path);
        free(path);
    }
}

static void leave(void)
{
    clear();
    rmdir(directory);
}

static void make_directory(void)
{
    static bool made;

    if (made)
        return;
    must(mkdtemp(directory) != NULL);
    atexit(leave);
    made = true;
}

static void put(const char *name, const void *data, size_t len)
{
    char *path = path_of(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    must(fd >= 0 && write(fd, data, len) == (ssize_t)len);
    close(fd);
    free(path);
}

/* What a drain of this file must give: "kind json;" of each whole record. */
static void expected(struct buf *out, const struct buf *file)
{
    struct buf line = { 0 };
    const char *at = file->data, *end;
    struct record record;

    for (; (end = memchr(at, '\n', (size_t)(file->data + file->len - at)));
         at = end + 1) {
        buf_cut(&line, 0);
        buf_add(&line, at, (size_t)(end - at));
        if (record_parse(&line, &record))
            buf_fmt(out, "%s %s;", record.kind, record.json);
    }
    buf_dispose(&line);
}

/* arg: a struct buf. */
static bool take(void *arg, const char *kind, const char *json, struct err *err)
{
    (void)err;
    buf_fmt(arg, "%s %s;", kind, json);
    return true;
}

/* *there: where the good ones end. */
static void damaged(struct buf *file, const uint8_t *data, size_t size)
{
    for (int i = 0; i < GOOD; i++)
        record_write(file, i ? JOURNAL_AUDIT : JOURNAL_HALT,
                     "{\"scope\":\"all\",\"reason\":\"loss of 1 %\"}");
    for (; size >= 3 && data[0] < 128; data += 3, size -= 3)
        file->data[(data[0] | data[1] << 7) % (int)file->len] = (char)data[2];
    if (size > 0)
        buf_add(file, data + 1, size - 1);
}

static void check(const struct buf *file, bool noted)
{
    struct buf wanted = { 0 }, got = { 0 };
    struct err err;
    struct journal *j = journal_open(directory, &err);
    size_t waiting, drained;

    must(j != NULL);
    expected(&wanted, file);
    waiting = journal_waiting(j, NULL);
    must(journal_add(j, JOURNAL_HALT, "{\"new\":1}", &err));
    buf_str(&wanted, JOURNAL_HALT " {\"new\":1};");
    must(journal_waiting(j, NULL) == waiting + 1);
    must(journal_drain(j, take, &got, &drained, &err));
    must(drained == waiting + 1 && journal_waiting(j, NULL) == 0);
    if (noted) /* the end of it, then: what is before was done */
        must(got.len <= wanted.len &&
             strcmp(wanted.data + wanted.len - got.len, got.data) == 0);
    else
        must(strcmp(wanted.data, got.data) == 0);
    journal_close(j);
    buf_dispose(&wanted);
    buf_dispose(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf file = { 0 };
    uint8_t noted = size ? data[0] : 0;

    make_directory();
    clear();
    damaged(&file, data + (size > 0), size - (size > 0));
    put("journal", file.data, file.len);
    if (noted) {
        char text[16];
        int len = snprintf(text, sizeof text, "%d\n", noted - 1);

        /* or no number at all */
        put("journal.drained", noted % 5 ? text : (const char *)data,
            noted % 5 ? (size_t)len : size);
    }
    check(&file, noted > 0);
    buf_dispose(&file);
    return 0;
}
