#include "bot/flow/state.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/mem.h"

static void cannot(struct state *s, const char *what, const char *path)
{
    s->hold = STATE_UNAVAILABLE;
    snprintf(s->why, sizeof s->why, "cannot %s %s: %s", what, path,
             strerror(errno));
    log_warn("state", NULL,
             "%s. The bot runs, but starts slower after a crash; give it a"
             " directory of its own in OPSBOT_STATE",
             s->why);
}

/* ---- the lock ------------------------------------------------------------ */

static void take_lock(struct state *s, const char *dir)
{
    char *path = xasprintf("%s/lock", dir);

    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock < 0) {
        cannot(s, "open", path);
    } else if (flock(s->lock, LOCK_EX | LOCK_NB) == 0) {
        s->hold = STATE_OURS;
    } else if (errno == EWOULDBLOCK) {
        s->hold = STATE_SHARED;
        log_info("state", NULL, "another bot runs with %s: shared", dir);
    } else {
        cannot(s, "lock", path);
    }
    free(path);
}

/* ---- who was here -------------------------------------------------------- */

static bool is_replica_id(const char *text)
{
    size_t n = strspn(text, "0123456789abcdef");

    return n == RANDOM_ID - 1 && text[n] == '\0';
}

/* What is no id of ours is nobody's. */
static void read_predecessor(struct state *s, const char *path)
{
    char text[RANDOM_ID + 1] = "";
    FILE *f = fopen(path, "re");
    size_t n;

    if (!f)
        return;
    n = fread(text, 1, RANDOM_ID, f);
    fclose(f);
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        n--;
    text[n] = '\0';
    if (is_replica_id(text))
        memcpy(s->predecessor, text, RANDOM_ID);
}

/* Whole or not at all: a name cut short would be nobody's. */
static void write_ours(struct state *s, const char *path, const char *id)
{
    char *line = xasprintf("%s\n", id);

    if (!file_replace(path, line, strlen(line)))
        cannot(s, "write", path);
    free(line);
}

void state_open(struct state *s, const char *dir, const char *id)
{
    char *path = xasprintf("%s/replica", dir);

    *s = (struct state){ .lock = -1 };
    file_make_way(path);
    take_lock(s, dir);
    if (s->hold == STATE_OURS) {
        read_predecessor(s, path);
        write_ours(s, path, id);
    }
    if (s->predecessor[0])
        log_info("state", NULL, "the last run here was replica %s",
                 s->predecessor);
    free(path);
}

void state_close(struct state *s)
{
    if (s->lock >= 0)
        close(s->lock);
    s->lock = -1;
}
