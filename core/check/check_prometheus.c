/*
 * check_prometheus: an instant query's values are within their limits. Each
 * series must be; none at all is a failure that says so.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/check/get.h"

#define SHOWN 80 /* characters of labels and of errors */

struct prometheus {
    struct get *get;
    char *url;
};

static void *prometheus_open(const struct config_check *spec,
                             const struct check_world *world)
{
    struct prometheus *p = xcalloc(1, sizeof *p);
    size_t len = strlen(spec->url);
    char *query = get_escape(spec->query);

    (void)world;
    while (len > 0 && spec->url[len - 1] == '/')
        len--;
    p->get = get_new(spec);
    p->url =
        xasprintf("%.*s/api/v1/query?query=%s", (int)len, spec->url, query);
    free(query);
    return p;
}

static void prometheus_close(void *kept)
{
    struct prometheus *p = kept;

    get_free(p->get);
    free(p->url);
    free(p);
}

/* ---- values ---------------------------------------------------------------------- */

/* What is no number, such as the nothing of a histogram, is in no limit. */
static double number(const char *text)
{
    char *end;
    double value = strtod(text, &end);

    return *text && !*end ? value : NAN;
}

/* That of series i. */
static const char *value_of(const struct json_doc *doc, size_t i)
{
    char path[64];

    snprintf(path, sizeof path, "data.result.%zu.value.1", i);
    return json_doc_str(doc, path);
}

/* What is wrong with a value, as "expected below 0.5"; NULL: nothing. */
static const char *limit(const struct check_ask *ask, double value,
                         const char **of)
{
    const char *below = ask->spec->expect.below;
    const char *above = ask->spec->expect.above;

    if (below && !(value < strtod(below, NULL))) { /* so is NaN */
        *of = below;
        return "below";
    }
    if (above && !(value > strtod(above, NULL))) {
        *of = above;
        return "above";
    }
    return NULL;
}

/* How far outside a value is; 0: it is not. */
static double outside(const struct check_ask *ask, double value)
{
    const char *of;
    double far;

    if (!limit(ask, value, &of))
        return 0;
    far = fabs(value - strtod(of, NULL));
    /* NaN, or infinity of infinity; a limit itself is outside. */
    return isnan(far) ? INFINITY : far + DBL_MIN;
}

/* One series out of its limits. */
static void complain(struct check_ask *ask, const struct json_doc *doc,
                     size_t i, size_t wrong, size_t count)
{
    const char *of = "", *text = value_of(doc, i);
    const char *side = limit(ask, number(text), &of);
    char path[64], few[72] = "";
    char *metric, *shown;

    snprintf(path, sizeof path, "data.result.%zu.metric", i);
    metric = json_doc_raw(doc, path);
    shown =
        check_shown(metric && strcmp(metric, "{}") != 0 ? metric : "", SHOWN);
    if (count > 1)
        snprintf(few, sizeof few, "%zu of %zu series: ", wrong, count);
    check_bad(ask, "%s%s, expected %s %s%s%s", few, *text ? text : "no number",
              side ? side : "", of, *shown ? " · " : "", shown);
    free(metric);
    free(shown);
}

/* The worst is named: Prometheus's order means nothing and changes. */
static void judge_vector(struct check_ask *ask, const struct json_doc *doc)
{
    size_t count = json_doc_count(doc, "data.result"), wrong = 0, worst = 0;
    double most = 0;

    for (size_t i = 0; i < count; i++) {
        double far = outside(ask, number(value_of(doc, i)));

        if (far > 0)
            wrong++;
        if (far > most) {
            most = far;
            worst = i;
        }
    }
    if (count == 0)
        check_bad(ask, "its query finds nothing: no series has a value now");
    else if (wrong > 0)
        complain(ask, doc, worst, wrong, count);
    else if (count == 1)
        check_ok(ask, "%.40s", value_of(doc, 0));
    else
        check_ok(ask, "%zu series", count);
}

static void judge_scalar(struct check_ask *ask, const struct json_doc *doc)
{
    const char *text = json_doc_str(doc, "data.result.1"), *of;
    const char *side = limit(ask, number(text), &of);

    if (side)
        check_bad(ask, "%.40s, expected %s %s", text, side, of);
    else
        check_ok(ask, "%.40s", text);
}

static void judge(struct check_ask *ask, const struct json_doc *doc)
{
    const char *type = json_doc_str(doc, "data.resultType");

    if (strcmp(type, "vector") == 0)
        judge_vector(ask, doc);
    else if (strcmp(type, "scalar") == 0)
        judge_scalar(ask, doc);
    else
        check_bad(ask,
                  "its query gives a %.20s: expected an instant vector or"
                  " a scalar",
                  *type ? type : "result that is none of Prometheus");
}

/* ---- asking ------------------------------------------------------------------------ */

static void refused(struct check_ask *ask, const struct get_answer *a,
                    const struct json_doc *doc)
{
    char *why = check_shown(doc ? json_doc_str(doc, "error") : "", SHOWN);

    if (*why)
        check_bad(ask, "Prometheus refuses the query: %s", why);
    else if (a->status == 200)
        check_bad(ask, "its answer is another one's: is this Prometheus?");
    else
        check_bad(ask, "HTTP %d, expected 200", a->status);
    free(why);
}

static void prometheus_run(struct check_ask *ask)
{
    struct prometheus *p = ask->kept;
    struct json_doc *doc = NULL;
    struct get_answer a;
    struct err ignored;

    if (!get_run(p->get, ask, p->url, &a))
        return;
    if (!a.cut)
        doc = json_doc_parse(a.body, a.len, &ignored);
    if (a.cut)
        check_bad(ask,
                  "its answer is larger than %d KiB: the query finds too"
                  " many series",
                  GET_BODY >> 10);
    else if (a.status != 200 ||
             (doc && strcmp(json_doc_str(doc, "status"), "success") != 0))
        refused(ask, &a, doc);
    else if (!doc)
        check_bad(ask, "its answer is not JSON: is this Prometheus?");
    else
        judge(ask, doc);
    json_doc_free(doc);
}

const struct check_type check_prometheus = { prometheus_open, prometheus_run,
                                             prometheus_close };
