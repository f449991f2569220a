#include "tests/bench/alerts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/bench/peers.h"
#include "tests/bench/storm.h"

#define CLICKS   40
#define CLICK_MS 460 /* so that no channel gets more than one a second */

static const char yaml[] =
    "channels: {ops: C0OPS}\n"
    "roles:\n"
    "  - {name: operator, users: [U0ANN], rights: ['*']}\n"
    "alerts:\n"
    "  rate: 100000\n"
    "  route:\n"
    "    group_by: [alertname]\n"
    "    channels: [C0OPS]\n"
    "    routes:\n"
    "      - {match: ['channel=0'], channels: [C0A0]}\n"
    "      - {match: ['channel=1'], channels: [C0A1]}\n"
    "      - {match: ['channel=2'], channels: [C0A2]}\n"
    "      - {match: ['channel=3'], channels: [C0A3]}\n"
    "      - {match: ['channel=4'], channels: [C0A4]}\n";

/* ---- from a click to the edited card ---------------------------------------------- */

static const json_t *button_of(const json_t *blocks, const char *word)
{
    size_t i, j;
    json_t *block, *element;

    json_array_foreach(blocks, i, block)
    {
        json_array_foreach(json_object_get(block, "elements"), j, element)
        {
            const char *label = json_string_value(
                json_object_get(json_object_get(element, "text"), "text"));

            if (label && strncmp(label, word, strlen(word)) == 0)
                return element;
        }
    }
    return NULL;
}

static const json_t *button_in(const json_t *message, const char *word)
{
    const json_t *button = button_of(json_object_get(message, "blocks"), word);
    size_t i;
    json_t *attachment;

    json_array_foreach(json_object_get(message, "attachments"), i, attachment)
    {
        if (!button)
            button = button_of(json_object_get(attachment, "blocks"), word);
    }
    return button;
}

static double click(struct harness *h, long channel, const json_t *message)
{
    const json_t *button = button_in(message, "Acknowledge");
    char id[8];
    json_t *answer;
    double ms;

    if (!button)
        harness_fail("a card has no button to acknowledge it");
    snprintf(id, sizeof id, "C0A%ld", channel);
    answer = control_post(
        h, "click",
        json_pack("{s:s, s:s, s:O, s:O, s:O?, s:i}", "user", "U0ANN", "channel",
                  id, "ts", json_object_get(message, "ts"), "action_id",
                  json_object_get(button, "action_id"), "value",
                  json_object_get(button, "value"), "wait", 30000));
    ms = json_number_value(json_object_get(answer, "answer_ms"));
    if (json_array_size(json_object_get(answer, "messages")) == 0)
        harness_fail("a click had no answer");
    json_decref(answer);
    return ms;
}

/* The n-th card of a channel that has the button, or NULL. Borrowed. */
static const json_t *card_at(const json_t *list, int n)
{
    size_t i;
    json_t *m;

    json_array_foreach(list, i, m)
    {
        if (cards_is_one(m) && button_in(m, "Acknowledge") && n-- == 0)
            return m;
    }
    return NULL;
}

/* Each click is an edit and a line in the thread: no channel gets more than
 * Slack takes. */
static bool clicks(struct harness *h)
{
    json_t *lists[CARD_CHANNELS];
    double ms[CLICKS], p95;
    int n = 0;

    for (long c = 0; c < CARD_CHANNELS; c++)
        lists[c] = cards_of(h, c);
    for (int i = 0; i < CLICKS; i++) {
        const json_t *m = card_at(lists[i % CARD_CHANNELS], i / CARD_CHANNELS);

        if (m)
            ms[n++] = click(h, i % CARD_CHANNELS, m);
        harness_sleep(CLICK_MS);
    }
    for (long c = 0; c < CARD_CHANNELS; c++)
        json_decref(lists[c]);
    if (n < CLICKS / 2)
        harness_fail("only %d cards to click at", n);
    p95 = cards_percentile(ms, n, 0.95);
    printf("click to edited card: p50 %6.1f ms  p95 %6.1f ms of %d (aim 100)\n",
           cards_percentile(ms, n, 0.5), p95, n);
    return p95 <= 100;
}

/* ---- one after the other, and a storm --------------------------------------------- */

static struct alarm_to ours(const struct harness *h)
{
    return (struct alarm_to){ .address = opsbot_address(h->bot) };
}

static bool idle(struct harness *h, struct storm_figures *f)
{
    struct alarm_to to = ours(h);

    storm_idle(h, &to, f);
    return f->idle_95 - f->own <= 150 && f->idle.count == STORM_IDLE &&
           !f->idle.twice;
}

static bool quiet(void *arg)
{
    return sql_number(arg, "select count(*) from opsbot.outbox where state in "
                           "('waiting', 'sending')") == 0;
}

static void settle(struct harness *h)
{
    wait_until(quiet, h, 300000, "an outbox without anything to post");
}

static bool storm(struct harness *h, struct storm_figures *f)
{
    struct alarm_to to = ours(h);
    const struct cards_seen *s = &f->seen;
    long wanted = STORM_ALERTS + STORM_IDLE + STORM_SINGLES, alerts;

    printf("a storm: %d alerts in %d s, %d groups, %d critical, %d channels, "
           "20 posts refused with 429:\n",
           STORM_ALERTS, STORM_SECONDS, STORM_GROUPS, STORM_CRITICAL,
           CARD_CHANNELS);
    storm_blow(h, &to, settle, f);
    alerts = (long)sql_number(h, "select count(*) from opsbot.alerts");
    printf("  alerts in the database: %ld of %ld; groups folded: %ld\n", alerts,
           wanted,
           (long)sql_number(h, "select count(*) from opsbot.alert_groups where "
                               "storm <> 0"));
    return alerts == wanted && f->over_95 - f->own <= 1000 &&
           !s->critical_lost && !s->late && !s->twice && !f->meanwhile.lost &&
           !f->meanwhile.twice;
}

/* ---- very many -------------------------------------------------------------------- */

#define MANY      100000
#define MANY_EACH 500

static long posts(struct harness *h)
{
    json_t *answer = control_get(h, "calls?method=chat.postMessage");
    long n = (long)json_array_size(json_object_get(answer, "calls"));

    json_decref(answer);
    return n;
}

static bool again(struct harness *h)
{
    long before, after;
    int64_t began;
    double ready;

    settle(h);
    before = posts(h);
    opsbot_stop(h->bot, 0);
    began = clock_mono_us();
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    ready = (double)(clock_mono_us() - began) / 1e6;
    harness_sleep(5000); /* whatever it would send again */
    settle(h);
    after = posts(h);
    printf("  restart with them: ready after %.2f s (aim 2), sent again: %ld\n",
           ready, after - before);
    return ready < 2 && after == before;
}

static bool many(void)
{
    struct harness *h = harness_start(
        &(struct harness_options){ .durable = true, .yaml = yaml });
    struct alarm_feed feed = {
        .like = { .groups = 100,
                  .channels = CARD_CHANNELS,
                  .since = clock_wall_ms() },
        .bodies = MANY / MANY_EACH,
        .each = MANY_EACH,
        .connections = 4,
    };
    struct alarm_to to;
    double first, repeat, rss;
    long active;
    bool good;

    to = ours(h);
    cards_channels(h);
    first = alarm_feed(&to, &feed);
    active = (long)sql_number(h, "select count(*) from opsbot.alerts where "
                                 "firing");
    repeat = alarm_feed(&to, &feed);
    rss = (double)opsbot_rss_peak(h->bot) / 1024;
    printf("%ld active alerts: taken at %.0f/s, once more (nothing new) at "
           "%.0f/s (aim 5000), memory at most %.1f MiB (aim 100)\n",
           active, MANY * 1000.0 / first, MANY * 1000.0 / repeat, rss);
    good = active == MANY && MANY * 1000.0 / first >= 5000 && rss <= 100;
    good = again(h) && good;
    harness_stop(h);
    return good;
}

bool alerts_bench(void)
{
    struct harness *h = harness_start(
        &(struct harness_options){ .durable = true, .yaml = yaml });
    struct storm_figures f = { 0 };
    bool good;

    cards_channels(h);
    good = idle(h, &f);
    good = clicks(h) && good;
    good = storm(h, &f) && good;
    harness_stop(h);
    good = many() && good;
    peers_bench(&f);
    return good;
}
