/*
 * fuzz_stored: JSON that was stored by us, or by another version of us: acts
 * of confirmations and jobs, records of the journal, notes of retention. None
 * of it is trusted; what is no record is let go, and what is one waits while
 * its store is away.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/audit.h"
#include "core/ops/halt_act.h"
#include "core/ops/operation.h"
#include "core/ops/retention.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check_act(const struct json_doc *doc)
{
    struct act act = operation_act(doc, "OP"), same;
    char *text = operation_act_text(&act);
    struct err err;
    struct json_doc *again = json_doc_parse(text, strlen(text), &err);

    must(again != NULL);
    same = operation_act(again, "OP");
    must(same.recorded_at == act.recorded_at);
    must(strcmp(same.user, act.user) == 0);
    must(strcmp(same.text, act.text) == 0);
    json_doc_free(again);
    free(text);
}

static void check_retention(const char *text)
{
    struct retention run, same;
    char *again;

    retention_read(text, &run);
    again = retention_text(&run);
    retention_read(again, &same);
    must(same.at == run.at && same.trash == run.trash &&
         same.outbox == run.outbox && same.partitions == run.partitions &&
         same.operations == run.operations && same.checks == run.checks &&
         !run.over && run.step == 0);
    free(again);
}

/* With stores that are away: nothing is sent. */
static void check_records(const char *text, const struct json_doc *doc)
{
    struct store_health redis_away = { .name = "Redis", .down_since = 1 };
    struct store_health db_away = { .name = "Postgres", .down_since = 1 };
    struct config cfg = { .redis_prefix = (char[]){ "opsbot:" } };
    struct redis *r = redis_new(&cfg.redis, &redis_away);
    struct db *db = db_new("postgresql:///x?host=/nowhere", &db_away);
    struct err err = { 0 };

    if (!halt_apply_late(r, &cfg, text, &err))
        must(err.kind == ERR_REDIS && doc && *json_doc_str(doc, "scope"));
    err = (struct err){ 0 };
    must(!audit_write_text(db, text, &err));
    must(err.kind == ERR_DB || err.kind == ERR_USER);
    db_free(db);
    redis_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    struct err err;
    struct json_doc *doc = json_doc_parse(text, strlen(text), &err);

    if (doc)
        check_act(doc);
    check_retention(text);
    check_records(text, doc);
    json_doc_free(doc);
    free(text);
    return 0;
}
