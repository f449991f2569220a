/*
 * stream: see stream.h.
 */
#include "tests/sandbox/wire/stream.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/control/control.h"
#include "tests/sandbox/wire/wire.h"

#define BEAT_US       (10 * 1000 * 1000) /* a comment, so that the gone are seen */
#define BACKLOG_LIMIT (8 * 1024 * 1024) /* bytes that a client did not read */

static const char head[] = "HTTP/1.1 200 OK\r\n"
                           "Content-Type: text/event-stream\r\n"
                           "Cache-Control: no-store\r\n"
                           "X-Content-Type-Options: nosniff\r\n"
                           "Connection: close\r\n\r\n"
                           "retry: 1000\n"
                           "data: {\"type\":\"hello\"}\n\n";

/* One page that is looking. */
struct stream {
    struct streams *all;
    struct conn *conn;
    char *user;
    struct stream *next;
    struct stream *previous;
};

struct streams {
    struct loop *loop;
    struct stream *first;
    struct timer beat;
    int64_t open; /* sockets of the app, as told last */
};

static void stream_write(struct stream *s, const char *text, size_t len)
{
    if (s->conn->out.len - s->conn->sent > BACKLOG_LIMIT)
        conn_abort(s->conn);
    else
        conn_write(s->conn, text, len);
}

static void beat(void *arg)
{
    struct streams *all = arg;

    for (struct stream *s = all->first; s; s = s->next)
        stream_write(s, ":\n\n", 3);
    if (all->first)
        timer_start(all->loop, &all->beat, BEAT_US);
}

struct streams *streams_new(struct loop *loop)
{
    struct streams *all = xcalloc(1, sizeof(*all));

    all->loop = loop;
    all->beat = (struct timer){ .fire = beat, .arg = all };
    return all;
}

void streams_free(struct streams *all)
{
    if (!all)
        return;
    timer_stop(all->loop, &all->beat);
    free(all);
}

bool streams_any(const struct streams *all)
{
    return all->first != NULL;
}

static bool is_for(const json_t *whom, const char *user)
{
    size_t i;
    json_t *one;

    json_array_foreach(whom, i, one)
    {
        if (strcmp(json_string_value(one), user) == 0)
            return true;
    }
    return !whom;
}

/* As an event stream has it. Takes what; new. */
static char *event_text(json_t *what)
{
    char *text = json_dumps(what, JSON_COMPACT);
    char *event = xasprintf("data: %s\n\n", text);

    free(text);
    json_decref(what);
    return event;
}

void streams_send(struct streams *all, const json_t *whom, json_t *what)
{
    char *event = event_text(what);
    size_t len = strlen(event);

    for (struct stream *s = all->first; s; s = s->next)
        if (is_for(whom, s->user))
            stream_write(s, event, len);
    free(event);
}

static json_t *link_news(const struct streams *all)
{
    return json_pack("{ss sI}", "type", "link", "open", (json_int_t)all->open);
}

void streams_link(struct streams *all, int64_t open)
{
    if (open == all->open)
        return;
    all->open = open;
    if (all->first)
        streams_send(all, NULL, link_news(all));
}

/* ---- the connection ------------------------------------------------------ */

/* Nobody has anything to say on it any more. */
static void stream_data(struct conn *conn)
{
    conn_eat(conn, conn_in_len(conn));
}

static void stream_gone(struct conn *conn)
{
    struct stream *s = conn->owner;

    if (s->next)
        s->next->previous = s->previous;
    if (s->previous)
        s->previous->next = s->next;
    else
        s->all->first = s->next;
    free(s->user);
    free(s);
}

static const struct protocol stream_protocol = { .data = stream_data,
                                                 .gone = stream_gone };

static void stream_open(struct streams *all, struct conn *conn, char *user)
{
    struct stream *s = xcalloc(1, sizeof(*s));
    char *link = event_text(link_news(all));

    s->all = all;
    s->conn = conn;
    s->user = user;
    s->next = all->first;
    if (s->next)
        s->next->previous = s;
    else
        timer_start(all->loop, &all->beat, BEAT_US);
    all->first = s;
    conn->owner = s;
    conn->protocol = &stream_protocol;
    conn_write(conn, head, sizeof(head) - 1);
    conn_write(conn, link, strlen(link));
    free(link);
}

void stream_control(struct sandbox *sb, struct http_call *call,
                    const json_t *query)
{
    const char *user = json_string_value(json_object_get(query, "user"));
    char *copy = xstrdup(user ? user : "");
    struct conn *conn;

    if (!world_knows(sb->world, copy)) {
        http_answer_json(call, control_refusal("user: who is looking"));
        free(copy);
        return;
    }
    conn = http_upgrade(call);
    if (conn)
        stream_open(sb->streams, conn, copy);
    else
        free(copy);
}
