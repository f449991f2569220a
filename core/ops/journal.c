/*
 * journal: what must not be lost while both stores are away.
 *
 * Only whole records are ever below `size`: what was written in part is cut
 * off again, at once or, after a crash, at the next start. So a drain reads
 * up to `size` without a lock while others add behind it.
 */
#include "core/ops/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/journal_parts.h"
#include "core/ops/journal_record.h"

#define KEEP_EVERY 100 /* records between two notes of how far we are */

/* ---- opening ------------------------------------------------------------------- */

static bool open_files(struct journal *j, struct err *err)
{
    if (mkdir(j->name, 0700) && errno != EEXIST)
        return journal_failed(j, "make the directory", err);
    j->dir = open(j->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (j->dir < 0)
        return journal_failed(j, "open the directory", err);
    j->fd = journal_open_beside(j, "journal", O_RDWR | O_APPEND);
    if (j->fd < 0)
        return journal_failed(j, "open the file", err);
    if (flock(j->fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK)
            return journal_failed(j, "lock the file", err);
        return err_set(err, ERR_SYSTEM,
                       "the journal in %s is in use by another opsbot: give "
                       "each a state directory of its own (OPSBOT_STATE)",
                       j->name);
    }
    if (fchmod(j->fd, 0600) || fsync(j->dir))
        return journal_failed(j, "make the file", err);
    return true;
}

/* A damaged line becomes empty ones: others keep their places. */
static bool blank_out(struct journal *j, off_t at, size_t len, struct err *err)
{
    int fd = openat(j->dir, "journal", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    char *blank = xmalloc(len);
    bool ok;

    memset(blank, '\n', len);
    ok =
        fd >= 0 && pwrite(fd, blank, len, at) == (ssize_t)len && fsync(fd) == 0;
    free(blank);
    if (!ok)
        journal_failed(j, "write to it", err);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool cut_torn(struct journal *j, off_t at, const struct buf *line,
                     struct err *err)
{
    if (!journal_put_aside(j, "journal.torn", line, err))
        return false;
    j->size = at;
    if (ftruncate(j->fd, at) || fsync(j->fd))
        return journal_failed(j, "cut off its torn end", err);
    return true;
}

/* Counts what waits; puts aside what is damaged. */
static bool scan(struct journal *j, struct err *err)
{
    struct buf line = { 0 };
    struct record record;
    bool ok = true, whole;
    off_t at;

    for (at = j->drained; ok && at < j->size; at += (off_t)line.len + 1) {
        ok = journal_read_line(j, at, j->size, &line, &whole, err);
        if (!ok || (whole && line.len == 0))
            continue;
        if (!whole) {
            ok = cut_torn(j, at, &line, err);
        } else if (record_parse(&line, &record)) {
            j->since = j->waiting++ == 0 ? record.at : j->since;
        } else {
            ok = journal_put_aside(j, "journal.bad", &line, err) &&
                 blank_out(j, at, line.len, err);
        }
    }
    buf_dispose(&line);
    return ok;
}

struct journal *journal_open(const char *dir, struct err *err)
{
    struct journal *j = xcalloc(1, sizeof *j);
    struct stat st;

    j->name = xstrdup(dir);
    j->dir = j->fd = -1;
    pthread_mutex_init(&j->lock, NULL);
    pthread_mutex_init(&j->drain, NULL);
    if (!open_files(j, err))
        goto fail;
    if (fstat(j->fd, &st)) {
        journal_failed(j, "look at it", err);
        goto fail;
    }
    j->size = st.st_size;
    j->drained = journal_load_drained(j, j->size);
    if (j->drained == 0 && !journal_forget_drained(j)) {
        journal_failed(j, "begin it", err);
        goto fail;
    }
    if (scan(j, err))
        return j;
fail:
    journal_close(j);
    return NULL;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    if (j->fd >= 0)
        close(j->fd);
    if (j->dir >= 0)
        close(j->dir);
    pthread_mutex_destroy(&j->lock);
    pthread_mutex_destroy(&j->drain);
    free(j->name);
    free(j);
}

/* ---- adding -------------------------------------------------------------------- */

/* The file ends where its records do. */
static bool cut_to_size(struct journal *j)
{
    j->unclean = ftruncate(j->fd, j->size) != 0 || fsync(j->fd) != 0;
    return !j->unclean;
}

static bool is_writable(struct journal *j, size_t len, struct err *err)
{
    struct stat st;

    if (fstat(j->fd, &st) == 0 && st.st_nlink == 0)
        return err_set(err, ERR_SYSTEM,
                       "the journal in %s was taken away while in use: "
                       "restart to begin a new one",
                       j->name);
    if (j->size + (off_t)len > JOURNAL_BYTES)
        return err_set(err, ERR_SYSTEM,
                       "the journal in %s is full (%d MiB): it empties when "
                       "Redis and Postgres are back",
                       j->name, JOURNAL_BYTES >> 20);
    if (j->unclean && !cut_to_size(j))
        return journal_failed(j, "take back what was half written", err);
    return true;
}

static bool append(struct journal *j, const struct buf *line, struct err *err)
{
    if (!is_writable(j, line->len, err))
        return false;
    if (!file_write_all(j->fd, line->data, line->len) || fsync(j->fd)) {
        journal_failed(j, "write to it", err);
        cut_to_size(j);
        return false;
    }
    j->size += (off_t)line->len;
    if (j->waiting++ == 0)
        j->since = clock_wall_ms();
    return true;
}

bool journal_add(struct journal *j, const char *kind, const char *json,
                 struct err *err)
{
    struct buf line = { 0 };
    bool ok;

    if (!j)
        return err_set(err, ERR_SYSTEM, "there is no journal");
    record_write(&line, kind, json);
    pthread_mutex_lock(&j->lock);
    ok = append(j, &line, err);
    pthread_mutex_unlock(&j->lock);
    buf_dispose(&line);
    return ok;
}

size_t journal_waiting(struct journal *j, int64_t *since)
{
    size_t waiting = 0;
    int64_t oldest = 0;

    if (j) {
        pthread_mutex_lock(&j->lock);
        waiting = j->waiting;
        oldest = waiting > 0 ? j->since : 0;
        pthread_mutex_unlock(&j->lock);
    }
    if (since)
        *since = oldest;
    return waiting;
}

int64_t journal_bytes(struct journal *j)
{
    off_t size = 0;

    if (!j)
        return 0;
    pthread_mutex_lock(&j->lock);
    size = j->size;
    pthread_mutex_unlock(&j->lock);
    return size;
}

/* ---- draining ------------------------------------------------------------------ */

static off_t whole_size(struct journal *j)
{
    off_t size;

    pthread_mutex_lock(&j->lock);
    size = j->size;
    pthread_mutex_unlock(&j->lock);
    return size;
}

static void now_oldest(struct journal *j, int64_t at)
{
    pthread_mutex_lock(&j->lock);
    j->since = at;
    pthread_mutex_unlock(&j->lock);
}

static void moved_on(struct journal *j, off_t to, bool was_record)
{
    pthread_mutex_lock(&j->lock);
    j->drained = to;
    if (was_record && j->waiting > 0)
        j->waiting--;
    pthread_mutex_unlock(&j->lock);
}

/* *empty false: somebody added meanwhile. */
static bool empty_file(struct journal *j, bool *empty, struct err *err)
{
    bool ok = true;

    pthread_mutex_lock(&j->lock);
    *empty = j->drained == j->size;
    if (*empty && j->size > 0) {
        ok = journal_forget_drained(j) && ftruncate(j->fd, 0) == 0 &&
             fsync(j->fd) == 0;
        if (ok)
            j->size = j->drained = 0;
        else
            journal_failed(j, "empty it", err);
    }
    pthread_mutex_unlock(&j->lock);
    return ok;
}

/* One line: a record, an empty one, or one that was damaged since the start. */
static bool drain_line(struct journal *j, struct buf *line, journal_each *each,
                       void *arg, size_t *drained, struct err *err)
{
    off_t next = j->drained;
    struct record record;
    bool whole;

    if (!journal_read_line(j, j->drained, whole_size(j), line, &whole, err))
        return false;
    next += (off_t)line->len + 1;
    if (line->len > 0 && record_parse(line, &record)) {
        now_oldest(j, record.at);
        if (!each(arg, record.kind, record.json, err))
            return false;
        ++*drained;
    } else if (line->len > 0 &&
               !journal_put_aside(j, "journal.bad", line, err)) {
        return false;
    }
    moved_on(j, next, line->len > 0);
    return true;
}

static void note(struct journal *j)
{
    if (j->drained > 0 && !journal_keep_drained(j, j->drained))
        log_warn("journal", NULL,
                 "cannot note in %s how far it is drained: %s; after a crash "
                 "it is drained again",
                 j->name, strerror(errno));
}

bool journal_drain(struct journal *j, journal_each *each, void *arg,
                   size_t *drained, struct err *err)
{
    struct buf line = { 0 };
    bool ok = true, empty = false;
    size_t noted = 0;

    *drained = 0;
    if (!j)
        return true;
    pthread_mutex_lock(&j->drain);
    while (ok && !empty) {
        if (j->drained < whole_size(j)) {
            ok = drain_line(j, &line, each, arg, drained, err);
            if (*drained >= noted + KEEP_EVERY) {
                note(j);
                noted = *drained;
            }
        } else {
            ok = empty_file(j, &empty, err);
        }
    }
    if (!empty && *drained > noted)
        note(j);
    pthread_mutex_unlock(&j->drain);
    buf_dispose(&line);
    return ok;
}

bool journal_look(struct journal *j, journal_each *each, void *arg,
                  struct err *err)
{
    struct buf line = { 0 };
    struct record record;
    bool ok = true, whole;
    off_t at, end;

    if (!j)
        return true;
    pthread_mutex_lock(&j->drain);
    end = whole_size(j);
    for (at = j->drained; ok && at < end; at += (off_t)line.len + 1)
        ok = journal_read_line(j, at, end, &line, &whole, err) &&
             (line.len == 0 || !record_parse(&line, &record) ||
              each(arg, record.kind, record.json, err));
    pthread_mutex_unlock(&j->drain);
    buf_dispose(&line);
    return ok;
}
