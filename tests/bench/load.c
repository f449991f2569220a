#include "tests/bench/load.h"

#include <stdlib.h>

static long whole(const json_t *answer, const char *key)
{
    return (long)json_integer_value(json_object_get(answer, key));
}

static double number(const json_t *answer, const char *key)
{
    return json_number_value(json_object_get(answer, key));
}

static json_t *request(const struct load *load)
{
    json_t *body =
        json_pack("{s:s,s:s,s:s,s:s}", "user", "U0ANN", "channel", "C0OPS",
                  "command", load->command, "text", load->text);

    if (load->rate) {
        json_object_set_new(body, "rate", json_integer(load->rate));
        json_object_set_new(body, "seconds", json_integer(load->seconds));
    } else {
        json_object_set_new(body, "count", json_integer(load->count));
        json_object_set_new(body, "window", json_integer(load->window));
    }
    return body;
}

void load_run(struct harness *h, const struct load *load, struct figures *out)
{
    json_t *answer = control_post(h, "load", request(load));
    const json_t *ms = json_object_get(answer, "ms");

    *out = (struct figures){
        .sent = whole(answer, "sent"),
        .replied = whole(answer, "replied"),
        .lost = whole(answer, "lost") + whole(answer, "refused"),
        .per_second = number(answer, "per_second"),
        .p50 = number(ms, "p50"),
        .p90 = number(ms, "p90"),
        .p99 = number(ms, "p99"),
    };
    json_decref(answer);
    if (out->lost || out->replied != out->sent)
        harness_fail("%s %s: %ld of %ld answered", load->command, load->text,
                     out->replied, out->sent);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double load_median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, ascending);
    return values[n / 2];
}
