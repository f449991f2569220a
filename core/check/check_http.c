/*
 * check_http: a GET is answered as it should be: status, a value in its JSON,
 * a text in its body, in time.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/check/get.h"

#define VALUE_SHOWN 60 /* characters */

static void *http_open(const struct config_check *spec,
                       const struct check_world *world)
{
    (void)world;
    return get_new(spec);
}

static void http_close(void *kept)
{
    get_free(kept);
}

static bool status_fits(struct check_ask *ask, int status)
{
    int want = (int)ask->spec->expect.status;
    const char *note =
        status >= 300 && status < 400 ? " (redirects are not followed)" : "";

    if (want == status || (want == 0 && status >= 200 && status < 300))
        return true;
    if (want == 0)
        check_bad(ask, "HTTP %d, expected 2xx%s", status, note);
    else
        check_bad(ask, "HTTP %d, expected %d%s", status, want, note);
    return false;
}

static bool value_fits(struct check_ask *ask, const char *value)
{
    const char *path = ask->spec->expect.json_path;
    const char *want = ask->spec->expect.json_equals;
    char *shown;

    if (!value) {
        check_bad(ask, "its answer has no `%s`", path);
        return false;
    }
    if (!want || strcmp(value, want) == 0)
        return true;
    shown = check_shown(value, VALUE_SHOWN);
    check_bad(ask, "`%s` is %s, expected %s", path, *shown ? shown : "empty",
              want);
    free(shown);
    return false;
}

static bool json_fits(struct check_ask *ask, const struct get_answer *a)
{
    const char *path = ask->spec->expect.json_path;
    struct json_doc *doc;
    struct err ignored;
    char *value;
    bool ok = false;

    if (!path)
        return true;
    doc = a->cut ? NULL : json_doc_parse(a->body, a->len, &ignored);
    if (a->cut) {
        check_bad(ask,
                  "its answer is larger than %d KiB: no JSON is looked"
                  " into",
                  GET_BODY >> 10);
    } else if (!doc) {
        check_bad(ask, "its answer is not JSON");
    } else {
        value = json_doc_value(doc, path);
        ok = value_fits(ask, value);
        free(value);
    }
    json_doc_free(doc);
    return ok;
}

static bool body_fits(struct check_ask *ask, const struct get_answer *a)
{
    const char *want = ask->spec->expect.contains;

    if (!want || memmem(a->body, a->len, want, strlen(want)))
        return true;
    check_bad(ask, "its answer does not contain \"%s\"%s", want,
              a->cut ? " (the first 64 KiB of it)" : "");
    return false;
}

static void http_run(struct check_ask *ask)
{
    struct get_answer a;

    if (get_run(ask->kept, ask, ask->spec->url, &a) &&
        status_fits(ask, a.status) && json_fits(ask, &a) && body_fits(ask, &a))
        check_ok_time(ask);
}

const struct check_type check_http = { http_open, http_run, http_close };
