/* event: what comes of entries and JSON, whatever is in them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/core/alert/events.h"

static struct alert_event *events;
static size_t count, bad;

static void finish(void)
{
    events_free(events, count);
}

TestSuite(event, .fini = finish, .timeout = 30);

static void json(const char *body)
{
    events_free(events, count);
    events = events_json(body, &count, &bad);
    for (size_t i = 0; i < count; i++)
        event_whole(&events[i]);
}

/* Why nothing comes of it. */
static const char *refused(const char *body)
{
    static struct err err;

    events_free(events, count);
    cr_expect_not(events_of_json(&events, &count, &bad, &events_config, body,
                                 strlen(body), &err),
                  "%s", body);
    cr_expect_eq(err.kind, ERR_USER);
    cr_expect_null(events);
    cr_expect_eq(count, 0);
    return err.text;
}

Test(event, one_of_the_stream_has_all_that_its_fields_say)
{
    struct alert_event e = event_fields(
        "1763653267301-0", "traceId", "t-1", "severity", "P1", "title",
        "Orders are rejected", "message", "17 of 20\nsince the deploy",
        "source", "execution", "labels", "{\"service\":\"pay\",\"n\":3}",
        "links", "[{\"label\":\"Dashboard\",\"url\":\"https://g.example/d\"}]",
        "at", "2025-11-20T15:41:00Z", "runbook", "https://r.example/pay",
        "status", "firing", NULL);

    event_whole(&e);
    cr_expect_str_eq(e.id, "t-1");
    cr_expect_str_eq(e.trace, "t-1");
    cr_expect_eq(e.severity, ALERT_HIGH);
    cr_expect_str_eq(e.title, "Orders are rejected");
    cr_expect_str_eq(e.message, "17 of 20\nsince the deploy");
    cr_expect_str_eq(e.source, "execution");
    cr_expect_str_eq(e.runbook, "https://r.example/pay");
    cr_expect_str_eq(labels_get(&e.labels, "service"), "pay");
    cr_expect_str_eq(labels_get(&e.labels, "n"), "3");
    cr_expect_str_eq(labels_get(&e.labels, "alertname"), "Orders are rejected");
    cr_expect_eq(e.links_count, 1);
    cr_expect_str_eq(e.links[0].label, "Dashboard");
    cr_expect_eq(e.at, 1763653260000);
    cr_expect(e.resolves && !e.resolved && !e.test);
    event_dispose(&e);
}

Test(event, a_payload_has_them_too_and_fields_complete_it)
{
    struct alert_event e =
        event_fields("1763653267301-0", "payload",
                     "{\"title\":\"Lag\",\"labels\":{\"k8s.io/"
                     "app\":\"x\"},\"at\":1763653200}",
                     "severity", "critical", "title", "not this one", NULL);

    event_whole(&e);
    cr_expect_str_eq(e.title, "Lag");
    cr_expect_eq(e.severity, ALERT_CRITICAL);
    cr_expect_str_eq(e.source, "stream");
    cr_expect_str_eq(labels_get(&e.labels, "k8s.io/app"), "x");
    cr_expect_eq(e.at, 1763653200000);
    cr_expect_not(e.resolves);
    event_dispose(&e);
}

Test(event, an_entry_delivered_twice_is_the_same_news)
{
    struct alert_event a = event_fields("1763653267301-0", "title", "Lag",
                                        NULL),
                       b = event_fields("1763653267301-0", "title", "Lag",
                                        NULL),
                       c = event_fields("1763653267999-0", "title", "Lag",
                                        NULL),
                       over = event_fields("1763653267999-0", "title", "Lag",
                                           "status", "resolved", NULL);

    cr_expect_str_eq(a.id, b.id);
    cr_expect_str_neq(a.id, c.id);
    cr_expect_str_neq(c.id, over.id);
    cr_expect_str_eq(a.fingerprint, c.fingerprint);
    cr_expect_str_eq(a.fingerprint, over.fingerprint);
    cr_expect_eq(a.at, 1763653267301);
    cr_expect_eq(over.ended, 1763653267999);
    event_dispose(&a);
    event_dispose(&b);
    event_dispose(&c);
    event_dispose(&over);
}

Test(event, what_gets_worse_stays_the_same_alert)
{
    json("[{\"title\":\"Lag\",\"severity\":\"warning\",\"at\":1},"
         "{\"title\":\"Lag\",\"severity\":\"critical\",\"at\":2},"
         "{\"title\":\"Other\",\"at\":2}]");
    cr_expect_str_eq(events[0].fingerprint, events[1].fingerprint);
    cr_expect_str_neq(events[0].fingerprint, events[2].fingerprint);
    cr_expect_str_neq(events[0].id, events[1].id);
}

Test(event, a_trace_is_its_id_and_its_end_is_other_news)
{
    json("[{\"title\":\"a\",\"traceId\":\"T\"},"
         "{\"title\":\"a\",\"traceId\":\"T\",\"status\":\"resolved\"}]");
    cr_expect_str_eq(events[0].id, "T");
    cr_expect_str_eq(events[1].id, "T resolved");
    cr_expect(events[1].resolved && events[1].resolves);
}

Test(event, severities_have_many_names)
{
    static const struct {
        const char *name;
        enum alert_severity is;
    } names[] = {
        { "CRITICAL", ALERT_CRITICAL }, { "p0", ALERT_CRITICAL },
        { "page", ALERT_CRITICAL },     { "sev0", ALERT_CRITICAL },
        { "high", ALERT_HIGH },         { "error", ALERT_HIGH },
        { "warn", ALERT_WARNING },      { "P3", ALERT_INFO },
        { "none", ALERT_INFO },
    };
    enum alert_severity is;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cr_expect(event_severity(&events_config, names[i].name, &is), "%s",
                  names[i].name);
        cr_expect_eq(is, names[i].is, "%s", names[i].name);
    }
    cr_expect_not(event_severity(&events_config, "purple", &is));
    cr_expect_not(event_severity(&events_config, "", &is));
}

Test(event, a_severity_nobody_knows_is_high_and_said)
{
    json("[{\"title\":\"a\",\"severity\":\"purple\"},{\"title\":\"b\"},"
         "{\"title\":\"c\",\"labels\":{\"severity\":\"P0\"}}]");
    cr_expect_eq(events[0].severity, ALERT_HIGH);
    cr_expect(strstr(events[0].message, "\"purple\""));
    cr_expect_eq(events[1].severity, ALERT_WARNING);
    cr_expect_str_eq(events[1].message, "");
    cr_expect_eq(events[2].severity, ALERT_CRITICAL);
}

Test(event, times_come_in_all_forms)
{
    static const struct {
        const char *text;
        int64_t at;
    } times[] = {
        { "1763653260", 1763653260000 },
        { "1763653260.5", 1763653260500 },
        { "1763653260123", 1763653260123 },
        { "1763653260123456", 1763653260123 },
        { "1763653260123456789", 1763653260123 },
        { "\"1763653260\"", 1763653260000 },
        { "\"2025-11-20T16:41:00+01:00\"", 1763653260000 },
    };
    char body[128];

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        snprintf(body, sizeof body, "{\"title\":\"a\",\"at\":%s}",
                 times[i].text);
        json(body);
        cr_expect_eq(events[0].at, times[i].at, "%s", times[i].text);
    }
}

Test(event, a_time_that_is_none_or_ahead_is_when_it_came)
{
    int64_t before = clock_wall_ms();

    json("[{\"title\":\"a\",\"at\":\"soon\"},{\"title\":\"b\",\"at\":9e30},"
         "{\"title\":\"c\",\"at\":\"2099-01-01T00:00:00Z\"},"
         "{\"title\":\"d\",\"at\":-5},{\"title\":\"e\",\"at\":true}]");
    cr_expect_eq(count, 5);
    for (size_t i = 0; i < count; i++)
        cr_expect_geq(events[i].at, before, "%s", events[i].title);
}

/* No field of the wrong type costs the alert, or anybody beside it. */
Test(event, each_field_of_every_wrong_type)
{
    static const char *const fields[] = {
        "payload", "traceId", "severity", "title",  "message", "source",
        "labels",  "links",   "at",       "status", "runbook", "fingerprint",
    };
    static const char *const values[] = {
        "null",
        "true",
        "17",
        "-1.5e300",
        "\"\"",
        "\" \"",
        "\"\\u0000\"",
        "\"x\"",
        "[]",
        "{}",
        "[[[]]]",
        "[1,{\"url\":2}]",
        "{\"a\":{\"b\":[1]}}",
        "\"https://x y\"",
        "\"=\"",
        "\"{\"",
        "\"\\u202eevil\"",
    };
    char body[400];

    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            snprintf(body, sizeof body,
                     "[{\"title\":\"good\",\"message\":\"m\"},"
                     "{\"message\":\"kept\",\"title\":\"kept\",\"%s\":%s},"
                     "{\"title\":\"good\"}]",
                     fields[f], values[v]);
            json(body);
            cr_expect_eq(count + bad, 3, "%s", body);
            cr_expect_eq(count, 3, "%s", body);
        }
    }
}

/* What is there of an alert is kept, in a message if nowhere else. */
Test(event, of_the_wrong_type_nothing_is_lost)
{
    json("[{\"title\":{\"code\":7}},{\"title\":42,\"message\":[1,2]},"
         "{\"title\":\"a\",\"labels\":\"a=1, b=x y\"},"
         "{\"title\":\"a\",\"labels\":[\"odd\"]},"
         "{\"title\":\"a\",\"runbook\":\"call Ann\"},"
         "{\"title\":\"a\",\"links\":{\"Logs\":\"https://l.example/\"}},"
         "{\"title\":\"a\",\"links\":\"https://u@l.example:1/x, ftp://no\"}]");
    cr_assert_eq(count, 7);
    cr_expect_str_eq(events[0].title, "{\"code\":7}");
    cr_expect_str_eq(events[1].title, "42");
    cr_expect_str_eq(events[1].message, "[1,2]");
    cr_expect_str_eq(labels_get(&events[2].labels, "b"), "x y");
    cr_expect_str_eq(events[3].message, "labels: [\"odd\"]");
    cr_expect_str_eq(events[4].message, "Runbook: call Ann");
    cr_expect_str_eq(events[5].links[0].label, "Logs");
    cr_expect_eq(events[6].links_count, 1);
    cr_expect_str_eq(events[6].links[0].label, "l.example:1");
}

Test(event, a_bad_one_among_good_ones_is_counted_and_said)
{
    struct err err = { 0 };
    const char *body = "{\"alerts\":[{\"title\":\"a\"},{},17,\"x\",[],null,"
                       "{\"severity\":\"P0\"},{\"message\":\"b\"}]}";

    cr_assert(events_of_json(&events, &count, &bad, &events_config, body,
                             strlen(body), &err));
    cr_expect_eq(count, 2);
    cr_expect_eq(bad, 6);
    cr_expect_str_eq(err.text,
                     "alert 2: it has no title, no message and no labels: "
                     "nobody could tell what it is about");
}

Test(event, what_is_no_alert_at_all_is_refused)
{
    cr_expect_str_eq(refused("{\"a\":1}"),
                     "it has no title, no message and no labels: nobody could "
                     "tell what it is about");
    cr_expect(strstr(refused("[{},{}]"), "alert 1: it has no title"));
    cr_expect(strstr(refused("{\"title\":"), "it ends too early"));
    cr_expect(strstr(refused("title=x"), "not valid JSON"));
    cr_expect(strstr(refused(""), "not valid JSON"));
    refused("{\"alerts\":17}");
    json("[]");
    cr_expect(count == 0 && bad == 0);
    json("{\"alerts\":[]}");
    cr_expect(count == 0 && bad == 0);
}

Test(event, one_that_is_too_large_is_bad_and_the_rest_is_taken)
{
    char *long_text = xmalloc(EVENT_BYTES + 1), *body;

    memset(long_text, 'x', EVENT_BYTES);
    long_text[EVENT_BYTES] = '\0';
    body = xasprintf("[{\"title\":\"%s\"},{\"title\":\"b\"}]", long_text);
    json(body);
    cr_expect_eq(count, 1);
    cr_expect_eq(bad, 1);
    cr_expect_str_eq(events[0].title, "b");
    free(body);
    free(long_text);
}

Test(event, long_texts_are_cut_with_a_mark)
{
    char *many = xmalloc(5001), *body;

    for (int i = 0; i < 5000; i += 2)
        memcpy(many + i, "\xc3\xa4", 2);
    many[5000] = '\0';
    body =
        xasprintf("{\"title\":\"%s\",\"message\":\"%s%s\",\"traceId\":\"%s\","
                  "\"source\":\"%s\",\"fingerprint\":\"%s\","
                  "\"labels\":{\"%s\":\"%s\"}}",
                  many, many, many, many, many, many, many, many);
    json(body);
    cr_expect(strstr(events[0].title, "…"));
    cr_expect(strstr(events[0].message, "…"));
    cr_expect(strncmp(events[0].trace, "digest:", 7) == 0);
    cr_expect(strncmp(events[0].fingerprint, "digest:", 7) == 0);
    free(body);
    free(many);
}

Test(event, secrets_are_shown_nowhere)
{
    char *text;

    json("{\"title\":\"login password=hunter22 failed\",\"message\":\"token: "
         "xoxb-1234567890-abcdefghij and customer_iban=DE001234567\","
         "\"traceId\":\"Bearer abcdefghijklmnop\",\"fingerprint\":\"xoxb-12345"
         "67890-abcdefghij\",\"source\":\"xoxb-1234567890-abcdefghij\","
         "\"labels\":{\"db_password\":\"hunter22\",\"url\":\"postgres://u:"
         "hunter22@db/x\"},\"links\":[\"https://u:hunter22@g.example/\"],"
         "\"runbook\":\"https://u:hunter22@r.example/\"}");
    text = event_text(&events[0]);
    cr_expect_null(strstr(text, "hunter22"), "%s", text);
    cr_expect_null(strstr(text, "abcdefghij"), "%s", text);
    cr_expect_null(strstr(text, "DE001234567"), "%s", text);
    cr_expect(strstr(text, "login password=*** failed"), "%s", text);
    free(text);
}

/* Two that differ in what is masked are two. */
Test(event, what_is_masked_is_still_told_apart)
{
    json("[{\"title\":\"a\",\"traceId\":\"token=abcdefgh1\"},"
         "{\"title\":\"a\",\"traceId\":\"token=abcdefgh2\"}]");
    cr_expect_str_neq(events[0].id, events[1].id);
}

Test(event, too_many_labels_are_left_out_and_that_is_said)
{
    struct buf body = { 0 };

    buf_str(&body, "{\"title\":\"a\",\"severity\":\"P0\",\"labels\":{");
    for (int i = 0; i < LABELS_MOST + 6; i++)
        buf_fmt(&body, "%s\"n%03d\":\"v\"", i ? "," : "", i);
    buf_str(&body, "}}");
    json(buf_text(&body));
    cr_expect_eq(events[0].labels.count, LABELS_MOST);
    cr_expect_str_eq(events[0].message, "6 of its labels were left out.");
    cr_expect_str_eq(labels_get(&events[0].labels, "severity"), "critical");
    buf_dispose(&body);
}

Test(event, one_of_the_stream_that_is_none_says_why)
{
    static const char *const none[] = { "foo", "bar" };
    static const char *const torn[] = { "payload", "{\"title\":", "title",
                                        "x" };
    struct alert_event e;
    struct err err = { 0 };

    cr_expect_not(event_of_fields(&e, &events_config, "1-0", none, 1, &err));
    cr_expect(strstr(err.text, "it has no title"));
    cr_expect_not(event_of_fields(&e, &events_config, "1-0", NULL, 0, &err));
    cr_expect_not(event_of_fields(&e, &events_config, "1-0", torn, 2, &err));
    cr_expect(strstr(err.text, "its payload: not valid JSON"), "%s", err.text);
}

/* No news would be lost: the same moment, a worse severity. */
Test(event, what_gets_worse_is_news_of_the_same_alert)
{
    char *id, *print;

    json("{\"title\":\"a\",\"severity\":\"warning\",\"at\":1763653260}");
    id = xstrdup(events[0].id);
    print = xstrdup(events[0].fingerprint);
    json("{\"title\":\"a\",\"severity\":\"critical\",\"at\":1763653260}");
    cr_expect_str_neq(events[0].id, id);
    cr_expect_str_eq(events[0].fingerprint, print);
    free(id);
    free(print);
}

Test(event, is_held_as_it_is)
{
    struct alert_event back;
    struct err err = { 0 };
    char *text, *again;

    json("{\"title\":\"a\\n\\\"b\",\"message\":\"m\",\"severity\":\"P0\","
         "\"traceId\":\"T\",\"status\":\"resolved\",\"at\":1763653260,"
         "\"labels\":{\"a.b\":\"1\"},\"links\":[\"https://g.example/\"],"
         "\"runbook\":\"https://r.example/\"}");
    events[0].test = true;
    text = event_text(&events[0]);
    cr_assert(event_read(&back, text, &err), "%s", err.text);
    event_whole(&back);
    again = event_text(&back);
    cr_expect_str_eq(again, text);
    cr_expect(back.resolved && back.resolves && back.test);
    event_dispose(&back);
    free(text);
    free(again);
}

Test(event, what_was_never_held_is_refused)
{
    static const char *const texts[] = {
        "", "{", "[]", "{}", "17", "{\"id\":7,\"fingerprint\":\"x\"}"
    };
    struct alert_event back;
    struct err err = { 0 };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect_not(event_read(&back, texts[i], &err), "%s", texts[i]);
}
