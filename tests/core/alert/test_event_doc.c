/*
 * event_doc: what is nearly JSON, nearly a severity, nearly a time: repaired,
 * cut or read all the same, for what is refused is lost.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "tests/core/alert/events.h"

static struct alert_event *events;
static size_t count, bad;

static void finish(void)
{
    events_free(events, count);
}

TestSuite(event_doc, .fini = finish, .timeout = 30);

static void json(const char *body)
{
    events_free(events, count);
    events = events_json(body, &count, &bad);
    for (size_t i = 0; i < count; i++)
        event_whole(&events[i]);
}

Test(event_doc, json_that_is_broken_in_a_text_only_is_repaired)
{
    static const char *const bodies[] = {
        "{\"title\":\"a\\u0000b\"}",
        "{\"title\":\"a\\ud800b\"}",
        "{\"title\":\"a\\udc00b\"}",
        "{\"title\":\"a\xff \"}",
        "{\"title\":\"a\\ud800\\u0000b\"}",
        "\xef\xbb\xbf{\"title\":\"\xef\xbf\xbd\"}",
    };

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        json(bodies[i]);
        cr_assert_eq(count, 1, "%s", bodies[i]);
        cr_expect(strstr(events[0].title, "\xef\xbf\xbd"), "%s: %s", bodies[i],
                  events[0].title);
    }
    json("{\n\t\"title\":\"a\nb\",\"message\":\"c:\\\\u0000\\\\d\x01 "
         "\\ud83d\\ude00\"}");
    cr_assert_eq(count, 1);
    cr_expect_str_eq(events[0].title, "a b");
    cr_expect_str_eq(events[0].message, "c:\\u0000\\d  \xf0\x9f\x98\x80");
}

Test(event_doc, a_message_of_64_kib_is_cut_and_not_refused)
{
    char *text = xcalloc(1, 65536 + 1), *body;

    memset(text, 'm', 65536);
    body = xasprintf("{\"title\":\"a\",\"message\":\"%s\"}", text);
    json(body);
    cr_assert_eq(count, 1);
    cr_expect_leq(text_length(events[0].message), EVENT_MESSAGE);
    free(body);
    free(text);
}

Test(event_doc, of_too_many_labels_those_that_routes_ask_for_stay)
{
    struct buf body = { 0 };

    buf_str(&body, "{\"title\":\"a\",\"labels\":{");
    for (int i = 0; i < LABELS_MOST + 6; i++)
        buf_fmt(&body, "\"n%03d\":\"v\",", i);
    buf_str(&body, "\"severity\":\"critical\",\"service\":\"pay\"}}");
    json(buf_text(&body));
    cr_expect_eq(events[0].severity, ALERT_CRITICAL);
    cr_expect_str_eq(labels_get(&events[0].labels, "service"), "pay");
    cr_expect_str_eq(labels_get(&events[0].labels, "severity"), "critical");
    buf_dispose(&body);
}

Test(event_doc, an_empty_payload_is_none)
{
    static const char *const fields[] = { "payload", " ", "title", "x" };
    struct alert_event e;
    struct err err = { 0 };

    cr_assert(event_of_fields(&e, &events_config, "1-0", fields, 2, &err), "%s",
              err.text);
    cr_expect_str_eq(e.title, "x");
    event_dispose(&e);
}

Test(event_doc, blanks_around_a_severity_are_none_of_it)
{
    json("{\"title\":\"a\",\"severity\":\" Critical\\n\"}");
    cr_expect_eq(events[0].severity, ALERT_CRITICAL);
    cr_expect_str_eq(events[0].message, "");
}

Test(event_doc, a_time_without_a_zone_is_utc)
{
    json("[{\"title\":\"a\",\"at\":\"2025-11-20 15:41:00\"},"
         "{\"title\":\"b\",\"at\":\"2025-11-20T15:41:00.000001\"},"
         "{\"title\":\"c\",\"at\":\"2025-11-20T16:41:00+01:00\"}]");
    for (size_t i = 0; i < 3; i++)
        cr_expect_eq(events[i].at, INT64_C(1763653260000), "%zu", i);
}
