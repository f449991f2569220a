/* range: see range.h. */
#include "core/check/range.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/check/get.h"

#define EXPR "g0.expr="

/* Without the slash at its end. */
static size_t server_length(const struct config_check *spec)
{
    size_t len = strlen(spec->url);

    while (len > 0 && spec->url[len - 1] == '/')
        len--;
    return len;
}

static bool leads_there(const struct config_check *spec, const char *url)
{
    size_t len;

    if (spec->kind != CHECK_PROMETHEUS || !spec->url)
        return false;
    len = server_length(spec);
    return len > 0 && !strncmp(url, spec->url, len) && url[len] == '/';
}

/* The value of g0.expr; NULL: there is none. Heap. */
static char *query_of(const char *url)
{
    const char *at = strchr(url, '?');

    while (at) {
        at++;
        if (!strncmp(at, EXPR, strlen(EXPR))) {
            at += strlen(EXPR);
            return text_unescape(at, strcspn(at, "&#"), true);
        }
        at = strchr(at, '&');
    }
    return NULL;
}

const struct config_check *range_source(const struct config *cfg,
                                        const char *url, char **query)
{
    *query = NULL;
    for (unsigned i = 0; i < cfg->checks_count; i++) {
        if (!leads_there(&cfg->checks[i], url))
            continue;
        *query = query_of(url);
        return *query ? &cfg->checks[i] : NULL;
    }
    return NULL;
}

static char *address(const struct config_check *spec, const char *query,
                     int64_t from, int64_t to, size_t most)
{
    char *escaped = get_escape(query);
    int64_t step = (to - from) / 1000 / (int64_t)most + 1;
    char *url = xasprintf("%.*s/api/v1/query_range?query=%s&start=%lld&end="
                          "%lld&step=%lld",
                          (int)server_length(spec), spec->url, escaped,
                          (long long)from / 1000, (long long)to / 1000,
                          (long long)step);

    free(escaped);
    return url;
}

static double number(const char *text)
{
    char *end;
    double value = strtod(text, &end);

    return *text && !*end ? value : NAN;
}

static bool read_points(const struct get_answer *answer, size_t most,
                        struct chart_point **points, size_t *count,
                        struct err *err)
{
    struct json_doc *doc = json_doc_parse(answer->body, answer->len, err);
    char path[64];
    size_t n;

    if (!doc)
        return false;
    n = json_doc_count(doc, "data.result.0.values");
    *count = n < most ? n : most;
    *points = xcalloc(*count + 1, sizeof **points);
    for (size_t i = 0; i < *count; i++) {
        snprintf(path, sizeof path, "data.result.0.values.%zu.0", i);
        (*points)[i].at = json_doc_int(doc, path, 0) * 1000;
        snprintf(path, sizeof path, "data.result.0.values.%zu.1", i);
        (*points)[i].value = number(json_doc_str(doc, path));
    }
    json_doc_free(doc);
    return true;
}

bool range_ask(const struct config_check *spec, const char *query, int64_t from,
               int64_t to, size_t most, struct chart_point **points,
               size_t *count, struct err *err)
{
    struct check_result result = { 0 };
    struct check_ask ask = {
        .spec = spec,
        .began = clock_mono_us(),
        .until = clock_mono_ms() + spec->timeout_ms,
        .out = &result,
    };
    struct get_answer answer;
    struct get *get = get_new(spec);
    char *url = address(spec, query, from, to, most);
    bool ok;

    *points = NULL;
    *count = 0;
    if (!get_run(get, &ask, url, &answer))
        ok = err_set(err, ERR_SYSTEM, "%s: %s", spec->id, result.text);
    else if (answer.status != 200 || answer.cut)
        ok = err_set(err, ERR_SYSTEM, "%s: HTTP %d%s", spec->id, answer.status,
                     answer.cut ? ", and more than is read" : "");
    else
        ok = read_points(&answer, most, points, count, err);
    free(url);
    get_free(get);
    return ok;
}
