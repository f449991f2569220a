#include <criterion/criterion.h>
#include <stdlib.h>

#include "bot/sender/sender_body.h"
#include "bot/sender/sender_rule.h"
#include "bot/sender/sender_verdict.h"

static const struct row {
    const char *method; /* NULL: a response URL */
    int status;         /* 0: no answer; see why */
    const char *body;
    enum ruling ruling;
    const char *error;
} rows[] = {
    /* Web API */
    { "chat.postMessage", 200, "{\"ok\":true,\"ts\":\"1.2\"}", RULING_SENT,
      "" },
    { "chat.postMessage", 200, "{\"ok\":false,\"error\":\"not_in_channel\"}",
      RULING_REFUSED, "not_in_channel" },
    { "chat.postMessage", 200, "{\"ok\":false,\"error\":\"internal_error\"}",
      RULING_UNKNOWN, "internal_error" },
    { "chat.update", 200, "{\"ok\":false,\"error\":\"internal_error\"}",
      RULING_RETRY, "internal_error" },
    { "chat.postMessage", 200, "{\"ok\":false,\"error\":\"rate_limited\"}",
      RULING_LIMITED, "rate_limited" },
    { "chat.postMessage", 429, "{\"ok\":false,\"error\":\"ratelimited\"}",
      RULING_LIMITED, "ratelimited" },
    { "chat.postMessage", 429, "slow down", RULING_LIMITED, "HTTP status 429" },
    { "chat.postMessage", 503, "<html>", RULING_RETRY, "HTTP status 503" },
    { "chat.postMessage", 500, "<html>", RULING_UNKNOWN, "HTTP status 500" },
    { "users.info", 502, "", RULING_RETRY, "HTTP status 502" },
    { "users.info", 200, "<html>login</html>", RULING_RETRY,
      "HTTP status 200, and not Slack's JSON" },
    { "users.info", 302, "", RULING_REFUSED, "HTTP status 302" },
    { "users.info", 200, "{\"ok\":false,\"error\":\"invalid_auth\"}",
      RULING_TOKEN, "invalid_auth" },
    { "users.info", 401, "{\"ok\":false,\"error\":\"token_revoked\"}",
      RULING_TOKEN, "token_revoked" },
    { "chat.postMessage", 200, "{\"ok\":false,\"error\":\"invalid_blocks\"}",
      RULING_PLAIN, "invalid_blocks" },
    { "views.open", 200, "{\"ok\":false,\"error\":\"invalid_blocks\"}",
      RULING_REFUSED, "invalid_blocks" },
    { "views.open", 200, "{\"ok\":false}", RULING_REFUSED, "no word" },
    { "views.open", 200,
      "{\"ok\":false,\"error\":\"no xoxb-"
      "0123456789\"}",
      RULING_REFUSED, "no ***" },
    { "no.such", 200, "{\"ok\":false,\"error\":\"unknown_method\"}",
      RULING_REFUSED, "unknown_method" },
    /* Response URLs */
    { NULL, 200, "ok", RULING_SENT, "" },
    { NULL, 200, "{\"ok\":true}", RULING_SENT, "" },
    { NULL, 200, "", RULING_SENT, "" },
    { NULL, 404, "used_url", RULING_REFUSED, "used_url" },
    { NULL, 404, "expired_url", RULING_REFUSED, "expired_url" },
    { NULL, 404, "{\"ok\":false,\"error\":\"expired_url\"}", RULING_REFUSED,
      "expired_url" },
    { NULL, 400, "invalid_blocks", RULING_PLAIN, "invalid_blocks" },
    { NULL, 200, "{\"ok\":false,\"error\":\"invalid_blocks\"}", RULING_PLAIN,
      "invalid_blocks" },
    { NULL, 500, "", RULING_RETRY, "HTTP status 500" },
    { NULL, 429, "", RULING_LIMITED, "HTTP status 429" },
    { NULL, 403, "<html>", RULING_REFUSED, "HTTP status 403" },
};

Test(sender_verdict, reads_every_kind_of_answer)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct post post = { .method = rows[i].method,
                             .rule = call_rule_find(rows[i].method) };
        struct answer answer = { .kind = ANSWER_HTTP,
                                 .status = rows[i].status,
                                 .body = rows[i].body };
        struct judgement j;

        judge(&post, &answer, &j);
        cr_expect_eq(j.ruling, rows[i].ruling, "row %zu: %d", i, (int)j.ruling);
        cr_expect_str_eq(j.error, rows[i].error, "row %zu: %s", i, j.error);
    }
}

static enum ruling without_answer(const char *method, enum answer_kind kind)
{
    struct post post = { .rule = call_rule_find(method) };
    struct answer answer = { .body = "", .why = "connection reset" };
    struct judgement j;

    answer.kind = kind;
    judge(&post, &answer, &j);
    cr_expect_str_eq(j.error, "connection reset");
    return j.ruling;
}

Test(sender_verdict, only_what_is_harmless_twice_is_sent_again_when_unclear)
{
    cr_expect_eq(without_answer("chat.postMessage", ANSWER_UNSENT),
                 RULING_RETRY);
    cr_expect_eq(without_answer("chat.postMessage", ANSWER_LOST),
                 RULING_UNKNOWN);
    cr_expect_eq(without_answer("chat.update", ANSWER_LOST), RULING_RETRY);
    cr_expect_eq(without_answer(NULL, ANSWER_LOST), RULING_RETRY);
    cr_expect_eq(without_answer("some.new.method", ANSWER_LOST),
                 RULING_UNKNOWN);
    cr_expect_eq(without_answer("users.list", ANSWER_TOO_BIG), RULING_REFUSED);
}

Test(sender_verdict, keeps_what_slack_says_of_the_blocks)
{
    struct post post = { .rule = call_rule_find("chat.postMessage") };
    struct answer answer = {
        .status = 200,
        .body = "{\"ok\":false,\"error\":\"invalid_blocks\","
                "\"errors\":[\"must be a string [json-pointer:/blocks/0]\"],"
                "\"response_metadata\":{\"messages\":[\"[ERROR] too long\"]}}",
    };
    struct judgement j;

    judge(&post, &answer, &j);
    cr_expect_str_eq(j.messages, "must be a string [json-pointer:/blocks/0]; "
                                 "[ERROR] too long");
    post.plain = true;
    judge(&post, &answer, &j);
    cr_expect_eq(j.ruling, RULING_REFUSED, "the second time there is no third");
}

/* ---- bodies --------------------------------------------------------------- */

Test(sender_body, makes_a_form_of_an_object)
{
    struct buf form = { 0 };
    struct err err;

    cr_assert(
        body_form("{\"user\":\"U1 é&=\",\"limit\":200,\"deep\":{\"a\":[1]},"
                  "\"yes\":true,\"none\":null}",
                  &form, &err));
    cr_expect_str_eq(buf_text(&form), "user=U1%20%C3%A9%26%3D&limit=200&"
                                      "deep=%7B%22a%22%3A%5B1%5D%7D&yes=true");
    buf_cut(&form, 0);
    cr_expect(body_form(NULL, &form, &err));
    cr_expect(body_form("{}", &form, &err));
    cr_expect_str_eq(buf_text(&form), "");
    cr_expect_not(body_form("[1]", &form, &err));
    cr_expect_not(body_form("{", &form, &err));
    buf_dispose(&form);
}

Test(sender_body, leaves_the_text_when_blocks_go)
{
    char *plain = body_plain("{\"text\":\"hi\",\"blocks\":[{}]}", false);

    cr_expect_str_eq(plain, "{\"text\":\"hi\"}");
    free(plain);
    plain = body_plain("{\"text\":\"hi\",\"blocks\":[{}]}", true);
    cr_expect_str_eq(plain, "{\"text\":\"hi\",\"blocks\":[]}");
    free(plain);
    plain = body_plain("{\"text\":\"hi\",\"blocks\":[{}],"
                       "\"attachments\":[{}]}",
                       false);
    cr_expect_str_eq(plain, "{\"text\":\"hi\"}");
    free(plain);
    plain = body_plain("{\"text\":\"hi\",\"attachments\":[{}]}", true);
    cr_expect_str_eq(plain,
                     "{\"text\":\"hi\",\"attachments\":[],\"blocks\":[]}");
    free(plain);
    cr_expect_null(body_plain("{\"blocks\":[{}]}", false));
    cr_expect_null(body_plain("{\"text\":\"hi\"}", false));
    cr_expect_null(body_plain("nonsense", false));
}

/* Without its blocks a page would page nobody. */
Test(sender_verdict, text_alone_still_tells_whom_the_blocks_did)
{
    static const char message[] =
        "{\"text\":\"down <@U1>\",\"blocks\":[{\"type\":\"section\",\"text\":"
        "{\"type\":\"mrkdwn\",\"text\":\"pages <@U1>, <@U2> <http://a|b> "
        "<!subteam^S1> <@U2> &lt;@U3&gt; <@\"}},{\"type\":\"header\",\"text\":"
        "{\"type\":\"plain_text\",\"text\":\"<@U4>\"}}],\"attachments\":[{"
        "\"blocks\":[{\"type\":\"context\",\"elements\":[{\"type\":\"mrkdwn\","
        "\"text\":\"<!here>\"}]}]}]}";
    char *plain = body_plain(message, false);

    cr_expect_str_eq(plain,
                     "{\"text\":\"down <@U1> <@U2> <!subteam^S1> <!here>\"}");
    free(plain);
    plain = body_plain(message, true);
    cr_expect_str_eq(
        plain, "{\"text\":\"down <@U1>\",\"attachments\":[],\"blocks\":[]}");
    free(plain);
}

Test(sender_body, posts_to_slack_only)
{
    const char *slack = "https://slack.com/api/";
    const char *local = "http://127.0.0.1:4000/api/";

    cr_expect(body_url_allowed("https://hooks.slack.com/actions/1", slack));
    cr_expect(body_url_allowed("https://HOOKS.slack.com:443/a", slack));
    cr_expect(body_url_allowed("https://slack.com/x", slack));
    cr_expect(body_url_allowed("http://127.0.0.1:4000/actions/1", local));
    cr_expect_not(body_url_allowed("http://127.0.0.1:4001/a", local));
    cr_expect_not(body_url_allowed("http://127.0.0.1:4000/a", slack));
    cr_expect_not(body_url_allowed("http://hooks.slack.com/a", slack));
    cr_expect_not(body_url_allowed("https://hooks.slack.com:8443/a", slack));
    cr_expect_not(body_url_allowed("https://hooks.slack.com@evil.org/", slack));
    cr_expect_not(body_url_allowed("https://u:p@hooks.slack.com/", slack));
    cr_expect_not(body_url_allowed("https://hooks.slack.com.evil.org/", slack));
    cr_expect_not(body_url_allowed("file:///etc/passwd", slack));
    cr_expect_not(
        body_url_allowed("http://127.evil.org/", "http://127.evil.org/"));
    cr_expect_not(body_url_allowed("", slack));
}

/* ---- the table ------------------------------------------------------------ */

Test(sender_rule, finds_every_method_by_name)
{
    static const char *const some[] = {
        "apps.connections.open",
        "auth.test",
        "chat.postMessage",
        "chat.update",
        "users.info",
        "conversations.info",
        "views.open",
        "views.update",
        "files.getUploadURLExternal",
    };

    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        cr_expect_str_eq(call_rule_find(some[i])->method, some[i]);
    cr_expect_str_eq(call_rule_find("what.ever")->method, "other");
    cr_expect(call_rule_is_url(call_rule_find(NULL)));
    cr_expect_not(call_rule_find("chat.postMessage")->flags & CALL_TWICE);
}

/* Who has a policy of his own is told that it may have taken effect, even
 * where twice would do no harm. */
Test(sender_verdict, unclear_once)
{
    struct post post = { .rule = call_rule_find(NULL), .once = true };
    struct answer lost = { .kind = ANSWER_LOST, .body = "", .why = "reset" };
    struct answer unsent = { .kind = ANSWER_UNSENT, .body = "", .why = "dns" };
    struct judgement j;

    judge(&post, &lost, &j);
    cr_expect_eq(j.ruling, RULING_UNKNOWN);
    judge(&post, &unsent, &j);
    cr_expect_eq(j.ruling, RULING_RETRY);
    post.once = false;
    judge(&post, &lost, &j);
    cr_expect_eq(j.ruling, RULING_RETRY);
}
