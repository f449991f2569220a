/* A mail as RFC 5322 has it. */
#include "bot/alerts/pager_mail.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *text;

static void stop(void)
{
    free(text);
    text = NULL;
}

TestSuite(pager_mail, .fini = stop);

static const char *const to[] = { "ann@example.com", "Ben <ben@example.com>" };

static const char *made(const char *subject, const char *body)
{
    struct mail m = { .from = "opsbot <ops@example.com>",
                      .to = to,
                      .to_count = 2,
                      .subject = subject,
                      .body = body,
                      .key = "fallback:A-1:mail",
                      .at = 1763755200000 };

    stop();
    text = mail_text(&m);
    return text;
}

static void has(const char *what)
{
    cr_expect(strstr(text, what), "%s in\n%s", what, text);
}

Test(pager_mail, has_its_headers)
{
    made("[CRITICAL] it burns", "hi\nthere\n");
    has("From: opsbot <ops@example.com>\r\n");
    has("\r\nTo: ann@example.com,\r\n Ben <ben@example.com>\r\n");
    has("\r\nDate: Fri, 21 Nov 2025 20:00:00 +0000\r\n");
    has("\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    has("\r\n\r\naGkNCnRoZXJlDQo=\r\n");
    has(".opsbot@example.com>\r\n");
}

/* The same page has the same, another one another. */
Test(pager_mail, its_id_comes_of_the_key)
{
    char *first = strdup(strstr(made("a", "b"), "Message-ID: "));
    struct mail other = { .from = "ops@example.com",
                          .to = to,
                          .to_count = 1,
                          .subject = "a",
                          .body = "b",
                          .key = "fallback:A-2:mail" };

    first[strcspn(first, "\r")] = '\0';
    made("c", "d");
    has(first);
    stop();
    text = mail_text(&other);
    cr_expect_not(strstr(text, first));
    has("@example.com>\r\n");
    free(first);
}

/* Lines of a header are short, and end between two characters. */
Test(pager_mail, a_subject_is_encoded_in_words)
{
    made("[CRITICAL] Zahlungen schl\xC3\xA4gt fehl: \xF0\x9F\x94\xB4 "
         "\xE2\x80\x94 sehr viele Fehler in der letzten Minute",
         "x");
    has("Subject: =?UTF-8?B?W0NSSVRJQ0FMXSBaYWhs");
    has("?=\r\n =?UTF-8?B?");
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\r");

        cr_expect_leq(len, 76u, "%.*s", (int)len, line);
        line += len + (line[len] ? 2 : 0);
    }
}

/* What an alert says begins no header. */
Test(pager_mail, nothing_of_an_alert_is_a_header)
{
    made("fine\r\nBcc: eve@example.com", "\r\n.\r\nMAIL FROM:<eve>\r\n");
    cr_expect_not(strstr(text, "Bcc"));
    cr_expect_not(strstr(text, "MAIL FROM"));
    cr_expect_not(strstr(text, "\r\n.\r\n"));
}

Test(pager_mail, an_empty_subject_is_one)
{
    made("", "");
    has("Subject:\r\n");
}

Test(pager_mail, the_address_in_a_name)
{
    static const char *const pairs[][2] = {
        { "ops@example.com", "<ops@example.com>" },
        { "opsbot <ops@example.com>", "<ops@example.com>" },
        { "ops@example.com\r\nRCPT TO:<eve>", "<ops@example.com>" },
    };

    for (size_t i = 0; i < 3; i++) {
        char *address = mail_address(pairs[i][0]);

        cr_expect_str_eq(address, pairs[i][1]);
        free(address);
    }
}
