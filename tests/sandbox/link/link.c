/*
 * link: sockets, tickets, and what the control API sees of them. Envelopes
 * are in link_deliver.c; see link.h.
 */
#include "tests/sandbox/link/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/sandbox/wire/decode.h"
#include "tests/sandbox/link/link_in.h"
#include "tests/sandbox/wire/wire.h"

#define TICKET_US      60000000 /* real time; Slack's own is not known */
#define TICKETS_KEPT   1000
#define LIFE_S         18060
#define DEBUG_LIFE_S   360
#define WARNING_MS     10000
#define ACK_TIMEOUT_US 3000000

/* A URL that was handed out and not used yet. */
struct ticket {
    char id[ENVELOPE_ID];
    int64_t until_us;
    struct ticket *next;
};

struct link *link_new(struct sandbox *sb)
{
    struct link *l = xcalloc(1, sizeof(*l));

    l->sb = sb;
    l->ack_timeout_us = ACK_TIMEOUT_US;
    l->life = (struct socket_life){ .approximate_s = LIFE_S,
                                    .warning_before_ms = WARNING_MS,
                                    .life_ms = LIFE_S * 1000 };
    l->close_codes = json_array();
    l->envelopes = envelopes_new();
    l->push = push_new(sb);
    return l;
}

static void tickets_cut(struct ticket **at)
{
    while (*at) {
        struct ticket *t = *at;

        *at = t->next;
        free(t);
    }
}

void link_free(struct link *l)
{
    if (!l)
        return;
    tickets_cut(&l->tickets);
    push_free(l->push);
    envelopes_free(l->envelopes, l->sb->loop);
    json_decref(l->close_codes);
    json_decref(l->captured);
    free(l);
}

struct sandbox *link_sandbox(const struct link *l)
{
    return l->sb;
}

struct push *link_push(struct link *l)
{
    return l->push;
}

struct link_stats *link_stats(struct link *l)
{
    return &l->stats;
}

/* ---- tickets ------------------------------------------------------------ */

char *link_ticket(struct link *l, const char *host)
{
    struct ticket *t;
    struct ticket **at = &l->tickets;
    char app[65];

    if (l->disabled)
        return NULL;
    for (int kept = 0; *at && kept < TICKETS_KEPT; kept++)
        at = &(*at)->next;
    tickets_cut(at);
    t = xcalloc(1, sizeof(*t));
    link_make_id(l, t->id);
    t->until_us = clock_mono_us() + TICKET_US;
    t->next = l->tickets;
    l->tickets = t;
    sandbox_hex(l->sb, 32, app);
    return xasprintf("ws://%s/link/?ticket=%s&app_id=%s", host, t->id, app);
}

/* True once for each ticket. */
static bool ticket_use(struct link *l, const char *id)
{
    for (struct ticket **at = &l->tickets; id && *at; at = &(*at)->next) {
        struct ticket *t = *at;
        bool alive = t->until_us > clock_mono_us();

        if (strcmp(t->id, id) != 0)
            continue;
        *at = t->next;
        free(t);
        return alive;
    }
    return false;
}

/* ---- the upgrade -------------------------------------------------------- */

static void refuse(struct link *l, struct http_call *call, int status,
                   const char *why)
{
    struct http_response res = { 0 };

    sandbox_note(l->sb, "upgrade refused",
                 json_pack("{si ss}", "status", status, "why", why));
    response_text(&res, status, why);
    http_answer(call, &res);
}

static void answer_upgrade(struct link *l, struct http_call *call)
{
    bool debug = strstr(http_request(call)->query, "debug_reconnects=true");
    struct socket_life life = l->life;
    char accept[WS_ACCEPT_TEXT];
    struct socket *s;
    struct conn *conn;
    char *head;

    ws_accept(http_header(call, "Sec-WebSocket-Key"), accept);
    conn = http_upgrade(call);
    if (!conn)
        return;
    head = xasprintf("HTTP/1.1 101 Switching Protocols\r\n"
                     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: %s\r\n\r\n",
                     accept);
    conn_write(conn, head, strlen(head));
    free(head);
    if (debug) {
        life.approximate_s = DEBUG_LIFE_S;
        life.life_ms = DEBUG_LIFE_S * 1000;
    }
    s = socket_new(l, conn, ++l->last_socket, &life);
    s->older = l->newest;
    l->newest = s;
    l->stats.upgrades++;
    sandbox_note(l->sb, "upgrade", json_pack("{si}", "socket", (int)s->id));
    if (link_live(l) > LINK_SOCKETS)
        socket_refuse(s, "too_many_websockets");
    else
        socket_greet(s);
    if (conn_in_len(conn))
        conn_poke(conn);
    sandbox_changed(l->sb);
}

static void upgrade_later(void *arg)
{
    struct http_call *call = arg;

    answer_upgrade(http_attached(call), call);
}

/* True: the fault has taken the call. */
static bool upgrade_fault(struct link *l, struct http_call *call)
{
    struct fault *f = fault_take(l->sb->faults, "upgrade", NULL);
    static const char garbage[] = "\x16\x03\x01 this is not HTTP\r\n\r\n";

    if (!f)
        return false;
    sandbox_note(l->sb, "fault on upgrade", json_deep_copy(f->spec));
    switch (f->kind) {
    case FAULT_DELAY:
        http_attach(call, l, NULL);
        http_later(call, f->delay_ms, upgrade_later);
        break;
    case FAULT_ANSWER:
        refuse(l, call, f->status ? f->status : 500,
               f->body ? f->body : "fault");
        break;
    case FAULT_DROP:
        http_drop(call);
        break;
    case FAULT_HANG:
        http_hang(call);
        break;
    case FAULT_GARBAGE:
        http_raw(call, garbage, sizeof(garbage) - 1);
        break;
    }
    fault_done(l->sb->faults, f);
    return true;
}

void link_upgrade(struct link *l, struct http_call *call)
{
    const struct http_request *req = http_request(call);
    json_t *query = decode_form(req->query, strlen(req->query));
    bool known =
        ticket_use(l, json_string_value(json_object_get(query, "ticket")));

    json_decref(query);
    if (strcmp(req->method, "GET") != 0 ||
        strcasecmp(http_header(call, "Upgrade"), "websocket") != 0 ||
        !strcasestr(http_header(call, "Connection"), "upgrade") ||
        strlen(http_header(call, "Sec-WebSocket-Key")) != 24)
        refuse(l, call, 400, "not a WebSocket upgrade");
    else if (strcmp(http_header(call, "Sec-WebSocket-Version"), "13") != 0)
        refuse(l, call, 426, "Sec-WebSocket-Version: 13");
    else if (!known)
        refuse(l, call, 403, "unknown or used ticket");
    else if (!upgrade_fault(l, call))
        answer_upgrade(l, call);
}

/* ---- sockets ------------------------------------------------------------ */

static unsigned count(const struct link *l, bool (*is)(const struct socket *s))
{
    unsigned n = 0;

    for (const struct socket *s = l->newest; s; s = s->older)
        n += is(s);
    return n;
}

static bool is_live(const struct socket *s)
{
    return s->state != SOCKET_CLOSING;
}

unsigned link_live(const struct link *l)
{
    return count(l, is_live);
}

unsigned link_open_count(const struct link *l)
{
    return count(l, socket_works);
}

unsigned link_roads(const struct link *l)
{
    return push_on(l->push) ? 1 : link_open_count(l);
}

struct socket *link_pick(struct link *l)
{
    unsigned n = count(l, socket_takes);
    uint64_t skip = n > 1 ? sandbox_random(l->sb) % n : 0;

    for (struct socket *s = l->newest; s; s = s->older)
        if (socket_takes(s) && skip-- == 0)
            return s;
    return NULL;
}

void link_on_state(struct link *l)
{
    unsigned open = link_open_count(l);
    int64_t now = clock_mono_us();

    if (open > l->stats.max_open)
        l->stats.max_open = open;
    l->greeted = l->greeted || open;
    if (open && l->deaf_since_us) {
        l->deaf_us += now - l->deaf_since_us;
        l->deaf_since_us = 0;
    } else if (!open && l->greeted && !l->deaf_since_us) {
        l->deaf_since_us = now;
    }
    if (open)
        link_send_waiting(l);
    sandbox_changed(l->sb);
}

void link_on_close(struct link *l, const struct socket *s, int code)
{
    sandbox_note(l->sb, "client closed",
                 json_pack("{si si}", "socket", (int)s->id, "code", code));
    json_array_append_new(l->close_codes, json_integer(code));
    if (json_array_size(l->close_codes) > CLOSE_CODES_KEPT)
        json_array_remove(l->close_codes, 0);
}

void link_on_gone(struct link *l, struct socket *s)
{
    struct socket **at = &l->newest;

    while (*at != s)
        at = &(*at)->older;
    *at = s->older;
    sandbox_changed(l->sb);
}

/* ---- control ------------------------------------------------------------ */

static bool meant(const struct link *l, const struct socket *s,
                  const json_t *which)
{
    const char *word = json_string_value(which);
    const struct socket *other;

    if (!is_live(s))
        return false;
    if (json_is_integer(which))
        return json_integer_value(which) == s->id;
    if (word && strcmp(word, "newest") == 0) {
        for (other = l->newest; !is_live(other);)
            other = other->older;
        return other == s;
    }
    if (word && strcmp(word, "oldest") == 0) {
        for (other = s->older; other && !is_live(other);)
            other = other->older;
        return other == NULL;
    }
    return !word || strcmp(word, "all") == 0 ||
           strtoul(word, NULL, 10) == s->id;
}

unsigned link_each(struct link *l, const json_t *which,
                   void (*act)(struct socket *s, void *arg), void *arg)
{
    struct socket *chosen[64];
    unsigned n = 0;

    for (struct socket *s = l->newest; s && n < 64; s = s->older)
        if (meant(l, s, which))
            chosen[n++] = s;
    for (unsigned i = 0; i < n; i++)
        act(chosen[i], arg);
    return n;
}

void link_enable(struct link *l, bool enabled)
{
    l->disabled = !enabled;
}

void link_set_life(struct link *l, const struct socket_life *life)
{
    l->life = *life;
}

const struct socket_life *link_life(const struct link *l)
{
    return &l->life;
}

void link_set_ack_timeout(struct link *l, int64_t ms)
{
    l->ack_timeout_us = ms * 1000;
}

int64_t link_ack_timeout(const struct link *l)
{
    return l->ack_timeout_us / 1000;
}

static json_t *socket_json(const struct socket *s)
{
    return json_pack("{si sI ss sI sI}", "id", (int)s->id, "age_ms",
                     (json_int_t)((clock_mono_us() - s->since_us) / 1000),
                     "state", socket_state_name(s->state), "acks",
                     (json_int_t)s->acks, "frames", (json_int_t)s->frames);
}

static json_t *stats_json(const struct link_stats *s)
{
    const struct {
        const char *name;
        uint64_t value;
    } all[] = {
        { "upgrades", s->upgrades },
        { "hellos", s->hellos },
        { "delivered", s->delivered },
        { "acked", s->acked },
        { "unanswered", s->unanswered },
        { "duplicate_acks", s->duplicate_acks },
        { "unknown_acks", s->unknown_acks },
        { "late_acks", s->late_acks },
        { "oversized_acks", s->oversized_acks },
        { "fragmented_acks", s->fragmented_acks },
        { "bad_messages", s->bad_messages },
        { "protocol_errors", s->protocol_errors },
        { "pings", s->pings },
        { "pongs", s->pongs },
        { "http_answers", s->http_answers },
        { "max_open", s->max_open },
    };
    json_t *json = json_object();

    json_object_set_new(json, "ok", json_true());
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        json_object_set_new(json, all[i].name,
                            json_integer((json_int_t)all[i].value));
    return json;
}

json_t *link_json(struct link *l, bool with_envelopes)
{
    json_t *json = stats_json(&l->stats);
    json_t *sockets = json_array();
    int64_t deaf = l->deaf_us;

    if (l->deaf_since_us)
        deaf += clock_mono_us() - l->deaf_since_us;
    for (const struct socket *s = l->newest; s; s = s->older)
        json_array_insert_new(sockets, 0, socket_json(s));
    json_object_set_new(json, "sockets", sockets);
    json_object_set_new(
        json, "opens",
        json_integer(calls_count(l->sb->calls, "apps.connections.open")));
    json_object_set_new(json, "close_codes", json_copy(l->close_codes));
    json_object_set_new(json, "deaf_ms", json_integer(deaf / 1000));
    json_object_set_new(json, "in_flight", json_integer(link_in_flight(l)));
    json_object_set_new(json, "enabled", json_boolean(!l->disabled));
    json_object_set_new(json, "mode",
                        json_string(push_on(l->push) ? "http" : "socket"));
    json_object_set_new(json, "http_requests",
                        json_integer((json_int_t)push_count(l->push)));
    if (with_envelopes)
        json_object_set_new(json, "envelopes", envelopes_json(l->envelopes));
    return json;
}
