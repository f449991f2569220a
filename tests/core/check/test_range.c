/* What a query was over a stretch of time: the answers of a stub. */
#include "core/check/range.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/check/asking.h"

#define NOW INT64_C(1795442400000)

static struct asking a;
static struct asking_stub stub;

static void start(void)
{
    asking_start(&a, CHECK_PROMETHEUS);
    a.spec.id = (char *)"prom";
}

static void stop(void)
{
    asking_stop(&a);
}

TestSuite(range, .init = start, .fini = stop);

static void serve(int status, const char *body)
{
    struct peer_options options = { .script = asking_same, .arg = &stub };

    stub.status = status;
    stub.body = body;
    asking_peer(&a, &options, "http://127.0.0.1:PORT/prom/");
}

static bool ask(struct chart_point **points, size_t *count, struct err *err)
{
    return range_ask(&a.spec, "rate(x[5m]) > 0", NOW - 86400000, NOW, 480,
                     points, count, err);
}

Test(range, the_first_series)
{
    struct chart_point *points;
    struct err err = { 0 };
    size_t count;

    serve(200, "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\","
               "\"result\":[{\"metric\":{},\"values\":[[1795442000,\"0.5\"],"
               "[1795442100,\"NaN\"],[1795442200,\"7.25\"]]},{\"metric\":{},"
               "\"values\":[]}]}}");
    cr_assert(ask(&points, &count, &err), "%s", err.text);
    cr_assert_eq(count, 3u);
    cr_expect_eq(points[0].at, INT64_C(1795442000000));
    cr_expect_float_eq(points[0].value, 0.5, 1e-9);
    cr_expect(isnan(points[1].value));
    cr_expect_float_eq(points[2].value, 7.25, 1e-9);
    free(points);
    peer_stop(a.peer);
    a.peer = NULL;
    cr_expect_str_eq(stub.asked,
                     "GET /prom/api/v1/query_range?query=rate%28x%5B5m%5D%29"
                     "%20%3E%200&start=1795356000&end=1795442400&step=181 "
                     "HTTP/1.1");
}

Test(range, no_such_series)
{
    struct chart_point *points;
    struct err err = { 0 };
    size_t count;

    serve(200, "{\"status\":\"success\",\"data\":{\"result\":[]}}");
    cr_assert(ask(&points, &count, &err));
    cr_expect_eq(count, 0u);
    free(points);
}

Test(range, what_is_no_answer)
{
    static const struct {
        int status;
        const char *body, *why;
    } bad[] = { { 503, "no", "prom: HTTP 503" }, { 200, "{", "" } };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct chart_point *points;
        struct err err = { 0 };
        size_t count;

        serve(bad[i].status, bad[i].body);
        cr_expect_not(ask(&points, &count, &err));
        cr_expect(strstr(err.text, bad[i].why), "%s", err.text);
        cr_expect_eq(count, 0u);
        peer_stop(a.peer);
        a.peer = NULL;
    }
}

/* Whose link leads to the server of one of our checks. */
Test(range, where_an_alert_comes_from)
{
    struct config_check checks[] = {
        { .kind = CHECK_HTTP, .url = (char *)"http://prom.example" },
        { .kind = CHECK_PROMETHEUS,
          .url = (char *)"http://prom.example:9090/" },
    };
    struct config cfg = { .checks = checks, .checks_count = 2 };
    static const struct {
        const char *url, *query;
    } links[] = {
        { "http://prom.example:9090/graph?g0.expr=up+%3D%3D%200&g0.tab=1",
          "up == 0" },
        { "http://prom.example:9090/graph?g0.tab=1&g0.expr=up", "up" },
        { "http://prom.example:9090/graph?g0.tab=1", NULL },
        { "http://prom.example:9090/graph", NULL },
        { "http://prom.example:9090x/graph?g0.expr=up", NULL },
        { "http://other.example/graph?g0.expr=up", NULL },
        { "http://prom.example/graph?g0.expr=up", NULL },
        { "http://prom.example:9090/graph?g0.expr=%0", NULL },
    };

    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        char *query;
        const struct config_check *spec =
            range_source(&cfg, links[i].url, &query);

        cr_expect_eq(spec, links[i].query ? &checks[1] : NULL, "%s",
                     links[i].url);
        if (links[i].query)
            cr_expect_str_eq(query, links[i].query);
        free(query);
    }
}
