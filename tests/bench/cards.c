#include "tests/bench/cards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/bench/load.h"
#include "tests/harness/servers.h"

#define LATE_MS  5000
#define LOST_MS  120000
#define PAUSE_MS 1000 /* what the forced 429s ask for */

/* ---- what the sandbox has ------------------------------------------------------- */

void cards_channels(struct harness *h)
{
    for (int i = 0; i < CARD_CHANNELS; i++) {
        char id[8], name[16];

        snprintf(id, sizeof id, "C0A%d", i);
        snprintf(name, sizeof name, "alerts-%d", i);
        json_decref(
            control_post(h, "channel",
                         json_pack("{s:s, s:s, s:[s, s]}", "id", id, "name",
                                   name, "members", "U0ANN", "U0BOT")));
    }
}

json_t *cards_of(struct harness *h, long channel)
{
    char path[64];
    json_t *answer, *list;

    snprintf(path, sizeof path, "messages?channel=C0A%ld", channel);
    answer = control_get(h, path);
    list = json_incref(json_object_get(answer, "messages"));
    json_decref(answer);
    return list;
}

bool cards_is_one(const json_t *message)
{
    const json_t *thread = json_object_get(message, "thread_ts");

    return !thread || json_equal(thread, json_object_get(message, "ts"));
}

/* When a group was first named in its channel, wall ms; 0: it was not. cards:
 * how many messages of the channel itself name it. */
static double named(const json_t *list, long group, int *cards)
{
    char needle[64];
    double first = 0;
    size_t i;
    json_t *m;

    *cards = 0;
    snprintf(needle, sizeof needle, "bench group %ld is slow", group);
    json_array_foreach(list, i, m)
    {
        char *text = json_dumps(m, JSON_COMPACT | JSON_ENCODE_ANY);
        const char *ts = json_string_value(json_object_get(m, "ts"));
        bool has = strstr(text, needle) != NULL;

        free(text);
        if (!has || !ts)
            continue;
        *cards += cards_is_one(m);
        if (first == 0 || atof(ts) * 1000 < first)
            first = atof(ts) * 1000;
    }
    return first;
}

static double named_now(struct harness *h, long group, int *cards)
{
    json_t *list = cards_of(h, group % CARD_CHANNELS);
    double at = named(list, group, cards);

    json_decref(list);
    return at;
}

/* Calls of a method. New reference. */
static json_t *calls_of(struct harness *h, const char *method)
{
    char path[64];
    json_t *answer, *calls;

    snprintf(path, sizeof path, "calls?method=%s", method);
    answer = control_get(h, path);
    calls = json_incref(json_object_get(answer, "calls"));
    json_decref(answer);
    return calls;
}

double cards_percentile(double *values, int n, double p)
{
    if (n == 0)
        return 0;
    load_median(values, (size_t)n); /* sorts */
    return values[(size_t)((double)(n - 1) * p)];
}

static void limits(struct harness *h, bool on)
{
    json_decref(control_post(h, "limits", json_pack("{s:b}", "on", on)));
}

double cards_own_latency(struct harness *h)
{
    double ms[20];

    limits(h, false); /* or most of them would be refused */
    for (int i = 0; i < 20; i++) {
        char *url = xasprintf("%s/api/chat.postMessage", h->sandbox_url);
        char *answer;
        int64_t began = clock_mono_us();

        http_ask(h,
                 &(struct http_ask){
                     .method = "POST",
                     .url = url,
                     .token = "xoxb-test",
                     .body = "{\"channel\":\"C0GENERAL\",\"text\":\"x\"}" },
                 &answer);
        ms[i] = (double)(clock_mono_us() - began) / 1000;
        free(answer);
        free(url);
    }
    limits(h, true);
    return cards_percentile(ms, 20, 0.95);
}

void cards_limit_some(struct harness *h)
{
    for (int i = 1; i <= 10; i++)
        json_decref(control_post(h, "fault",
                                 json_pack("{s:s, s:i, s:i, s:i}", "on",
                                           "chat.postMessage", "times", 2,
                                           "after", 8 * i, "retry_after", 1)));
}

/* ---- what Slack forbids ----------------------------------------------------------- */

static bool is_refused(const json_t *call)
{
    return json_integer_value(json_object_get(call, "status")) == 429;
}

/* How long after `sent` a post in the channel could not have been taken: a 429
 * there, before or meanwhile, forbids the next second. In order of time. */
static double forbidden(const json_t *calls, long channel, double sent,
                        double posted)
{
    double free_at = sent;
    char id[8];
    size_t i;
    json_t *call;

    snprintf(id, sizeof id, "C0A%ld", channel);
    json_array_foreach(calls, i, call)
    {
        const char *its = json_string_value(
            json_object_get(json_object_get(call, "args"), "channel"));
        double at = json_number_value(json_object_get(call, "at_ms"));

        if (is_refused(call) && its && strcmp(its, id) == 0 && at <= posted &&
            at + PAUSE_MS > free_at)
            free_at = at + PAUSE_MS;
    }
    return free_at > posted ? posted - sent : free_at - sent;
}

/* ---- one after the other ------------------------------------------------------------ */

static double send_one(struct harness *h, const struct alarm_to *to, long group)
{
    struct alarm_body b = { .first = group,
                            .count = 1,
                            .groups = 1000000,
                            .critical = 1000000,
                            .channels = CARD_CHANNELS,
                            .since = clock_wall_ms() };
    double sent = (double)clock_wall_ms();
    char *body = alarm_body(to, &b);

    if (alarm_post(h, to, body) / 100 != 2)
        harness_fail("an alert was refused");
    free(body);
    return sent;
}

static double wait_named(struct harness *h, long group, int *cards)
{
    int64_t until = clock_mono_ms() + LOST_MS;
    double at;

    while ((at = named_now(h, group, cards)) == 0 && clock_mono_ms() < until)
        harness_sleep(20);
    return at;
}

void cards_singles(struct harness *h, const struct cards_singles *what,
                   struct cards_delays *out)
{
    double *sent = xcalloc((size_t)what->count, sizeof *sent);
    double *posted = xcalloc((size_t)what->count, sizeof *posted);
    json_t *calls;
    int cards;

    *out = (struct cards_delays){ 0 };
    for (int i = 0; i < what->count; i++) {
        sent[i] = send_one(h, &what->to, what->first + i);
        harness_sleep(what->apart_ms);
    }
    for (int i = 0; i < what->count; i++) {
        posted[i] = wait_named(h, what->first + i, &cards);
        out->lost += posted[i] == 0;
        out->twice += cards > 1;
    }
    calls = calls_of(h, "chat.postMessage");
    for (int i = 0; i < what->count; i++) {
        int n = out->count;

        if (posted[i] == 0)
            continue;
        out->ms[n] = posted[i] - sent[i];
        out->forbidden[n] = forbidden(calls, (what->first + i) % CARD_CHANNELS,
                                      sent[i], posted[i]);
        out->over[n] = out->ms[n] - out->forbidden[n];
        out->count++;
    }
    json_decref(calls);
    free(posted);
    free(sent);
}

/* ---- all of them -------------------------------------------------------------------- */

static void count_calls(struct harness *h, struct cards_seen *out)
{
    json_t *posts = calls_of(h, "chat.postMessage"), *call;
    json_t *edits = calls_of(h, "chat.update");
    size_t i;

    json_array_foreach(posts, i, call)
    {
        out->refused += is_refused(call);
    }
    out->messages = (long)json_array_size(posts) - out->refused;
    out->edits = (long)json_array_size(edits);
    json_decref(posts);
    json_decref(edits);
}

void cards_seen(struct harness *h, int groups, int critical, double began,
                struct cards_seen *out)
{
    *out = (struct cards_seen){ 0 };
    for (int g = 0; g < groups; g++) {
        int cards;
        double at = named_now(h, g, &cards), after = at - began;

        out->lost += at == 0;
        out->twice += cards > 1;
        if (g >= critical)
            continue;
        out->critical_lost += at == 0;
        out->late += after > LATE_MS;
        out->last_s = after > out->last_s * 1000 ? after / 1000 : out->last_s;
    }
    count_calls(h, out);
}

void cards_wait(struct harness *h, int groups, int limit_ms)
{
    int64_t until = clock_mono_ms() + limit_ms;
    int g = 0, cards;

    while (g < groups && clock_mono_ms() < until) {
        if (named_now(h, g, &cards) > 0)
            g++;
        else
            harness_sleep(200);
    }
}
