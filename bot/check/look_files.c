/*
 * look_files: the state directory, and the certificates and keys that the
 * configuration names. Opens nothing for writing: the bot may be running, and
 * its journal is its own. Its own thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bot/check/look.h"
#include "core/base/mem.h"

#define PEM_HEAD (64 << 10) /* bytes in which a PEM file must begin to be one */

/* ---- the state directory ------------------------------------------------------ */

/* May be written, or made where its own directory may be. */
static bool writable(const char *path)
{
    char *above;
    bool ok;

    if (access(path, W_OK) == 0 || errno != ENOENT)
        return access(path, W_OK) == 0;
    above = xstrdup(path);
    ok = access(dirname(above), W_OK | X_OK) == 0;
    free(above);
    return ok;
}

static void look_at_state(struct look *l)
{
    const char *dir = l->cfg->state_dir;
    char *journal = xasprintf("%s/journal", dir);

    if (writable(dir) && (access(dir, F_OK) != 0 || writable(journal)))
        report_ok(&l->report, "files.state",
                  "state directory %s (journal, user groups)%s", dir,
                  access(dir, F_OK) == 0 ? "" : ": will be made");
    else
        report_fail(&l->report, "files.state",
                    "let the user opsbot runs as write there, or name another "
                    "in OPSBOT_STATE",
                    "state directory %s: %s. What happens while Redis and "
                    "Postgres are both away could not be written down",
                    dir, strerror(errno));
    free(journal);
}

/* ---- certificates and keys ------------------------------------------------------ */

struct pem {
    const char *owner; /* "halt target execution" */
    const char *key;   /* "client_key" */
    const char *path;  /* NULL: not configured */
    bool secret;
};

struct pems {
    struct look *look;
    unsigned right, wrong;
};

/* NULL: it is one, as far as can be told without trusting it. */
static const char *wrong_pem(const char *path, struct stat *st)
{
    static char head[PEM_HEAD]; /* this thread alone */
    const char *wrong = NULL;
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return strerror(errno);
    if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))
        wrong = "is no regular file";
    else if ((n = read(fd, head, sizeof head)) < 0)
        wrong = strerror(errno);
    else if (!memmem(head, (size_t)n, "-----BEGIN ", 11))
        wrong = "is no PEM file (it has no -----BEGIN)";
    explicit_bzero(head, sizeof head);
    close(fd);
    return wrong;
}

static void look_at_pem(struct pems *p, const struct pem *pem)
{
    struct stat st = { 0 };
    const char *wrong;

    if (!pem->path)
        return;
    wrong = wrong_pem(pem->path, &st);
    if (wrong)
        report_fail(&p->look->report, "files.certificates",
                    "correct the path, or let the user opsbot runs as read it",
                    "%s of %s, %s: %s", pem->key, pem->owner, pem->path, wrong);
    else if (pem->secret && (st.st_mode & (S_IROTH | S_IWOTH)))
        report_warn(&p->look->report, "files.certificates",
                    "take the rights of others away: chmod o= and the path",
                    "%s of %s, %s: everybody on this machine can read it",
                    pem->key, pem->owner, pem->path);
    if (wrong)
        p->wrong++;
    else
        p->right++;
}

static void look_at_pems(struct look *l)
{
    const struct config *cfg = l->cfg;
    static const char http[] = "the admin API (http)";
    struct pems p = { .look = l };
    char *owner;

    for (unsigned i = 0; i < cfg->halt.targets_count; i++) {
        const struct config_target *t = &cfg->halt.targets[i];

        owner = xasprintf("halt target %s", t->name);
        look_at_pem(&p, &(struct pem){ owner, "ca", t->ca, false });
        look_at_pem(
            &p, &(struct pem){ owner, "client_cert", t->client_cert, false });
        look_at_pem(&p,
                    &(struct pem){ owner, "client_key", t->client_key, true });
        free(owner);
    }
    for (unsigned i = 0; i < cfg->checks_count; i++) {
        const struct config_check *c = &cfg->checks[i];

        owner = xasprintf("check %s", c->id);
        look_at_pem(&p, &(struct pem){ owner, "ca", c->ca, false });
        look_at_pem(
            &p, &(struct pem){ owner, "client_cert", c->client_cert, false });
        look_at_pem(&p,
                    &(struct pem){ owner, "client_key", c->client_key, true });
        free(owner);
    }
    look_at_pem(&p, &(struct pem){ http, "admin_cert", cfg->door.cert, false });
    look_at_pem(&p, &(struct pem){ http, "admin_key", cfg->door.key, true });
    look_at_pem(&p, &(struct pem){ http, "admin_client_ca", cfg->door.client_ca,
                                   false });
    if (p.right && !p.wrong)
        report_ok(&l->report, "files.certificates",
                  "%u certificate and key file%s can be read", p.right,
                  p.right == 1 ? "" : "s");
}

void look_files(struct look *l)
{
    look_at_state(l);
    look_at_pems(l);
}
