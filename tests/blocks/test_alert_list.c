/* Lists of alerts, their histories, silences, storms, and what came of what
 * somebody did. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/alert.h"
#include "core/base/mem.h"
#include "tests/blocks/alert_sample.h"
#include "tests/blocks/shown.h"

/* ---- the list ---------------------------------------------------------------- */

/* One of each state; items are borrowed from the samples. */
static struct sample *samples[5];

static struct group_list groups(void)
{
    struct group_list list = { .open = 3, .unacked = 2, .critical = 2 };

    for (size_t i = 0; i < 5; i++) {
        samples[i] = sample_new();
        samples[i]->g.number = 1042 - (int64_t)i;
    }
    samples[1]->g.severity = ALERT_HIGH;
    samples[1]->g.title = TEXT("the queue <orders> grows");
    samples[1]->g.step_at = 0;
    samples[1]->g.firing = 1;
    sample_ack(samples[2]);
    samples[2]->g.assignee = TEXT("U0ANNA");
    sample_silence(samples[3]);
    samples[3]->g.severity = ALERT_WARNING;
    sample_resolve(samples[4]);
    list.items = xcalloc(5, sizeof *list.items);
    list.count = 5;
    for (size_t i = 0; i < 5; i++)
        list.items[i] = samples[i]->g;
    return list;
}

static void groups_free(struct group_list *list)
{
    for (size_t i = 0; i < 5; i++)
        sample_free(samples[i]);
    free(list->items);
}

Test(alert_list, what_fires)
{
    struct group_list list = groups();
    struct group_query filter = { .severity = -1, .over = true };
    struct card *card = card_new();

    list.more = true;
    card_nonce(card, "7F3K21ABCDEFGHJK");
    alert_list_card(card, &list,
                    &(struct alert_list_view){ .now = NOW,
                                               .page = 1,
                                               .filter = &filter,
                                               .again = "alerts --all" });
    shown("alert_list", card);
    groups_free(&list);
}

static void empty(const char *name, struct group_list list,
                  struct group_query filter, size_t page)
{
    struct card *card = card_new();

    alert_list_card(card, &list,
                    &(struct alert_list_view){
                        .now = NOW, .page = page, .filter = &filter });
    shown_text(name, card);
}

Test(alert_list, none)
{
    struct group_list some = { .open = 3, .unacked = 1 };

    empty("alert_list_none", (struct group_list){ 0 },
          (struct group_query){ .severity = -1 }, 1);
    empty("alert_list_filtered", some,
          (struct group_query){ .severity = -1, .mine = "U0BEN" }, 1);
    empty("alert_list_past_the_end", some,
          (struct group_query){ .severity = -1 }, 7);
}

/* ---- history -------------------------------------------------------------------- */

static struct group_change changes[] = {
    { REASON_ACKED, NOW - MIN, TEXT("U0BEN"), TEXT("ben"), TEXT("looking"), 2,
      3, NOW + 59 * MIN },
    { REASON_ESCALATED, NOW - 2 * MIN, TEXT(""), TEXT(""), TEXT("U0ANNA"), 1, 3,
      0 },
    { REASON_WORSE, NOW - 3 * MIN, TEXT(""), TEXT(""), TEXT(""), 0, 0, 0 },
    { REASON_MORE, NOW - 4 * MIN, TEXT(""), TEXT(""), TEXT(""), 2, 0, 0 },
    { REASON_FIRST, NOW - 6 * MIN, TEXT(""), TEXT(""), TEXT(""), 0, 0, 0 },
};
static const struct group_history history = { .items = changes, .count = 5 };

static void past(const char *name, struct sample *s,
                 const struct group_history *what, size_t page)
{
    struct card *card = card_new();

    card_nonce(card, "7F3K21ABCDEFGHJK");
    s->view.now = NOW;
    alert_history_card(card, &s->g, what, page, &s->view);
    shown(name, card);
    sample_free(s);
}

Test(alert_history, past_and_plan)
{
    struct sample *s = sample_new();

    past("alert_history", s, &history, 1);
    s = sample_new();
    sample_ack(s);
    past("alert_history_acked", s, &history, 1);
    s = sample_new();
    sample_silence(s);
    past("alert_history_silenced", s, &history, 1);
    s = sample_new();
    sample_resolve(s);
    past("alert_history_over", s, &history, 1);
}

Test(alert_history, nothing_there)
{
    struct group_history none = { 0 };

    past("alert_history_none", sample_new(), &none, 1);
    past("alert_history_past_the_end", sample_new(), &none, 3);
}

/* ---- what came of it --------------------------------------------------------------- */

static void done(const char *name, struct sample *s, struct alert_done what,
                 enum step_kind kind)
{
    struct card *card = card_new();

    what.group = s->g;
    s->view.now = NOW;
    card_nonce(card, "7F3K21ABCDEFGHJK");
    alert_done_card(card, &what, kind, &s->view);
    shown_text(name, card);
    sample_free(s);
}

static struct sample *acked(void)
{
    struct sample *s = sample_new();

    sample_ack(s);
    return s;
}

static struct sample *resolved(void)
{
    struct sample *s = sample_new();

    sample_resolve(s);
    return s;
}

Test(alert_done, it_was_done)
{
    struct alert_done ack = { .found = true, .change = changes[0] };

    done("alert_done_ack", acked(), ack, STEP_ACK);
    ack.before = true;
    done("alert_done_before", acked(), ack, STEP_ACK);
    done("alert_done_escalate", sample_new(),
         (struct alert_done){ .found = true, .change = changes[1] },
         STEP_ESCALATE);
}

Test(alert_done, it_was_not)
{
    struct alert_done what = { .found = true, .result = STEP_NOTHING };

    done("alert_done_ack_nothing", acked(), what, STEP_ACK);
    done("alert_done_unack_nothing", sample_new(), what, STEP_UNACK);
    done("alert_done_escalate_nothing", sample_new(), what, STEP_ESCALATE);
    done("alert_done_assign_nothing", sample_new(), what, STEP_ASSIGN);
    what.result = STEP_STALE;
    done("alert_done_stale", acked(), what, STEP_RESOLVE);
    what.result = STEP_OVER;
    done("alert_done_over", resolved(), what, STEP_ACK);
    what.result = STEP_TAKEN;
    done("alert_done_taken", acked(), what, STEP_ACK);
    done("alert_done_taken_escalate", acked(), what, STEP_ESCALATE);
    what.result = STEP_REFUSED;
    done("alert_done_refused", sample_new(), what, STEP_RESOLVE);
    done("alert_done_not_found", sample_new(), (struct alert_done){ 0 },
         STEP_ACK);
}

/* ---- silences ------------------------------------------------------------------------ */

static char *matchers[] = { TEXT("service=\"pay\""),
                            TEXT("severity!=critical") };

static struct silence silence(void)
{
    return (struct silence){
        .id = 3,
        .matchers = matchers,
        .matchers_count = 2,
        .by = TEXT("U0BEN"),
        .by_name = TEXT("ben"),
        .reason = TEXT("the disk is replaced"),
        .at = NOW - 6 * MIN,
        .until = NOW + 54 * MIN,
        .ended_by = TEXT(""),
        .ended_by_name = TEXT(""),
        .group = 1042,
        .muting = 3,
    };
}

Test(silence, list)
{
    struct silence items[] = { silence(), silence() };
    struct silences list = { .items = items, .count = 2 }, none = { 0 };
    struct card *card = card_new();

    items[1].id = 2;
    items[1].ended_by = TEXT("U0ANNA");
    items[1].ended_by_name = TEXT("anna");
    items[1].ended_at = NOW - MIN;
    card_nonce(card, "7F3K21ABCDEFGHJK");
    silence_list_card(card, &list, true, 1, NOW);
    shown("silences", card);
    card = card_new();
    list.count = 1;
    list.more = true;
    silence_list_card(card, &list, false, 1, NOW);
    shown_text("silences_more", card);
    card = card_new();
    silence_list_card(card, &none, false, 1, NOW);
    shown_text("silences_none", card);
    card = card_new();
    silence_list_card(card, &none, false, 4, NOW);
    shown_text("silences_past_the_end", card);
}

static void silenced(const char *name, struct silence_done what, bool ended)
{
    struct card *card = card_new();

    silence_done_card(card, &what, ended, NOW);
    shown_text(name, card);
}

Test(silence, added_and_ended)
{
    struct silence_done what = { .found = true, .silence = silence() };

    silenced("silence_added", what, false);
    what.silence.muting = 0;
    what.before = true;
    silenced("silence_added_for_nothing", what, false);
    what.before = false;
    what.silence.pending = true;
    silenced("silence_added_pending", what, false);
    what.silence.pending = false;
    what.silence.ended_at = NOW;
    what.silence.ended_by = TEXT("U0ANNA");
    what.silence.ended_by_name = TEXT("anna");
    silenced("silence_ended", what, true);
    silenced("silence_not_found", (struct silence_done){ 0 }, true);
}

Test(silence, a_wide_one_says_what_it_hides)
{
    const char *lines[] = { "severity=~\".+\"", "team=pay" };
    struct silence_new want = { .matchers = lines,
                                .matchers_count = 2,
                                .reason = "x",
                                .until = NOW + 60 * MIN };
    struct silence_reach reach = {
        .groups = 14,
        .alerts = 214,
        .criticals = 1,
        .first = { { 7, ALERT_CRITICAL, TEXT("<!channel> is *down*") },
                   { 3, ALERT_WARNING, TEXT("disk full") } },
        .shown = 2,
    };
    struct card *card = card_new();

    silence_prompt_card(card, &want, &reach, "7F3K21ABCDEFGHJK", NOW);
    shown("silence_wide", card);
    card = card_new();
    reach.more = true;
    reach.criticals = 0;
    silence_prompt_card(card, &want, &reach, "7F3K21ABCDEFGHJK", NOW);
    shown_text("silence_wide_at_least", card);
}

/* ---- many at once ------------------------------------------------------------------- */

Test(storm, under_way_and_over)
{
    struct storm s = {
        .id = 5,
        .channel = TEXT("C0OPS"),
        .began = NOW - 9 * MIN,
        .groups = 61,
        .alerts = 214,
        .criticals = 2,
        .causes = { { TEXT("disk full"), 150 },
                    { TEXT("<!channel> *5xx*"), 60 } },
        .causes_count = 2,
        .causes_all = 3,
    };
    char *body;

    shown_body("storm", storm_message(&s, "/ops"));
    s.ended = NOW;
    body = storm_message(&s, "/ops");
    cr_expect(strstr(body, "214 alerts in 9 min, 3 causes, 0 dropped"), "%s",
              body);
    shown_body("storm_over", body);
    s.dropped = 1;
    s.criticals = 0;
    shown_body("storm_dropped", storm_message(&s, "/ops"));
}

Test(roll, each_is_named)
{
    struct group_list list = groups();

    shown_body("roll", roll_message(&list, "/ops"));
    groups_free(&list);
}

/* However many wait: each has its name in the message. */
Test(roll, of_two_hundred)
{
    struct sample *s = sample_new();
    struct group_list list = { .count = 200 };
    char *body, name[32];

    list.items = xcalloc(list.count, sizeof *list.items);
    for (size_t i = 0; i < list.count; i++) {
        list.items[i] = s->g;
        list.items[i].number = 2000 + (int64_t)i;
    }
    body = roll_message(&list, "/ops");
    for (size_t i = 0; i < list.count; i++) {
        snprintf(name, sizeof name, "A-%zu", 2000 + i);
        cr_expect(strstr(body, name), "%s is not named", name);
    }
    cr_expect(strstr(body, "ack A-2029\""), "%s", body);
    free(body);
    free(list.items);
    sample_free(s);
}
