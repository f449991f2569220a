/* Pictures of alerts: what is in the pixels, and in the words beside them. */
#include "core/alert/chart.h"

#include <cairo.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW  INT64_C(1795442887000)
#define HOUR INT64_C(3600000)

struct picture {
    struct buf png;
    size_t at; /* read so far */
    cairo_surface_t *surface;
};

static cairo_status_t give(void *arg, unsigned char *data, unsigned int len)
{
    struct picture *p = arg;

    if (p->at + len > p->png.len)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(data, p->png.data + p->at, len);
    p->at += len;
    return CAIRO_STATUS_SUCCESS;
}

static struct picture drawn(const struct chart *c)
{
    struct picture p = { 0 };
    struct err err = { 0 };

    cr_assert(chart_png(c, &p.png, &err), "%s", err.text);
    p.surface = cairo_image_surface_create_from_png_stream(give, &p);
    cr_assert_eq(cairo_surface_status(p.surface), CAIRO_STATUS_SUCCESS);
    return p;
}

static void picture_free(struct picture *p)
{
    cairo_surface_destroy(p->surface);
    buf_dispose(&p->png);
}

/* 0xRRGGBB. */
static unsigned pixel(const struct picture *p, int x, int y)
{
    const unsigned char *row =
        cairo_image_surface_get_data(p->surface) +
        (ptrdiff_t)y * cairo_image_surface_get_stride(p->surface);
    unsigned value;

    memcpy(&value, row + (ptrdiff_t)x * 4, sizeof value);
    return value & 0xffffff;
}

/* But for rounding. */
static void expect_colour(const struct picture *p, int x, int y, unsigned want)
{
    unsigned is = pixel(p, x, y);

    for (int shift = 0; shift < 24; shift += 8)
        cr_expect_leq(
            abs((int)(is >> shift & 255) - (int)(want >> shift & 255)), 2,
            "%06x at %d, %d, not %06x", is, x, y, want);
}

static struct chart_point points[24];
static const struct chart_band bands[] = {
    { NOW - 20 * HOUR, NOW - 18 * HOUR, ALERT_WARNING },
    { NOW - 2 * HOUR, 0, ALERT_CRITICAL },
};

static struct chart day(void)
{
    for (size_t i = 0; i < 24; i++)
        points[i] = (struct chart_point){ NOW - (int64_t)(24 - i) * HOUR,
                                          i < 20 ? 1 : 8 };
    points[10].value = NAN;
    return (struct chart){ .from = NOW - 24 * HOUR,
                           .to = NOW,
                           .points = points,
                           .points_count = 24,
                           .limit = 4,
                           .mark = NOW - 2 * HOUR,
                           .bands = bands,
                           .bands_count = 2 };
}

Test(chart, shows_what_it_is_given)
{
    struct chart c = day();
    struct picture p = drawn(&c);
    int strip = CHART_LINE + CHART_STRIP / 2;

    cr_expect_eq(cairo_image_surface_get_width(p.surface), CHART_WIDTH);
    cr_expect_eq(cairo_image_surface_get_height(p.surface),
                 CHART_LINE + CHART_STRIP);
    expect_colour(&p, 1, 1, 0xffffff);
    expect_colour(&p, 8 + 704 * 5 / 24, strip, 0xd9a138); /* 19 h ago */
    expect_colour(&p, CHART_WIDTH - 20, strip, 0xa30300); /* now */
    expect_colour(&p, CHART_WIDTH / 2, strip, 0xe6e8ed);  /* not at noon */
    cr_expect_neq(pixel(&p, 8 + 704 * 22 / 24, CHART_LINE / 2), 0xffffff,
                  "the mark");
    picture_free(&p);
}

/* A strip alone where nothing was measured. */
Test(chart, without_a_line)
{
    struct chart c = day();
    struct picture p;

    c.points_count = 0;
    p = drawn(&c);
    cr_expect_eq(cairo_image_surface_get_height(p.surface), CHART_STRIP);
    picture_free(&p);
}

Test(chart, the_same_values_are_the_same_bytes)
{
    struct chart c = day();
    struct picture a = drawn(&c), b = drawn(&c);

    cr_expect_eq(a.png.len, b.png.len);
    cr_expect_eq(memcmp(a.png.data, b.png.data, a.png.len), 0);
    cr_expect_lt(a.png.len, 20000u);
    picture_free(&a);
    picture_free(&b);
}

Test(chart, values_out_of_the_way)
{
    struct chart_point odd[] = { { NOW - 9 * HOUR, -INFINITY },
                                 { NOW - 90 * HOUR, 1e300 },
                                 { NOW - 3 * HOUR, -1e300 },
                                 { NOW + 3 * HOUR, 0 } };
    struct chart_band far = { NOW + HOUR, NOW + 2 * HOUR, ALERT_INFO };
    struct chart c = { .from = NOW - HOUR,
                       .to = NOW,
                       .points = odd,
                       .points_count = 4,
                       .limit = NAN,
                       .bands = &far,
                       .bands_count = 1 };
    struct picture p = drawn(&c);
    char *alt = chart_alt(&c, "x");

    cr_expect(strstr(alt, "Fired 0 times"), "%s", alt);
    free(alt);
    picture_free(&p);
}

Test(chart, of_nothing)
{
    struct chart c = day();
    struct buf png = { 0 };
    struct err err = { 0 };

    c.to = c.from;
    cr_expect_not(chart_png(&c, &png, &err));
    cr_expect(strstr(err.text, "no time"), "%s", err.text);
    c = day();
    c.points_count = c.bands_count = 0;
    cr_expect_not(chart_png(&c, &png, &err));
    c.points_count = CHART_POINTS + 1;
    cr_expect_not(chart_png(&c, &png, &err));
    cr_expect_eq(png.len, 0u);
}

Test(chart, in_words)
{
    struct chart c = day();
    char *alt = chart_alt(&c, "5xx rate");

    cr_expect_str_eq(alt, "5xx rate, 24 h to 14:08 UTC: lowest 1, highest "
                          "8, last 8, limit 4. Fired 2 times, 4 h 0 m in all.");
    free(alt);
    c.points_count = 0;
    alt = chart_alt(&c, "5xx rate");
    cr_expect_str_eq(alt, "5xx rate, 24 h to 14:08 UTC: Fired 2 times, 4 h "
                          "0 m in all.");
    free(alt);
}
