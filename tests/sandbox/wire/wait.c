/*
 * wait: see wait.h.
 */
#include "tests/sandbox/wire/wait.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/sandbox/wire/wire.h"

struct waiter {
    struct waits *waits;
    struct http_call *call;
    struct wait_question q;
    struct timer timer;
    bool over;
    bool gone; /* the client left */
    struct waiter *next;
};

struct waits {
    struct sandbox *sb;
    struct waiter *first;
};

struct waits *waits_new(struct sandbox *sb)
{
    struct waits *waits = xcalloc(1, sizeof(*waits));

    waits->sb = sb;
    return waits;
}

static void waiter_free(struct waiter *w)
{
    timer_stop(w->waits->sb->loop, &w->timer);
    w->q.drop(w->q.what);
    free(w);
}

void waits_free(struct waits *waits)
{
    if (!waits)
        return;
    while (waits->first) {
        struct waiter *w = waits->first;

        waits->first = w->next;
        http_on_gone(w->call, NULL, NULL);
        waiter_free(w);
    }
    free(waits);
}

static void time_over(void *arg)
{
    struct waiter *w = arg;

    w->over = true;
    sandbox_changed(w->waits->sb);
}

static void client_gone(void *arg)
{
    struct waiter *w = arg;

    w->gone = true;
    sandbox_changed(w->waits->sb);
}

void waits_look(struct waits *waits)
{
    struct waiter **at = &waits->first;

    while (*at) {
        struct waiter *w = *at;
        json_t *answer = w->q.ask(waits->sb, w->q.what, w->over || w->gone);

        if (!answer) {
            at = &w->next;
            continue;
        }
        *at = w->next;
        http_answer_json(w->call, answer);
        waiter_free(w);
    }
}

void wait_for(struct waits *waits, struct http_call *call, int64_t timeout_ms,
              struct wait_question q)
{
    struct waiter *w = xcalloc(1, sizeof(*w));

    w->waits = waits;
    w->call = call;
    w->q = q;
    w->timer = (struct timer){ .fire = time_over, .arg = w };
    w->next = waits->first;
    waits->first = w;
    http_on_gone(call, client_gone, w);
    timer_start(waits->sb->loop, &w->timer, timeout_ms * 1000);
    sandbox_changed(waits->sb);
}

/* ---- GET /control/wait -------------------------------------------------- */

struct goal {
    char *what;    /* "hello", "calls:chat.update", … */
    char *subject; /* in what, behind the colon, or NULL */
    json_int_t count;
    int64_t since_us;
};

static json_int_t messages_in(struct sandbox *sb, const char *channel)
{
    json_t *query = json_pack("{ss}", "channel", channel);
    json_t *seen = world_messages(sb->world, query);
    json_int_t count =
        (json_int_t)json_array_size(json_object_get(seen, "messages"));

    json_decref(query);
    json_decref(seen);
    return count;
}

static json_int_t published_to(struct sandbox *sb, const char *user)
{
    json_t *query = json_pack("{ss}", "user", user);
    json_t *home = world_home(sb->world, query);
    json_int_t count = json_integer_value(json_object_get(home, "published"));

    json_decref(query);
    json_decref(home);
    return count;
}

/* -1: nobody knows what that is. */
static json_int_t reached(struct sandbox *sb, const struct goal *g)
{
    const struct link_stats *stats = link_stats(sb->link);

    if (strcmp(g->what, "hello") == 0)
        return link_open_count(sb->link);
    if (strcmp(g->what, "acked") == 0)
        return (json_int_t)stats->acked;
    if (strcmp(g->what, "upgrades") == 0)
        return (json_int_t)stats->upgrades;
    if (strcmp(g->what, "idle") == 0)
        return link_in_flight(sb->link) == 0 ? g->count : 0;
    if (g->subject && strcmp(g->what, "calls") == 0)
        return calls_count(sb->calls, g->subject);
    if (g->subject && strcmp(g->what, "messages") == 0)
        return messages_in(sb, g->subject);
    if (g->subject && strcmp(g->what, "home") == 0)
        return published_to(sb, g->subject);
    return -1;
}

static json_t *goal_ask(struct sandbox *sb, void *what, bool over)
{
    struct goal *g = what;
    json_int_t have = reached(sb, g);
    int64_t waited = (clock_mono_us() - g->since_us) / 1000;

    if (have < 0)
        return json_pack("{sb ss}", "ok", 0, "error",
                         "for: hello, acked, calls:<method>, "
                         "messages:<channel>, home:<user>, upgrades or idle");
    if (have < g->count && !over)
        return NULL;
    if (have < g->count)
        return json_pack("{sb ss sI}", "ok", 0, "error", "timeout", "count",
                         have);
    return json_pack("{sb sI sI}", "ok", 1, "count", have, "waited_ms",
                     (json_int_t)waited);
}

static void goal_drop(void *what)
{
    struct goal *g = what;

    free(g->what);
    free(g);
}

static json_int_t number(const json_t *query, const char *name,
                         json_int_t otherwise)
{
    const char *text = json_string_value(json_object_get(query, name));

    return text ? strtoll(text, NULL, 10) : otherwise;
}

void wait_control(struct sandbox *sb, struct http_call *call,
                  const json_t *query)
{
    struct goal *g = xcalloc(1, sizeof(*g));
    const char *what = json_string_value(json_object_get(query, "for"));

    g->what = xstrdup(what ? what : "");
    g->subject = strchr(g->what, ':');
    if (g->subject)
        *g->subject++ = '\0';
    g->count = number(query, "count", 1);
    g->since_us = clock_mono_us();
    wait_for(sb->waits, call, number(query, "timeout", 5000),
             (struct wait_question){
                 .ask = goal_ask, .drop = goal_drop, .what = g });
}
