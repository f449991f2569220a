/* label: sets of names and values: kept sorted, written, read, digested. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/label.h"

static struct labels set;

static void finish(void)
{
    labels_dispose(&set);
}

TestSuite(label, .fini = finish, .timeout = 30);

static void expect(char *text, const char *want)
{
    cr_expect_str_eq(text, want);
    free(text);
}

Test(label, are_sorted_whatever_order_they_came_in)
{
    cr_expect(labels_set(&set, "service", "pay"));
    cr_expect(labels_set(&set, "alertname", "Down"));
    cr_expect(labels_set(&set, "zone", "eu"));
    cr_expect(labels_set(&set, "env", "prod"));
    expect(labels_text(&set), "{\"alertname\":\"Down\",\"env\":\"prod\","
                              "\"service\":\"pay\",\"zone\":\"eu\"}");
    cr_expect_str_eq(labels_get(&set, "env"), "prod");
    cr_expect_str_eq(labels_get(&set, "en"), "");
    cr_expect_str_eq(labels_get(&set, ""), "");
}

Test(label, a_second_value_replaces_and_an_empty_one_removes)
{
    labels_set(&set, "a", "1");
    labels_set(&set, "b", "2");
    cr_expect(labels_set(&set, "a", "3"));
    expect(labels_text(&set), "{\"a\":\"3\",\"b\":\"2\"}");
    cr_expect(labels_set(&set, "a", ""));
    cr_expect(labels_set(&set, "b", NULL));
    cr_expect(labels_set(&set, "c", ""), "which is none already");
    cr_expect(labels_set(&set, "", "x"), "so is one without a name");
    cr_expect_eq(set.count, 0);
    expect(labels_text(&set), "{}");
}

Test(label, what_is_no_utf_8_is_repaired)
{
    labels_set(&set, "n\xff", "\xc3\x28");
    expect(labels_text(&set), "{\"n\xef\xbf\xbd\":\"\xef\xbf\xbd(\"}");
}

Test(label, so_many_fit_and_those_can_still_change)
{
    char name[16];

    for (int i = 0; i < LABELS_MOST; i++) {
        snprintf(name, sizeof name, "n%02d", 97 * i % LABELS_MOST);
        cr_expect(labels_set(&set, name, name));
    }
    cr_expect_eq(set.count, LABELS_MOST);
    cr_expect_not(labels_set(&set, "more", "x"));
    cr_expect_str_eq(labels_get(&set, "more"), "");
    cr_expect(labels_set(&set, "n07", "y"));
    for (size_t i = 1; i < set.count; i++)
        cr_expect_lt(strcmp(set.items[i - 1].name, set.items[i].name), 0);
    cr_expect(labels_set(&set, "n00", ""));
    cr_expect(labels_set(&set, "more", "x"));
}

Test(label, a_copy_is_its_own)
{
    struct labels copy;

    for (int i = 0; i < 20; i++) {
        char name[16];

        snprintf(name, sizeof name, "n%d", i);
        labels_set(&set, name, "v");
        labels_copy(&copy, &set);
        cr_expect(labels_set(&copy, "another", "w"), "it can grow");
        cr_expect(labels_set(&copy, "yet.another", "w"));
        cr_expect_eq(copy.count, set.count + 2);
        labels_dispose(&copy);
    }
    labels_copy(&copy, &(struct labels){ 0 });
    cr_expect(labels_set(&copy, "a", "1"));
    labels_dispose(&copy);
}

Test(label, reads_what_it_wrote_and_whatever_else_is_there)
{
    static const char text[] =
        "{\"labels\":{\"z\":\"1\",\"app.kubernetes.io/name\":\"pay\","
        "\"n\":7,\"no\":null,\"deep\":{\"a\":[1,2]},\"empty\":\"\"},\"x\":3}";
    struct err err = { 0 };
    struct json_doc *doc = json_doc_parse(text, sizeof text - 1, &err);

    cr_assert_not_null(doc, "%s", err.text);
    labels_read(&set, doc, "labels");
    expect(labels_text(&set), "{\"app.kubernetes.io/name\":\"pay\","
                              "\"deep\":\"{\\\"a\\\":[1,2]}\",\"n\":\"7\","
                              "\"z\":\"1\"}");
    labels_dispose(&set);
    labels_read(&set, doc, "x");
    cr_expect_eq(set.count, 0);
    json_doc_free(doc);
}

Test(label, are_shown_as_people_write_them)
{
    expect(labels_shown(&set), "{}");
    labels_set(&set, "service", "pay");
    labels_set(&set, "msg", "a \"b\" \\ c\nd");
    labels_set(&set, "a.b", "1");
    expect(labels_shown(&set), "{\"a.b\"=\"1\", "
                               "msg=\"a \\\"b\\\" \\\\ c\\nd\", "
                               "service=\"pay\"}");
}

Test(label, the_same_labels_have_the_same_print)
{
    static const char *const without[] = { "instance", "absent", NULL };
    struct labels other = { 0 };
    char a[LABELS_PRINT], b[LABELS_PRINT];

    labels_set(&set, "x", "1");
    labels_set(&set, "y", "2");
    labels_set(&other, "y", "2");
    labels_set(&other, "x", "1");
    labels_print(&set, NULL, a);
    labels_print(&other, NULL, b);
    cr_expect_eq(strlen(a), LABELS_PRINT - 1);
    cr_expect_str_eq(a, b);
    labels_set(&other, "instance", "i-1");
    labels_print(&other, NULL, b);
    cr_expect_str_neq(a, b);
    labels_print(&other, without, b);
    cr_expect_str_eq(a, b);
    labels_dispose(&other);
}

/* What one has in its name the other has in its value. */
Test(label, different_labels_have_different_prints)
{
    struct labels other = { 0 };
    char a[LABELS_PRINT], b[LABELS_PRINT];

    labels_set(&set, "a", "b\",\"c\":\"d");
    labels_set(&other, "a", "b");
    labels_set(&other, "c", "d");
    labels_print(&set, NULL, a);
    labels_print(&other, NULL, b);
    cr_expect_str_neq(a, b);
    labels_dispose(&other);
}
