#include "bot/http/metrics_text.h"

#include <stdio.h>

static const char *const types[] = {
    [METRIC_GAUGE] = "gauge",
    [METRIC_COUNTER] = "counter",
    [METRIC_HISTOGRAM] = "histogram",
};

void metric_family(struct metrics *m, const char *name, enum metric_type type,
                   const char *help)
{
    m->name = name;
    buf_fmt(m->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
            types[type]);
}

static void add_escaped(struct buf *out, const char *value)
{
    for (; *value; value++) {
        if (*value == '\n') {
            buf_str(out, "\\n");
            continue;
        }
        if (*value == '"' || *value == '\\')
            buf_char(out, '\\');
        buf_char(out, *value);
    }
}

static void add_labels(struct buf *out, const char *const *labels)
{
    const char *before = "{";

    for (; labels[0]; labels += 2) {
        buf_fmt(out, "%s%s=\"", before, labels[0]);
        add_escaped(out, labels[1]);
        buf_char(out, '"');
        before = ",";
    }
    if (*before == ',')
        buf_char(out, '}');
}

void metric_sample(struct metrics *m, double value, const char *const *labels)
{
    if (value < 0)
        return;
    buf_str(m->out, m->name);
    add_labels(m->out, labels);
    buf_fmt(m->out, " %.15g\n", value);
}

static void part(struct metrics *m, const char *suffix, double value,
                 const char *const *labels)
{
    buf_fmt(m->out, "%s%s", m->name, suffix);
    add_labels(m->out, labels);
    buf_fmt(m->out, " %.15g\n", value);
}

void metric_histogram(struct metrics *m, const struct meter *meter,
                      const char *label, const char *value)
{
    char bound[32] = "+Inf";
    const char *const labels[] = { label, value, NULL };
    const char *const upto[] = { label ? label : "le", label ? value : bound,
                                 label ? "le" : NULL, bound, NULL };
    struct meter_reading r;

    meter_read(meter, &r);
    for (unsigned i = 0; i < METER_BOUNDS; i++) {
        snprintf(bound, sizeof bound, "%.15g",
                 (double)meter_bounds_us[i] / 1e6);
        part(m, "_bucket", (double)r.upto[i], upto);
    }
    snprintf(bound, sizeof bound, "+Inf");
    part(m, "_bucket", (double)r.count, upto);
    part(m, "_sum", (double)r.sum_us / 1e6, labels);
    part(m, "_count", (double)r.count, labels);
}

void metric_single(struct metrics *m, const char *name, enum metric_type type,
                   const char *help, double value)
{
    const char *const none[] = { NULL };

    metric_family(m, name, type, help);
    metric_sample(m, value, none);
}
