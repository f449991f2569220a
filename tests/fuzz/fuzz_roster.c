/*
 * fuzz_roster: groups.json as it may be found. Whatever it holds, what is
 * read of it is written back and read again as the same; what is damaged is
 * named in one line; nobody is in a group by a member that is no text.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/text.h"
#include "core/roster_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = "/dev/shm/opsbot-fuzz-XXXXXX";
static char file[80];

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void leave(void)
{
    unlink(file);
    rmdir(directory);
}

static void put(const uint8_t *data, size_t size)
{
    int fd;

    if (!file[0]) {
        must(mkdtemp(directory) != NULL);
        snprintf(file, sizeof file, "%s/groups.json", directory);
        atexit(leave);
    }
    fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

static void check_same(struct roster *r, struct roster *again)
{
    size_t count, count_again;
    struct group *groups = roster_copy(r, &count);
    struct group *others = roster_copy(again, &count_again);
    char handle[ROSTER_HANDLE];
    int64_t at;

    must(count == count_again);
    for (size_t i = 0; i < count; i++) {
        must(strcmp(groups[i].id, others[i].id) == 0 &&
             groups[i].count == others[i].count &&
             groups[i].fetched_at == others[i].fetched_at);
        for (size_t n = 0; n < groups[i].count; n++)
            must(roster_has(again, groups[i].id, groups[i].users[n], &at));
        must(!roster_has(r, groups[i].id, "", &at));
        roster_handle(r, groups[i].id, handle);
    }
    roster_copy_free(groups, count);
    roster_copy_free(others, count_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct roster *r = roster_new(), *again = roster_new();
    struct err err = { 0 };

    put(data, size);
    if (!roster_read(r, file, &err))
        must(text_valid(err.text, strlen(err.text)) &&
             !strchr(err.text, '\n') && strstr(err.text, file));
    must(roster_write(r, file, &err));
    must(roster_read(again, file, &err));
    check_same(r, again);
    roster_free(again);
    roster_free(r);
    return 0;
}
