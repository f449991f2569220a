/*
 * outing: everything, and where alerts go beside Slack: a pager, a second road
 * for criticals, a mail server. One thread; what cannot be done fails the
 * test, as in harness.h.
 */
#ifndef INTEGRATION_OUTING_H
#define INTEGRATION_OUTING_H

#include "core/base/json.h"
#include "tests/core/alert/smtp_stub.h"
#include "tests/core/ops/target_stub.h"
#include "tests/integration/alerting.h"

#define POST "chat.postMessage"

struct out {
    struct harness *h;
    struct target_stub *http;
    struct smtp_stub *smtp;
    struct stub_reply reply; /* to whatever comes by HTTP */
    int times; /* to so many of the pager's alone, then as any; 0: always */
    char *yaml;
};

/*
 * Cards go to C0OPS, those of service quiet to C0QUIET, those of lost to a
 * channel that is none. Service pay has a policy whose first step tells U0CAT,
 * who is on call, U0BOB, the pager and C0GENERAL after a second. after: of the
 * fallback, which has the pager and mail.
 */
struct out *begin(const char *after);
/* The same; more: lines of the section alerts. */
struct out *begin_with(const char *after, const char *more);
void end(struct out *o);

/* The i-th request of a path, as JSON. */
struct json_doc *body_of(struct out *o, const char *path, int i);
/* What the pager and the mail server got of shop's alert, the i-th; *count: how
 * much there is. NULL: not so much. A store that is away for a while is an
 * alert, too, of the bot's own, and may fall back as well. */
#define SHOP_TITLE "shop is slow"
const struct stub_request *shop_page(struct out *o, int i, int *count);
const struct smtp_mail *shop_mail(struct out *o, int i, int *count);
/* Until so many pages are sent. */
void wait_pages(struct out *o, long long n);
/* Cards of A-<number> in a channel, by now. */
size_t cards(struct harness *h, const char *channel, int number);
/* Slack takes no message until the fault is deleted. */
void slack_away(struct harness *h);

#endif
