/* check_prometheus: answers as Prometheus documents them, from a stub. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/core/check/asking.h"

static struct asking a;
static char *asked; /* the request line of the last one */

static void start(void)
{
    asking_start(&a, CHECK_PROMETHEUS);
    a.spec.query = (char *)"sum(rate(x{code=~\"5..\"}[5m])) > 0";
    a.spec.expect.below = (char *)"0.5";
}

static void stop(void)
{
    asking_stop(&a);
    free(asked);
}

TestSuite(check_prometheus, .init = start, .fini = stop);

struct answer {
    int status;
    const char *body;
};

static void answers(struct peer_conn *c, void *arg)
{
    const struct answer *answer = arg;
    const char *head;

    while ((head = peer_head(c))) {
        free(asked);
        asked = xstrndup(head, strcspn(head, "\r"));
        peer_answer(c, answer->status, answer->body);
    }
}

static void serve(int status, const char *body)
{
    static struct answer answer;
    struct peer_options options = { .script = answers, .arg = &answer };

    answer = (struct answer){ status, body };
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
    cr_expect_str_eq(asked, "GET /prom/api/v1/query?query=sum%28rate%28x%7Bcode"
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
    expect_bad(&a, "2 of 3 series: 0.9, expected below 0.5 · {\"i\":\"b\"}");
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
    expect_bad(&a, "HTTP 200");
}
