/*
 * journal_file: the journal's files: reading, putting aside, how far it is
 * drained. Declared in journal_parts.h.
 */
#include "core/ops/journal_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/log.h"

bool journal_failed(const struct journal *j, const char *what, struct err *err)
{
    const char *why = strerror(errno);

    if (errno == ENOSPC || errno == EDQUOT)
        why = "the disk is full";
    return err_set(err, ERR_SYSTEM, "the journal in %s: cannot %s: %s", j->name,
                   what, why);
}

int journal_open_beside(const struct journal *j, const char *name, int flags)
{
    return openat(j->dir, name, flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

bool journal_put_aside(struct journal *j, const char *name,
                       const struct buf *text, struct err *err)
{
    int fd = journal_open_beside(j, name, O_WRONLY | O_APPEND);
    bool ok = fd >= 0 && file_write_all(fd, buf_text(text), text->len) &&
              file_write_all(fd, "\n", 1) && fsync(fd) == 0;

    if (!ok)
        journal_failed(j, "keep what is damaged", err);
    else
        log_error("journal", NULL,
                  "a record in %s is damaged: it was put into %s", j->name,
                  name);
    if (fd >= 0)
        close(fd);
    return ok;
}

bool journal_read_line(struct journal *j, off_t at, off_t limit,
                       struct buf *line, bool *whole, struct err *err)
{
    char chunk[4096];

    *whole = false;
    buf_cut(line, 0);
    while (!*whole && at < limit) {
        size_t want = limit - at < (off_t)sizeof chunk ? (size_t)(limit - at)
                                                       : sizeof chunk;
        ssize_t n = pread(j->fd, chunk, want, at);
        char *end;

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* shorter than it was */
        if (n <= 0)
            return journal_failed(j, "read it", err);
        end = memchr(chunk, '\n', (size_t)n);
        *whole = end != NULL;
        buf_add(line, chunk, end ? (size_t)(end - chunk) : (size_t)n);
        at += n;
    }
    return true;
}

/* ---- how far it is drained ----------------------------------------------------- */

bool journal_keep_drained(struct journal *j, off_t drained)
{
    int fd = journal_open_beside(j, "journal.drained.new", O_WRONLY | O_TRUNC);
    char text[24];
    int len = snprintf(text, sizeof text, "%lld\n", (long long)drained);
    bool ok =
        fd >= 0 && file_write_all(fd, text, (size_t)len) && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return ok &&
           renameat(j->dir, "journal.drained.new", j->dir, "journal.drained") ==
               0 &&
           fsync(j->dir) == 0;
}

bool journal_forget_drained(struct journal *j)
{
    return (unlinkat(j->dir, "journal.drained", 0) == 0 || errno == ENOENT) &&
           fsync(j->dir) == 0;
}

off_t journal_load_drained(struct journal *j, off_t size)
{
    int fd =
        openat(j->dir, "journal.drained", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char text[24] = { 0 }, before = 0;
    off_t at;
    ssize_t n;

    if (fd < 0)
        return 0;
    n = read(fd, text, sizeof text - 1);
    close(fd);
    at = n > 0 ? (off_t)strtoll(text, NULL, 10) : 0;
    if (at <= 0 || at > size || pread(j->fd, &before, 1, at - 1) != 1 ||
        before != '\n')
        return 0;
    return at;
}
