/* chart: see chart.h. Drawn from the back to the front. */
#include "core/alert/chart.h"

#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/text.h"

#define EDGE     8.0 /* around all of it */
#define ALT_MOST 1000

struct colour {
    double r, g, b;
};
static const struct colour paper = { 1.0, 1.0, 1.0 };
static const struct colour grid = { 0.90, 0.91, 0.93 };
static const struct colour ink = { 0.07, 0.39, 0.64 };
static const struct colour red = { 0.64, 0.01, 0.0 };
/* The strip's: told apart by lightness too. */
static const struct colour severities[ALERT_SEVERITIES] = {
    [ALERT_CRITICAL] = { 0.64, 0.01, 0.0 },
    [ALERT_HIGH] = { 0.85, 0.37, 0.01 },
    [ALERT_WARNING] = { 0.85, 0.63, 0.22 },
    [ALERT_INFO] = { 0.45, 0.66, 0.81 },
};

/* While it is drawn. */
struct canvas {
    const struct chart *c;
    cairo_t *cr;
    double top, height; /* of the line */
    double low, high;   /* values at its foot and its head */
};

static void use(cairo_t *cr, struct colour colour)
{
    cairo_set_source_rgb(cr, colour.r, colour.g, colour.b);
}

/* ---- where things are ------------------------------------------------------ */

static double x_of(const struct chart *c, int64_t at)
{
    double part = (double)(at - c->from) / (double)(c->to - c->from);

    part = part < 0 ? 0 : part > 1 ? 1 : part;
    return EDGE + part * (CHART_WIDTH - 2 * EDGE);
}

static double y_of(const struct canvas *v, double value)
{
    double part = (value - v->low) / (v->high - v->low);

    return v->top + v->height * (1 - part);
}

static void widen(struct canvas *v, double value)
{
    if (!isfinite(value))
        return;
    if (value < v->low)
        v->low = value;
    if (value > v->high)
        v->high = value;
}

/* From nought, or below, to a little more than the highest. */
static void scale(struct canvas *v)
{
    v->low = 0;
    v->high = 0;
    for (size_t i = 0; i < v->c->points_count; i++)
        widen(v, v->c->points[i].value);
    widen(v, v->c->limit);
    if (v->high <= v->low)
        v->high = v->low + 1;
    v->high += (v->high - v->low) * 0.05;
}

/* ---- the line ------------------------------------------------------------------ */

static void draw_grid(const struct canvas *v)
{
    use(v->cr, grid);
    cairo_set_line_width(v->cr, 1);
    for (int i = 0; i <= 4; i++) {
        double y = floor(v->top + v->height * i / 4) + 0.5;

        cairo_move_to(v->cr, EDGE, y);
        cairo_line_to(v->cr, CHART_WIDTH - EDGE, y);
    }
    cairo_stroke(v->cr);
}

static void draw_limit(const struct canvas *v)
{
    static const double dashes[] = { 6, 4 };
    double y;

    if (!isfinite(v->c->limit))
        return;
    y = floor(y_of(v, v->c->limit)) + 0.5;
    use(v->cr, red);
    cairo_set_line_width(v->cr, 1);
    cairo_set_dash(v->cr, dashes, 2, 0);
    cairo_move_to(v->cr, EDGE, y);
    cairo_line_to(v->cr, CHART_WIDTH - EDGE, y);
    cairo_stroke(v->cr);
    cairo_set_dash(v->cr, NULL, 0, 0);
}

static void draw_points(const struct canvas *v)
{
    bool pen = false;

    use(v->cr, ink);
    cairo_set_line_width(v->cr, 2);
    cairo_set_line_join(v->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(v->cr, CAIRO_LINE_CAP_ROUND);
    for (size_t i = 0; i < v->c->points_count; i++) {
        const struct chart_point *p = &v->c->points[i];

        if (!isfinite(p->value)) {
            pen = false;
            continue;
        }
        if (!pen)
            cairo_move_to(v->cr, x_of(v->c, p->at), y_of(v, p->value));
        cairo_line_to(v->cr, x_of(v->c, p->at), y_of(v, p->value));
        pen = true;
    }
    cairo_stroke(v->cr);
}

/* When this alert began, through all of it. */
static void draw_mark(const struct canvas *v, double bottom)
{
    double x;

    if (v->c->mark <= 0)
        return;
    x = floor(x_of(v->c, v->c->mark)) + 0.5;
    use(v->cr, red);
    cairo_set_line_width(v->cr, 2);
    cairo_move_to(v->cr, x, EDGE);
    cairo_line_to(v->cr, x, bottom);
    cairo_stroke(v->cr);
}

/* ---- the strip ----------------------------------------------------------------- */

static void draw_band(const struct canvas *v, const struct chart_band *b,
                      double y, double height)
{
    int64_t to = b->to ? b->to : v->c->to;
    double left, right;

    if (to < v->c->from || b->from > v->c->to)
        return;
    left = x_of(v->c, b->from);
    right = x_of(v->c, to);
    if (right - left < 2) /* however short, it is seen */
        right = left + 2;
    use(v->cr, severities[b->severity]);
    cairo_rectangle(v->cr, left, y, right - left, height);
    cairo_fill(v->cr);
}

static void draw_strip(const struct canvas *v, double y)
{
    double height = CHART_STRIP - 2 * EDGE;

    use(v->cr, grid);
    cairo_rectangle(v->cr, EDGE, y, CHART_WIDTH - 2 * EDGE, height);
    cairo_fill(v->cr);
    for (size_t i = 0; i < v->c->bands_count; i++)
        draw_band(v, &v->c->bands[i], y, height);
}

/* ---- all of it ------------------------------------------------------------------- */

static void draw(struct canvas *v)
{
    double line = v->c->points_count ? CHART_LINE : 0;

    use(v->cr, paper);
    cairo_paint(v->cr);
    if (line > 0) {
        v->top = EDGE;
        v->height = line - 2 * EDGE;
        scale(v);
        draw_grid(v);
        draw_limit(v);
        draw_points(v);
    }
    draw_strip(v, line + EDGE);
    draw_mark(v, line + CHART_STRIP - EDGE);
}

static cairo_status_t keep(void *arg, const unsigned char *data,
                           unsigned int len)
{
    buf_add(arg, data, len);
    return CAIRO_STATUS_SUCCESS;
}

static bool fits(const struct chart *c, struct err *err)
{
    if (c->from >= c->to)
        return err_set(err, ERR_USER, "a chart of no time at all");
    if (!c->points_count && !c->bands_count)
        return err_set(err, ERR_USER, "a chart of nothing");
    if (c->points_count > CHART_POINTS || c->bands_count > CHART_POINTS)
        return err_set(err, ERR_USER, "a chart of too many points: %zu",
                       c->points_count + c->bands_count);
    return true;
}

bool chart_png(const struct chart *c, struct buf *out, struct err *err)
{
    struct canvas v = { .c = c };
    cairo_surface_t *surface;
    cairo_status_t status;
    int height;

    if (!fits(c, err))
        return false;
    height = CHART_STRIP + (c->points_count ? CHART_LINE : 0);
    surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, CHART_WIDTH, height);
    v.cr = cairo_create(surface);
    draw(&v);
    status = cairo_status(v.cr);
    cairo_destroy(v.cr);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_write_to_png_stream(surface, keep, out);
    cairo_surface_destroy(surface);
    return status == CAIRO_STATUS_SUCCESS ||
           err_set(err, ERR_USER, "a chart could not be drawn: %s",
                   cairo_status_to_string(status));
}

/* ---- in words ---------------------------------------------------------------------- */

static void say_values(const struct chart *c, struct buf *out)
{
    double low = NAN, high = NAN, last = NAN;

    for (size_t i = 0; i < c->points_count; i++) {
        double value = c->points[i].value;

        if (!isfinite(value))
            continue;
        low = isfinite(low) && low < value ? low : value;
        high = isfinite(high) && high > value ? high : value;
        last = value;
    }
    if (isfinite(last))
        buf_fmt(out, "lowest %.4g, highest %.4g, last %.4g", low, high, last);
    else
        buf_str(out, "no values");
    if (isfinite(c->limit))
        buf_fmt(out, ", limit %.4g", c->limit);
    buf_str(out, ". ");
}

static void say_bands(const struct chart *c, struct buf *out)
{
    char age[CLOCK_TEXT];
    int64_t all = 0;
    size_t count = 0;

    for (size_t i = 0; i < c->bands_count; i++) {
        const struct chart_band *b = &c->bands[i];
        int64_t from = b->from > c->from ? b->from : c->from;
        int64_t to = b->to && b->to < c->to ? b->to : c->to;

        if (to < from)
            continue;
        all += to - from;
        count++;
    }
    buf_fmt(out, "Fired %zu time%s, %s in all.", count, count == 1 ? "" : "s",
            clock_age(all, age));
}

/* "24 h", where others would say "1 d 0 h". */
static const char *span_of(const struct chart *c, char out[CLOCK_TEXT])
{
    int64_t hours = (c->to - c->from) / 3600000;

    if (hours < 1 || hours > 48)
        return clock_age(c->to - c->from, out);
    snprintf(out, CLOCK_TEXT, "%lld h", (long long)hours);
    return out;
}

char *chart_alt(const struct chart *c, const char *what)
{
    char *cut = text_cut(what, ALT_MOST / 2), age[CLOCK_TEXT], clock[32];
    time_t end = (time_t)(c->to / 1000);
    struct buf out = { 0 };
    struct tm tm;

    gmtime_r(&end, &tm);
    strftime(clock, sizeof clock, "%H:%M UTC", &tm);
    buf_fmt(&out, "%s, %s to %s: ", cut, span_of(c, age), clock);
    if (c->points_count)
        say_values(c, &out);
    say_bands(c, &out);
    free(cut);
    return buf_take(&out);
}
