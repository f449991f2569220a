/* check_prometheus: a real one, and from a stub what that cannot be made to
 * answer. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/core/check/asking.h"
#include "tests/core/check/prometheus.h"
#include "tests/harness/process.h"

static struct asking a;
static struct asking_stub stub;

static void start(void)
{
    asking_start(&a, CHECK_PROMETHEUS);
    a.spec.query = (char *)"sum(rate(x{code=~\"5..\"}[5m])) > 0";
    a.spec.expect.below = (char *)"0.5";
}

static void stop(void)
{
    asking_stop(&a);
}

TestSuite(check_prometheus, .init = start, .fini = stop);

static void serve(int status, const char *body)
{
    struct peer_options options = { .script = asking_same, .arg = &stub };

    stub.status = status;
    stub.body = body;
    asking_peer(&a, &options, "http://127.0.0.1:PORT/prom/");
}

#define VECTOR(series)                                                         \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":"  \
    "[" series "]}}"

Test(check_prometheus, a_value_within_its_limits)
{
    serve(200, VECTOR("{\"metric\":{},\"value\":[1435781451.781,\"0.25\"]}"));
    expect_ok(&a, "0.25");
    peer_stop(a.peer);
    a.peer = NULL;
    cr_expect_str_eq(stub.asked,
                     "GET /prom/api/v1/query?query=sum%28rate%28x%7Bcode"
                     "%3D~%225..%22%7D%5B5m%5D%29%29%20%3E%200 "
                     "HTTP/1.1");
}

Test(check_prometheus, a_value_outside)
{
    serve(200, VECTOR("{\"metric\":{\"job\":\"api\"},\"value\":[1,\"0.75\"]}"));
    expect_bad(&a, "0.75, expected below 0.5 · {\"job\":\"api\"}");
    a.spec.expect.below = NULL;
    a.spec.expect.above = (char *)"1e0";
    expect_bad(&a, "0.75, expected above 1e0");
    a.spec.expect.above = (char *)"0.75";
    expect_bad(&a, "expected above");
    a.spec.expect.above = (char *)"-1";
    expect_ok(&a, "0.75");
}

Test(check_prometheus, each_series_must_be_within)
{
    serve(200, VECTOR("{\"metric\":{\"i\":\"a\"},\"value\":[1,\"0.1\"]},"
                      "{\"metric\":{\"i\":\"b\"},\"value\":[1,\"0.9\"]},"
                      "{\"metric\":{\"i\":\"c\"},\"value\":[1,\"+Inf\"]}"));
    expect_bad(&a, "2 of 3 series: +Inf, expected below 0.5 · {\"i\":\"c\"}");
    a.spec.expect.below = (char *)"inf";
    expect_bad(&a, "1 of 3 series: +Inf");
    a.spec.expect.below = NULL;
    a.spec.expect.above = (char *)"0";
    expect_ok(&a, "3 series");
}

Test(check_prometheus, nothing_and_no_number_are_failures)
{
    serve(200, VECTOR(""));
    expect_bad(&a, "its query finds nothing: no series has a value now");
    serve(200, VECTOR("{\"metric\":{},\"value\":[1,\"NaN\"]}"));
    expect_bad(&a, "NaN, expected below 0.5");
    serve(200, VECTOR("{\"metric\":{},\"histogram\":[1,{\"count\":\"3\"}]}"));
    expect_bad(&a, "no number, expected below 0.5");
}

Test(check_prometheus, a_scalar)
{
    serve(200, "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\","
               "\"result\":[1,\"0.4\"]}}");
    expect_ok(&a, "0.4");
    a.spec.expect.below = (char *)"0.4";
    expect_bad(&a, "0.4, expected below 0.4");
}

Test(check_prometheus, what_is_no_answer)
{
    serve(400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":"
               "\"parse error: unclosed parenthesis\"}");
    expect_bad(&a, "Prometheus refuses the query: parse error: unclosed "
                   "parenthesis");
    serve(200, "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\","
               "\"result\":[]}}");
    expect_bad(&a, "its query gives a matrix: expected an instant vector or a "
                   "scalar");
    serve(503, "Service Unavailable");
    expect_bad(&a, "HTTP 503, expected 200");
    serve(200, "<html>Grafana</html>");
    expect_bad(&a, "its answer is not JSON: is this Prometheus?");
    serve(200, "{}");
    expect_bad(&a, "its answer is another one's: is this Prometheus?");
}

/* ---- a real one -------------------------------------------------------------- */

static struct prometheus real;

static void start_real(void)
{
    asking_start(&a, CHECK_PROMETHEUS);
    prometheus_start(&real);
    a.spec.url = real.url;
}

static void stop_real(void)
{
    asking_stop(&a);
    prometheus_stop(&real);
}

TestSuite(real_prometheus, .init = start_real, .fini = stop_real,
          .timeout = 120);

/* From now on; NULL: no such limit. */
static void query(const char *text, const char *below, const char *above)
{
    a.spec.query = (char *)text;
    a.spec.expect.below = (char *)below;
    a.spec.expect.above = (char *)above;
    asking_anew(&a);
}

Test(real_prometheus, one_value)
{
    query("vector(7)", "7.5", "6.5");
    expect_ok(&a, "7");
    query("vector(7)", "7", NULL);
    expect_bad(&a, "7, expected below 7");
    query("vector(7)", NULL, "7");
    expect_bad(&a, "7, expected above 7");
    query("scalar(vector(7))", "8", NULL);
    expect_ok(&a, "7");
    query("7", NULL, "8");
    expect_bad(&a, "7, expected above 8");
    query("vector(0) / vector(0)", "1", NULL);
    expect_bad(&a, "NaN, expected below 1");
    query("vector(-1) / 0", NULL, "0");
    expect_bad(&a, "-Inf, expected above 0");
    query("vector(1e-9)", "1e-8", "0");
    expect_ok(&a, "1e-09");
}

#define SERIES(value, name)                                                    \
    "label_replace(vector(" value "), 'disk', '" name "', '', '')"

Test(real_prometheus, several_series)
{
    const char *disks =
        SERIES("5", "a+b %") " or " SERIES("9", "c") " or " SERIES("2", "d");

    query(disks, "10", "1");
    expect_ok(&a, "3 series");
    query(disks, "4", NULL);
    expect_bad(&a, "2 of 3 series: 9, expected below 4 · {\"disk\":\"c\"}");
    query(disks, NULL, "6");
    expect_bad(&a, "2 of 3 series: 2, expected above 6 · {\"disk\":\"d\"}");
    query(disks, NULL, "8");
    expect_bad(&a, "2 of 3 series: 2, expected above 8");
    query(SERIES("5", "a+b %"), "5", NULL);
    expect_bad(&a, "5, expected below 5 · {\"disk\":\"a+b %\"}");
}

Test(real_prometheus, what_has_no_value)
{
    query("there_is_no_such_metric", "1", NULL);
    expect_bad(&a, "its query finds nothing: no series has a value now");
    query("vector(7) > 8", "1", NULL);
    expect_bad(&a, "its query finds nothing");
    query("vector(7)[5m:1m]", "8", NULL);
    expect_bad(&a, "its query gives a matrix: expected an instant vector or a "
                   "scalar");
    query("'seven'", "8", NULL);
    expect_bad(&a, "its query gives a string: expected an instant vector");
}

Test(real_prometheus, what_it_refuses)
{
    query("sum(up", "1", NULL);
    expect_bad(&a, "Prometheus refuses the query: invalid parameter \"query\": "
                   "1:7: parse error: unclosed left parenthesis");
    /* It reads well, but cannot be computed: 422. */
    query("vector(1) + on() (" SERIES("1", "a") " or " SERIES("2", "b") ")",
          "9", NULL);
    expect_bad(&a, "Prometheus refuses the query: found duplicate series");
    /* Another path: its 404 is plain text. */
    snprintf(a.url, sizeof a.url, "%s/elsewhere", real.url);
    a.spec.url = a.url;
    query("vector(7)", "8", NULL);
    expect_bad(&a, "HTTP 404, expected 200");
}

Test(real_prometheus, a_target_that_is_down)
{
    prometheus_wait_scraped(&real);
    query("up", NULL, "0");
    expect_bad(&a, "1 of 2 series: 0, expected above 0 · {\"__name__\":\"up\","
                   "\"instance\":\"127.0.0.1:1\",\"job\":\"away\"}");
    query("up == 0", NULL, "0");
    expect_bad(&a, "0, expected above 0 · {\"__name__\":\"up\",");
    query("count(up == 0)", "1", NULL);
    expect_bad(&a, "1, expected below 1");
    query("up{job=\"itself\"}", NULL, "0");
    expect_ok(&a, "1");
    query("up{job=\"itself\"} == 0", NULL, "0");
    expect_bad(&a, "its query finds nothing");
}

Test(real_prometheus, stopped_in_the_middle)
{
    query("vector(7)", "8", NULL);
    expect_ok(&a, "7");
    process_pause(real.process);
    a.spec.timeout_ms = HASTY_MS;
    expect_bad(&a, "no answer within 300 ms");
    expect_bad(&a, "no answer within 300 ms"); /* on a new connection */
    process_signal(real.process, SIGCONT);
    a.spec.timeout_ms = PATIENT_MS;
    expect_ok(&a, "7");
    prometheus_end(&real); /* the connection was kept open */
    expect_bad(&a, "cannot connect: Connection refused");
    prometheus_again(&real);
    expect_ok(&a, "7");
}
