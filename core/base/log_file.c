#include "core/base/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/base/mem.h"

#define LOOK_MS 1000 /* whether it is still there */

enum log_file_state {
    FILE_NONE,    /* no path */
    FILE_OPEN,    /* lines go there */
    FILE_FAILING, /* they do not, until again */
};

static struct {
    pthread_mutex_t lock; /* of all below */
    enum log_file_state state;
    char *path;
    int fd;        /* of FILE_OPEN */
    bool torn;     /* its last line was not written whole */
    int64_t look;  /* mono ms, of FILE_OPEN */
    int64_t again; /* mono ms, of FILE_FAILING */
    size_t missed; /* lines that went elsewhere */
} file = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1 };

/* Under the lock, as all below. The one mover. */
static void enter(enum log_file_state to, int fd)
{
    if (file.fd >= 0)
        close(file.fd);
    file.fd = fd;
    file.state = to;
    file.look = clock_mono_ms() + LOOK_MS;
    file.again = clock_mono_ms() + LOG_FILE_AGAIN_MS;
}

static bool reopen(void)
{
    /* A pipe that nobody reads must not hold up whoever logs. */
    int fd = open(file.path,
                  O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
    int why = errno;

    enter(fd >= 0 ? FILE_OPEN : FILE_FAILING, fd);
    errno = why;
    return fd >= 0;
}

bool log_file_set(const char *path, struct err *err)
{
    bool ok = true;

    pthread_mutex_lock(&file.lock);
    if (!path || !file.path || strcmp(path, file.path) != 0) {
        free(file.path);
        file.path = xstrdup(path);
        file.torn = false;
        file.missed = 0;
    }
    if (!path)
        enter(FILE_NONE, -1);
    else if (!reopen())
        ok = err_set(err, ERR_SYSTEM,
                     "the log file %s cannot be opened (%s): lines go to "
                     "stderr until it can",
                     path, strerror(errno));
    pthread_mutex_unlock(&file.lock);
    return ok;
}

static bool removed(void)
{
    struct stat st;

    if (clock_mono_ms() < file.look)
        return false;
    file.look = clock_mono_ms() + LOOK_MS;
    return fstat(file.fd, &st) == 0 && st.st_nlink == 0;
}

/* What is left of a line that did not fit is ended before the next. */
static bool append(const char *line, size_t len)
{
    if (file.torn && !file_write_all(file.fd, "\n", 1))
        return false;
    file.torn = !file_write_all(file.fd, line, len);
    return !file.torn;
}

static bool write_line(const char *line, size_t len, char note[LOG_FILE_NOTE])
{
    bool failing = file.state == FILE_FAILING;

    if (failing && clock_mono_ms() < file.again)
        return false;
    if (((!failing && !removed()) || reopen()) && append(line, len)) {
        if (file.missed)
            snprintf(note, LOG_FILE_NOTE,
                     "the log file can be written again: %zu line(s) before "
                     "this went to stderr",
                     file.missed);
        file.missed = 0;
        return true;
    }
    if (!failing)
        snprintf(note, LOG_FILE_NOTE,
                 "the log file %.200s cannot be written (%s): lines go to "
                 "stderr until it can",
                 file.path, strerror(errno));
    enter(FILE_FAILING, -1);
    return false;
}

bool log_file_write(const char *line, size_t len, char note[LOG_FILE_NOTE])
{
    bool written = false;

    *note = '\0';
    pthread_mutex_lock(&file.lock);
    if (file.state != FILE_NONE) {
        written = write_line(line, len, note);
        file.missed += !written;
    }
    pthread_mutex_unlock(&file.lock);
    return written;
}
