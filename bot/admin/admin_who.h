/*
 * admin_who: who asks at the admin listener: the process at the other end of
 * the socket, a bearer token, a client certificate. The server's thread alone,
 * where it says nothing else.
 *
 * Of tokens only SHA-256 digests are kept and compared, all of them each time
 * and in constant time.
 */
#ifndef BOT_ADMIN_WHO_H
#define BOT_ADMIN_WHO_H

#include "bot/http/server.h"
#include "core/config.h"
#include "core/rights.h"

#define ADMIN_USER 96

struct admin_who {
    char user[ADMIN_USER]; /* "unix:ann", "token:ci", "cert:ops.example" */
    enum voucher voucher;
};

enum admin_entry {
    ENTRY_LET_IN,
    ENTRY_NOBODY, /* nothing says who it is */
    ENTRY_WRONG,  /* what says it is not known here */
};

/* A process of uid, as an identity: with the user's name, or its number where
 * it has none that can stand there. May have to ask whoever keeps the names.
 * Any thread. */
void admin_process(unsigned uid, char user[ADMIN_USER]);

struct admin_doors;

/* Nobody's token is known yet. */
struct admin_doors *admin_doors_new(void);
/* The tokens of cfg, and no others, are let in from now on. Borrowed for life.
 */
void admin_doors_adopt(struct admin_doors *doors,
                       const struct config_admin *cfg);
void admin_doors_free(struct admin_doors *doors); /* NULL is fine */

/*
 * authorization: the header, "" if there is none; times: how often it was
 * there. A token counts before all else, so that a process can be less than
 * its user. why: one static sentence, when it is not let in.
 */
enum admin_entry admin_enter(struct admin_doors *doors, const struct peer *peer,
                             const char *authorization, size_t times,
                             struct admin_who *out, const char **why);

#endif
