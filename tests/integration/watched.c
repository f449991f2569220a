#include "tests/integration/watched.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/reloading.h"

struct harness *watching(const char *watch)
{
    char *yaml = xasprintf(WATCH_HEAD "  watch:\n%s", watch);
    struct harness *h = harness_start(
        &(struct harness_options){ .yaml = yaml, .road = ROAD_SOCKET });

    free(yaml);
    return h;
}

void watch_instead(struct harness *h, const char *watch)
{
    char *yaml = xasprintf(WATCH_HEAD "  watch:\n%s", watch);

    if (opsbot_running(h->bot))
        reload(h, yaml);
    else
        write_yaml(h, yaml);
    free(yaml);
}

/* ---- what is seen ------------------------------------------------------------ */

/* Rows of alerts by name: firing, or all there ever were. */
long long watch_rows(struct harness *h, const char *name, bool firing)
{
    return sql_number(h,
                      "select count(*) from opsbot.alerts where"
                      " labels->>'alertname' = '%s'%s",
                      name, firing ? " and firing" : "");
}

struct wanted {
    struct harness *h;
    const char *name;
    bool firing;
};

static bool stands(void *arg)
{
    struct wanted *w = arg;

    return watch_rows(w->h, w->name, true) == w->firing &&
           watch_rows(w->h, w->name, false) == 1;
}

void watch_raised(struct harness *h, const char *name)
{
    struct wanted w = { h, name, true };

    wait_until(stands, &w, COMES_MS, name);
}

void watch_over(struct harness *h, const char *name)
{
    struct wanted w = { h, name, false };

    wait_until(stands, &w, COMES_MS, name);
}

static const char *str(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* In the channel, not in a thread. */
static bool is_card(const json_t *message)
{
    const char *thread = str(message, "thread_ts");

    return strcmp(str(message, "via"), "api") == 0 &&
           (!*thread || strcmp(thread, str(message, "ts")) == 0);
}

/* Cards that say both. */
static size_t cards(struct harness *h, const char *text, const char *also)
{
    json_t *all = control_get(h, "messages?channel=C0OPS"), *message;
    size_t i, n = 0;

    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        char *whole = json_dumps(message, JSON_COMPACT | JSON_ENSURE_ASCII);

        n += is_card(message) && strstr(whole, text) && strstr(whole, also);
        free(whole);
    }
    json_decref(all);
    return n;
}

struct card {
    struct harness *h;
    const char *text, *also;
};

static bool shown(void *arg)
{
    struct card *c = arg;

    return cards(c->h, c->text, c->also) > 0;
}

/* One card says it, and none a second time. */
void watch_one_card(struct harness *h, const char *text)
{
    struct card c = { h, text, "" };

    wait_until(shown, &c, COMES_MS, text);
    cr_expect_eq(cards(h, text, ""), 1u, "%s", text);
}

/* The same card says that it is over. */
void watch_card_over(struct harness *h, const char *text)
{
    struct card c = { h, text, " \\u2014 resolved" };

    wait_until(shown, &c, COMES_MS, text);
    cr_expect_eq(cards(h, text, ""), 1u, "%s", text);
}

/* How often groups of this alert began, by their own history. */
long long watch_firsts(struct harness *h, const char *name)
{
    return sql_number(h,
                      "select count(*) from opsbot.alert_history x"
                      " join opsbot.alerts a on a.\"group\" = x.\"group\""
                      " where x.reason in ('first', 'again')"
                      " and a.labels->>'alertname' = '%s'",
                      name);
}

/* The watch has looked at the stores so often since it began. */
static long long looks(struct opsbot *bot)
{
    static const char name[] = "\nopsbot_watch_look_seconds_count ";
    char *page, *at;
    long long n;

    cr_assert_eq(opsbot_get(bot, "/metrics", &page), 200);
    at = strstr(page, name);
    n = at ? strtoll(at + sizeof name - 1, NULL, 10) : 0;
    free(page);
    return n;
}

struct look {
    struct opsbot *bot;
    long long n;
};

static bool has_looked(void *arg)
{
    struct look *l = arg;

    return looks(l->bot) >= l->n;
}

/* Two more whole looks: whatever was to be said has been. */
void watch_wait_looks(struct opsbot *bot)
{
    struct look l = { bot, looks(bot) + 2 };

    wait_until(has_looked, &l, COMES_MS, "the watch has looked");
}
