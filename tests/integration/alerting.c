#include "tests/integration/alerting.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/integration/urls.h"

#define WAIT_MS 30000

static const char yaml[] = "channels:\n"
                           "  ops: C0OPS\n"
                           "  incidents: C0QUIET\n"
                           "admins: [U0ANN]\n"
                           "roles:\n"
                           "  - name: responder\n"
                           "    users: [U0BOB]\n"
                           "    rights: [alert.*, incident.*]\n"
                           "alerts:\n"
                           "  policies:\n"
                           "    - name: page\n"
                           "      steps:\n"
                           "        - after: 30m\n"
                           "          to: [U0CAT]\n"
                           "        - after: 30m\n"
                           "          to: [C0GENERAL]\n"
                           "  route:\n"
                           "    channels: [C0OPS, C0GENERAL]\n"
                           "    escalation: page\n"
                           "    group_by: [service]\n";

struct harness *alerting_start(const char *const *env)
{
    return harness_start(&(struct harness_options){ .yaml = yaml, .env = env });
}

/* ---- alerts -------------------------------------------------------------- */

void alert_post(struct harness *h, const char *json)
{
    struct url_request r = {
        .path = "/alerts", .type = URL_JSON, .body = json, .secret = ""
    };
    int status = url_ask(h->bot, &r, NULL);

    if (status / 100 != 2)
        harness_fail("POST /alerts says %d to %s", status, json);
}

static void alert_send(struct harness *h, const char *service,
                       const char *trace, const char *status)
{
    char *json = xasprintf("{\"traceId\":\"%s\",\"fingerprint\":\"%s-%s\","
                           "\"severity\":\"critical\",\"title\":\"%s is slow\","
                           "\"source\":\"probe\",\"status\":\"%s\","
                           "\"labels\":{\"service\":\"%s\"}}",
                           trace, service, trace, service, status, service);

    alert_post(h, json);
    free(json);
}

void alert_fires(struct harness *h, const char *service, const char *trace)
{
    alert_send(h, service, trace, "firing");
}

void alert_over(struct harness *h, const char *service, const char *trace)
{
    alert_send(h, service, trace, "resolved");
}

/* ---- cards --------------------------------------------------------------- */

static const char *str(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* A card that has been answered names itself as its thread. */
static bool is_reply(const json_t *message)
{
    const char *thread = str(message, "thread_ts");

    return *thread && strcmp(thread, str(message, "ts")) != 0;
}

/* New reference, or NULL. number 0: any. */
static json_t *find_card(struct harness *h, const char *channel, int number,
                         const char *text)
{
    char *path = xasprintf("messages?channel=%s", channel), name[24] = "";
    json_t *all = control_get(h, path), *message, *found = NULL;
    size_t i;

    if (number)
        snprintf(name, sizeof name, "A-%d", number);
    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        char *whole = json_dumps(message, JSON_COMPACT);

        if (!found && !is_reply(message) &&
            strcmp(str(message, "via"), "api") == 0 && strstr(whole, name) &&
            strstr(whole, text))
            found = json_incref(message);
        free(whole);
    }
    free(path);
    json_decref(all);
    return found;
}

json_t *card_shows(struct harness *h, const char *channel, int number,
                   const char *text)
{
    int64_t until = clock_mono_ms() + patient(WAIT_MS);
    json_t *found = find_card(h, channel, number, text);

    while (!found) {
        if (clock_mono_ms() >= until)
            harness_fail("no card of A-%d in %s says \"%s\"", number, channel,
                         text);
        harness_sleep(15);
        found = find_card(h, channel, number, text);
    }
    return found;
}

size_t thread_count(struct harness *h, const char *channel, const json_t *card,
                    const char *text)
{
    char *path =
        xasprintf("messages?channel=%s&thread=%s", channel, str(card, "ts"));
    json_t *all = control_get(h, path), *message;
    size_t i, n = 0;

    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        char *whole = json_dumps(message, JSON_COMPACT);

        n += strcmp(str(message, "ts"), str(card, "ts")) != 0 &&
             strstr(whole, text) != NULL;
        free(whole);
    }
    free(path);
    json_decref(all);
    return n;
}

void thread_says(struct harness *h, const char *channel, const json_t *card,
                 const char *text)
{
    int64_t until = clock_mono_ms() + patient(WAIT_MS);

    while (thread_count(h, channel, card, text) == 0) {
        if (clock_mono_ms() >= until)
            harness_fail("no line in the thread in %s says \"%s\"", channel,
                         text);
        harness_sleep(15);
    }
}

/* ---- presses ------------------------------------------------------------- */

/* What carries a value under that label: a button, or an option of a menu,
 * whose control is *holder. */
static const json_t *find_label(const json_t *part, const char *label,
                                const json_t **holder)
{
    const json_t *child, *found;
    const char *key;
    size_t i;

    if (json_is_array(part)) {
        json_array_foreach(part, i, child)
        {
            found = find_label(child, label, holder);
            if (found)
                return found;
        }
    } else if (json_is_object(part)) {
        if (json_object_get(part, "value") &&
            strcmp(str(json_object_get(part, "text"), "text"), label) == 0)
            return part;
        if (json_object_get(part, "action_id"))
            *holder = part;
        json_object_foreach((json_t *)part, key, child)
        {
            found = find_label(child, label, holder);
            if (found)
                return found;
        }
    }
    return NULL;
}

static json_t *click(const char *user, const char *channel, const json_t *card,
                     const char *label)
{
    const json_t *holder = NULL;
    const json_t *found = find_label(card, label, &holder);

    if (!found)
        harness_fail("the card has no \"%s\"", label);
    if (json_object_get(found, "action_id"))
        holder = found;
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "user", user, "channel",
                     channel, "ts", str(card, "ts"), "action_id",
                     str(holder, "action_id"), "value", str(found, "value"));
}

json_t *card_press(struct harness *h, const char *user, const char *channel,
                   const json_t *card, const char *label)
{
    json_t *body = click(user, channel, card, label);

    json_object_set_new(body, "wait", json_integer(30000));
    return control_post_any(h, "click", body);
}

struct asked card_press_try(struct harness *h, const char *user,
                            const char *channel, const json_t *card,
                            const char *label)
{
    json_t *answer =
        control_post_any(h, "click", click(user, channel, card, label));
    struct asked asked = asked_from(h, answer);

    json_decref(answer);
    return asked;
}

struct asked card_press_now(struct harness *h, const char *user,
                            const char *channel, const json_t *card,
                            const char *label)
{
    struct asked asked = card_press_try(h, user, channel, card, label);

    if (!asked.interaction[0])
        harness_fail(
            "the press of \"%s\" was not delivered: the message has no "
            "such button any more",
            label);
    return asked;
}

void press_told(struct harness *h, struct asked press, const char *text)
{
    int64_t until = clock_mono_ms() + patient(WAIT_MS);

    for (;;) {
        json_t *reply = answers_to(h, press.interaction);
        char *whole = json_dumps(reply, JSON_COMPACT);
        bool there = strstr(whole, text) != NULL;

        json_decref(reply);
        if (!there && clock_mono_ms() >= until)
            harness_fail("the press was not answered \"%s\" but %s", text,
                         whole);
        free(whole);
        if (there)
            return;
        harness_sleep(15);
    }
}

/* ---- history ------------------------------------------------------------- */

long long history_of(struct harness *h, int number, const char *reason)
{
    return sql_number(h,
                      "select count(*) from opsbot.alert_history where"
                      " \"group\" = %d and reason = '%s'",
                      number, reason);
}

void wait_history(struct harness *h, int number, const char *reason,
                  long long n)
{
    char *query = xasprintf("select count(*) from opsbot.alert_history where"
                            " \"group\" = %d and reason = '%s'",
                            number, reason);

    wait_sql(h, n, COMES_MS, query);
    free(query);
}
