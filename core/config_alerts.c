/*
 * config_alerts: the section `alerts` as it takes effect: defaults, times,
 * what is in files. It is whole without a file too. Start-up and reload, one
 * thread.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/base64.h"
#include "core/base/duration.h"
#include "core/base/mem.h"
#include "core/config_parts.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define STREAM "notify.events"

/* ---- values --------------------------------------------------------------------- */

/* The members of a section that say nothing ("name:") are not set. */
static void drop_empty(const cyaml_schema_field_t *f, char *base)
{
    for (; f->key; f++) {
        struct config_value v = config_field(f, base);

        if (f->value.type == CYAML_MAPPING)
            drop_empty(f->value.mapping.fields, base + f->data_offset);
        if (f->value.type == CYAML_STRING)
            config_unless_set((char **)(void *)(base + f->data_offset), NULL);
        for (uint64_t i = 0; i < v.count; i++) {
            struct config_value entry = config_entry(&v, i);

            if (entry.of->type == CYAML_MAPPING)
                drop_empty(entry.of->mapping.fields,
                           (char *)(uintptr_t)entry.at);
        }
    }
}

struct config_time {
    int64_t otherwise, least, most; /* none, "0", is always one of them */
    const char *like;
};

/* A duration, as the file has it. */
static int64_t time_of(const char *key, const char *text,
                       const struct config_time *want, struct problems *p)
{
    int64_t ms = want->otherwise;

    if (!text)
        return ms;
    if (!duration_parse(text, &ms) ||
        (ms != 0 && (ms < want->least || ms > want->most))) {
        problem(p, key, "expected a time like %s", want->like);
        return want->otherwise;
    }
    return ms;
}

/* ---- the stream ------------------------------------------------------------------- */

static const struct config_stream *stream_named(const struct config *cfg,
                                                const char *name)
{
    for (unsigned i = 0; i < cfg->streams_count; i++)
        if (cfg->streams[i].name && strcmp(cfg->streams[i].name, name) == 0)
            return &cfg->streams[i];
    return NULL;
}

static void set(char **field, const char *value)
{
    char *copy = xstrdup(value);

    free(*field);
    *field = copy;
}

/* "none", and nothing at all where it is not among the streams or there is no
 * section, are "": no stream is read that nobody spoke of. */
static void make_stream(struct config *cfg, const struct config *running)
{
    struct config_alerts *a = &cfg->alerts;
    const struct config_stream *s;
    char *dead;

    if (running)
        set(&a->stream, running->alerts.stream);
    else if (!a->stream)
        set(&a->stream, a->on && stream_named(cfg, STREAM) ? STREAM : "");
    else if (strcmp(a->stream, "none") == 0)
        set(&a->stream, "");
    config_unless_set(&a->group, "notify");
    s = stream_named(cfg, a->stream);
    dead = s && s->dlq ? xstrdup(s->dlq) : xasprintf("%s.dlq", a->stream);
    config_unless_set(&a->dead, *a->stream ? dead : NULL);
    if (!a->dead)
        a->dead = xstrdup("");
    free(dead);
}

static void make_fields(struct config_alert_fields *f)
{
    config_unless_set(&f->payload, "payload");
    config_unless_set(&f->trace, "traceId");
    config_unless_set(&f->severity, "severity");
    config_unless_set(&f->title, "title");
    config_unless_set(&f->message, "message");
    config_unless_set(&f->source, "source");
    config_unless_set(&f->labels, "labels");
    config_unless_set(&f->links, "links");
    config_unless_set(&f->at, "at");
    config_unless_set(&f->status, "status");
    config_unless_set(&f->runbook, "runbook");
    config_unless_set(&f->fingerprint, "fingerprint");
}

/* ---- severities -------------------------------------------------------------------- */

const char *const config_severity_keys[ALERT_SEVERITIES] = {
    "alerts.critical", "alerts.high", "alerts.warning", "alerts.info"
};

/* What senders call them. */
static const struct {
    const char *name;
    enum alert_severity is;
} usual[] = {
    { "critical", ALERT_CRITICAL }, { "P0", ALERT_CRITICAL },
    { "page", ALERT_CRITICAL },     { "sev1", ALERT_CRITICAL },
    { "fatal", ALERT_CRITICAL },    { "emergency", ALERT_CRITICAL },
    { "high", ALERT_HIGH },         { "P1", ALERT_HIGH },
    { "error", ALERT_HIGH },        { "sev2", ALERT_HIGH },
    { "major", ALERT_HIGH },        { "warning", ALERT_WARNING },
    { "P2", ALERT_WARNING },        { "warn", ALERT_WARNING },
    { "sev3", ALERT_WARNING },      { "minor", ALERT_WARNING },
    { "info", ALERT_INFO },         { "P3", ALERT_INFO },
    { "none", ALERT_INFO },         { "sev4", ALERT_INFO },
    { "notice", ALERT_INFO },
};

static void add_name(struct config_alerts *a, const char *name,
                     enum alert_severity is)
{
    a->names = xrealloc(a->names, (a->names_count + 1) * sizeof *a->names);
    a->names[a->names_count++] = (struct config_severity){ xstrdup(name), is };
}

static void check_name(const struct config_alerts *a, const char *name,
                       const char *key, struct problems *p)
{
    if (!config_word(name, 64))
        problem(p, key, "expected a severity's name, of one word");
    for (unsigned i = 0; i < a->names_count; i++)
        if (strcasecmp(a->names[i].name, name) == 0)
            problem(p, key, "`%.64s` is there already", name);
}

/* Those of the file first: they win over what everybody calls them. */
static void make_names(struct config_file *file, struct problems *p)
{
    const struct config_given_names *n = &file->alerts.names;
    char *const *const lists[] = { n->critical, n->high, n->warning, n->info };
    const unsigned counts[] = { n->critical_count, n->high_count,
                                n->warning_count, n->info_count };
    struct config_alerts *a = &file->cfg.alerts;
    char key[PLACE_BYTES];

    for (int s = 0; s < ALERT_SEVERITIES; s++)
        for (unsigned i = 0; i < counts[s]; i++) {
            config_place(key, "alerts.severities.%s[%u]",
                         strchr(config_severity_keys[s], '.') + 1, i);
            check_name(a, lists[s][i], key, p);
            add_name(a, lists[s][i], (enum alert_severity)s);
        }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        add_name(a, usual[i].name, usual[i].is);
}

static void make_severity(struct config_file *file, enum alert_severity i,
                          struct problems *p)
{
    struct config_given_severity *g = &file->alerts.of[i];
    struct config_alert_severity *s = &file->cfg.alerts.of[i];
    struct config_time lease = { 4 * HOUR, MINUTE, 30 * DAY,
                                 "60m or 4h; 0: it holds until it is over" };
    char key[PLACE_BYTES];

    if (i <= ALERT_HIGH)
        lease.otherwise = file->cfg.ack.lease * MINUTE;
    config_place(key, "%s.webhook_file", config_severity_keys[i]);
    config_from_file(&g->webhook, g->webhook_file, key, "webhook", p);
    config_place(key, "%s.ack_lease", config_severity_keys[i]);
    *s = (struct config_alert_severity){
        .lease_ms = time_of(key, g->lease, &lease, p),
        .worse = g->worse          ? *g->worse
                 : i == ALERT_INFO ? VOICE_THREAD
                                   : VOICE_BROADCAST,
        .better = g->better ? *g->better : VOICE_THREAD,
        .chatter = g->chatter ? *g->chatter : VOICE_THREAD,
        .webhook = g->webhook,
        .webhook_file = g->webhook_file,
    };
}

/* ---- routes ------------------------------------------------------------------------ */

static int64_t route_time(const char *at, const char *member, const char *text,
                          int64_t parent, struct problems *p)
{
    const struct config_time want = { parent, SECOND, 30 * DAY,
                                      "30s, 5m, 4h or 0" };
    char key[PLACE_BYTES];

    return time_of(config_place(key, "%s.%s", at, member), text, &want, p);
}

/* Times only: what else a route has of its parents, the router knows. */
static void make_route(struct config_route *r,
                       const struct config_route *parent, const char *at,
                       struct problems *p)
{
    r->wait_ms = route_time(at, "group_wait", r->wait, parent->wait_ms, p);
    r->interval_ms =
        route_time(at, "group_interval", r->interval, parent->interval_ms, p);
    r->repeat_ms =
        route_time(at, "repeat_interval", r->repeat, parent->repeat_ms, p);
    for (unsigned i = 0; i < r->routes_count; i++) {
        char key[PLACE_BYTES];

        make_route(&r->routes[i], r, config_place(key, "%s.routes[%u]", at, i),
                   p);
    }
}

/*
 * One card for what has the same name at the same service. The source is one
 * of them for the sake of senders that name neither: two agents are two cards.
 */
static void default_group_by(struct config_route *root)
{
    static const char *const labels[] = { "alertname", "service", "source" };
    const unsigned count = sizeof labels / sizeof *labels;

    if (root->group_by_count > 0)
        return;
    free(root->group_by);
    root->group_by = xcalloc(count, sizeof *root->group_by);
    root->group_by_count = count;
    for (unsigned i = 0; i < count; i++)
        root->group_by[i] = xstrdup(labels[i]);
}

static void make_root(struct config_route *root, struct problems *p)
{
    static const struct config_route before = { .interval_ms = 5 * MINUTE,
                                                .repeat_ms = 4 * HOUR };

    default_group_by(root);
    make_route(root, &before, "alerts.route", p);
}

/* ---- the rest ------------------------------------------------------------------------ */

static void make_policy(struct config_policy *policy, unsigned i,
                        struct problems *p)
{
    static const struct config_time want = { 0, SECOND, 7 * DAY,
                                             "5m or 1h, at most 7d" };

    for (unsigned j = 0; j < policy->steps_count; j++) {
        char key[PLACE_BYTES];

        config_place(key, "alerts.policies[%u].steps[%u].after", i, j);
        policy->steps[j].after_ms =
            time_of(key, policy->steps[j].after, &want, p);
    }
}

static void make_rotation(struct config_rotation *r)
{
    config_unless_set(&r->at, "09:00");
    config_unless_set(&r->day, "mon");
    config_unless_set(&r->from, "2026-01-05");
}

static int64_t watch_time(const char *key, const char *text, int64_t otherwise,
                          struct problems *p)
{
    const struct config_time want = { otherwise, SECOND, 30 * DAY,
                                      "30s, 5m or 0 for none" };

    return time_of(key, text, &want, p);
}

static void make_watch(struct config_file *file, struct problems *p)
{
    const struct config_given_watch *g = &file->alerts.watch;
    struct config_watch *w = &file->cfg.alerts.watch;

    w->checks = !g->checks || *g->checks;
    w->dlq_causes = !g->dlq_causes || *g->dlq_causes;
    w->dlq_age_ms =
        watch_time("alerts.watch.dlq_age", g->dlq_age, 15 * MINUTE, p);
    w->lag_ms = watch_time("alerts.watch.lag", g->lag, 10 * MINUTE, p);
    w->outbox_ms = watch_time("alerts.watch.outbox", g->outbox, 5 * MINUTE, p);
    w->deaf_ms = watch_time("alerts.watch.deaf", g->deaf, MINUTE, p);
    w->escalation_ms =
        watch_time("alerts.watch.escalation", g->escalation, 2 * MINUTE, p);
}

static void make_hook(struct config_hook *h, unsigned i, struct problems *p)
{
    char key[KEY_BYTES];

    config_from_file(&h->url, h->url_file,
                     config_key(key, "alerts.hooks", i, ".url_file"), "url", p);
    config_from_file(&h->token, h->token_file,
                     config_key(key, "alerts.hooks", i, ".token_file"), "token",
                     p);
}

/* How senders show who they are, and where critical alerts go at last. */
static void make_secrets(struct config_alerts *a, struct problems *p)
{
    static const struct config_time after = { 5 * MINUTE, 10 * SECOND, DAY,
                                              "5m, at least 10s" };
    struct config_fallback *f = &a->fallback;
    char key[KEY_BYTES];

    config_from_file(&a->secret, a->secret_file, "alerts.secret_file", "secret",
                     p);
    for (unsigned i = 0; i < a->tokens_count; i++)
        config_from_file(&a->tokens[i].token, a->tokens[i].token_file,
                         config_key(key, "alerts.tokens", i, ".token_file"),
                         "token", p);
    config_from_file(&f->smtp_password, f->smtp_password_file,
                     "alerts.fallback.smtp_password_file", "smtp_password", p);
    f->after_ms = time_of("alerts.fallback.after", f->after, &after, p);
}

void config_alerts_make(struct config_file *file, const struct config *running,
                        struct problems *p)
{
    static const struct config_time flap = { 10 * MINUTE, SECOND, DAY,
                                             "10m, at most 1d" };
    static const struct config_time age = { DAY, MINUTE, 30 * DAY,
                                            "1d, at most 30d" };
    struct config_alerts *a = &file->cfg.alerts;

    drop_empty(config_alerts_schema, (char *)file);
    a->on = p->src->path && config_line(p->src, "alerts") > 0;
    make_stream(&file->cfg, running);
    make_fields(&a->fields);
    make_names(file, p);
    for (int i = 0; i < ALERT_SEVERITIES; i++)
        make_severity(file, (enum alert_severity)i, p);
    make_root(&a->route, p);
    for (unsigned i = 0; i < a->policies_count; i++)
        make_policy(&a->policies[i], i, p);
    for (unsigned i = 0; i < a->rotations_count; i++)
        make_rotation(&a->rotations[i]);
    for (unsigned i = 0; i < a->hooks_count; i++)
        make_hook(&a->hooks[i], i, p);
    make_secrets(a, p);
    make_watch(file, p);
    a->flap_ms = time_of("alerts.flap", file->alerts.flap, &flap, p);
    a->age_ms = time_of("alerts.max_age", file->alerts.age, &age, p);
}

void config_alerts_dispose(struct config *cfg)
{
    for (unsigned i = 0; i < cfg->alerts.names_count; i++)
        free(cfg->alerts.names[i].name);
    free(cfg->alerts.names);
}

#define PATH_LEAST 12 /* a shorter one is no secret, but a word */

/* What is there may say the path alone again, in an answer that is shown. */
static void keep_place(const char *url)
{
    const char *host = url ? strstr(url, "://") : NULL;
    const char *path = host ? strchr(host + 3, '/') : NULL;

    log_secret(url);
    if (path && strlen(path) >= PATH_LEAST)
        log_secret(path);
}

/* As SMTP has it (AUTH PLAIN, AUTH LOGIN): a server may say that again. */
static void keep_login(const char *user, const char *password)
{
    struct buf plain = { 0 }, alone = { 0 }, both = { 0 };

    if (!password)
        return;
    log_secret(password);
    buf_char(&plain, '\0');
    buf_str(&plain, user ? user : "");
    buf_char(&plain, '\0');
    buf_str(&plain, password);
    base64_add(&both, plain.data, plain.len);
    base64_add(&alone, password, strlen(password));
    log_secret(buf_text(&both));
    log_secret(buf_text(&alone));
    buf_dispose(&plain);
    buf_dispose(&both);
    buf_dispose(&alone);
}

void config_alerts_secrets(const struct config *cfg)
{
    const struct config_alerts *a = &cfg->alerts;

    log_secret(a->secret);
    for (unsigned i = 0; i < a->tokens_count; i++)
        log_secret(a->tokens[i].token);
    for (unsigned i = 0; i < a->hooks_count; i++) {
        keep_place(a->hooks[i].url);
        log_secret(a->hooks[i].token);
    }
    for (int i = 0; i < ALERT_SEVERITIES; i++)
        keep_place(a->of[i].webhook);
    keep_login(a->fallback.smtp_user, a->fallback.smtp_password);
    config_keep_url(a->fallback.smtp_url);
}
