#include "tests/integration/outing.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

static struct stub_reply answer(void *arg, const struct stub_request *request,
                                int number)
{
    struct out *o = arg;

    if (o->times && (number >= o->times || strcmp(request->path, "/page") != 0))
        return (struct stub_reply){ 0 };
    return o->reply;
}

static char *yaml_of(const struct out *o, const char *after, const char *more)
{
    int http = target_stub_port(o->http), smtp = smtp_stub_port(o->smtp);

    return xasprintf(
        "channels:\n"
        "  ops: C0OPS\n"
        "admins: [U0ANN]\n"
        "alerts:\n"
        "%s"
        "  critical:\n"
        "    webhook: http://127.0.0.1:%d/services/T0/B0/x\n"
        "  hooks:\n"
        "    - name: pager\n"
        "      url: http://127.0.0.1:%d/page\n"
        "      token: s3cret-of-the-pager\n"
        "  fallback:\n"
        "    after: %s\n"
        "    webhook: pager\n"
        "    smtp_url: smtp://127.0.0.1:%d\n"
        "    smtp_from: ops@example.com\n"
        "    smtp_to: [ann@example.com]\n"
        "  rotations:\n"
        "    - name: pay\n"
        "      users: [U0ANN]\n"
        "      every: weekly\n"
        "      day: mon\n"
        "      at: \"09:00\"\n"
        "      from: \"2026-01-05\"\n"
        "  policies:\n"
        "    - name: page\n"
        "      steps:\n"
        "        - after: 1s\n"
        "          to: [U0CAT, \"oncall:pay\", \"dm:U0BOB\", \"webhook:pager\","
        " C0GENERAL]\n"
        "        - after: 30m\n"
        "          to: [U0CAT]\n"
        "  route:\n"
        "    channels: [C0OPS]\n"
        "    group_by: [service]\n"
        "    routes:\n"
        "      - match: [service=pay]\n"
        "        escalation: page\n"
        "      - match: [service=lost]\n"
        "        channels: [C0NOWHERE]\n"
        "      - match: [service=quiet]\n"
        "        channels: [C0QUIET]\n"
        "      - match: [service=asleep]\n"
        "        mute: [always]\n"
        "  windows:\n"
        "    - name: always\n"
        "      times: [\"00:00-24:00\"]\n",
        more, http, http, after, smtp);
}

struct out *begin(const char *after)
{
    return begin_with(after, "");
}

struct out *begin_with(const char *after, const char *more)
{
    struct out *o = xcalloc(1, sizeof *o);

    o->http = target_stub_start(NULL, answer, o);
    o->smtp = smtp_stub_start();
    o->yaml = yaml_of(o, after, more);
    o->h = harness_start(&(struct harness_options){ .yaml = o->yaml });
    return o;
}

void end(struct out *o)
{
    harness_stop(o->h);
    target_stub_stop(o->http);
    smtp_stub_stop(o->smtp);
    free(o->yaml);
    free(o);
}

struct json_doc *body_of(struct out *o, const char *path, int i)
{
    const char *text = target_stub_request(o->http, path, i)->body;
    struct err err = { 0 };
    struct json_doc *doc = json_doc_parse(text, strlen(text), &err);

    cr_assert(doc, "%s: %s", err.text, text);
    return doc;
}

const struct stub_request *shop_page(struct out *o, int i, int *count)
{
    const struct stub_request *found = NULL;
    int all = target_stub_count(o->http, "/page");

    *count = 0;
    for (int k = 0; k < all; k++) {
        const struct stub_request *r = target_stub_request(o->http, "/page", k);

        if (strstr(r->body, SHOP_TITLE) && (*count)++ == i)
            found = r;
    }
    return found;
}

/* [CRITICAL] shop */
#define SUBJECT "Subject: =?UTF-8?B?W0NSSVRJQ0FMXSBzaG9w"

const struct smtp_mail *shop_mail(struct out *o, int i, int *count)
{
    const struct smtp_mail *found = NULL;
    int all = smtp_stub_count(o->smtp);

    *count = 0;
    for (int k = 0; k < all; k++) {
        const struct smtp_mail *m = smtp_stub_mail(o->smtp, k);

        if (strstr(m->data, SUBJECT) && (*count)++ == i)
            found = m;
    }
    return found;
}

void wait_pages(struct out *o, long long n)
{
    wait_sql(o->h, n, COMES_MS,
             "select count(*) from opsbot.pages where state = 'sent'");
}

static bool is_reply(const json_t *message)
{
    const char *ts = json_string_value(json_object_get(message, "ts"));
    const char *thread =
        json_string_value(json_object_get(message, "thread_ts"));

    return thread && strcmp(thread, ts) != 0;
}

/* Cards of A-<number> in a channel, by now. */
size_t cards(struct harness *h, const char *channel, int number)
{
    char *path = xasprintf("messages?channel=%s", channel), name[24];
    json_t *all = control_get(h, path), *message;
    size_t i, n = 0;

    snprintf(name, sizeof name, "A-%d", number);
    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        char *whole = json_dumps(message, JSON_COMPACT);

        n += !is_reply(message) && strstr(whole, name) != NULL;
        free(whole);
    }
    free(path);
    json_decref(all);
    return n;
}

void slack_away(struct harness *h)
{
    fault(h, json_pack("{ss si si}", "on", POST, "status", 503, "times", -1));
}
