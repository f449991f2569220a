/* json: building, quoting, replacing members, looking into. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"

static void expect(char *got, const char *want)
{
    cr_expect_str_eq(got ? got : "(null)", want);
    free(got);
}

Test(json, builds_objects)
{
    static const char *const ids[] = { "1-0", "2\"-0" };

    expect(json_text(member_str("s", "a\"b\\\n\x01\xff"),
                     member_str("none", NULL), member_int("i", INT64_MIN),
                     member_bool("b", true), member_raw("r", "[1]"),
                     member_raw("no", NULL)),
           "{\"s\":\"a\\\"b\\\\\\n\\u0001\xef\xbf\xbd\","
           "\"i\":-9223372036854775808,\"b\":true,\"r\":[1]}");
    expect(json_text(member_str("none", NULL)), "{}");
    expect(json_list(ids, 2), "[\"1-0\",\"2\\\"-0\"]");
    expect(json_list(NULL, 0), "[]");
}

Test(json, quotes_what_can_be_read_back)
{
    char all[256];
    struct buf out = { 0 };
    struct json_doc *doc;
    struct err err = { 0 };

    for (int i = 0; i < 127; i++)
        all[i] = (char)(i + 1);
    all[127] = '\0';
    buf_char(&out, '[');
    json_quote(&out, all);
    buf_char(&out, ',');
    json_quote(&out, NULL);
    buf_char(&out, ',');
    json_quote_bytes(&out, "a\0b", 3);
    buf_char(&out, ']');
    doc = json_doc_parse(out.data, out.len, &err);
    cr_assert_not_null(doc, "%s", err.text);
    cr_expect_str_eq(json_doc_str(doc, "0"), all);
    cr_expect_not(json_doc_has(doc, "1"));
    cr_expect_str_eq(json_doc_str(doc, "2"), "a\xef\xbf\xbd"
                                             "b");
    json_doc_free(doc);
    buf_dispose(&out);
}

Test(json, looks_into)
{
    static const char text[] =
        "{\"ok\":true,\"n\":7,\"r\":2.9,\"huge\":1e300,\"null\":null,"
        "\"channel\":{\"id\":\"C1\"},\"actions\":[{\"value\":\"v\"},3]}";
    struct err err = { 0 };
    struct json_doc *doc = json_doc_parse(text, sizeof text - 1, &err);

    cr_assert_not_null(doc, "%s", err.text);
    cr_expect(json_doc_bool(doc, "ok"));
    cr_expect_not(json_doc_bool(doc, "n"));
    cr_expect_eq(json_doc_int(doc, "n", -1), 7);
    cr_expect_eq(json_doc_int(doc, "r", -1), 2);
    cr_expect_eq(json_doc_int(doc, "huge", -1), -1);
    cr_expect_eq(json_doc_int(doc, "ok", -1), -1);
    cr_expect_eq(json_doc_int(doc, "actions.1", -1), 3);
    cr_expect_str_eq(json_doc_str(doc, "channel.id"), "C1");
    cr_expect_str_eq(json_doc_str(doc, "actions.0.value"), "v");
    cr_expect_str_eq(json_doc_str(doc, "actions.9.value"), "");
    cr_expect_str_eq(json_doc_str(doc, "actions.x"), "");
    cr_expect_str_eq(json_doc_str(doc, "actions.-1"), "");
    cr_expect_str_eq(json_doc_str(doc, "n.m"), "");
    cr_expect_str_eq(json_doc_str(NULL, "n"), "");
    cr_expect_not(json_doc_has(doc, "null"));
    cr_expect(json_doc_has(doc, "channel"));
    cr_expect_eq(json_doc_count(doc, "actions"), 2);
    cr_expect_eq(json_doc_count(doc, ""), 7);
    cr_expect_eq(json_doc_count(doc, "n"), 0);
    expect(json_doc_raw(doc, "channel"), "{\"id\":\"C1\"}");
    expect(json_doc_raw(doc, "n"), "7");
    cr_expect_null(json_doc_raw(doc, "absent"));
    json_doc_free(doc);
    json_doc_free(NULL);
}

static void join(void *arg, const char *name, const char *value)
{
    buf_fmt(arg, "%s=%s;", name, value ? value : "(null)");
}

Test(json, each_member_is_named_with_dots_and_in_order)
{
    static const char text[] = "{\"l\":{\"b.c\":\"x\",\"a\":[1,{\"k\":2}],"
                               "\"n\":null,\"t\":true,\"i\":7}}";
    struct err err = { 0 };
    struct json_doc *doc = json_doc_parse(text, sizeof text - 1, &err);
    struct buf out = { 0 };

    cr_assert_not_null(doc, "%s", err.text);
    json_doc_each(doc, "l", join, &out);
    cr_expect_str_eq(buf_text(&out),
                     "b.c=x;a=[1,{\"k\":2}];n=(null);t=true;i=7;");
    json_doc_each(doc, "l.a", join, &out);
    json_doc_each(doc, "absent", join, &out);
    json_doc_each(NULL, "", join, &out);
    cr_expect_eq(out.len, strlen("b.c=x;a=[1,{\"k\":2}];n=(null);t=true;i=7;"),
                 "what is no object has none");
    buf_dispose(&out);
    json_doc_free(doc);
}

Test(json, says_where_it_fails_and_quotes_nothing)
{
    struct err err = { 0 };

    cr_expect_null(json_doc_parse("{\"a\": hunter2}", 14, &err));
    cr_expect_eq(err.kind, ERR_USER);
    cr_expect_null(strstr(err.text, "hunter2"), "%s", err.text);
    cr_expect_not_null(strstr(err.text, "line 1"), "%s", err.text);
    cr_expect_null(json_doc_parse("{\"a\":", 5, &err));
    cr_expect_not_null(strstr(err.text, "too early"), "%s", err.text);
    cr_expect_null(json_doc_parse("7", 1, &err));
    cr_expect_null(json_doc_parse("", 0, &err));
}
