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
#include "tests/demo/stage_parts.h"

#define WAIT_MS   5000       /* for an answer */
#define TAKE_TIME "300-4500" /* ms, first and last agent: edits are 2 s apart */

static const char configuration[] =
    "channels:\n"
    "  ops: C0OPS\n"
    "streams:\n"
    "  - name: orders\n"
    "  - name: notify.events\n"
    "dlq:\n"
    "  mask: [iban]\n"
    "roles:\n"
    "  - name: operator\n"
    "    users: [U0ANN]\n"
    "    rights: [dlq.*, jobs, halt, unhalt, "
    "outbox, audit, incident.*, alert.*, "
    "route.*, oncall.*]\n"
    "  - name: viewer\n"
    "    users: [U0BOB]\n"
    "    rights: [dlq.show, jobs, alert.show]\n";

/* ---- life ---------------------------------------------------------------- */

static char *configure(const struct stage *s)
{
    char *halt = agents_yaml_each(s->agents);
    char *checks = site_yaml(s->site, s->agents);
    char *all = xasprintf("%s%s%s%s", configuration, watch_yaml, halt, checks);

    free(halt);
    free(checks);
    return all;
}

static void add_channel(struct harness *h)
{
    json_decref(
        control_post(h, "channel",
                     json_pack("{s:s, s:s, s:[s, s, s, s, s]}", "id",
                               WATCH_CHANNEL, "name", "alerts", "members",
                               "U0ANN", "U0BOB", "U0CAT", "U0DAN", "U0BOT")));
}

void stage_start(struct stage *s)
{
    /* Who may what is in the file. */
    static const char *const env[] = { "OPSBOT_ADMINS=", NULL };
    static const int servers = PART_REDIS | PART_POSTGRES | PART_SANDBOX;

    s->shown = xstrdup("");
    s->news = xstrdup("");
    s->seen = json_object();
    s->agents = agents_start_slow(NULL, STAGE_AGENTS, TAKE_TIME);
    s->site = site_start();
    s->configuration = configure(s);
    s->h = harness_start(&(struct harness_options){ .parts = servers,
                                                    .durable = true,
                                                    .yaml = s->configuration,
                                                    .env = env });
    add_channel(s->h);
    site_behind(s->site, s->h->database_url);
    s->redis_path = xasprintf("%s/redis.sock", s->h->dir);
    s->feed = feed_start(s->redis_path);
    opsbot_wait_ready(opsbot_start(s->h, NULL));
    s->watch = watch_start(s->h);
    wait_until(feed_warm, s->feed, 10000, "the demo's streams to fill");
}

void stage_stop(struct stage *s)
{
    feed_stop(s->feed);
    watch_stop(s->watch);
    harness_stop(s->h);
    site_stop(s->site);
    agents_stop(s->agents);
    free(s->configuration);
    json_decref(s->last);
    json_decref(s->seen);
    free(s->redis_path);
    free(s->shown);
    free(s->news);
}

/* ---- showing ------------------------------------------------------------- */

const char *string(const json_t *object, const char *key)
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

void show_message(struct stage *s, struct buf *plain, const json_t *message,
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
    json_object_set_new(s->seen, string(message, "ts"), json_string(text));
    free(text);
    buf_dispose(&lines);
}

void set_text(char **field, struct buf *text)
{
    buf_str(text, "");
    free(*field);
    *field = text->data ? buf_take(text) : xstrdup("");
}

/* Takes answer, to what was asked at that time in the channel. */
static bool show_answer(struct stage *s, json_t *answer, const char *channel,
                        int64_t asked_us)
{
    int64_t us = clock_mono_us() - asked_us;
    const json_t *message, *view = json_object_get(answer, "view");
    struct buf plain = { 0 };
    char took[32];
    size_t i;

    snprintf(took, sizeof took, "%.1f ms", (double)us / 1000);
    json_array_foreach(json_object_get(answer, "messages"), i, message)
    {
        /* So that its buttons are pressed where it is. */
        if (!*string(message, "channel"))
            json_object_set_new((json_t *)message, "channel",
                                json_string(channel));
        show_message(s, &plain, message, channel, i ? "" : took);
    }
    if (view)
        paper_line(INK_DIM, "│ A form opens: “%s”. It is on the page.",
                   string(json_object_get(view, "title"), "text"));
    else if (i == 0)
        paper_line(INK_BAD, "(no answer: %s)",
                   *string(answer, "error") ? string(answer, "error")
                                            : "nothing came");
    else if (s->answers < STAGE_TIMES)
        s->times[s->answers++] = us;
    json_decref(s->last);
    s->last = answer;
    set_text(&s->shown, &plain);
    return i > 0 || view;
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
    return show_answer(s, control_post_any(s->h, "command", body),
                       STAGE_CHANNEL, from);
}

void stage_send(struct stage *s, const char *user, const char *text)
{
    show_typed(user, text);
    json_decref(control_post(s->h, "command", typed(user, text)));
}

/* The press, where nobody typed it, and what Slack asks before it. */
static void show_press(const struct stage *s, const char *user,
                       const json_t *button)
{
    const json_t *confirm = json_object_get(button, "confirm");
    const char *label = string(json_object_get(button, "text"), "text");
    const char *asks = string(json_object_get(confirm, "text"), "text");

    if (!s->echo && !*asks)
        return;
    printf("\n%s%s@#%s>%s presses %s[%s]%s%s%s%s\n", ink(INK_GOOD),
           markup_name(user), markup_name(STAGE_CHANNEL), ink(INK_END),
           ink(INK_KEY), label, ink(INK_END), *asks ? ", asked “" : "", asks,
           *asks ? "” says yes" : "");
}

/* The newest message of reply with such a button, and the button. */
static const json_t *find_button(const json_t *reply, const char *label,
                                 int nth, const json_t **message,
                                 const json_t **element)
{
    const json_t *button = NULL;

    for (size_t i = reply_messages(reply); !button && i > 0; i--) {
        *message = reply_message(reply, i - 1);
        button = message_button(*message, label, nth, element);
    }
    return button;
}

/* What an ack or a response URL said does not say where. */
static const char *channel_of(const json_t *message)
{
    const char *channel = string(message, "channel");

    return *channel ? channel : STAGE_CHANNEL;
}

/* In the last answer, else in what else is on the screen. */
bool stage_press(struct stage *s, const char *user, const char *label, int nth)
{
    json_t *all = messages_of(s, user);
    const json_t *message, *element;
    const json_t *button = find_button(s->last, label, nth, &message, &element);
    const char *channel;
    int64_t from;
    json_t *body, *answer;
    bool ok;

    if (!button)
        button = find_button(all, label, nth, &message, &element);
    if (!button) {
        json_decref(all);
        return false;
    }
    show_press(s, user, button);
    channel = channel_of(message);
    body = json_pack("{s:s, s:s, s:O, s:O, s:O*, s:O*, s:i}", "user", user,
                     "channel", channel, "ts", json_object_get(message, "ts"),
                     "action_id", json_object_get(element, "action_id"),
                     "block_id", json_object_get(element, "block_id"), "value",
                     json_object_get(button, "value"), "wait", WAIT_MS);
    from = clock_mono_us();
    answer = control_post_any(s->h, "click", body);
    ok = show_answer(s, answer, channel, from);
    json_decref(all);
    return ok;
}

/* ---- the world ----------------------------------------------------------- */

void stage_agent(struct stage *s, const char *name, bool on)
{
    char *text = xasprintf("{\"agent\":\"%s\",\"down\":%s}", name,
                           on ? "false" : "true");

    json_decref(agents_control(s->agents, text));
    free(text);
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
