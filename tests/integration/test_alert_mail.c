/*
 * The fallback's mails, to a mail server that is not ours: encrypted, with a
 * password; what it refuses, and what it takes later. As the bot runs for
 * real, too: `make confined`.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/core/alert/smtp_stub.h"
#include "tests/integration/alerting.h"
#include "tests/integration/mailing.h"

TestSuite(alert_mail, .timeout = 300);

struct posted {
    struct mailing *server;
    struct harness *h;
    char *yaml;
};

/* Who the mail is from and to, as YAML; ca: of whom the certificate has to be;
 * password: the bot's. */
struct how {
    const char *from, *to, *ca, *password;
    int port; /* 0: the server's */
};

static struct posted start(const struct how *how)
{
    struct posted p = { .server = mailing_start() };

    p.yaml = xasprintf("channels: {ops: C0OPS}\n"
                       "admins: [U0ANN]\n"
                       "alerts:\n"
                       "  fallback:\n"
                       "    after: 10s\n"
                       "    smtp_url: smtp://127.0.0.1:%d\n"
                       "    smtp_from: %s\n"
                       "    smtp_to: %s\n"
                       "    smtp_user: " MAIL_USER "\n"
                       "    smtp_password: %s\n"
                       "%s%s\n"
                       "  route: {channels: [C0OPS], group_by: [service]}\n",
                       how->port ? how->port : mailing_port(p.server),
                       how->from ? how->from : "ops@example.com",
                       how->to ? how->to : "[ann@example.com, ben@example.com]",
                       how->password ? how->password : "'" MAIL_PASSWORD "'",
                       how->ca ? how->ca : "    smtp_ca: ",
                       how->ca ? "" : mailing_ca(p.server));
    p.h = harness_start(&(struct harness_options){ .yaml = p.yaml });
    fault(p.h, json_pack("{ss si si}", "on", "chat.postMessage", "status", 503,
                         "times", -1));
    alert_fires(p.h, "shop", "t1");
    return p;
}

static void stop(struct posted *p)
{
    harness_stop(p->h);
    mailing_stop(p->server);
    free(p->yaml);
}

/* What the page's row says went wrong, once it does. */
static void wait_error(struct posted *p, const char *state, const char *like)
{
    char *query =
        xasprintf("select count(*) from opsbot.pages where target = 'mail' and"
                  " state = '%s' and error like '%%%s%%'",
                  state, like);

    wait_sql(p->h, 1, COMES_MS, query);
    free(query);
}

static void wait_sent(struct posted *p)
{
    wait_sql(p->h, 1, COMES_MS,
             "select count(*) from opsbot.pages where target = 'mail' and"
             " state = 'sent'");
}

static bool has_mail(struct posted *p)
{
    char *text = mailing_mail(p->server, 1);
    bool has = text[0] != '\0';

    free(text);
    return has;
}

Test(alert_mail, goes_by_starttls_with_a_password)
{
    struct posted p = start(&(struct how){ .ca = NULL });
    char *mail, *log;

    mailing_wait(p.server, 1);
    wait_sent(&p);
    mail = mailing_mail(p.server, 1);
    cr_expect(strstr(mail, "login " MAIL_USER
                           " tls yes from ops@example.com to ann@example.com"
                           " ben@example.com\n"),
              "%s", mail);
    cr_expect(strstr(mail, "\r\nMessage-ID: <"), "%s", mail);
    cr_expect(strstr(mail, "Content-Transfer-Encoding: base64\r\n"), "%s",
              mail);
    log = opsbot_log(p.h->bot);
    cr_expect_not(strstr(log, MAIL_PASSWORD));
    free(log);
    free(mail);
    stop(&p);
}

/* One who has left keeps it from nobody else. */
Test(alert_mail, a_recipient_that_is_refused_keeps_it_from_nobody_else)
{
    struct posted p =
        start(&(struct how){ .to = "[refused@example.com, ann@example.com]" });
    char *mail;

    mailing_wait(p.server, 1);
    wait_sent(&p);
    mail = mailing_mail(p.server, 1);
    cr_expect(strstr(mail, " to ann@example.com\n"), "%s", mail);
    free(mail);
    stop(&p);
}

Test(alert_mail, when_all_recipients_are_refused_it_has_failed)
{
    struct posted p = start(&(struct how){ .to = "[refused@example.com]" });

    wait_error(&p, "failed", "SMTP reply 550");
    cr_expect_not(has_mail(&p));
    stop(&p);
}

Test(alert_mail, a_sender_that_is_refused_has_failed)
{
    struct posted p = start(&(struct how){ .from = "refused@example.com" });

    wait_error(&p, "failed", "SMTP reply 550");
    cr_expect_not(has_mail(&p));
    stop(&p);
}

/* Greylisting: "not now", and then it is taken. */
Test(alert_mail, a_sender_that_is_greylisted_comes_again)
{
    struct posted p = start(&(struct how){ .from = "grey@example.com" });

    mailing_wait(p.server, 1);
    wait_sent(&p);
    cr_expect_geq(sql_number(p.h, "select attempts from opsbot.pages where"
                                  " target = 'mail'"),
                  2);
    stop(&p);
}

Test(alert_mail, a_recipient_that_is_greylisted_comes_again)
{
    struct posted p = start(&(struct how){ .to = "[grey@example.com]" });

    mailing_wait(p.server, 1);
    wait_sent(&p);
    stop(&p);
}

/* The server's certificate is of nobody we know: it gets neither a password
 * nor a mail, and is asked again: it may be put right. */
Test(alert_mail, a_certificate_that_is_not_known_gets_no_password)
{
    struct posted p = start(&(struct how){ .ca = "# no smtp_ca" });

    wait_error(&p, "waiting", "certificate");
    cr_expect_not(has_mail(&p));
    stop(&p);
}

Test(alert_mail, a_password_that_is_wrong_can_be_put_right)
{
    struct posted p = start(&(struct how){ .password = "another" });

    wait_error(&p, "waiting", "");
    wait_sql(p.h, 1, COMES_MS,
             "select count(*) from opsbot.pages where state = 'waiting' and"
             " attempts > 1");
    cr_expect_not(has_mail(&p));
    cr_expect_not(opsbot_log_has(p.h->bot, "another"));
    stop(&p);
}

/* A server that says nothing keeps its place for its time, and is tried
 * again. */
Test(alert_mail, a_server_that_says_nothing_is_tried_again)
{
    struct smtp_stub *stub = smtp_stub_start();
    struct posted p;

    smtp_stub_be(stub, (struct smtp_manners){ .silent = true });
    p = start(&(struct how){ .port = smtp_stub_port(stub) });
    wait_error(&p, "waiting", "no answer within");
    stop(&p);
    smtp_stub_stop(stub);
}
