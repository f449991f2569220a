/*
 * dlq list, show and requeue with a core of our own: what the handlers ask of
 * it, what they make of its answers, and that nothing leaks.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/dlq.h"
#include "tests/commands/calls.h"

static struct {
    bool fail;
    enum err_kind kind;
    const char *why;
    size_t page;
    enum requeue_result result;
    char *card;
    int disposed;
} core;

static bool answers(struct err *err)
{
    return !core.fail || err_set(err, core.kind, "%s", core.why);
}

static void fails(enum err_kind kind, const char *why)
{
    core.fail = true;
    core.kind = kind;
    core.why = why;
}

bool streams_resolve(struct redis *r, const struct config *cfg,
                     const char *typed, struct stream_name *out,
                     struct err *err)
{
    (void)r;
    (void)cfg;
    if (strcmp(typed, "notify.events") != 0)
        return err_set(err, ERR_USER, "there is no stream `%s`", typed);
    *out = (struct stream_name){ .stream = xstrdup(typed),
                                 .dlq = xasprintf("%s.dlq", typed) };
    return true;
}

void stream_name_dispose(struct stream_name *name)
{
    free(name->stream);
    free(name->dlq);
}

bool dlq_overview(struct redis *r, const struct config *cfg, int64_t now,
                  struct dlq_overview *out, struct err *err)
{
    static struct dlq_summary queue = { .depth = 3, .sampled = 3 };

    (void)r;
    (void)cfg;
    (void)now;
    queue.stream = (char *)(size_t) "notify.events";
    *out = (struct dlq_overview){
        .queues = &queue, .count = 1, .nonempty = 1, .total = 3
    };
    return answers(err);
}

void dlq_overview_dispose(struct dlq_overview *o)
{
    (void)o;
    core.disposed++;
}

bool dlq_show(struct redis *r, const struct config *cfg,
              const struct stream_name *name, bool trash, size_t page,
              int64_t now, struct dlq_page *out, struct err *err)
{
    (void)r;
    (void)trash;
    (void)cfg;
    (void)now;
    core.page = page;
    *out = (struct dlq_page){ .stream = name->stream,
                              .depth = 12,
                              .page = page,
                              .pages = 3,
                              .count = 1 };
    out->stream = (char *)(size_t) "notify.events";
    out->entries[0] = (struct dlq_entry){ .id = (char *)(size_t) "1700-0",
                                          .original_id = (char *)(size_t) "",
                                          .error = (char *)(size_t) "boom",
                                          .preview = (char *)(size_t) "a=1" };
    return answers(err);
}

void dlq_page_dispose(struct dlq_page *p)
{
    (void)p;
    core.disposed++;
}

bool dlq_requeue(struct redis *r, struct db *db, const struct config *cfg,
                 const struct requeue_want *want, struct requeue *out,
                 struct err *err)
{
    (void)r;
    (void)db;
    (void)cfg;
    *out = (struct requeue){ .act = want->act,
                             .name = want->name,
                             .id = want->id,
                             .result = core.result,
                             .new_id = (char *)(size_t) "1701-0",
                             .by = (char *)(size_t) "U0LEE",
                             .by_name = (char *)(size_t) "lee",
                             .op = (char *)(size_t) "7F3K21ABCDEFGHJK",
                             .at = NOW - 60000 };
    if (!answers(err))
        return false;
    if (core.result == REQUEUE_DONE)
        core.card = want->card(out, want->arg);
    return true;
}

void requeue_dispose(struct requeue *r)
{
    (void)r;
    core.disposed++;
}

static void finish(void)
{
    free(core.card);
    calls_end();
}

TestSuite(dlq, .fini = finish);

static void shows(const struct called *c, const char *part)
{
    cr_expect(strstr(c->text, part), "no \"%s\" in:\n%s", part, c->text);
}

static void hides(const struct called *c, const char *part)
{
    cr_expect_not(strstr(c->text, part), "\"%s\" in:\n%s", part, c->text);
}

Test(dlq, list_is_for_everyone_but_offers_only_what_they_may)
{
    shows(call_as("U0BEN", "dlq list"), "📮 Dead letters: 3 in 1 stream");
    hides(call_as("U0BEN", "dlq list"), "dlq show");
    shows(call_as("U0ANN", "dlq list"), "→ /bot dlq show notify.events");
    cr_expect_eq(core.disposed, 3);
}

Test(dlq, show_turns_pages)
{
    const struct called *c =
        call_as("U0ANN", "dlq show notify.events --page 2");

    cr_expect_eq(core.page, 2);
    shows(c, "Page 2 of 3");
    shows(c, "→ /bot dlq show notify.events --page 1  (Previous page)");
    shows(c, "→ /bot dlq show notify.events --page 3  (Next page)");
    shows(c, "→ /bot dlq requeue notify.events 1700-0  (Requeue)");
    call_as("U0ANN", "dlq show notify.events");
    cr_expect_eq(core.page, 1);
}

Test(dlq, show_explains_what_it_cannot_do)
{
    shows(call_as("U0ANN", "dlq show notify.events --page none"),
          "none is not a whole number from 1 to 1000000.");
    shows(call_as("U0ANN", "dlq show notify.event"),
          "There is no stream notify.event.");
    cr_expect_eq(core.disposed, 0);
    fails(ERR_REDIS, "Redis is down since 14:02:11 UTC (35 s)");
    shows(call_as("U0ANN", "dlq show notify.events"), "Nothing was changed.");
}

Test(dlq, requeue_is_public)
{
    const struct called *c =
        call_as("U0ANN", "dlq requeue notify.events 1700-0");

    cr_expect_str_eq(c->call.outcome, "ok");
    shows(c, "↩️ Requeued 1 entry of notify.events\n"
             "The card is in this channel · op 7F3K21");
    cr_assert_not_null(core.card);
    cr_expect(strstr(core.card, "Requeued 1 of 1 · notify.events"));
    cr_expect(strstr(core.card, "<@U0ANN>"));
    cr_expect_eq(core.disposed, 1);
}

Test(dlq, requeue_again_says_who_did_it)
{
    const struct called *c;

    core.result = REQUEUE_ALREADY;
    c = call_as("U0ANN", "dlq requeue notify.events 1700-0");
    cr_expect_str_eq(c->call.outcome, "already");
    shows(c, "Already requeued by @lee at 14:07 UTC (1 m ago), op 7F3K21; "
             "nothing changed");
    cr_expect_null(core.card);
}

Test(dlq, requeue_of_what_is_gone)
{
    const struct called *c;

    core.result = REQUEUE_GONE;
    c = call_as("U0ANN", "dlq requeue notify.events 1700-0");
    cr_expect_str_eq(c->call.outcome, "gone");
    shows(c, "1700-0 is not in notify.events.dlq");
}

/* The bot writes the audit row of what failed: no outcome of ours. */
Test(dlq, requeue_that_failed)
{
    const struct called *c;

    fails(ERR_REDIS, "Redis is down since 14:02:11 UTC (35 s)");
    calls_redis.down_since = NOW - 35000;
    c = call_as("U0ANN", "dlq requeue notify.events 1700-0");
    cr_expect_null(c->call.outcome);
    shows(c, "Nothing was changed. Try again when it is back.");
    shows(c, "(Try again)");
}

/* It may be under way: nobody is asked to do it again. */
Test(dlq, requeue_that_failed_on_the_way)
{
    const struct called *c;

    fails(ERR_DB, "`1700-0` is requeued; its record follows");
    c = call_as("U0ANN", "dlq requeue notify.events 1700-0");
    shows(c, "1700-0 is requeued; its record follows.");
    hides(c, "(Try again)");
}
