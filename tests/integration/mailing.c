/* mailing: see mailing.h. */
#include "tests/integration/mailing.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "tests/core/check/certificates.h"
#include "tests/harness/process.h"
#include "tests/harness/servers.h"
#include "tests/integration/common.h"

struct mailing {
    struct harness *place; /* its files */
    struct process *server;
    char *dir, *log;
    int port;
};

static bool is_ready(void *arg)
{
    struct mailing *m = arg;
    char *log = harness_read(m->log);
    bool ready = strstr(log, "ready") != NULL;

    if (!ready && !process_running(m->server))
        harness_fail("the mail server ended (python3-aiosmtpd is needed): %s",
                     log);
    free(log);
    return ready;
}

struct mailing *mailing_start(void)
{
    struct mailing *m = xcalloc(1, sizeof *m);
    char *script =
        xasprintf("%s/tests/integration/mail_server.py", harness_root());
    char port[16];

    certificates_start();
    certificate_make(&(struct certificate){ .name = "mail",
                                            .names = "IP:127.0.0.1",
                                            .signer = "ca",
                                            .from = -DAY,
                                            .until = 30 * DAY });
    m->place = harness_start(&(struct harness_options){ .parts = PART_NONE });
    m->dir = below(m->place, "mails");
    m->log = below(m->place, "mail.log");
    cr_assert_eq(mkdir(m->dir, 0700), 0);
    m->port = free_port();
    snprintf(port, sizeof port, "%d", m->port);
    m->server = process_new("mail", xstrdup(m->log));
    process_start(m->server,
                  (const char *[]){ "/usr/bin/python3", script, port,
                                    certificate_file("mail", ".pem"),
                                    certificate_file("mail", ".key"), MAIL_USER,
                                    MAIL_PASSWORD, m->dir, NULL },
                  NULL, NULL, SIGKILL);
    wait_until(is_ready, m, COMES_MS, "the mail server");
    free(script);
    return m;
}

void mailing_stop(struct mailing *m)
{
    if (!m)
        return;
    process_free(m->server);
    harness_stop(m->place);
    certificates_stop();
    free(m->dir);
    free(m->log);
    free(m);
}

int mailing_port(const struct mailing *m)
{
    return m->port;
}

const char *mailing_ca(const struct mailing *m)
{
    (void)m;
    return certificate_file("ca", ".pem");
}

char *mailing_mail(const struct mailing *m, int i)
{
    char *path = xasprintf("%s/mail%d", m->dir, i);
    char *text = harness_read(path);

    free(path);
    return text;
}

struct awaited {
    const struct mailing *m;
    int count;
};

static bool are_there(void *arg)
{
    const struct awaited *a = arg;
    char *text = mailing_mail(a->m, a->count);
    bool there = text[0] != '\0';

    free(text);
    return there;
}

void mailing_wait(const struct mailing *m, int count)
{
    wait_until(are_there, &(struct awaited){ m, count }, COMES_MS, "a mail");
}
