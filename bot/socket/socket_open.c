/*
 * socket_open: getting a connection: ask for a URL, resolve its host,
 * connect; and when to try again.
 *
 * At most one connection is being opened at a time. It may be opened while
 * another is still up: a refresh.
 */
#include "bot/socket/socket_int.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "bot/socket/resolve.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

/* What an answer needs to find its way back. */
struct ask {
    struct socket *s;
    unsigned number;
};

static struct mail *mail_of(const struct ask *ask, enum mail_kind kind)
{
    struct mail *m = xcalloc(1, sizeof *m);

    m->kind = kind;
    m->number = ask->number;
    m->end = LINK_FAILED;
    return m;
}

/* Sender thread. */
static void asked(void *arg, const struct post_outcome *outcome)
{
    struct ask *ask = arg;
    struct mail *m = mail_of(ask, MAIL_ASKED);
    json_t *body = json_loads(outcome->body ? outcome->body : "", 0, NULL);
    const char *url = json_string_value(json_object_get(body, "url"));

    m->ok = outcome->result == POST_SENT && url;
    if (m->ok) {
        m->text = xstrdup(url);
    } else {
        m->text = xstrdup(outcome->error[0] ? outcome->error : "no url");
        m->end = link_verdict(m->text);
        if (outcome->http_status == 429)
            m->end = LINK_LIMITED;
        m->retry_after_ms = outcome->retry_after_s > 0
                                ? outcome->retry_after_s * 1000LL
                                : 30000;
    }
    json_decref(body);
    socket_mail(ask->s, m, true);
    free(ask);
}

/* Reaped after the turn; open_ended() plans the next attempt. */
static void failed(struct conn *c, enum link_end end, const char *why)
{
    c->end = end;
    snprintf(c->why, sizeof c->why, "%s", why);
    c->gone = true;
}

static struct conn *free_conn(struct socket *s)
{
    for (size_t i = 0; i < CONNS; i++) {
        if (s->conns[i].link == LINK_DOWN && !s->conns[i].wsi &&
            !s->conns[i].gone)
            return &s->conns[i];
    }
    return NULL;
}

static void ask_for_url(struct socket *s)
{
    struct conn *c = free_conn(s);
    struct ask *ask;
    struct post *post;

    s->opening = c;
    c->number = ++s->numbers;
    c->end = LINK_FAILED;
    conn_enter(c, LINK_ASKING);
    ask = xmalloc(sizeof *ask);
    *ask = (struct ask){ s, c->number };
    post = post_method("apps.connections.open", xstrdup("{}"));
    post->lane = POST_CRITICAL;
    post->app_token = true;
    post->once = true;
    post->deadline = clock_mono_ms() + HELLO_MS;
    post->done = asked;
    post->arg = ask;
    if (sender_submit(s->needs.sender, post) == PUSH_OK)
        return;
    post_free(post);
    free(ask);
    failed(c, LINK_FAILED, "the sender is full");
}

void open_tick(struct socket *s, int64_t now)
{
    if (!s->wanted || s->opening || now < s->next_try || !free_conn(s))
        return;
    s->wanted = false;
    ask_for_url(s);
}

/* A refresh may be planned already when its old connection is lost: the
 * sooner of the two counts. What Slack asked us to wait counts in any case. */
static void plan(struct socket *s, enum link_end end, int64_t up_ms,
                 int64_t retry_after_ms)
{
    int64_t now = clock_mono_ms(), at;
    uint32_t random = 0;

    if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
        random = (uint32_t)now;
    at = now + link_wait(&s->policy, end, up_ms, retry_after_ms, now, random);
    if (end != LINK_LOST && end != LINK_FAILED)
        s->not_before = at;
    if (s->wanted && s->next_try < at)
        at = s->next_try;
    s->next_try = at > s->not_before ? at : s->not_before;
    s->wanted = true;
}

/* Quick, as after a loss: the policy keeps a Slack that asks for one refresh
 * after the other from making us ask as often. */
void open_now(struct socket *s)
{
    const struct conn *up = conn_up(s);

    if (!s->opening && !s->wanted && !atomic_load(&s->stop_by))
        plan(s, LINK_LOST, up ? clock_mono_ms() - up->up_at : 0, 0);
}

/* ---- the URL ---------------------------------------------------------------- */

/* By number: 127.example.com is a name, and anybody's. */
static bool loopback(const char *host)
{
    unsigned char ip[4];

    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           (inet_pton(AF_INET, host, ip) == 1 && ip[0] == 127);
}

/* Any thread. */
static void resolved(void *arg, const char *address, const char *why)
{
    struct ask *ask = arg;
    struct mail *m = mail_of(ask, MAIL_RESOLVED);

    m->ok = address != NULL;
    m->text = xstrdup(address ? address : why);
    socket_mail(ask->s, m, true);
    free(ask);
}

static bool take_url(struct socket *s, char *url)
{
    const char *scheme, *host, *path;

    if (lws_parse_uri(url, &scheme, &host, &s->port, &path))
        return false;
    s->tls = strcmp(scheme, "wss") == 0 || strcmp(scheme, "https") == 0;
    if (!s->tls && !loopback(host))
        return false;
    free(s->host);
    free(s->path);
    s->host = xstrdup(host);
    s->path = xasprintf("/%s", path[0] == '/' ? path + 1 : path);
    return true;
}

void open_asked(struct socket *s, struct mail *m)
{
    struct conn *c = s->opening;
    struct ask *ask;

    if (!c || c->number != m->number || c->link != LINK_ASKING || c->gone)
        return;
    if (!m->ok) {
        char why[160];

        snprintf(why, sizeof why, "apps.connections.open: %.120s", m->text);
        c->retry_after_ms = m->retry_after_ms;
        failed(c, m->end, why);
        return;
    }
    if (!take_url(s, m->text)) {
        failed(c, LINK_FAILED, "Slack gave a URL that is not usable");
        return;
    }
    ask = xmalloc(sizeof *ask);
    *ask = (struct ask){ s, c->number };
    if (!resolve_start(s->host, resolved, ask)) {
        free(ask);
        failed(c, LINK_FAILED, "no thread to resolve a name with");
    }
}

void open_resolved(struct socket *s, struct mail *m)
{
    struct conn *c = s->opening;
    struct lws_client_connect_info info;

    if (!c || c->number != m->number || c->link != LINK_ASKING || c->gone)
        return;
    if (!m->ok) {
        char why[160];

        snprintf(why, sizeof why, "the name %.60s: %.60s", s->host, m->text);
        failed(c, LINK_FAILED, why);
        return;
    }
    conn_enter(c, LINK_CONNECTING);
    memset(&info, 0, sizeof info);
    info.context = s->lws;
    info.address = m->text; /* the name stays for SNI and verification */
    info.port = s->port;
    info.path = s->path;
    info.host = info.origin = s->host;
    info.ssl_connection = s->tls ? LCCSCF_USE_SSL : 0;
    info.ietf_version_or_minus_one = -1;
    info.local_protocol_name = socket_protocols[0].name;
    info.pwsi = &c->wsi;
    info.opaque_user_data = c;
    if (!lws_client_connect_via_info(&info) && !c->gone)
        failed(c, LINK_FAILED, c->why[0] ? c->why : "connect failed");
}

/* ---- again ------------------------------------------------------------------ */

static const char *what_to_do(enum link_end end)
{
    switch (end) {
    case LINK_FATAL:
        return " Check SLACK_APP_TOKEN: it must be an app-level token "
               "(xapp-…) with connections:write.";
    case LINK_DISABLED:
        return " Switch Socket Mode on in the app's settings.";
    case LINK_TOO_MANY:
        return " Stop other copies of this app.";
    default:
        return "";
    }
}

static void try_again(struct socket *s, const struct conn *c)
{
    int64_t now = clock_mono_ms();

    plan(s, c->end, c->up_at ? now - c->up_at : 0, c->retry_after_ms);
    log_write(c->end == LINK_LOST ? LOG_INFO : LOG_WARN, "socket", NULL,
              "link %u ended (%s): %s. Next attempt in %lld ms.%s", c->number,
              link_end_name(c->end), c->why[0] ? c->why : "closed by Slack",
              (long long)(s->next_try - now), what_to_do(c->end));
}

/*
 * One that was replaced goes silently; the last one up, or one that never
 * came, means another attempt.
 */
void open_ended(struct socket *s, struct conn *c)
{
    bool was_opening = s->opening == c;

    if (was_opening)
        s->opening = NULL;
    if (c->end == LINK_FATAL || c->end == LINK_DISABLED)
        atomic_store(&s->fact_token_refused, true);
    if (c->link == LINK_UP || c->link == LINK_DRAINING)
        atomic_fetch_add(&s->fact_reconnects, 1);
    if (atomic_load(&s->stop_by))
        return;
    c->link = LINK_DOWN; /* no longer counts as up */
    if (was_opening || (!s->opening && !conn_up(s)))
        try_again(s, c);
    else
        log_info("socket", NULL, "link %u is closed", c->number);
}
