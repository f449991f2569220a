/* pager_wire: a request to a webhook. See pager_wire.h. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/pager_wire_int.h"
#include "core/base/mem.h"
#include "core/net/web.h"

/* ---- where to ------------------------------------------------------------------- */

struct place {
    const char *url, *token;
    bool slack; /* an incoming webhook */
};

static bool find_hook(const struct config_alerts *cfg, const char *name,
                      struct place *out)
{
    for (unsigned i = 0; i < cfg->hooks_count; i++) {
        if (strcmp(cfg->hooks[i].name, name) != 0)
            continue;
        *out = (struct place){ .url = cfg->hooks[i].url,
                               .token = cfg->hooks[i].token };
        return out->url != NULL;
    }
    return false;
}

static bool find_slack(const struct config_alerts *cfg, const char *severity,
                       struct place *out)
{
    for (int i = 0; i < ALERT_SEVERITIES; i++) {
        if (strcmp(event_severity_name((enum alert_severity)i), severity) != 0)
            continue;
        *out = (struct place){ .url = cfg->of[i].webhook, .slack = true };
        return out->url != NULL;
    }
    return false;
}

static bool find_place(const struct config_alerts *cfg, const char *target,
                       struct place *out)
{
    const char *name = strchr(target, ':');

    if (!name)
        return false;
    return strncmp(target, "slack:", 6) == 0 ? find_slack(cfg, name + 1, out)
                                             : find_hook(cfg, name + 1, out);
}

/* ---- the request -------------------------------------------------------------------- */

/* It may be there already, and nothing finds out: it says so. */
static char *repeated(const char *body)
{
    json_t *root = json_loads(body, 0, NULL);
    const char *text = json_string_value(json_object_get(root, "text"));
    char *marked = xasprintf("(repeated) %s", text ? text : "");
    char *out = NULL;

    if (text) {
        json_object_set_new(root, "text", json_string(marked));
        out = json_dumps(root, JSON_COMPACT);
    }
    json_decref(root);
    free(marked);
    return out ? out : xstrdup(body);
}

static bool set_request(struct pager_call *c, const struct place *place,
                        const struct page_row *row)
{
    char *key = xasprintf("Idempotency-Key: %s", row->key);
    CURL *e = c->flight.easy;
    unsigned bad = 0; /* CURLE_OK is 0 */

    c->body =
        place->slack && row->unclear ? repeated(row->body) : xstrdup(row->body);
    c->list = curl_slist_append(NULL, "Content-Type: application/json");
    c->list = curl_slist_append(c->list, "Expect:");
    c->list = curl_slist_append(c->list, key);
    if (place->token)
        c->list = web_add_token(c->list, place->token);
    free(key);
    bad |= curl_easy_setopt(e, CURLOPT_URL, place->url);
    bad |= curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->list);
    bad |= curl_easy_setopt(e, CURLOPT_POST, 1L);
    bad |= curl_easy_setopt(e, CURLOPT_POSTFIELDS, c->body);
    bad |= curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t)strlen(c->body));
    return !bad;
}

bool pager_set_hook(struct pager_call *c, const struct config_alerts *cfg,
                    const struct page_row *row, struct err *why)
{
    struct place place = { 0 };

    if (!find_place(cfg, row->target, &place))
        return err_set(why, ERR_CONFIG,
                       "the configuration has no `%.80s` any more",
                       row->target);
    return set_request(c, &place, row) ||
           err_set(why, ERR_SYSTEM, "curl does not take the request");
}
