/* file: see file.h. */
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"

bool file_write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

void file_make_way(const char *path)
{
    char *copy = xstrdup(path);

    for (char *slash = strchr(copy + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0700);
        *slash = '/';
    }
    free(copy);
}

/* Beside it first. One left there by a crash may be anybody's to read. */
bool file_replace(const char *path, const char *data, size_t len)
{
    char *beside = xasprintf("%s.new", path);
    int fd, why;
    bool ok;

    unlink(beside);
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ok = fd >= 0 && file_write_all(fd, data, len) && fsync(fd) == 0;
    why = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        why = errno;
        ok = false;
    }
    if (ok && rename(beside, path) != 0) {
        why = errno;
        ok = false;
    }
    if (!ok)
        unlink(beside);
    free(beside);
    errno = why;
    return ok;
}
