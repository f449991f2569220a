/* report: lines, how they are printed, and what is kept out of them. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bot/check/report.h"
#include "core/base/log.h"

static struct report three(void)
{
    struct report r = { 0 };

    report_section(&r, "One");
    report_ok(&r, "a", "fine: %d", 1);
    report_warn(&r, "b", "mend it", "not so fine");
    report_section(&r, "Two");
    report_fail(&r, "c", "mend \"it\" now", "bad\nin two lines");
    return r;
}

static char *printed(const struct report *r,
                     void (*print)(const struct report *, FILE *))
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    print(r, f);
    fclose(f);
    return text;
}

Test(report, is_printed_for_people)
{
    struct report r = three();
    char *text = printed(&r, report_print);

    cr_assert_str_eq(text, "One\n"
                           "  ✓ fine: 1\n"
                           "  ! not so fine\n"
                           "      → mend it\n"
                           "\n"
                           "Two\n"
                           "  ✗ bad in two lines\n"
                           "      → mend \"it\" now\n"
                           "\n"
                           "1 in order, 1 warning, 1 failed\n");
    cr_assert_eq(report_count(&r, REPORT_FAILURE), 1);
    free(text);
    report_dispose(&r);
}

Test(report, is_printed_for_machines)
{
    struct report r = three();
    char *text = printed(&r, report_print_json);
    json_t *all = json_loads(text, 0, NULL);

    cr_assert(all, "%s", text);
    cr_assert_eq(json_array_size(all), 3);
    cr_assert_str_eq(
        json_string_value(json_object_get(json_array_get(all, 2), "todo")),
        "mend \"it\" now");
    cr_assert(strstr(text,
                     "{\"id\":\"a\",\"ok\":true,\"level\":\"ok\",\"text\":"
                     "\"fine: 1\",\"todo\":null}"),
              "%s", text);
    cr_assert(strstr(text, "\"ok\":true,\"level\":\"warning\""), "%s", text);
    cr_assert(strstr(text, "\"ok\":false,\"level\":\"failure\""), "%s", text);
    json_decref(all);
    free(text);
    report_dispose(&r);
}

Test(report, of_nothing)
{
    struct report r = { 0 };
    char *text = printed(&r, report_print_json);

    cr_assert_str_eq(text, "[\n]\n");
    free(text);
}

Test(report, several_become_one)
{
    struct report r = { 0 }, one = three(), none = { 0 }, two = three();

    report_join(&r, &one);
    report_join(&r, &none);
    report_join(&r, &two);
    cr_assert_eq(r.count, 6);
    cr_assert_eq(one.count, 0);
    cr_assert_str_eq(r.lines[5].section, "Two");
    report_ok(&r, "d", "more");
    cr_assert_eq(r.count, 7);
    report_dispose(&r);
}

Test(report, keeps_secrets)
{
    struct report r = { 0 };

    log_secret("hush-hush");
    report_section(&r, "One");
    report_fail(&r, "a", "do not say hush-hush", "it said hush-hush to us");
    cr_assert_str_eq(r.lines[0].text, "it said *** to us");
    cr_assert_str_eq(r.lines[0].todo, "do not say ***");
    report_dispose(&r);
}
