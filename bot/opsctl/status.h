/*
 * status: how opsctl ends, as sysexits(3) numbers it. `opsctl --help` and the
 * README name them; scripts rely on them.
 */
#ifndef BOT_OPSCTL_STATUS_H
#define BOT_OPSCTL_STATUS_H

enum status {
    STATUS_DONE = 0,         /* done, or done before */
    STATUS_NOT_DONE = 1,     /* refused as things stand; or what was looked at
                              * is ill: a critical check fails, a job failed */
    STATUS_UNCONFIRMED = 2,  /* it asks first, and nobody said yes */
    STATUS_USAGE = 64,       /* opsctl does not understand its command line */
    STATUS_INPUT = 65,       /* opsbot does not: no such stream, entry, … */
    STATUS_UNAVAILABLE = 69, /* nobody answers at the address */
    STATUS_UNREADABLE = 70,  /* an answer that no opsbot gives */
    STATUS_OUTPUT = 74,      /* standard output does not take the answer */
    STATUS_AGAIN = 75,       /* busy, a store is away, an answer was lost */
    STATUS_DENIED = 77,      /* not known to opsbot, or a right is missing */
    STATUS_CONFIG = 78,      /* an address, a token or a certificate is bad */
};

#endif
