/* halting: see halting.h. */
#include "tests/integration/halting.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

#define HEAD "admins: [U0ANN, U0BOB]\n"

static struct halting start(int n, const char *more, const char *verify)
{
    struct halting t = { .agents = n ? agents_start(NULL, n) : NULL };
    char *part = n ? agents_yaml_each(t.agents) : xstrdup("");

    t.yaml = xasprintf(HEAD "%s%s%s", more, part, n ? verify : "");
    free(part);
    t.h = harness_start(&(struct harness_options){ .yaml = t.yaml });
    return t;
}

struct halting halting_start(int n, const char *more)
{
    return start(n, more, "  verify_s: 30\n");
}

struct halting halting_start_hasty(int n)
{
    return start(n, "", "  verify_s: 8\n");
}

void halting_stop(struct halting *t)
{
    harness_stop(t->h);
    agents_stop(t->agents);
    free(t->yaml);
}

json_t *say_patiently(struct harness *h, const char *text)
{
    struct asked a = type_text(h, "U0ANN", "C0OPS", text);

    return wait_answers(h, a.interaction, 1, 60000);
}

void expect_patiently(struct harness *h, const char *text, const char *shown)
{
    json_t *answer = say_patiently(h, text);

    expect_shown(answer, shown);
    json_decref(answer);
}

char *channel_shown(struct harness *h)
{
    json_t *all = control_get(h, "messages?channel=C0OPS");
    char *text = reply_shown(all);

    json_decref(all);
    return text;
}

struct wanted {
    struct harness *h;
    const char *text;
};

static bool card_there(void *arg)
{
    struct wanted *w = arg;

    return cards_with(w->h, w->text) > 0;
}

void wait_card(struct harness *h, const char *text, int limit_ms)
{
    struct wanted w = { h, text };

    wait_until(card_there, &w, limit_ms, text);
}

void wait_cards(struct harness *h, const char *text, size_t n, int limit_ms)
{
    int64_t until = clock_mono_ms() + patient(limit_ms);
    size_t is;

    while ((is = cards_with(h, text)) != n) {
        if (clock_mono_ms() >= until)
            harness_fail("%zu messages show \"%s\", not %zu", is, text, n);
        harness_sleep(20);
    }
}

static char *shown_alone(const json_t *message)
{
    json_t *one = json_pack("{s:[O]}", "messages", message);
    char *text = reply_shown(one);

    json_decref(one);
    return text;
}

size_t cards_with(struct harness *h, const char *text)
{
    json_t *all = control_get(h, "messages?channel=C0OPS");
    size_t n = 0;

    for (size_t i = 0; i < reply_messages(all); i++) {
        char *shown = shown_alone(reply_message(all, i));

        n += strstr(shown, text) != NULL;
        free(shown);
    }
    json_decref(all);
    return n;
}

json_t *press_card(struct harness *h, const char *user, const char *label)
{
    json_t *all = control_get(h, "messages?channel=C0OPS"), *answer = NULL;

    for (size_t i = reply_messages(all); i > 0 && !answer; i--) {
        json_t *one =
            json_pack("{s:[O]}", "messages", reply_message(all, i - 1));

        if (reply_button(one, label))
            answer = press(h, user, "C0OPS", one, label);
        json_decref(one);
    }
    cr_assert(answer, "nobody shows a button %s", label);
    json_decref(all);
    return answer;
}

void unhalt_all(struct harness *h)
{
    json_t *prompt = say(h, "U0ANN", "C0OPS", "unhalt all"), *done;

    expect_shown(prompt, "Unhalt all?");
    done = press(h, "U0ANN", "C0OPS", prompt, "Unhalt all");
    expect_shown(done, "Unhalted all");
    json_decref(prompt);
    json_decref(done);
}

void wait_audited(struct harness *h, const char *command, const char *kind,
                  long long n)
{
    char *query = xasprintf("select count(*) from opsbot.audit_events"
                            " where command = '%s' and kind = '%s'",
                            command, kind);

    wait_sql(h, n, COMES_MS, query);
    free(query);
}

long long audited(struct harness *h, const char *command, const char *kind)
{
    return sql_number(h,
                      "select count(*) from opsbot.audit_events"
                      " where command = '%s' and kind = '%s'",
                      command, kind);
}
