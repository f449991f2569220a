/*
 * mailing: a mail server that is not ours (tests/integration/mail_server.py):
 * STARTTLS with a certificate of a CA of the test's own, AUTH, and what
 * becomes of a mail by whom it is from and to. One thread; what cannot be done
 * fails the test, as in harness.h.
 */
#ifndef INTEGRATION_MAILING_H
#define INTEGRATION_MAILING_H

#include "tests/harness/harness.h"

#define MAIL_USER     "opsbot"
#define MAIL_PASSWORD "s3cret of the mail"

struct mailing;
/* Listens when it returns. */
struct mailing *mailing_start(void);
void mailing_stop(struct mailing *m); /* NULL is fine */
int mailing_port(const struct mailing *m);
const char *mailing_ca(const struct mailing *m); /* a PEM file */

/* The i-th mail from 1: a line with its envelope ("login … tls yes from … to
 * …"), then all of it; "" while it is not there. Heap. */
char *mailing_mail(const struct mailing *m, int i);
void mailing_wait(const struct mailing *m, int count); /* until there are */

#endif
