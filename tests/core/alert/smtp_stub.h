/*
 * smtp_stub: a mail server for tests: small, and a real one: it speaks ESMTP
 * (RFC 5321) with whoever connects to 127.0.0.1 at its free port, and keeps
 * what it was sent. Several connections at once, a thread each.
 */
#ifndef TESTS_CORE_ALERT_SMTP_STUB_H
#define TESTS_CORE_ALERT_SMTP_STUB_H

#include <stdbool.h>
#include <stddef.h>

struct smtp_mail {
    char *from, *to, *data; /* to: all of them, "<a@b> <c@d> "; data: as it
                             * came, dots of transparency undone */
};

/* What it answers from now on. All zero: 250, at once. */
struct smtp_manners {
    int rcpt, end; /* codes; 0: 250 */
    bool hang_up;  /* after the end of the data, which it keeps */
    bool silent;   /* to who connects: not even a greeting */
    int greet_ms;  /* it greets so late */
    bool mute;     /* the same, and says nothing, without hanging up */
};

struct smtp_stub;
struct smtp_stub *smtp_stub_start(void);
void smtp_stub_stop(struct smtp_stub *s); /* NULL is fine */
int smtp_stub_port(const struct smtp_stub *s);
void smtp_stub_be(struct smtp_stub *s, struct smtp_manners manners);

/* How many it keeps; the i-th, borrowed until the end; aborts when there is
 * none. */
int smtp_stub_count(struct smtp_stub *s);
const struct smtp_mail *smtp_stub_mail(struct smtp_stub *s, int i);

#endif
