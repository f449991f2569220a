/*
 * config_heartbeat: our own heartbeat: where it goes, and with which token.
 * Start-up only.
 */
#include "core/config_parts.h"

void config_heartbeat_files(struct config *cfg, struct problems *p)
{
    struct config_heartbeat *h = &cfg->heartbeat;

    config_unless_set(&h->url, NULL);
    config_unless_set(&h->url_file, NULL);
    config_unless_set(&h->token, NULL);
    config_unless_set(&h->token_file, NULL);
    config_from_file(&h->url, h->url_file, "heartbeat.url_file", "url", p);
    config_from_file(&h->token, h->token_file, "heartbeat.token_file", "token",
                     p);
}

void config_heartbeat_check(const struct config *cfg, struct problems *p)
{
    const struct config_heartbeat *h = &cfg->heartbeat;
    struct config_url want = { "https://", "http://",
                               "https://hc.example/ping/opsbot", h->token };

    config_check_url(h->url_file ? "heartbeat.url_file" : "heartbeat.url",
                     h->url, &want, p);
    if (h->token && !config_word(h->token, 4000))
        problem(p, h->token_file ? "heartbeat.token_file" : "heartbeat.token",
                "expected a token without spaces");
    if (h->token && !h->url && !h->url_file)
        problem(p, "heartbeat", "expected a url beside the token");
}

void config_heartbeat_secrets(const struct config *cfg)
{
    log_secret(cfg->heartbeat.url);
    log_secret(cfg->heartbeat.token);
}
