/*
 * socket_ack: acks as frames, for the desk (flow/desk.h) that holds them.
 */
#include "bot/socket/socket_int.h"

#include <stdlib.h>
#include <string.h>

#define ACK_BYTES 20480 /* Slack ignores acks of this size and above */

static bool plain_id(const char *id)
{
    return strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                      "0123456789-_.:") == strlen(id);
}

static void add_id(struct buf *b, const char *id)
{
    json_t *text;
    char *quoted;

    if (plain_id(id)) {
        buf_fmt(b, "\"%s\"", id);
        return;
    }
    text = json_string(id);
    quoted = json_dumps(text, JSON_ENCODE_ANY);
    buf_str(b, quoted ? quoted : "\"\"");
    free(quoted);
    json_decref(text);
}

/* The connection it came by, else any that is open: Slack matches acks by
 * envelope id. */
static struct conn *conn_for(struct socket *s, const struct held *h)
{
    struct conn *c = h->end;

    if (c->number == h->who && c->wsi && !c->gone && c->closing == CLOSE_NOT)
        return c;
    return conn_up(s);
}

/* False: no connection, or the payload does not fit. */
static bool send_ack(struct desk *d, const struct held *h, const char *payload)
{
    struct socket *s = (struct socket *)d;
    struct conn *c = conn_for(s, h);
    struct buf b = { 0 };
    bool fits;

    if (!c)
        return false;
    buf_str(&b, "{\"envelope_id\":");
    add_id(&b, h->envelope_id);
    if (payload) {
        buf_str(&b, ",\"payload\":");
        buf_str(&b, payload);
    }
    buf_char(&b, '}');
    fits = b.len < ACK_BYTES;
    if (fits) {
        conn_send(c, b.data, b.len);
        atomic_fetch_add(&s->fact_acks, 1);
    }
    buf_dispose(&b);
    return fits;
}

const struct desk_ways socket_ways = { .area = "socket", .ack = send_ack };

void ack_received(struct conn *c, struct envelope *env)
{
    struct socket *s = c->s;

    c->last_envelope = env->received_us / 1000;
    atomic_fetch_add(&s->fact_envelopes, 1);
    desk_take(&s->desk, env, c, c->number);
}
