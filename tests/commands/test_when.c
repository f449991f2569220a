/* Times that somebody types, by the clocks of several places. */
#include "commands/when.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"

static struct when got;
static struct err err;

/* In the zone of the configuration, at that moment; as RFC 3339. */
static const char *read_at(const char *text, const char *zone, const char *now)
{
    struct when_how how = { .zone = zone, .now = clock_read(now) };
    static char shown[CLOCK_TEXT];

    err = (struct err){ 0 };
    if (!when_until(text, &how, &got, &err))
        return err.text;
    return clock_rfc3339(got.at, shown);
}

#define NOW "2026-06-01T14:00:00Z"

Test(when, a_clock_is_the_zones)
{
    cr_expect_str_eq(read_at("18:00", "UTC", NOW), "2026-06-01T18:00:00.000Z");
    cr_expect_str_eq(got.zone, "UTC");
    cr_expect_not(got.said);
    cr_expect_str_eq(read_at("18:00", "Europe/Berlin", NOW),
                     "2026-06-01T16:00:00.000Z");
    cr_expect_str_eq(got.zone, "Europe/Berlin");
    cr_expect_str_eq(read_at("15:00", "Europe/Berlin", NOW),
                     "2026-06-02T13:00:00.000Z");
    cr_expect_str_eq(read_at("2026-06-03", "Europe/Berlin", NOW),
                     "2026-06-02T22:00:00.000Z");
    cr_expect_str_eq(read_at("2026-06-03T09:30", "Europe/Berlin", NOW),
                     "2026-06-03T07:30:00.000Z");
    /* there it is another day */
    cr_expect_str_eq(read_at("00:30", "Asia/Tokyo", "2026-06-01T15:10:00Z"),
                     "2026-06-01T15:30:00.000Z");
}

Test(when, a_zone_that_is_typed_holds)
{
    static const struct {
        const char *text, *at, *zone;
    } all[] = {
        { "18:00 UTC", "2026-06-01T18:00:00.000Z", "UTC" },
        { "18:00Z", "2026-06-01T18:00:00.000Z", "UTC" },
        { "18:00 Europe/London", "2026-06-01T17:00:00.000Z", "Europe/London" },
        { "18:00+02:00", "2026-06-01T16:00:00.000Z", "+02:00" },
        { "18:00 +2", "2026-06-01T16:00:00.000Z", "+2" },
        { "18:00 -0330", "2026-06-01T21:30:00.000Z", "-0330" },
        { "2026-06-03T09:30+05:30", "2026-06-03T04:00:00.000Z", "+05:30" },
        { "2026-06-03T09:30Z", "2026-06-03T09:30:00.000Z", "UTC" },
        { "2026-06-03 Asia/Tokyo", "2026-06-02T15:00:00.000Z", "Asia/Tokyo" },
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        cr_expect_str_eq(read_at(all[i].text, "America/New_York", NOW),
                         all[i].at, "%s: %s", all[i].text, err.text);
        cr_expect_str_eq(got.zone, all[i].zone);
        cr_expect(got.said, "%s", all[i].text);
    }
}

Test(when, a_length_has_no_zone)
{
    cr_expect_str_eq(read_at("90m", "Europe/Berlin", NOW),
                     "2026-06-01T15:30:00.000Z");
    cr_expect_str_eq(got.zone, "");
}

/* 2026-03-29 in Berlin: 02:00 is 03:00. */
Test(when, the_clock_is_put_forward)
{
    const char *before = "2026-03-28T23:30:00Z"; /* 00:30 */

    cr_expect_str_eq(read_at("01:59", "Europe/Berlin", before),
                     "2026-03-29T00:59:00.000Z");
    cr_expect_str_eq(read_at("02:30", "Europe/Berlin", before),
                     "2026-03-29T01:30:00.000Z", "there is none: 03:30");
    cr_expect_str_eq(read_at("03:30", "Europe/Berlin", before),
                     "2026-03-29T01:30:00.000Z");
    cr_expect_str_eq(read_at("02:30", "Europe/Berlin", "2026-03-29T02:00:00Z"),
                     "2026-03-30T00:30:00.000Z", "the next day has one");
}

/* 2026-10-25 in Berlin: 03:00 is 02:00 again. */
Test(when, the_clock_is_put_back)
{
    cr_expect_str_eq(read_at("02:30", "Europe/Berlin", "2026-10-24T23:00:00Z"),
                     "2026-10-25T00:30:00.000Z", "the first of two");
    cr_expect_str_eq(read_at("02:30", "Europe/Berlin", "2026-10-25T00:45:00Z"),
                     "2026-10-25T01:30:00.000Z", "the first is over");
    cr_expect_str_eq(read_at("02:30", "Europe/Berlin", "2026-10-25T01:45:00Z"),
                     "2026-10-26T01:30:00.000Z", "both are");
    cr_expect_str_eq(
        read_at("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:45:00Z"),
        "2026-10-25T01:30:00.000Z");
}

Test(when, what_is_none_says_what_would_be)
{
    static const char *const wrong[] = {
        "soon",
        "25:00",
        "18:00:30",
        "18:00 Mars/Base",
        "18:00 CEST",
        "18:00 +99:00",
        "18:00 ../UTC",
        "18:00 Europe/",
        "18:00+1:2:3",
        "18:00 UTC x",
        "",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        read_at(wrong[i], "Europe/Berlin", NOW);
        cr_expect_eq(err.kind, ERR_USER, "%s", wrong[i]);
        cr_expect(strstr(err.text, "is not a time"), "%s", err.text);
        cr_expect(strstr(err.text, "(Europe/Berlin)"), "%s", err.text);
    }
    cr_expect(strstr(read_at("2026-06-01T15:00", "Europe/Berlin", NOW),
                     "is over already in Europe/Berlin"));
}

/* ---- words ----------------------------------------------------------------- */

static void words(const char *line, const char *text, size_t used)
{
    struct args args;
    size_t n;
    char *got_text;

    cr_assert(args_parse(line, &args, &err));
    got_text = when_words(&args, 0, &n);
    cr_expect_str_eq(got_text, text, "%s: %s", line, got_text);
    cr_expect_eq(n, used, "%s: %zu", line, n);
    free(got_text);
    args_dispose(&args);
}

/* A reason may begin with anything; what was meant as a zone is none of it. */
Test(when, a_zone_is_a_word_behind_a_time)
{
    words("", "", 0);
    words("18:00", "18:00", 1);
    words("18:00 Europe/Berlin the disk", "18:00 Europe/Berlin", 2);
    words("18:00 +02:00 the disk", "18:00 +02:00", 2);
    words("18:00 utc the disk", "18:00 utc", 2);
    words("18:00 Europe/Berlni the disk", "18:00 Europe/Berlni", 2);
    words("18:00 CEST the disk", "18:00 CEST", 2);
    words("18:00 Cuba is replaced", "18:00", 1);
    words("18:00 pay/checkout is replaced", "18:00", 1);
    words("18:00 the disk", "18:00", 1);
    words("18:00Z Europe/Berlin is away", "18:00Z", 1);
    words("1h Europe/Berlin is away", "1h", 1);
}
