/*
 * What people say to the bot in messages: the same commands, the same rights,
 * the same audit, each once; and everything that is none of its business.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/integration/talk.h"

#define ANN "U0ANN"
#define BOB "U0BOB"
#define OPS "C0OPS"
#define DM  "D0ANN"

static const char yaml[] = "channels:\n"
                           "  ops: C0GENERAL\n"
                           "admins: [U0ANN]\n";

static struct harness *h;

static void start(void)
{
    struct harness_options options = { .yaml = yaml };

    h = harness_start(&options);
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(mentions, .init = start, .fini = stop, .timeout = 180);

/* ---- what came of it ---------------------------------------------------------- */

static long long audited(const char *command)
{
    return sql_number(h,
                      "select count(*) from opsbot.audit_events"
                      " where command = '%s'",
                      command);
}

static const json_t *only(const json_t *seen)
{
    cr_assert_eq(reply_messages(seen), 1);
    return reply_message(seen, 0);
}

static const char *field(const json_t *message, const char *key)
{
    const char *text = json_string_value(json_object_get(message, key));

    return text ? text : "";
}

/* Something that is surely answered after what was said before. */
static void fence(void)
{
    json_t *seen;

    talk_mention(h, BOB, "C0GENERAL", "ping", NULL);
    seen = talk_answer(h, BOB, "C0GENERAL", "pong");
    json_decref(seen);
    talk_over(h);
}

/* Nothing was run but the fence's ping, and nothing was said. */
static void nothing_but_the_fence(void)
{
    json_t *seen;

    fence();
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events"), 1);
    seen = talk_seen(h, ANN, OPS, "");
    cr_assert_eq(reply_messages(seen), 0);
    json_decref(seen);
    seen = talk_seen(h, ANN, DM, "");
    cr_assert_eq(reply_messages(seen), 0);
    json_decref(seen);
}

/* ---- where the answer goes ------------------------------------------------------ */

Test(mentions, in_a_channel_the_answer_is_for_the_asker_alone)
{
    json_t *seen;

    dead_letters(h, "orders", 2);
    talk_mention(h, ANN, OPS, "<@U0BOT> dlq list", NULL);
    seen = talk_answer(h, ANN, OPS, "orders");
    cr_assert(json_is_true(json_object_get(only(seen), "is_ephemeral")));
    cr_assert_str_eq(field(only(seen), "ephemeral_to"), ANN);
    cr_assert_str_empty(field(only(seen), "thread_ts"));
    json_decref(seen);
    seen = talk_seen(h, BOB, OPS, "orders");
    cr_assert_eq(reply_messages(seen), 0);
    json_decref(seen);
    talk_over(h);
    cr_assert_eq(audited("dlq list"), 1);
}

/* An ephemeral in a thread is seen where the thread is there. */
Test(mentions, in_a_thread_the_answer_is_there)
{
    char *parent = talk_say(h, BOB, OPS, "what is wrong?", NULL);
    json_t *seen;

    talk_mention(h, ANN, OPS, "<@U0BOT> ping", parent);
    seen = talk_answer(h, ANN, OPS, "pong");
    cr_assert(json_is_true(json_object_get(only(seen), "is_ephemeral")));
    cr_assert_str_eq(field(only(seen), "thread_ts"), parent);
    json_decref(seen);
    free(parent);
}

Test(mentions, share_shows_it_to_all_in_the_thread)
{
    char *ts = talk_say(h, ANN, OPS, "<@U0BOT> ping --share", NULL);
    json_t *seen = talk_answer(h, BOB, OPS, "pong");

    cr_assert(!json_is_true(json_object_get(only(seen), "is_ephemeral")));
    cr_assert_str_eq(field(only(seen), "thread_ts"), ts);
    json_decref(seen);
    free(ts);
}

Test(mentions, a_direct_message_is_answered_there)
{
    static const char *const ways[] = { "ping", "/ops ping", "ops ping",
                                        "<@U0BOT> ping", "`ping`" };
    size_t n = 0;

    for (; n < sizeof ways / sizeof *ways; n++) {
        json_t *seen;

        free(talk_say(h, ANN, DM, ways[n], NULL));
        seen = talk_wait(h, ANN, DM, "pong", n + 1);
        cr_assert(!json_is_true(
            json_object_get(reply_message(seen, n), "is_ephemeral")));
        cr_assert_str_empty(field(reply_message(seen, n), "thread_ts"));
        json_decref(seen);
    }
    talk_over(h);
    cr_assert_eq(audited("ping"), (long long)n);
}

Test(mentions, a_mention_alone_shows_help)
{
    json_t *seen;

    talk_mention(h, ANN, OPS, "<@U0BOT>", NULL);
    seen = talk_answer(h, ANN, OPS, "You may use");
    json_decref(seen);
    talk_mention(h, ANN, OPS, "<@U0BOT|opsbot>: help dlq", NULL);
    seen = talk_answer(h, ANN, OPS, "dlq requeue");
    json_decref(seen);
    talk_mention(h, ANN, OPS, "<@U0BOT> pinf", NULL);
    seen = talk_answer(h, ANN, OPS, "Did you mean");
    json_decref(seen);
}

/* ---- effects ---------------------------------------------------------------------- */

Test(mentions, an_effect_is_public_and_happens_once)
{
    json_t *seen;

    dead_letters(h, "orders", 1);
    talk_mention(h, ANN, OPS, "<@U0BOT> dlq requeue orders 1700000000000-1",
                 NULL);
    seen = talk_wait(h, BOB, OPS, "Requeued 1 of 1", 1);
    json_decref(seen);
    seen = talk_wait(h, BOB, "C0GENERAL", "Requeued 1 of 1", 1);
    json_decref(seen);
    wait_redis(h, 1, TALK_MS, "XLEN orders");
    talk_over(h);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.operations"), 1);
}

/* What is asked in a direct message is asked and confirmed there. */
Test(mentions, a_question_in_a_direct_message_is_confirmed_there)
{
    json_t *seen, *reply;

    dead_letters(h, "orders", 3);
    free(talk_say(h, ANN, DM, "dlq requeue orders --all", NULL));
    seen = talk_answer(h, ANN, DM, "Requeue");
    reply = press(h, ANN, DM, seen, "Requeue 3 entries");
    json_decref(reply);
    json_decref(seen);
    wait_redis(h, 3, TALK_MS, "XLEN orders");
    seen = talk_answer(h, ANN, DM, "Requeued 3");
    json_decref(seen);
    seen = talk_answer(h, BOB, "C0GENERAL", "Requeued 3");
    json_decref(seen);
}

Test(mentions, a_halt_that_is_said_halts)
{
    json_t *seen;
    char *said;

    talk_mention(h, ANN, OPS,
                 "<@U0BOT> halt all wrong &lt;prices&gt; &amp; more", NULL);
    seen = talk_answer(h, BOB, OPS, "HALTED");
    json_decref(seen);
    said = redis_text(h, "GET opsbot:halt:all");
    cr_assert(strstr(said, "wrong <prices> & more"), "%s", said);
    free(said);
}

/* Slack opens forms for slash commands and presses alone. */
Test(mentions, a_form_that_cannot_open_says_what_to_say)
{
    json_t *seen;

    talk_mention(h, ANN, OPS, "<@U0BOT> incident open", NULL);
    seen = talk_answer(h, ANN, OPS, "Say it in full");
    expect_shown(seen, "incident open P1");
    json_decref(seen);
    free(talk_say(h, ANN, DM, "incident open P1 \"checkout is down\"", NULL));
    seen = talk_answer(h, ANN, DM, "INC-1");
    json_decref(seen);
    seen = talk_answer(h, BOB, "C0GENERAL", "checkout is down");
    json_decref(seen);
    talk_over(h);
}

/* ---- rights -------------------------------------------------------------------- */

Test(mentions, who_may_not_is_refused_and_on_record)
{
    json_t *seen;

    dead_letters(h, "orders", 1);
    talk_mention(h, BOB, OPS, "<@U0BOT> halt all because", NULL);
    seen = talk_answer(h, BOB, OPS, "needs the right");
    cr_assert(json_is_true(json_object_get(only(seen), "is_ephemeral")));
    json_decref(seen);
    free(talk_say(h, BOB, "D0BOB", "dlq discard orders 1700000000000-1", NULL));
    seen = talk_answer(h, BOB, "D0BOB", "needs the right");
    json_decref(seen);
    talk_over(h);
    cr_assert_eq(redis_number(h, "XLEN orders.dlq"), 1);
    cr_assert_eq(redis_number(h, "EXISTS opsbot:halt:all"), 0);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events"
                               " where kind = 'refusal' and actor = 'U0BOB'"),
                 2);
}

/* ---- exactly what was typed ----------------------------------------------------- */

/* Slack makes links of what looks like a domain, and escapes three characters
 * of everything. */
Test(mentions, text_is_what_was_typed)
{
    json_t *seen;

    dead_letters(h, "notify.events", 1);
    free(talk_say(h, ANN, DM, "dlq show <http://notify.events|notify.events>",
                  NULL));
    talk_mention(h, ANN, DM, "dlq show <http://notify.events|notify.events>",
                 NULL);
    seen = talk_answer(h, ANN, DM, "1700000000000-1");
    json_decref(seen);
    talk_mention(h, ANN, DM, "a&lt;b&amp;gt;", NULL);
    seen = talk_answer(h, ANN, DM, "a&lt;b&amp;gt;");
    json_decref(seen);
}

/* ---- none of its business ------------------------------------------------------- */

Test(mentions, a_mention_in_passing_runs_nothing)
{
    talk_mention(h, ANN, OPS, "thanks <@U0BOT>", NULL);
    talk_mention(h, ANN, OPS, "halt all <@U0BOT> please", NULL);
    talk_mention(h, ANN, OPS, "<@U0BOB> <@U0BOT> ping", NULL);
    free(talk_say(h, ANN, OPS, "ping", NULL));
    nothing_but_the_fence();
}

static json_t *message(const char *type, const char *key, json_t *value)
{
    json_t *event =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "type", type,
                  "channel", strcmp(type, "message") == 0 ? DM : OPS,
                  "channel_type", "im", "user", ANN, "text", "<@U0BOT> ping",
                  "ts", "1700000030.000200", "event_ts", "1700000030.000200");

    json_object_set_new(event, key, value);
    return event;
}

Test(mentions, bots_edits_and_joins_are_not_answered)
{
    static const char *const types[] = { "message", "app_mention" };
    static const char *const subtypes[] = { "message_changed",
                                            "message_deleted", "channel_join",
                                            "bot_message", "channel_topic" };

    for (size_t t = 0; t < 2; t++) {
        const char *type = types[t];

        talk_event(h, NULL, message(type, "bot_id", json_string("B0X")));
        talk_event(h, NULL, message(type, "user", json_string("U0BOT")));
        talk_event(h, NULL, message(type, "user", json_null()));
        talk_event(h, NULL, message(type, "user", json_string("USLACKBOT")));
        talk_event(h, NULL, message(type, "hidden", json_true()));
        talk_event(h, NULL,
                   message(type, "edited", json_pack("{s:s}", "user", ANN)));
        talk_event(h, NULL, message(type, "ts", json_null()));
        talk_event(h, NULL, message(type, "text", json_null()));
        for (size_t i = 0; i < sizeof subtypes / sizeof *subtypes; i++)
            talk_event(h, NULL,
                       message(type, "subtype", json_string(subtypes[i])));
    }
    talk_event(h, NULL, message("message", "text", json_string(" \n ")));
    talk_event(h, NULL,
               message("message", "channel_type", json_string("mpim")));
    talk_event(h, NULL, message("message", "channel_type", json_null()));
    talk_event(h, NULL,
               message("reaction_added", "reaction", json_string("eyes")));
    nothing_but_the_fence();
}

/* Slack tells us of what we say in a direct message. */
Test(mentions, its_own_messages_are_not_answered)
{
    json_t *seen;

    free(talk_say(h, ANN, DM, "no such thing", NULL));
    seen = talk_answer(h, ANN, DM, "I do not know");
    json_decref(seen);
    fence();
    seen = talk_seen(h, ANN, DM, "");
    cr_assert_eq(reply_messages(seen), 1);
    json_decref(seen);
}

/* ---- again ----------------------------------------------------------------------- */

/* As `message` and as `app_mention`, under other event ids, and again. */
Test(mentions, one_text_is_one_command_however_often_it_comes)
{
    json_t *seen;

    for (int i = 0; i < 3; i++) {
        talk_event(h, NULL, message("message", "x", json_true()));
        talk_event(h, NULL, message("app_mention", "channel", json_string(DM)));
        talk_event(h, "Ev0SAME", message("message", "x", json_true()));
    }
    json_decref(talk_answer(h, ANN, DM, "pong"));
    fence();
    seen = talk_seen(h, ANN, DM, "pong");
    cr_assert_eq(reply_messages(seen), 1);
    json_decref(seen);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events"
                               " where actor = 'U0ANN'"),
                 1);
}

Test(mentions, two_replicas_run_one_text_once)
{
    struct opsbot *second = opsbot_start(h, NULL);

    opsbot_wait_ready(second);
    dead_letters(h, "orders", 8);
    for (int i = 1; i <= 8; i++) {
        char ts[32], text[80];

        snprintf(ts, sizeof ts, "1700000030.%06d", i);
        snprintf(text, sizeof text,
                 "<@U0BOT> dlq requeue orders 1700000000000-%d", i);
        for (int k = 0; k < 4; k++) {
            json_t *event = message("app_mention", "text", json_string(text));

            json_object_set_new(event, "ts", json_string(ts));
            talk_event(h, NULL, event);
        }
    }
    wait_redis(h, 8, TALK_MS, "XLEN orders");
    talk_over(h);
    cr_assert_eq(redis_number(h, "XLEN orders"), 8);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events"
                               " where kind = 'attempt'"),
                 8);
    cr_assert_eq(opsbot_stop(second, 0), 0);
}

/* Not recorded, not acked: Slack sends it again, and that one counts. */
Test(mentions, what_is_said_while_redis_is_away_is_done_once_it_is_back)
{
    json_t *seen;

    part_stop(h, PART_REDIS);
    wait_health(h->bot, "\"redis\":{\"state\":\"down\"", TALK_MS);
    talk_mention(h, ANN, OPS, "<@U0BOT> ping", NULL);
    opsbot_wait_log(h->bot, "envelopes are not recorded", TALK_MS);
    part_start(h, PART_REDIS);
    json_decref(control_post(h, "clock", json_pack("{s:i}", "scale", 20)));
    seen = talk_answer(h, ANN, OPS, "pong");
    json_decref(seen);
    talk_over(h);
    cr_assert_eq(audited("ping"), 1);
}

/* A dead replica's: what was only looked up is answered by the next. */
Test(mentions, what_a_dead_replica_left_is_answered)
{
    struct table_lock *lock = table_lock(h, "opsbot.audit_events");
    json_t *seen;

    talk_mention(h, ANN, OPS, "<@U0BOT> dlq list", NULL);
    wait_redis(h, 1, TALK_MS, "XLEN opsbot:inbox");
    opsbot_kill9(h->bot);
    table_unlock(lock);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    seen = talk_answer(h, ANN, OPS, "dead-letter queue");
    json_decref(seen);
    talk_over(h);
}

/* What was only looked up is of no use when the talk has moved on; a change is
 * still asked about. */
static void left_behind(const char *id, const char *text, int64_t age_ms)
{
    char at[32];
    char *frame = xasprintf(
        "{\"envelope_id\":\"%s\",\"type\":\"events_api\",\"payload\":{"
        "\"team_id\":\"T0EX\",\"authorizations\":[{\"user_id\":\"U0BOT\","
        "\"is_bot\":true}],\"event\":{\"type\":\"app_mention\",\"user\":"
        "\"U0ANN\",\"channel\":\"C0OPS\",\"text\":\"<@U0BOT> %s\","
        "\"ts\":\"1.2\",\"event_ts\":\"1.2\"}}}",
        id, text);

    snprintf(at, sizeof at, "%lld", (long long)(clock_wall_ms() - age_ms));
    redis_send(h,
               "XADD opsbot:inbox * envelope %s road socket replica gone"
               " at %s",
               frame, at);
    free(frame);
}

Test(mentions, what_is_old_is_not_looked_up_any_more)
{
    left_behind("e-old", "ping", 6 * 60000);
    left_behind("e-acts", "dlq discard orders 1-1", 5 * 60000 + 30000);
    left_behind("e-young", "streams", 4 * 60000);
    json_decref(talk_wait(h, ANN, OPS, "Too late to answer", 1));
    json_decref(talk_wait(h, ANN, OPS, "I restarted in the middle", 1));
    talk_over(h);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events"
                               " where outcome = 'expired'"),
                 1);
    cr_assert_eq(audited("streams"), 1);
}

/* What nobody asked anything with leaves nothing to take over. */
Test(mentions, a_text_that_is_no_command_is_not_run_after_a_crash)
{
    char *frame = xasprintf(
        "{\"envelope_id\":\"e-1\",\"type\":\"events_api\",\"payload\":{"
        "\"team_id\":\"T0EX\",\"event\":{\"type\":\"message\",\"user\":"
        "\"U0ANN\",\"channel\":\"C0OPS\",\"channel_type\":\"channel\","
        "\"text\":\"halt all now\",\"ts\":\"1.2\",\"event_ts\":\"1.2\"}}}");

    redis_send(h,
               "XADD opsbot:inbox 1-0 envelope %s road socket replica gone"
               " at 1700000000000",
               frame);
    wait_redis(h, 0, 40000, "XLEN opsbot:inbox");
    fence();
    cr_assert_eq(audited("halt"), 0);
    free(frame);
}
