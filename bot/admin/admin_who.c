/* admin_who: see admin_who.h. */
#include "bot/admin/admin_who.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/mem.h"

#define LOGINS     32
#define NAME_BYTES (ADMIN_USER - 8)
#define PWD_BYTES  16384
#define BEARER     "Bearer "

/* Looked up once: whoever keeps the names may be slow to tell. */
struct login {
    uid_t uid;
    char user[ADMIN_USER];
};

struct admin_doors {
    const struct config_admin *cfg;
    char (*digests)[SHA256_HEX]; /* of the tokens, in their order */
    struct login logins[LOGINS];
    size_t login_count;
    uid_t own;
};

struct admin_doors *admin_doors_new(void)
{
    static const struct config_admin nobody;
    struct admin_doors *d = xcalloc(1, sizeof *d);

    d->own = geteuid();
    admin_doors_adopt(d, &nobody);
    return d;
}

void admin_doors_adopt(struct admin_doors *d, const struct config_admin *cfg)
{
    d->cfg = cfg;
    free(d->digests);
    d->digests = xcalloc(cfg->tokens_count + 1, sizeof *d->digests);
    for (unsigned i = 0; i < cfg->tokens_count; i++)
        digest_sha256(d->digests[i], cfg->tokens[i].token, NULL);
}

void admin_doors_free(struct admin_doors *d)
{
    if (!d)
        return;
    free(d->digests);
    free(d);
}

/* What may stand in an identity: no white space, nothing that Slack or a
 * terminal would take for more than letters. */
static bool name_fits(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@+-");

    return len > 0 && len < NAME_BYTES && !name[len];
}

/* ---- the process at the other end ------------------------------------------ */

void admin_process(unsigned uid, char user[ADMIN_USER])
{
    char *room = xmalloc(PWD_BYTES);
    struct passwd entry, *found = NULL;

    if (getpwuid_r(uid, &entry, room, PWD_BYTES, &found) == 0 && found &&
        name_fits(found->pw_name))
        snprintf(user, ADMIN_USER, "unix:%s", found->pw_name);
    else
        snprintf(user, ADMIN_USER, "unix:%u", uid);
    free(room);
}

static const char *user_of(struct admin_doors *d, uid_t uid)
{
    struct login *l;

    for (size_t i = 0; i < d->login_count; i++)
        if (d->logins[i].uid == uid)
            return d->logins[i].user;
    if (d->login_count == LOGINS)
        d->login_count = 0;
    l = &d->logins[d->login_count++];
    l->uid = uid;
    admin_process(uid, l->user);
    return l->user;
}

static void by_process(struct admin_doors *d, uid_t uid, struct admin_who *out)
{
    snprintf(out->user, sizeof out->user, "%s", user_of(d, uid));
    out->voucher = uid == 0 || uid == d->own ? VOUCHED_AS_OWNER : VOUCHED_BY_US;
}

/* ---- tokens ---------------------------------------------------------------- */

static bool same(const char a[SHA256_HEX], const char b[SHA256_HEX])
{
    unsigned char differ = 0;

    for (size_t i = 0; i < SHA256_HEX - 1; i++)
        differ |= (unsigned char)(a[i] ^ b[i]);
    return differ == 0;
}

/* Looks at every one. */
static const char *token_name(const struct admin_doors *d, const char *token)
{
    const char *name = NULL;
    char digest[SHA256_HEX];

    digest_sha256(digest, token, NULL);
    for (unsigned i = 0; i < d->cfg->tokens_count; i++)
        if (same(digest, d->digests[i]))
            name = d->cfg->tokens[i].name;
    return name;
}

static enum admin_entry by_token(const struct admin_doors *d,
                                 const char *authorization,
                                 struct admin_who *out, const char **why)
{
    size_t scheme = strlen(BEARER);
    const char *token = authorization + scheme, *name;

    *why = "Authorization is to be \"Bearer\" and a token.";
    if (strncasecmp(authorization, BEARER, scheme) != 0)
        return ENTRY_WRONG;
    token += strspn(token, " ");
    *why = "This token is not known here.";
    name = token_name(d, token);
    if (!name)
        return ENTRY_WRONG;
    snprintf(out->user, sizeof out->user, "token:%s", name);
    out->voucher = VOUCHED_BY_US;
    return ENTRY_LET_IN;
}

/* ---- all together ---------------------------------------------------------- */

enum admin_entry admin_enter(struct admin_doors *d, const struct peer *peer,
                             const char *authorization, size_t times,
                             struct admin_who *out, const char **why)
{
    *out = (struct admin_who){ .voucher = VOUCHED_BY_SLACK };
    *why = "Authorization is there twice.";
    if (times > 1)
        return ENTRY_WRONG;
    if (times)
        return by_token(d, authorization, out, why);
    if (peer->local) {
        by_process(d, peer->uid, out);
        return ENTRY_LET_IN;
    }
    *why = "Say who you are: a bearer token in Authorization, or a client "
           "certificate.";
    if (!*peer->name)
        return ENTRY_NOBODY;
    *why = "The certificate's common name cannot be an identity: expected up "
           "to 87 letters, digits and . _ @ + -";
    if (!name_fits(peer->name))
        return ENTRY_WRONG;
    snprintf(out->user, sizeof out->user, "cert:%s", peer->name);
    out->voucher = VOUCHED_BY_US;
    return ENTRY_LET_IN;
}
