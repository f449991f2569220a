/* Why a post is late, read off what the sender said. */
#include <criterion/criterion.h>

#include "core/ops/outbox.h"

static void is(const char *said, const char *shown)
{
    cr_expect_str_eq(outbox_delay_text(outbox_delay_of(said)), shown, "%s",
                     said);
}

Test(outbox_delay, is_told_by_the_words)
{
    is("ratelimited", "Slack limit");
    is("its time was over before it could be sent", "Slack limit");
    is("the sender is full", "Slack limit");
    is("invalid_auth", "Slack refused the token");
    is("token_revoked", "Slack refused the token");
    is("HTTP status 503", "Slack was away");
    is("Failed to connect to slack.com port 443: Connection refused",
       "Slack was away");
    is("Could not resolve host: slack.com", "Slack was away");
    is("Operation timed out after 10001 milliseconds", "Slack was away");
    is("Recv failure: Connection reset by peer", "Slack was away");
    is("Empty reply from server", "Slack was away");
    is("not known whether Slack took it: looked for", "Slack was away");
    is("Postgres does not answer", "");
    is("channel_not_found", "");
    is("", "");
}
