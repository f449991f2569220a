/*
 * Groups of alerts as nobody would send them: every text hostile, every number
 * out of the way. The card, its lines, the list and the digests must be what
 * Slack takes: judged by the sandbox's Block Kit validator, which shares no
 * code with blocks/.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/alert.h"
#include "blocks/render.h"
#include "core/base/mem.h"
#include "tests/blocks/alert_sample.h"
#include "tests/blocks/random_card.h"
#include "tests/blocks/shown.h"
#include "tests/sandbox/blockkit/blockkit.h"

#define RUNS  1500
#define TEXTS 4000

static uint64_t run;
static char *texts[TEXTS];
static size_t texts_count;

/* Kept until the run is over. Often nothing. */
static char *some_text(void)
{
    static char empty[] = "";

    if (random_below(3) == 0 || texts_count == TEXTS)
        return empty;
    return texts[texts_count++] = random_text();
}

static void texts_free(void)
{
    while (texts_count)
        free(texts[--texts_count]);
}

static int64_t some_time(void)
{
    static const int64_t times[] = { 0,         NOW,
                                     NOW - MIN, NOW + 90000 * MIN,
                                     1,         INT64_C(253402300799000) };

    return times[random_below(sizeof times / sizeof *times)];
}

static int64_t some_number(void)
{
    static const int64_t numbers[] = { 0, 1, 2, 48, 100000, INT64_MAX / 4 };

    return numbers[random_below(sizeof numbers / sizeof *numbers)];
}

static void some_labels(struct labels *l)
{
    for (size_t n = random_below(12); n > 0; n--)
        labels_set(l, some_text(), some_text());
}

static void hostile_alerts(struct sample *s)
{
    sample_alerts(s, random_below(14));
    for (size_t i = 0; i < s->alerts.count; i++) {
        struct group_alert *a = &s->alerts.items[i];

        a->title = some_text();
        a->message = some_text();
        a->quiet_why = some_text();
        a->severity = (enum alert_severity)random_below(ALERT_SEVERITIES);
        a->firing = random_below(2);
        a->at = some_time();
        a->ended = some_time();
        some_labels(&a->labels);
    }
}

static void hostile_numbers(struct alert_group *g)
{
    g->number = some_number();
    g->version = some_number();
    g->total = some_number();
    g->firing = some_number();
    g->muted = some_number();
    g->fresh = some_number();
    g->flaps = (int)random_below(5);
    g->step = (int)random_below(5);
    g->step_at = some_time();
    g->started_at = some_time();
    g->acked_at = some_time();
    g->ack_until = some_time();
    g->quiet_until = some_time();
    g->resolved_at = random_below(3) ? 0 : some_time();
    g->told_at = some_time();
    g->repeat_at = some_time();
    g->severity = (enum alert_severity)random_below(ALERT_SEVERITIES);
    g->told_why = (enum group_reason)random_below(GROUP_REASONS);
    g->ack_asked = random_below(2);
    g->test = random_below(2);
    g->resolves = random_below(2);
}

static void hostile_texts(struct alert_group *g)
{
    char **const all[] = { &g->title,       &g->message,  &g->source,
                           &g->runbook,     &g->route,    &g->acked_by,
                           &g->acked_name,  &g->ack_note, &g->assignee,
                           &g->resolved_by, &g->policy,   &g->quiet_why };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (random_below(2))
            *all[i] = some_text();
    g->links_count = random_below(EVENT_LINKS + 1);
    for (size_t i = 0; i < g->links_count; i++)
        g->links[i] = (struct alert_link){ some_text(),
                                           random_below(2)
                                               ? TEXT("https://x.example/a|b>c")
                                               : some_text() };
    some_labels(&g->labels);
}

static struct sample *hostile(void)
{
    static const char *plan[3];
    struct sample *s = sample_new();

    hostile_alerts(s);
    hostile_numbers(&s->g);
    hostile_texts(&s->g);
    for (size_t i = 0; i < 3; i++)
        plan[i] = some_text();
    if (random_below(2))
        s->view.plan = plan;
    if (random_below(2)) {
        sample_context(s);
        s->context.halts[0].reason = some_text();
        s->context.streams[0].cause = some_text();
        s->context.streams[0].name = some_text();
        s->context.deploy_url = some_text();
    }
    s->view.unrecorded = random_below(2);
    s->view.runbook_line = random_below(2) ? some_text() : NULL;
    return s;
}

/* ---- judging --------------------------------------------------------------------- */

static void refused(json_t *problems, const char *body)
{
    if (problems)
        cr_assert_fail("run %lu: %s of %s", run, json_dumps(problems, 0), body);
}

/* Frees body. */
static void slack_takes(char *body)
{
    json_t *root = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    json_t *blocks = json_object_get(root, "blocks");
    json_t *attachments = json_object_get(root, "attachments");
    json_t *more = json_object_get(json_array_get(attachments, 0), "blocks");
    const char *text = json_string_value(json_object_get(root, "text"));

    cr_assert(root && text && *text, "run %lu: %s", run, body);
    cr_assert(json_array_size(blocks), "run %lu: text alone: %s", run, body);
    cr_assert_leq(json_array_size(blocks) + json_array_size(more), 45);
    refused(blockkit_check(blocks, SURFACE_MESSAGE, "/blocks"), body);
    if (attachments)
        refused(blockkit_check_attachments(attachments), body);
    cr_assert_leq(blockkit_length(blocks) + (more ? blockkit_length(more) : 0),
                  BLOCKS_TEXT_MAX);
    cr_assert_null(strstr(body, "<!channel"), "run %lu: %s", run, body);
    cr_assert_null(strstr(body, "<!here"), "run %lu: %s", run, body);
    json_decref(root);
    free(body);
}

static void card_is_taken(struct card *card)
{
    char *text = render_text(card), *json = render_json(card);
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, NULL);

    cr_assert(root && *text, "run %lu: %s", run, json);
    json_decref(root);
    free(text);
    free(json);
    slack_takes(render_message(card, RENDER_ANSWER, 0));
    card_free(card);
}

static void line_is_taken(struct sample *s)
{
    struct step_line line = {
        .change = { .reason = (enum group_reason)random_below(GROUP_REASONS),
                    .at = some_time(),
                    .actor = some_text(),
                    .actor_name = some_text(),
                    .text = some_text(),
                    .n = some_number(),
                    .of = some_number(),
                    .until = some_time() },
        .voice = (enum config_voice)random_below(3),
    };

    slack_takes(alert_thread_line(&s->g, &line, NULL, 0, "/ops"));
}

static void answers_are_taken(struct sample *s)
{
    struct alert_done done = {
        .result = (enum step_result)random_below(STEP_REFUSED + 1),
        .found = true,
        .before = random_below(2),
        .group = s->g,
        .change = { .reason = (enum group_reason)random_below(GROUP_REASONS),
                    .actor = some_text(),
                    .actor_name = some_text(),
                    .text = some_text(),
                    .until = some_time() },
    };
    struct group_history history = { .items = &done.change, .count = 1 };
    struct card *card = card_new();

    s->view.now = NOW;
    alert_card(card, &s->g, &s->view);
    card_is_taken(card);
    card = card_new();
    alert_done_card(card, &done, (enum step_kind)random_below(STEP_TICK),
                    &s->view);
    card_is_taken(card);
    card = card_new();
    alert_history_card(card, &s->g, &history, 1, &s->view);
    card_is_taken(card);
}

static void lists_are_taken(struct sample *s)
{
    struct alert_group items[40];
    struct group_list list = { .items = items, .count = 1 + random_below(40) };
    struct storm storm = { .id = 1,
                           .began = NOW - MIN,
                           .ended = some_time(),
                           .alerts = some_number(),
                           .groups = some_number(),
                           .dropped = some_number(),
                           .causes = { { some_text(), some_number() } },
                           .causes_count = 1,
                           .causes_all = some_number() };
    struct card *card = card_new();

    for (size_t i = 0; i < list.count; i++)
        items[i] = s->g;
    list.open = (int64_t)list.count;
    alert_list_card(card, &list,
                    &(struct alert_list_view){ .now = NOW, .page = 1 });
    card_is_taken(card);
    slack_takes(roll_message(&list, "/ops"));
    slack_takes(storm_message(&storm, "/ops"));
}

Test(alert_random, slack_takes_all_of_it, .timeout = 300)
{
    for (run = 1; run <= RUNS; run++) {
        struct sample *s;

        random_seed(run);
        s = hostile();
        slack_takes(alert_message(&s->g, &s->view, "/ops"));
        line_is_taken(s);
        answers_are_taken(s);
        if (run % 10 == 0)
            lists_are_taken(s);
        sample_free(s);
        texts_free();
    }
}
