/*
 * event: what every event has in the end, whoever made it. No state, any
 * thread.
 */
#include "core/alert/event.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/alert/event_parts.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define ID_BYTES     180 /* with the state behind it at most 200 */
#define PRINT_BYTES  64
#define SOURCE_CHARS 60
#define NAME_CHARS   100  /* of a label */
#define VALUE_CHARS  500  /* of a label */
#define URL_BYTES    2000 /* a longer one Slack refuses: left out */

void event_dispose(struct alert_event *e)
{
    free(e->id);
    free(e->trace);
    free(e->fingerprint);
    free(e->source);
    free(e->title);
    free(e->message);
    free(e->runbook);
    free(e->shown);
    labels_dispose(&e->labels);
    for (size_t i = 0; i < e->links_count; i++) {
        free(e->links[i].label);
        free(e->links[i].url);
    }
    *e = (struct alert_event){ 0 };
}

void events_free(struct alert_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        event_dispose(&events[i]);
    free(events);
}

bool events_settle(struct alert_event **events, size_t count, size_t bad)
{
    if (count > 0 || bad == 0)
        return true;
    events_free(*events, count);
    *events = NULL;
    return false;
}

/* ---- severity ------------------------------------------------------------ */

static const char *const severities[ALERT_SEVERITIES] = {
    [ALERT_CRITICAL] = "critical",
    [ALERT_HIGH] = "high",
    [ALERT_WARNING] = "warning",
    [ALERT_INFO] = "info",
};

/* What the field calls them, beside those of the configuration. */
static const struct {
    const char *name;
    enum alert_severity is;
} others[] = {
    { "p0", ALERT_CRITICAL },        { "page", ALERT_CRITICAL },
    { "sev1", ALERT_CRITICAL },      { "fatal", ALERT_CRITICAL },
    { "emergency", ALERT_CRITICAL }, { "p1", ALERT_HIGH },
    { "error", ALERT_HIGH },         { "sev2", ALERT_HIGH },
    { "major", ALERT_HIGH },         { "p2", ALERT_WARNING },
    { "warn", ALERT_WARNING },       { "sev3", ALERT_WARNING },
    { "minor", ALERT_WARNING },      { "p3", ALERT_INFO },
    { "none", ALERT_INFO },          { "sev4", ALERT_INFO },
    { "notice", ALERT_INFO },        { "information", ALERT_INFO },
};

const char *event_severity_name(enum alert_severity severity)
{
    return severities[severity];
}

bool event_severity(const struct config *cfg, const char *name,
                    enum alert_severity *out)
{
    for (unsigned i = 0; i < cfg->alerts.names_count; i++) {
        if (strcasecmp(cfg->alerts.names[i].name, name) == 0) {
            *out = cfg->alerts.names[i].is;
            return true;
        }
    }
    for (int s = 0; s < ALERT_SEVERITIES; s++) {
        if (strcasecmp(severities[s], name) == 0) {
            *out = (enum alert_severity)s;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcasecmp(others[i].name, name) == 0) {
            *out = others[i].is;
            return true;
        }
    }
    return false;
}

/* Without the blanks around it. */
static bool severity_of(const struct config *cfg, const char *name,
                        enum alert_severity *out)
{
    size_t len;
    char *word;
    bool known;

    name += strspn(name, " \t\r\n");
    len = strlen(name);
    while (len && strchr(" \t\r\n", name[len - 1]))
        len--;
    word = xstrndup(name, len);
    known = event_severity(cfg, word, out);
    free(word);
    return known;
}

void event_rank(struct alert_event *e, const struct config *cfg,
                const char *name)
{
    char *line;

    e->severity = ALERT_WARNING;
    if (!name || text_blank(name) || severity_of(cfg, name, &e->severity))
        return;
    e->severity = ALERT_HIGH;
    line = xasprintf("Its severity, \"%s\", is none that is known here: taken "
                     "as high.",
                     name);
    event_say(e, line);
    free(line);
}

/* ---- texts ---------------------------------------------------------------- */

/* *text becomes what people may see of it. Takes the old one. */
static void show(char **text, size_t max, const struct config *cfg)
{
    char *plain, *masked;

    if (!*text || !**text) {
        if (!*text)
            *text = xstrdup("");
        return;
    }
    plain = text_plain(*text);
    masked = text_mask(plain, (const char *const *)cfg->mask, cfg->mask_count);
    free(*text);
    *text = text_cut(masked, max);
    free(plain);
    free(masked);
}

void event_say(struct alert_event *e, const char *line)
{
    char *all = xasprintf("%s%s%s", e->message ? e->message : "",
                          e->message && *e->message ? "\n" : "", line);

    free(e->message);
    e->message = all;
}

/* Its title, or what comes next to one. */
static void entitle(struct alert_event *e)
{
    const char *name = labels_get(&e->labels, "alertname");
    const char *from = e->title;

    if (!from || text_blank(from))
        from = *name ? name : e->message;
    from = text_first_line(from);
    free(e->title);
    e->title = (char *)(uintptr_t)from;
}

static void finish_texts(struct alert_event *e, const struct config *cfg)
{
    entitle(e);
    show(&e->title, EVENT_TITLE, cfg);
    if (!*e->title) {
        free(e->title);
        e->title = xstrdup("An alert without a title");
    }
    show(&e->message, EVENT_MESSAGE, cfg);
    show(&e->source, SOURCE_CHARS, cfg);
    show(&e->runbook, URL_BYTES, cfg);
    for (size_t i = 0; i < e->links_count; i++) {
        show(&e->links[i].label, NAME_CHARS, cfg);
        show(&e->links[i].url, URL_BYTES, cfg);
    }
}

/* ---- links ----------------------------------------------------------------- */

/* Only what a button or a link of Slack's may hold. */
static bool url_fits(const char *url)
{
    if (strncasecmp(url, "https://", 8) != 0 &&
        strncasecmp(url, "http://", 7) != 0)
        return false;
    return strlen(url) <= URL_BYTES && !url[strcspn(url, " \t\r\n<>|\"")];
}

static char *host_of(const char *url)
{
    const char *host = strstr(url, "://") + 3;
    size_t len = strcspn(host, "/?#");
    const char *at = memchr(host, '@', len);

    if (at) {
        len -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    return xstrndup(host, len);
}

void event_link(struct alert_event *e, const char *label, const char *url)
{
    if (!url || !url_fits(url) || e->links_count == EVENT_LINKS)
        return;
    e->links[e->links_count++] = (struct alert_link){
        .label = label && !text_blank(label) ? xstrdup(label) : host_of(url),
        .url = xstrdup(url),
    };
}

void event_runbook(struct alert_event *e, char *text)
{
    char *line;

    if (text && url_fits(text)) {
        e->runbook = text;
        return;
    }
    if (text && !text_blank(text)) {
        line = xasprintf("Runbook: %s", text);
        event_say(e, line);
        free(line);
    }
    free(text);
}

/* ---- labels ---------------------------------------------------------------- */

static bool ours(const char *name)
{
    return strcmp(name, "alertname") == 0 || strcmp(name, "source") == 0 ||
           strcmp(name, "severity") == 0 || strcmp(name, "service") == 0;
}

/* One that has to be there, whatever else is not. */
static void label_must(struct labels *l, const char *name, const char *value)
{
    size_t last = l->count;

    if (labels_set(l, name, value))
        return;
    while (last > 1 && ours(l->items[last - 1].name))
        last--;
    labels_set(l, l->items[last - 1].name, "");
    labels_set(l, name, value);
}

static void mask_label(struct label *l, const struct config *cfg)
{
    char *plain = text_plain(l->value);
    char *masked = text_mask_field(
        l->name, plain, (const char *const *)cfg->mask, cfg->mask_count);

    free(l->value);
    l->value = text_cut(masked, VALUE_CHARS);
    free(plain);
    free(masked);
}

static void finish_labels(struct alert_event *e, const struct config *cfg)
{
    for (size_t i = 0; i < e->labels.count; i++)
        mask_label(&e->labels.items[i], cfg);
    if (!*labels_get(&e->labels, "alertname"))
        label_must(&e->labels, "alertname", e->title);
    label_must(&e->labels, "source", e->source);
    label_must(&e->labels, "severity", severities[e->severity]);
}

/* ---- identity --------------------------------------------------------------- */

/* *name as it is, if people may see all of it; otherwise a digest of it: what
 * is cut or masked could be the same for two. */
static void identify(char **name, size_t max, const struct config *cfg)
{
    char *shown = xstrdup(*name ? *name : "");
    char digest[OP_ID];

    show(&shown, max, cfg);
    if (*name && (strlen(shown) > max || strcmp(shown, *name) != 0)) {
        digest_op(digest, "name", *name, NULL);
        free(shown);
        shown = xasprintf("digest:%s", digest);
    }
    free(*name);
    *name = shown;
}

/* Without the severity: what gets worse stays the same alert. */
static char *print_of(const struct alert_event *e)
{
    static const char *const without[] = { "severity", NULL };
    char print[LABELS_PRINT];

    labels_print(&e->labels, without, print);
    return xstrdup(print);
}

static char *news_of(const struct alert_event *e)
{
    char op[OP_ID], at[TEXT_NUMBER];

    if (*e->trace)
        return xasprintf("%s%s", e->trace, e->resolved ? " resolved" : "");
    text_number(at, e->at ? e->at : e->ended);
    digest_op(op, "event", e->source, e->fingerprint, at,
              e->resolved ? "resolved" : event_severity_name(e->severity),
              NULL); /* what gets worse is news of the same alert */
    return xasprintf("event:%s", op);
}

static void finish_identity(struct alert_event *e, const struct config *cfg)
{
    identify(&e->trace, ID_BYTES, cfg);
    identify(&e->fingerprint, PRINT_BYTES, cfg);
    if (!*e->fingerprint) {
        free(e->fingerprint);
        e->fingerprint = print_of(e);
    }
    identify(&e->id, ID_BYTES, cfg);
    if (!*e->id) {
        free(e->id);
        e->id = news_of(e);
    }
}

static void finish_times(struct alert_event *e)
{
    if (e->received <= 0)
        e->received = clock_wall_ms();
    if (e->resolved && e->ended <= 0)
        e->ended = e->received;
    if (!e->resolved)
        e->ended = 0;
    if (!e->resolved && e->at <= 0)
        e->at = e->received;
}

void event_finish(struct alert_event *e, const struct config *cfg)
{
    finish_times(e);
    if (!e->source || !*e->source) {
        free(e->source);
        e->source = xstrdup("http");
    }
    finish_texts(e, cfg);
    finish_labels(e, cfg);
    finish_identity(e, cfg);
    /* A clock that is ahead: it cannot have begun after we heard of it. */
    if (e->at > e->received)
        e->at = e->received;
    if (e->ended > e->received)
        e->ended = e->received;
}
