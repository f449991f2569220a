#include "bot/sender/sender_body.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

/* ---- forms ---------------------------------------------------------------- */

static void add_escaped(struct buf *out, const char *text, size_t len)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
                                "nopqrstuvwxyz0123456789-_.~";

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c && strchr(plain, c))
            buf_char(out, (char)c);
        else
            buf_fmt(out, "%%%02X", c);
    }
}

static void add_value(struct buf *out, const json_t *value)
{
    char *text;

    if (json_is_string(value)) {
        add_escaped(out, json_string_value(value), json_string_length(value));
        return;
    }
    text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text)
        add_escaped(out, text, strlen(text));
    free(text);
}

bool body_form(const char *json, struct buf *out, struct err *err)
{
    json_error_t why;
    json_t *root, *value;
    const char *name;

    if (!json || !json[0])
        return true;
    root = json_loads(json, 0, &why);
    if (!json_is_object(root)) {
        json_decref(root);
        return err_set(err, ERR_SLACK, "the arguments are not a JSON object");
    }
    json_object_foreach(root, name, value)
    {
        if (json_is_null(value))
            continue;
        if (out->len)
            buf_char(out, '&');
        add_escaped(out, name, strlen(name));
        buf_char(out, '=');
        add_value(out, value);
    }
    json_decref(root);
    return true;
}

/* ---- text only ------------------------------------------------------------ */

/* The next mention in mrkdwn; its length, or 0. */
static size_t next_mention(const char **text)
{
    static const char *const kinds[] = { "<@", "<!subteam^", "<!here",
                                         "<!channel" };
    size_t len;

    for (; (*text = strchr(*text, '<')) != NULL; ++*text) {
        len = strcspn(*text, ">");
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if ((*text)[len] && strncmp(*text, kinds[i], strlen(kinds[i])) == 0)
                return len + 1;
    }
    return 0;
}

/* Those of mrkdwn that out does not have yet. */
static void add_mentions(struct buf *out, const char *mrkdwn)
{
    size_t len;

    while ((len = next_mention(&mrkdwn)) > 0) {
        char *mention = xstrndup(mrkdwn, len);

        if (!strstr(buf_text(out), mention))
            buf_fmt(out, " %s", mention);
        free(mention);
        mrkdwn += len;
    }
}

/* In plain_text nobody is mentioned, whatever stands there. */
static void add_people(struct buf *out, const json_t *part)
{
    const char *type = json_string_value(json_object_get(part, "type"));
    const char *text = json_string_value(json_object_get(part, "text"));
    const char *key;
    const json_t *child;
    size_t i;

    if (type && text && strcmp(type, "mrkdwn") == 0)
        add_mentions(out, text);
    json_array_foreach(part, i, child)
    {
        add_people(out, child);
    }
    json_object_foreach((json_t *)part, key, child)
    {
        add_people(out, child);
    }
}

/* Whoever its blocks would have told is told by its text. */
static void keep_people(json_t *root)
{
    struct buf text = { 0 };

    buf_str(&text, json_string_value(json_object_get(root, "text")));
    add_people(&text, json_object_get(root, "blocks"));
    add_people(&text, json_object_get(root, "attachments"));
    json_object_set_new(root, "text", json_string(text.data));
    buf_dispose(&text);
}

char *body_plain(const char *json, bool edit)
{
    json_t *root = json_loads(json ? json : "", 0, NULL);
    const char *text = json_string_value(json_object_get(root, "text"));
    json_t *blocks = json_object_get(root, "blocks");
    json_t *attachments = json_object_get(root, "attachments");
    char *plain = NULL;

    if (text && text[0] &&
        json_array_size(blocks) + json_array_size(attachments) > 0) {
        if (!edit) /* an edit tells nobody */
            keep_people(root);
        if (attachments && edit)
            json_object_set_new(root, "attachments", json_array());
        else
            json_object_del(root, "attachments");
        json_object_del(root, "blocks");
        if (edit)
            json_object_set_new(root, "blocks", json_array());
        plain = json_dumps(root, JSON_COMPACT);
    }
    json_decref(root);
    return plain;
}

/* ---- URLs ----------------------------------------------------------------- */

struct place {
    char *scheme, *host, *port, *user;
};

static void place_dispose(struct place *p)
{
    curl_free(p->scheme);
    curl_free(p->host);
    curl_free(p->port);
    curl_free(p->user);
}

static bool place_parse(const char *url, struct place *out)
{
    CURLU *u = curl_url();
    bool ok;

    *out = (struct place){ 0 };
    ok = u && !curl_url_set(u, CURLUPART_URL, url, 0) &&
         !curl_url_get(u, CURLUPART_SCHEME, &out->scheme, 0) &&
         !curl_url_get(u, CURLUPART_HOST, &out->host, 0) &&
         !curl_url_get(u, CURLUPART_PORT, &out->port, CURLU_DEFAULT_PORT);
    if (ok)
        (void)curl_url_get(u, CURLUPART_USER, &out->user, 0);
    curl_url_cleanup(u);
    return ok;
}

/* "127.example.com" is a name, not an address. */
static bool is_loopback(const char *host)
{
    struct in_addr v4;

    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return strcmp(host, "[::1]") == 0 || strcasecmp(host, "localhost") == 0;
}

static bool scheme_allowed(const struct place *p)
{
    if (p->user)
        return false;
    return strcmp(p->scheme, "https") == 0 ||
           (strcmp(p->scheme, "http") == 0 && is_loopback(p->host));
}

static bool same_host(const struct place *a, const struct place *b)
{
    return strcasecmp(a->host, b->host) == 0 && strcmp(a->port, b->port) == 0;
}

bool body_url_allowed(const char *url, const char *api_url)
{
    struct place hooks = { .host = (char[]){ "hooks.slack.com" },
                           .port = (char[]){ "443" } };
    struct place p, api;
    bool ok = false;

    if (place_parse(url, &p) && scheme_allowed(&p)) {
        ok = same_host(&p, &hooks);
        if (!ok) {
            ok = place_parse(api_url, &api) && same_host(&p, &api);
            place_dispose(&api);
        }
    }
    place_dispose(&p);
    return ok;
}

bool body_url_loopback(const char *url)
{
    struct place p;
    bool ok = place_parse(url, &p) && is_loopback(p.host);

    place_dispose(&p);
    return ok;
}
