/*
 * outbox_delay: why a post is late, read off what the sender said of the one
 * that was not taken. Pure. Declared in outbox.h.
 */
#include <string.h>

#include "core/base/json.h"
#include "core/ops/outbox.h"

/* Whatever holds one of these words; the first that fits. What is not here is
 * how a network or a service fails, in very many words: Slack was away. */
static const struct {
    const char *word;
    enum outbox_delay delay;
} words[] = {
    { "ratelimited", OUTBOX_LIMITED },
    { "rate_limited", OUTBOX_LIMITED },
    { "HTTP status 429", OUTBOX_LIMITED },
    { "its time was over", OUTBOX_LIMITED }, /* before its channel's turn */
    { "the sender is full", OUTBOX_LIMITED },
    { "invalid_auth", OUTBOX_TOKEN },
    { "not_authed", OUTBOX_TOKEN },
    { "account_inactive", OUTBOX_TOKEN },
    { "token_", OUTBOX_TOKEN },
    { "Postgres", OUTBOX_NOT_KNOWN },
    { "HTTP status 5", OUTBOX_AWAY },
    { "connect", OUTBOX_AWAY },
    { "Connection", OUTBOX_AWAY },
    { "failure", OUTBOX_AWAY },
    { "Empty reply", OUTBOX_AWAY },
    { "SSL", OUTBOX_AWAY },
    { "no answer", OUTBOX_AWAY },
    { "without an answer", OUTBOX_AWAY },
    { "timed out", OUTBOX_AWAY },
    { "name of its host", OUTBOX_AWAY },
    { "resolve", OUTBOX_AWAY },
    { "whether Slack took it", OUTBOX_AWAY },
    { "internal_error", OUTBOX_AWAY },
    { "fatal_error", OUTBOX_AWAY },
    { "service_unavailable", OUTBOX_AWAY },
    { "request_timeout", OUTBOX_AWAY },
};

enum outbox_delay outbox_delay_of(const char *held_up)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(held_up, words[i].word))
            return words[i].delay;
    return OUTBOX_NOT_KNOWN;
}

char *outbox_limit_words(void)
{
    const char *list[sizeof words / sizeof *words];
    size_t n = 0;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].delay == OUTBOX_LIMITED)
            list[n++] = words[i].word;
    return json_list(list, n);
}

const char *outbox_delay_text(enum outbox_delay delay)
{
    static const char *const texts[] = {
        [OUTBOX_NOT_KNOWN] = "",
        [OUTBOX_LIMITED] = "Slack limit",
        [OUTBOX_AWAY] = "Slack was away",
        [OUTBOX_TOKEN] = "Slack refused the token",
        [OUTBOX_DOWN] = "opsbot was down",
    };

    return texts[delay];
}
