/*
 * pager_mail: a mail as RFC 5322 has it. Pure: no I/O, no clock. Heap.
 */
#ifndef BOT_PAGER_MAIL_H
#define BOT_PAGER_MAIL_H

#include <stddef.h>
#include <stdint.h>

/* All borrowed. */
struct mail {
    const char *from; /* an address; also "opsbot <ops@example.com>" */
    const char *const *to;
    size_t to_count;
    const char *subject; /* UTF-8; of several lines the first */
    const char *body;    /* UTF-8, lines end with \n */
    const char *key;     /* what is the same mail has the same: Message-ID */
    int64_t at;          /* wall ms: its Date */
};

/* With its headers, lines end with \r\n. The body is base 64: no server has to
 * carry eight bits or long lines. */
char *mail_text(const struct mail *m);
/* "<ops@example.com>": the address in it, as SMTP has it. */
char *mail_address(const char *from);

#endif
