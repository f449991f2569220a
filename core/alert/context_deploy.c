/*
 * context_deploy: deployments that we are told of, so that an alert can say
 * what was changed before it. No state of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/context.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define NAME_CHARS 100
#define URL_BYTES  500
#define AHEAD_MS   INT64_C(3600000) /* a clock that is this wrong is refused */
#define SECONDS_TO INT64_C(100000000000) /* a number below it is seconds */

static const struct db_stmt stmt_put = {
    .name = "deploy_put",
    .sql = "insert into opsbot.deploys (op, service, version, actor, url, at)"
           " values ($1::text, $2::text, $3::text, $4::text, $5::text,"
           "  to_timestamp($6::bigint / 1000.0))"
           " on conflict (op) do nothing",
    .params = 6,
};

/* One line, without secrets, of a length for a card. Heap. */
static char *words(const struct json_doc *doc, const char *member)
{
    char *line = text_first_line(json_doc_str(doc, member));
    char *masked = text_mask(line, NULL, 0);
    char *cut = text_cut(masked, NAME_CHARS);

    free(line);
    free(masked);
    return cut;
}

static bool read_service(struct deploy *out, struct err *err)
{
    if (*out->service)
        return true;
    return err_set(err, ERR_USER,
                   "`service` is missing: which one was deployed, as in"
                   " {\"service\": \"pay\", \"version\": \"1.4.2\"}");
}

static bool read_url(struct deploy *out, const struct json_doc *doc,
                     struct err *err)
{
    const char *url = json_doc_str(doc, "url");
    bool web =
        strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;

    if (*url && (!web || strlen(url) > URL_BYTES || strpbrk(url, " \n<>|\"")))
        return err_set(err, ERR_USER,
                       "`url` is no http or https URL of at most %d bytes",
                       URL_BYTES);
    out->url = xstrdup(url);
    return true;
}

/* RFC 3339, or a number: seconds, or milliseconds, since 1970. */
static int64_t moment(const struct json_doc *doc)
{
    int64_t n = json_doc_int(doc, "at", 0);

    if (n == 0)
        return clock_read(json_doc_str(doc, "at"));
    return n < SECONDS_TO ? n * 1000 : n;
}

static bool read_at(struct deploy *out, const struct json_doc *doc,
                    struct err *err)
{
    int64_t now = clock_wall_ms();

    out->at = json_doc_has(doc, "at") ? moment(doc) : now;
    if (out->at > 0 && out->at <= now + AHEAD_MS)
        return true;
    return err_set(err, ERR_USER,
                   "`at` is no moment that was: write it as"
                   " 2026-11-20T15:41:07Z, or leave it out for now");
}

bool deploy_read(struct deploy *out, const char *body, size_t len,
                 struct err *err)
{
    struct json_doc *doc = json_doc_parse(body, len, err);
    bool ok;

    *out = (struct deploy){ 0 };
    if (!doc)
        return false;
    out->service = words(doc, "service");
    out->version = words(doc, "version");
    out->actor = words(doc, "by");
    ok = read_service(out, err) && read_url(out, doc, err) &&
         read_at(out, doc, err);
    json_doc_free(doc);
    if (!ok)
        deploy_dispose(out);
    return ok;
}

void deploy_dispose(struct deploy *d)
{
    free(d->service);
    free(d->version);
    free(d->actor);
    free(d->url);
    *d = (struct deploy){ 0 };
}

bool deploy_put(struct db *db, const char *op, const struct deploy *d,
                struct err *err)
{
    char at[TEXT_NUMBER];

    return db_run(db, &stmt_put, NULL, err, op, d->service, d->version,
                  d->actor, d->url, text_number(at, d->at));
}
