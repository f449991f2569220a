#include "tests/integration/common.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/mem.h"

/* ---- people -------------------------------------------------------------- */

static const char *string_at(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));

    return s ? s : "";
}

/* Over HTTP there are no envelopes: the bot makes an id from Slack's own. */
static void trace_of(struct harness *h, const json_t *answer, struct asked *a)
{
    const char *trigger = string_at(answer, "trigger_id");
    char digest[SHA256_HEX];

    if (!over_http(h)) {
        snprintf(a->trace, sizeof a->trace, "%s", a->envelope);
        return;
    }
    if (*trigger)
        digest_sha256(digest, "trigger", trigger, NULL);
    else
        digest_sha256(digest, "event", string_at(answer, "event_id"), NULL);
    snprintf(a->trace, sizeof a->trace, "http:%.32s", digest);
}

struct asked asked_from(struct harness *h, const json_t *answer)
{
    struct asked a = { 0 };

    snprintf(a.interaction, sizeof a.interaction, "%s",
             string_at(answer, "interaction"));
    snprintf(a.envelope, sizeof a.envelope, "%s",
             string_at(answer, "envelope_id"));
    trace_of(h, answer, &a);
    return a;
}

/* Takes answer. */
static struct asked asked_taken(struct harness *h, json_t *answer)
{
    struct asked a = asked_from(h, answer);

    json_decref(answer);
    return a;
}

struct asked type_text(struct harness *h, const char *user, const char *channel,
                       const char *text)
{
    return asked_taken(
        h, control_post_any(h, "command",
                            json_pack("{s:s, s:s, s:s, s:s}", "user", user,
                                      "channel", channel, "command", "/ops",
                                      "text", text)));
}

/* Depth first; *i counts down. */
static const json_t *nth_button(const json_t *part, const char *label,
                                size_t *i)
{
    const json_t *child, *found;
    const char *key;
    size_t k;

    if (!strcmp(string_at(part, "type"), "button") &&
        !strcmp(string_at(json_object_get(part, "text"), "text"), label) &&
        (*i)-- == 0)
        return part;
    if (json_is_array(part)) {
        for (k = 0; k < json_array_size(part); k++)
            if ((found = nth_button(json_array_get(part, k), label, i)))
                return found;
    } else if (json_is_object(part)) {
        json_object_foreach(
            (json_t *)part, key,
            child) if ((found = nth_button(child, label, i))) return found;
    }
    return NULL;
}

bool find_nth_button(const json_t *reply, const char *label, size_t i,
                     const char *user, const char *channel,
                     struct seen_button *out)
{
    const json_t *message = reply_message(reply, 0);
    const json_t *button = nth_button(message, label, &i);

    if (!button)
        return false;
    snprintf(out->user, sizeof out->user, "%s", user);
    snprintf(out->channel, sizeof out->channel, "%s", channel);
    snprintf(out->ts, sizeof out->ts, "%s", string_at(message, "ts"));
    snprintf(out->action_id, sizeof out->action_id, "%s",
             string_at(button, "action_id"));
    out->value = xstrdup(string_at(button, "value"));
    return true;
}

struct asked press_seen(struct harness *h, const struct seen_button *b)
{
    return asked_taken(
        h, control_post_any(h, "click",
                            json_pack("{s:s, s:s, s:s, s:s, s:s}", "user",
                                      b->user, "channel", b->channel, "ts",
                                      b->ts, "action_id", b->action_id, "value",
                                      b->value)));
}

json_t *answers_to(struct harness *h, const char *interaction)
{
    char *path = xasprintf("messages?interaction=%s", interaction);
    json_t *answer = control_get(h, path);
    json_t *messages = json_object_get(answer, "messages");

    for (size_t i = json_array_size(messages); i-- > 0;)
        if (!strcmp(string_at(json_array_get(messages, i), "via"), "slackbot"))
            json_array_remove(messages, i);
    free(path);
    return answer;
}

json_t *wait_answers(struct harness *h, const char *interaction, size_t n,
                     int limit_ms)
{
    int64_t until = clock_mono_ms() + patient(limit_ms);
    json_t *answer = answers_to(h, interaction);

    while (reply_messages(answer) < n) {
        if (clock_mono_ms() >= until)
            harness_fail("%zu messages for %s in %d ms, not %zu",
                         reply_messages(answer), interaction, patient(limit_ms),
                         n);
        json_decref(answer);
        harness_sleep(15);
        answer = answers_to(h, interaction);
    }
    return answer;
}

long ack_of(struct harness *h, const char *envelope, bool *payload)
{
    json_t *link = control_get(h, "link?envelopes=1"), *e;
    long ms = -2;
    size_t i;

    *payload = false;
    json_array_foreach(json_object_get(link, "envelopes"), i, e)
    {
        if (strcmp(string_at(e, "envelope_id"), envelope) != 0)
            continue;
        if (json_integer_value(json_object_get(e, "sent")) > 0)
            ms = -1;
        if (json_is_number(json_object_get(e, "acked_ms")))
            ms = (long)json_number_value(json_object_get(e, "acked_ms"));
        *payload = json_is_true(json_object_get(e, "payload"));
    }
    json_decref(link);
    return ms;
}

/* ---- the world ----------------------------------------------------------- */

void fault(struct harness *h, json_t *what)
{
    cr_assert(what, "the fault is not well packed");
    json_decref(control_post(h, "fault", what));
}

size_t calls_of(struct harness *h, const char *method, size_t *ok)
{
    char *path = xasprintf("calls?method=%s", method);
    json_t *answer = control_get(h, path), *call;
    size_t i, n = json_array_size(json_object_get(answer, "calls")), good = 0;

    json_array_foreach(json_object_get(answer, "calls"), i, call)
    {
        json_t *body = json_object_get(call, "answer");

        good += json_is_true(json_object_get(body, "ok")) ||
                (!strcmp(string_at(body, "text"), "ok"));
    }
    if (ok)
        *ok = good;
    free(path);
    json_decref(answer);
    return n;
}

size_t posted_with(struct harness *h, const char *channel, const char *text)
{
    char *path = xasprintf("messages?channel=%s", channel);
    json_t *answer = control_get(h, path), *message;
    size_t i, n = 0;

    json_array_foreach(json_object_get(answer, "messages"), i, message)
    {
        char *whole = json_dumps(message, JSON_COMPACT);

        n += !strcmp(string_at(message, "via"), "api") && strstr(whole, text);
        free(whole);
    }
    free(path);
    json_decref(answer);
    return n;
}

void wait_posts(struct harness *h, const char *channel, const char *text,
                size_t n)
{
    int64_t until = clock_mono_ms() + patient(COMES_MS);
    size_t is;

    while ((is = posted_with(h, channel, text)) != n) {
        if (clock_mono_ms() >= until)
            harness_fail("%zu messages of %s have \"%s\", not %zu", is, channel,
                         text, n);
        harness_sleep(20);
    }
}

long long link_number(struct harness *h, const char *key)
{
    json_t *link = control_get(h, "link");
    long long n = (long long)json_number_value(json_object_get(link, key));

    json_decref(link);
    return n;
}

void dead_letters(struct harness *h, const char *stream, int n)
{
    redis_send(h, "EVAL %s 1 %s.dlq %d",
               "for i = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1],"
               " '1700000000000-' .. i, 'n', i, 'body', 'letter ' .. i,"
               " 'error', 'timeout', 'original_id', '1600000000000-' .. i,"
               " 'attempts', '3', 'failed_at', '1700000000000') end",
               stream, n);
}

/* ---- waiting ------------------------------------------------------------- */

void wait_sql(struct harness *h, long long want, int limit_ms,
              const char *query)
{
    int64_t until = clock_mono_ms() + patient(limit_ms);
    long long is;

    while ((is = sql_number(h, "%s", query)) != want) {
        if (clock_mono_ms() >= until)
            harness_fail("\"%s\" is %lld, not %lld", query, is, want);
        harness_sleep(20);
    }
}

void wait_redis(struct harness *h, long long want, int limit_ms,
                const char *command)
{
    int64_t until = clock_mono_ms() + patient(limit_ms);
    long long is;

    while ((is = redis_number(h, command)) != want) {
        if (clock_mono_ms() >= until)
            harness_fail("%s is %lld, not %lld", command, is, want);
        harness_sleep(20);
    }
}

void wait_settled(struct harness *h, int limit_ms)
{
    wait_redis(h, 0, limit_ms, "XLEN opsbot:inbox");
    wait_sql(h, 0, limit_ms,
             "select count(*) from opsbot.operations where state = 'intent'");
    wait_sql(h, 0, limit_ms,
             "select count(*) from opsbot.outbox"
             " where state in ('waiting', 'sending')");
    wait_redis(h, 0, limit_ms, "XLEN opsbot:audit");
}

void wait_health(struct opsbot *bot, const char *text, int limit_ms)
{
    int64_t until = clock_mono_ms() + patient(limit_ms);
    char *body;

    while (opsbot_get(bot, "/health", &body), !strstr(body, text)) {
        if (clock_mono_ms() >= until)
            harness_fail("/health does not say %s: %s", text, body);
        free(body);
        harness_sleep(20);
    }
    free(body);
}

/* ---- what is shown ------------------------------------------------------- */

void expect_shown(const json_t *reply, const char *text)
{
    char *shown = reply_shown(reply);

    cr_assert(strstr(shown, text), "\"%s\" is not in:\n%s", text, shown);
    free(shown);
}

void expect_not_shown(const json_t *reply, const char *text)
{
    char *shown = reply_shown(reply);

    cr_assert(!strstr(shown, text), "\"%s\" is in:\n%s", text, shown);
    free(shown);
}

void expect_said(struct harness *h, const char *user, const char *channel,
                 const char *text, const char *shown)
{
    json_t *reply = say(h, user, channel, text);

    expect_shown(reply, shown);
    json_decref(reply);
}

/* ---- a lock -------------------------------------------------------------- */

struct table_lock {
    PGconn *db;
};

/* The bot's own rounds at start are over: it counts last. A lock that hung
 * them up would be a Postgres that hangs. */
static bool first_round_over(void *arg)
{
    char *body;
    bool over;

    opsbot_get(arg, "/health", &body);
    over = body[0] && !strstr(body, "\"inbox\":-1");
    free(body);
    return over;
}

struct table_lock *table_lock(struct harness *h, const char *table)
{
    struct table_lock *lock = xcalloc(1, sizeof *lock);
    char *statement =
        xasprintf("begin; lock table opsbot.%s in exclusive mode", table);
    PGresult *result;

    if (h->bot && opsbot_running(h->bot))
        wait_until(first_round_over, h->bot, 10000,
                   "the bot to count its inbox");
    lock->db = PQconnectdb(h->database_url);
    result = PQexec(lock->db, statement);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        harness_fail("%s: %s", statement, PQerrorMessage(lock->db));
    PQclear(result);
    free(statement);
    return lock;
}

void table_unlock(struct table_lock *lock)
{
    PQfinish(lock->db);
    free(lock);
}
