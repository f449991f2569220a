#include "tests/integration/forms.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

#define WAIT_MS   20000
#define SUBMIT_MS 8000

#define YAML                                                                   \
    "channels:\n"                                                              \
    "  incidents: %s\n"                                                        \
    "admins: [U0ANN]\n"                                                        \
    "roles:\n"                                                                 \
    "  - name: incident-commander\n"                                           \
    "    users: [U0BOB]\n"                                                     \
    "    rights: [incident.*]\n"

/* Bots that are started later read it too. */
struct harness *forms_start_in(const char *channel, const char *const *env)
{
    static char yaml[512];

    snprintf(yaml, sizeof yaml, YAML, channel);
    return harness_start(&(struct harness_options){ .yaml = yaml, .env = env });
}

struct harness *forms_start(const char *const *env)
{
    return forms_start_in("C0GENERAL", env);
}

static const char *str(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* ---- views --------------------------------------------------------------- */

static json_t *view_of(json_t *reply)
{
    json_t *view = json_incref(json_object_get(reply, "view"));

    if (!view) {
        char *shown = reply_shown(reply);

        harness_fail("no view was opened, but:\n%s", shown);
    }
    json_decref(reply);
    return view;
}

json_t *form_by(struct harness *h, const char *user, const char *text)
{
    return view_of(say(h, user, "C0OPS", text));
}

json_t *form_pressed(struct harness *h, const char *user, const char *channel,
                     const json_t *message, const char *label)
{
    json_t *reply = json_pack("{s:[O]}", "messages", message);
    json_t *view = view_of(press(h, user, channel, reply, label));

    json_decref(reply);
    return view;
}

json_t *form_open(struct harness *h, const char *user)
{
    char *path = xasprintf("views?user=%s", user);
    json_t *answer = control_get(h, path);
    const json_t *views = json_object_get(answer, "views");
    json_t *top = json_array_get(views, json_array_size(views) - 1);

    json_incref(top);
    free(path);
    json_decref(answer);
    return top;
}

static const json_t *block_of(const json_t *view, const char *field)
{
    json_t *block;
    size_t i;

    json_array_foreach(json_object_get(view, "blocks"), i, block)
    {
        if (strcmp(str(block, "block_id"), field) == 0)
            return block;
    }
    harness_fail("no field %s in the form", field);
}

static json_t *values_of(const json_t *view, va_list fields)
{
    json_t *values = json_object();
    const char *field;

    while ((field = va_arg(fields, const char *))) {
        const json_t *element =
            json_object_get(block_of(view, field), "element");
        const char *value = va_arg(fields, const char *);

        json_object_set_new(
            values, field,
            json_pack("{s:s}", str(element, "action_id"), value));
    }
    return values;
}

static json_t *submission(const char *user, const json_t *view, va_list fields)
{
    return json_pack("{s:s, s:s, s:o}", "user", user, "view_id",
                     str(view, "id"), "values", values_of(view, fields));
}

json_t *form_submit(struct harness *h, const char *user, const json_t *view,
                    ...)
{
    va_list fields;
    json_t *body;

    va_start(fields, view);
    body = submission(user, view, fields);
    va_end(fields);
    json_object_set_new(body, "wait", json_integer(SUBMIT_MS));
    return control_post(h, "submit", body);
}

struct asked form_send(struct harness *h, const char *user, const json_t *view,
                       ...)
{
    struct asked asked;
    va_list fields;
    json_t *answer;

    va_start(fields, view);
    answer = control_post(h, "submit", submission(user, view, fields));
    va_end(fields);
    asked = asked_from(h, answer);
    json_decref(answer);
    return asked;
}

/* ---- messages ------------------------------------------------------------ */

/* In a thread (ts), or in none (NULL). New reference, or NULL. */
static json_t *nth(struct harness *h, const char *channel, const char *ts,
                   size_t n)
{
    char *path = xasprintf("messages?channel=%s%s%s", channel,
                           ts ? "&thread=" : "", ts ? ts : "");
    json_t *answer = control_get(h, path), *message, *found = NULL;
    size_t i;

    json_array_foreach(json_object_get(answer, "messages"), i, message)
    {
        const char *thread = str(message, "thread_ts");
        bool line = *thread && strcmp(thread, str(message, "ts")) != 0;

        if (!found && strcmp(str(message, "via"), "api") == 0 &&
            line == (ts != NULL) && n-- == 0)
            found = json_incref(message);
    }
    free(path);
    json_decref(answer);
    return found;
}

static json_t *wait_nth(struct harness *h, const char *channel, const char *ts,
                        size_t n, const char *text)
{
    int64_t until = clock_mono_ms() + WAIT_MS;
    json_t *found = nth(h, channel, ts, n);
    char *shown = found ? json_dumps(found, JSON_COMPACT) : NULL;

    while (!found || (text && !strstr(shown, text))) {
        if (clock_mono_ms() >= until)
            harness_fail("message %zu of %s is not there, or does not say "
                         "\"%s\": %s",
                         n, channel, text ? text : "", shown ? shown : "");
        free(shown);
        json_decref(found);
        harness_sleep(20);
        found = nth(h, channel, ts, n);
        shown = found ? json_dumps(found, JSON_COMPACT) : NULL;
    }
    free(shown);
    return found;
}

json_t *posted(struct harness *h, const char *channel, size_t n)
{
    return wait_nth(h, channel, NULL, n, NULL);
}

json_t *posted_in(struct harness *h, const char *channel, const char *ts,
                  size_t n)
{
    return wait_nth(h, channel, ts, n, NULL);
}

void posted_shows(struct harness *h, const char *channel, size_t n,
                  const char *text)
{
    json_decref(wait_nth(h, channel, NULL, n, text));
}

static bool is_told(struct harness *h, const char *user, const char *channel,
                    const char *text)
{
    char *path = xasprintf("messages?channel=%s&user=%s", channel, user);
    json_t *answer = control_get(h, path), *message;
    bool found = false;
    size_t i;

    json_array_foreach(json_object_get(answer, "messages"), i, message)
    {
        char *whole = json_dumps(message, JSON_COMPACT);

        found =
            found || (json_is_true(json_object_get(message, "is_ephemeral")) &&
                      strstr(whole, text));
        free(whole);
    }
    free(path);
    json_decref(answer);
    return found;
}

void told(struct harness *h, const char *user, const char *channel,
          const char *text)
{
    int64_t until = clock_mono_ms() + WAIT_MS;

    while (!is_told(h, user, channel, text)) {
        if (clock_mono_ms() >= until)
            harness_fail("%s was not told \"%s\"", user, text);
        harness_sleep(20);
    }
}
