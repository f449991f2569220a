/* stage: see stage.h. */
#include "tests/demo/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/demo/message.h"
#include "tests/demo/paper.h"

#define WAIT_MS   5000       /* for an answer */
#define TAKE_TIME "300-4500" /* ms, first and last agent: edits are 2 s apart */

static const char configuration[] = "channels:\n"
                                    "  ops: C0OPS\n"
                                    "streams:\n"
                                    "  - name: orders\n"
                                    "  - name: notify.events\n"
                                    "dlq:\n"
                                    "  mask: [iban]\n"
                                    "roles:\n"
                                    "  - name: operator\n"
                                    "    users: [U0ANN]\n"
                                    "    rights: [dlq.*, audit, halt, "
                                    "unhalt]\n"
                                    "  - name: viewer\n"
                                    "    users: [U0BOB]\n"
                                    "    rights: [dlq.show]\n";

/* ---- life ---------------------------------------------------------------- */

static char *configure(const struct agents *agents)
{
    char *halt = agents_yaml_each(agents);
    char *all = xasprintf("%s%s", configuration, halt);

    free(halt);
    return all;
}

void stage_start(struct stage *s)
{
    /* Who may what is in the file. */
    static const char *const env[] = { "OPSBOT_ADMINS=", NULL };
    static const int servers = PART_REDIS | PART_POSTGRES | PART_SANDBOX;

    s->shown = xstrdup("");
    s->news = xstrdup("");
    s->shown_ts = json_object();
    s->agents = agents_start_slow(NULL, STAGE_AGENTS, TAKE_TIME);
    s->configuration = configure(s->agents);
    s->h = harness_start(&(struct harness_options){ .parts = servers,
                                                    .durable = true,
                                                    .yaml = s->configuration,
                                                    .env = env });
    s->redis_path = xasprintf("%s/redis.sock", s->h->dir);
    s->feed = feed_start(s->redis_path);
    opsbot_wait_ready(opsbot_start(s->h, NULL));
    wait_until(feed_warm, s->feed, 10000, "the demo's streams to fill");
}

void stage_stop(struct stage *s)
{
    feed_stop(s->feed);
    harness_stop(s->h);
    agents_stop(s->agents);
    free(s->configuration);
    json_decref(s->last);
    json_decref(s->shown_ts);
    free(s->redis_path);
    free(s->shown);
    free(s->news);
}

/* ---- showing ------------------------------------------------------------- */

static const char *string(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));

    return s ? s : "";
}

/* Who speaks, and who sees it. */
static void show_head(const json_t *message, const char *channel,
                      const char *took)
{
    const char *to = string(message, "ephemeral_to");
    const char *via = string(message, "via");

    printf("%s│ %s%s%s%s%s%s\n", ink(INK_DIM),
           strcmp(via, "slackbot") == 0 ? "Slack" : "opsbot",
           *to ? ", only visible to " : ", to everyone in #",
           markup_name(*to ? to : channel), *took ? " · " : "", took,
           ink(INK_END));
}

static void show_message(struct buf *plain, const json_t *message,
                         const char *channel, const char *took)
{
    struct buf lines = { 0 };
    char margin[24], *text;

    message_lines(&lines, message);
    snprintf(margin, sizeof margin, "%s│ %s", ink(INK_DIM), ink(INK_END));
    show_head(message, channel, took);
    paper_print(margin, buf_text(&lines));
    text = paper_plain(buf_text(&lines));
    buf_str(plain, text);
    free(text);
    buf_dispose(&lines);
}

static void set_text(char **field, struct buf *text)
{
    buf_str(text, "");
    free(*field);
    *field = text->data ? buf_take(text) : xstrdup("");
}

/* Takes answer, to what was asked at that time. */
static bool show_answer(struct stage *s, json_t *answer, int64_t asked_us)
{
    int64_t us = clock_mono_us() - asked_us;
    const json_t *message;
    struct buf plain = { 0 };
    char took[32];
    size_t i;

    snprintf(took, sizeof took, "%.1f ms", (double)us / 1000);
    json_array_foreach(json_object_get(answer, "messages"), i, message)
    {
        show_message(&plain, message, STAGE_CHANNEL, i ? "" : took);
        json_object_set_new(s->shown_ts, string(message, "ts"), json_true());
    }
    if (i == 0)
        paper_line(INK_BAD, "(no answer: %s)",
                   *string(answer, "error") ? string(answer, "error")
                                            : "nothing came");
    else if (s->answers < STAGE_TIMES)
        s->times[s->answers++] = us;
    json_decref(s->last);
    s->last = answer;
    set_text(&s->shown, &plain);
    return i > 0;
}

/* ---- typing and pressing ------------------------------------------------- */

static json_t *typed(const char *user, const char *text)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "user", user, "channel",
                     STAGE_CHANNEL, "command", "/ops", "text", text);
}

static void show_typed(const char *user, const char *text)
{
    printf("\n%s%s@#%s>%s %s/ops%s%s%s\n", ink(INK_GOOD), markup_name(user),
           markup_name(STAGE_CHANNEL), ink(INK_END), ink(INK_BOLD),
           *text ? " " : "", text, ink(INK_END));
}

bool stage_say(struct stage *s, const char *user, const char *text)
{
    json_t *body = typed(user, text);
    int64_t from;

    if (s->echo)
        show_typed(user, text);
    json_object_set_new(body, "wait", json_integer(WAIT_MS));
    from = clock_mono_us();
    return show_answer(s, control_post_any(s->h, "command", body), from);
}

void stage_send(struct stage *s, const char *user, const char *text)
{
    show_typed(user, text);
    json_decref(control_post(s->h, "command", typed(user, text)));
}

/* The confirmation that Slack puts before a button. */
static void show_press(const char *user, const json_t *button)
{
    const json_t *confirm = json_object_get(button, "confirm");
    const char *label = string(json_object_get(button, "text"), "text");
    const char *asks = string(json_object_get(confirm, "text"), "text");

    printf("\n%s%s@#%s>%s presses %s[%s]%s%s%s%s\n", ink(INK_GOOD),
           markup_name(user), markup_name(STAGE_CHANNEL), ink(INK_END),
           ink(INK_KEY), label, ink(INK_END), *asks ? ", asked “" : "", asks,
           *asks ? "” says yes" : "");
}

bool stage_press(struct stage *s, const char *user, const char *label, int nth)
{
    const json_t *message = NULL, *button = NULL;
    int64_t from;
    json_t *body;

    for (size_t i = 0; !button && i < reply_messages(s->last); i++) {
        message = reply_message(s->last, i);
        button = message_button(message, label, nth);
    }
    if (!button)
        return false;
    show_press(user, button);
    body = json_pack("{s:s, s:s, s:O, s:O, s:O*, s:O*, s:i}", "user", user,
                     "channel", STAGE_CHANNEL, "ts",
                     json_object_get(message, "ts"), "action_id",
                     json_object_get(button, "action_id"), "block_id",
                     json_object_get(button, "block_id"), "value",
                     json_object_get(button, "value"), "wait", WAIT_MS);
    from = clock_mono_us();
    return show_answer(s, control_post_any(s->h, "click", body), from);
}

/* ---- what comes by itself ------------------------------------------------ */

/* All since the newest that user sees, and how many of them are news. */
static json_t *messages_since(struct stage *s, const char *user, size_t *news)
{
    const json_t *message;
    char path[160];
    json_t *all;
    size_t i;

    snprintf(path, sizeof path, "messages?user=%s%s%s", user,
             *s->newest ? "&since=" : "", s->newest);
    all = control_get_any(s->h, path);
    *news = 0;
    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        *news += !json_object_get(s->shown_ts, string(message, "ts"));
    }
    return all;
}

bool stage_news(struct stage *s, const char *user, int limit_ms)
{
    int64_t until = clock_mono_ms() + limit_ms;
    struct buf plain = { 0 };
    size_t news;
    json_t *all = messages_since(s, user, &news);

    while (news == 0 && clock_mono_ms() < until) {
        json_decref(all);
        harness_sleep(10);
        all = messages_since(s, user, &news);
    }
    for (size_t i = 0; i < reply_messages(all); i++) {
        const json_t *message = reply_message(all, i);
        const char *ts = string(message, "ts");

        if (!json_object_get(s->shown_ts, ts))
            show_message(&plain, message, string(message, "channel"), "");
        if (strcmp(ts, s->newest) > 0)
            snprintf(s->newest, sizeof s->newest, "%s", ts);
    }
    json_object_clear(s->shown_ts);
    json_decref(all);
    set_text(&s->news, &plain);
    return news > 0;
}

/* ---- cards that change --------------------------------------------------- */

static char *plain_of(const json_t *message)
{
    struct buf lines = { 0 };
    char *text;

    message_lines(&lines, message);
    text = paper_plain(buf_text(&lines));
    buf_dispose(&lines);
    return text;
}

/* New reference, or NULL. *plain: heap. */
static json_t *find_message(struct stage *s, const char *user, const char *text,
                            char **plain)
{
    json_t *found = NULL, *all;
    char path[64];

    snprintf(path, sizeof path, "messages?user=%s", user);
    all = control_get_any(s->h, path);
    for (size_t i = reply_messages(all); i > 0 && !found; i--) {
        *plain = plain_of(reply_message(all, i - 1));
        if (strstr(*plain, text))
            found = json_incref((json_t *)reply_message(all, i - 1));
        else
            free(*plain);
    }
    json_decref(all);
    return found;
}

char *stage_peek(struct stage *s, const char *user, const char *text)
{
    char *plain = NULL;
    json_t *found = find_message(s, user, text, &plain);

    if (!found)
        return NULL;
    json_decref(found);
    return plain;
}

bool stage_watch(struct stage *s, const char *user, const char *text,
                 int limit_ms)
{
    int64_t until = clock_mono_ms() + limit_ms;
    struct buf shown = { 0 };
    char *plain = NULL;
    json_t *found;

    while (!(found = find_message(s, user, text, &plain))) {
        if (clock_mono_ms() >= until)
            return false;
        harness_sleep(20);
    }
    free(plain);
    show_message(&shown, found, string(found, "channel"), "");
    json_object_set_new(s->shown_ts, string(found, "ts"), json_true());
    json_decref(s->last);
    s->last = json_pack("{s:[o]}", "messages", found);
    set_text(&s->shown, &shown);
    return true;
}

/* ---- figures ------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

double stage_median_ms(const struct stage *s)
{
    int64_t sorted[STAGE_TIMES];

    if (!s->answers)
        return 0;
    memcpy(sorted, s->times, s->answers * sizeof *sorted);
    qsort(sorted, s->answers, sizeof *sorted, by_size);
    return (double)sorted[s->answers / 2] / 1000;
}

double stage_longest_ms(const struct stage *s)
{
    int64_t longest = 0;

    for (size_t i = 0; i < s->answers; i++)
        longest = s->times[i] > longest ? s->times[i] : longest;
    return (double)longest / 1000;
}
