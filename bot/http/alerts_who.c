#include "bot/http/alerts_who.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/digest.h"
#include "core/base/signature.h"

#define BEARER "Bearer "

static bool same(const char a[SHA256_HEX], const char b[SHA256_HEX])
{
    unsigned char differ = 0;

    for (size_t i = 0; i < SHA256_HEX - 1; i++)
        differ |= (unsigned char)(a[i] ^ b[i]);
    return differ == 0;
}

/* Looks at every one. */
static const char *token_name(const struct config_alerts *cfg,
                              const char *token)
{
    char shown[SHA256_HEX], digest[SHA256_HEX];
    const char *name = NULL;

    digest_sha256(shown, token, NULL);
    for (unsigned i = 0; i < cfg->tokens_count; i++) {
        digest_sha256(digest, cfg->tokens[i].token, NULL);
        if (same(shown, digest))
            name = cfg->tokens[i].name;
    }
    return name;
}

static int by_token(const struct config_alerts *cfg, const char *authorization,
                    struct alerts_who *out, const char **why)
{
    const char *token = authorization + strlen(BEARER), *name;

    *why = "Authorization is to be \"Bearer\" and a token of alerts.tokens.";
    if (strncasecmp(authorization, BEARER, strlen(BEARER)) != 0)
        return 401;
    token += strspn(token, " ");
    name = token_name(cfg, token);
    *why = "This is no token of alerts.tokens.";
    if (!name)
        return 401;
    snprintf(out->name, sizeof out->name, "token:%s", name);
    return 0;
}

/* Ours, or what whoever signs as Slack does has at hand. */
static const char *either(const struct request *rq, const char *name,
                          const char *slack)
{
    const char *value = request_header(rq, name, NULL);

    return *value ? value : request_header(rq, slack, NULL);
}

const char *alerts_who_signature(const struct request *rq)
{
    return either(rq, "x-opsbot-signature", "x-slack-signature");
}

static const char *timestamp(const struct request *rq)
{
    return either(rq, "x-opsbot-timestamp", "x-slack-request-timestamp");
}

static int by_signature(const struct request *rq, int64_t now,
                        struct alerts_who *out, const char **why)
{
    int64_t at = signature_time(timestamp(rq));
    int64_t skew = at - now / 1000;

    *why = "X-Opsbot-Signature is to be \"v0=\" and 64 hex digits, and "
           "X-Opsbot-Timestamp the seconds since 1970 that are signed.";
    if (at < 0 || !signature_formed(alerts_who_signature(rq)))
        return 401;
    *why = "X-Opsbot-Timestamp is more than five minutes from now: look at "
           "both machines' clocks.";
    if (skew > SIGNATURE_SKEW_S || skew < -SIGNATURE_SKEW_S)
        return 401;
    snprintf(out->name, sizeof out->name, "signed");
    out->is_signed = true;
    return 0;
}

bool alerts_who_signed(const struct config_alerts *cfg,
                       const struct request *rq)
{
    size_t len;
    const char *body = request_body(rq, &len);

    return signature_fits(cfg->secret, alerts_who_signature(rq), timestamp(rq),
                          body, len);
}

/* What a proxy on this machine brings may come from anywhere. */
static bool from_here(const struct request *rq)
{
    const struct peer *peer = request_peer(rq);

    if (*request_header(rq, "x-forwarded-for", NULL) ||
        *request_header(rq, "forwarded", NULL))
        return false;
    return peer->local || strncmp(peer->address, "127.", 4) == 0 ||
           strcmp(peer->address, "::1") == 0 ||
           strncmp(peer->address, "::ffff:127.", 11) == 0;
}

int alerts_who(const struct config_alerts *cfg, const struct request *rq,
               bool may_sign, int64_t now, struct alerts_who *out,
               const char **why)
{
    const char *authorization = request_header(rq, "authorization", NULL);
    bool can_sign = may_sign && cfg->secret;

    *out = (struct alerts_who){ .is_signed = false };
    if (can_sign && *alerts_who_signature(rq))
        return by_signature(rq, now, out, why);
    if (cfg->tokens_count > 0 && *authorization)
        return by_token(cfg, authorization, out, why);
    *why = can_sign ? "Sign with alerts.secret (X-Opsbot-Signature and "
                      "X-Opsbot-Timestamp), or show a token of alerts.tokens "
                      "(Authorization: Bearer)."
                    : "Show a token of alerts.tokens (Authorization: Bearer).";
    if (cfg->tokens_count > 0 || can_sign)
        return 401;
    *why = "There are no alerts.tokens, so alerts are taken from this machine "
           "alone, and not through a proxy.";
    if (!from_here(rq))
        return 403;
    snprintf(out->name, sizeof out->name, "%s", request_peer(rq)->address);
    return 0;
}
