/* The card of a group of alerts: every state, and what it is beside them. */
#include "blocks/alert.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"
#include "core/base/text.h"
#include "tests/blocks/alert_sample.h"
#include "tests/blocks/shown.h"

/* Frees the sample. */
static void posted(const char *name, struct sample *s)
{
    char *body = alert_message(&s->g, &s->view, "/ops");

    cr_expect_null(strstr(body, " ago"), "%s", body);
    cr_expect_null(strstr(body, " (in "), "%s", body);
    shown_body(name, body);
    sample_free(s);
}

/* As its asker has it. Frees the sample. */
static void asked(const char *name, struct sample *s)
{
    struct card *card = card_new();

    card_nonce(card, "7F3K21ABCDEFGHJK");
    s->view.now = NOW;
    alert_card(card, &s->g, &s->view);
    shown_text(name, card);
    sample_free(s);
}

Test(alert_card, firing)
{
    posted("alert_firing", sample_new());
    asked("alert_firing_asked", sample_new());
}

Test(alert_card, acknowledged)
{
    struct sample *s = sample_new();

    sample_ack(s);
    posted("alert_acked", s);
    s = sample_new();
    sample_ack(s);
    asked("alert_acked_asked", s);
}

Test(alert_card, still_on_it)
{
    struct sample *s = sample_new();

    sample_ack(s);
    s->g.ack_asked = true;
    s->g.told_why = REASON_ASKED;
    posted("alert_still", s);
}

Test(alert_card, silenced)
{
    struct sample *s = sample_new();

    sample_silence(s);
    posted("alert_silenced", s);
}

/* One line, and nothing to press. */
Test(alert_card, resolved)
{
    struct sample *s = sample_new();
    char *body;

    sample_ack(s);
    sample_resolve(s);
    body = alert_message(&s->g, &s->view, "/ops");
    cr_expect_null(strstr(body, "\"button\""), "%s", body);
    cr_expect_null(strstr(body, "overflow"), "%s", body);
    free(body);
    posted("alert_resolved", s);
    s = sample_new();
    sample_resolve(s);
    asked("alert_resolved_asked", s);
}

Test(alert_card, resolved_by_hand)
{
    struct sample *s = sample_new();

    sample_resolve(s);
    s->g.resolved_by = TEXT("U0BEN");
    s->g.resolves = false;
    s->g.flaps = 2;
    posted("alert_resolved_by_hand", s);
}

Test(alert_card, with_all_that_is_known_beside_it)
{
    struct sample *s = sample_new();

    sample_context(s);
    posted("alert_context", s);
    s = sample_new();
    sample_context(s);
    asked("alert_context_asked", s);
}

Test(alert_card, ten_of_many)
{
    struct sample *s = sample_new();

    sample_alerts(s, 12);
    s->g.total = 48;
    s->g.firing = 40;
    s->g.fresh = 5;
    s->alerts.more = true;
    posted("alert_many", s);
}

Test(alert_card, alerts_that_are_over_muted_or_less_severe)
{
    struct sample *s = sample_new();

    s->alerts.items[1].severity = ALERT_WARNING;
    s->alerts.items[1].quiet_why = TEXT("S-3: known");
    s->alerts.items[2].firing = false;
    s->alerts.items[2].ended = NOW - MIN;
    s->g.firing = 2;
    s->g.muted = 1;
    posted("alert_mixed", s);
}

/* Nothing is wrong, and it says so where it is looked at first. */
Test(alert_card, a_test)
{
    struct sample *s = sample_new();

    s->g.test = true;
    s->g.resolves = false;
    s->g.source = TEXT("test");
    sample_alerts(s, 1);
    posted("alert_test", s);
}

Test(alert_card, flapping)
{
    struct sample *s = sample_new();

    s->g.flaps = 4;
    s->g.told_why = REASON_FLAPPING;
    posted("alert_flapping", s);
}

Test(alert_card, history_is_not_available)
{
    struct sample *s = sample_new();

    s->view = (struct alert_view){ .unrecorded = true };
    s->g.policy = TEXT("");
    s->g.step_at = 0;
    posted("alert_unrecorded", s);
}

/* Whom it mentions stands above any attachment, where Slack tells them. */
Test(alert_card, mentions_people_without_postgres)
{
    static const char *const ids[] = { "U0ANN", "S0PAY", "here" };
    const struct alert_told told = { .ids = ids,
                                     .count = 3,
                                     .oncall = TOLD_AS_CONFIGURED };
    struct sample *s = sample_new();

    s->view = (struct alert_view){ .unrecorded = true, .told = &told };
    s->g.policy = TEXT("");
    s->g.step_at = 0;
    posted("alert_told", s);
}

/* Postgres has given it no number: what it is called by is its trace id. */
Test(alert_card, without_a_number)
{
    struct sample *s = sample_new();

    s->view = (struct alert_view){ .unrecorded = true, .alerts = &s->alerts };
    sample_alerts(s, 1);
    s->alerts.items[0].trace = TEXT("tr-1 & more");
    s->g.number = s->g.version = 0;
    s->g.step_at = 0;
    posted("alert_no_number", s);
}

Test(alert_card, nothing_but_a_title)
{
    struct sample *s = sample_new();

    labels_dispose(&s->g.labels);
    s->view = (struct alert_view){ 0 };
    s->g.severity = ALERT_WARNING;
    s->g.message = s->g.runbook = s->g.policy = s->g.route = TEXT("");
    s->g.source = TEXT("");
    s->g.links_count = 0;
    s->g.step_at = 0;
    s->g.firing = s->g.total = 1;
    posted("alert_bare", s);
}

/* Whom it tells as the configuration has it: names are not known. */
Test(alert_card, without_a_plan)
{
    struct sample *s = sample_new();

    s->view.plan = NULL;
    posted("alert_no_plan", s);
}

Test(alert_card, assigned_and_no_steps_left)
{
    struct sample *s = sample_new();

    s->g.assignee = TEXT("U0ANNA");
    s->g.step = 3;
    s->g.step_at = 0;
    posted("alert_assigned", s);
}

/* ---- for phones ---------------------------------------------------------------- */

static char *headline_of(struct sample *s)
{
    char *body = alert_message(&s->g, &s->view, "/ops");
    json_t *root = json_loads(body, 0, NULL);
    char *text =
        text_cut(json_string_value(json_object_get(root, "text")), (size_t)-1);

    json_decref(root);
    free(body);
    return text;
}

/* Severity, system, fact, state and number within 80 characters. */
Test(alert_card, a_phone_shows_what_matters)
{
    static const char *const titles[] = {
        "5xx rate 7.2% (limit 2%)",
        ("the disk of the database that holds all of the orders is nearly full "
         "and nobody has looked at it for a day"),
        "磁盘快满了磁盘快满了磁盘快满了磁盘快满了磁盘快满了磁盘快满了磁盘快满",
        "",
    };

    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        for (int severity = 0; severity < ALERT_SEVERITIES; severity++) {
            struct sample *s = sample_new();
            char *text, *first;

            s->g.title = TEXT(titles[i]);
            s->g.severity = (enum alert_severity)severity;
            s->g.test = severity % 2;
            text = headline_of(s);
            first = text_cut(text, 81);
            cr_expect(text[0] == '[', "%s", text);
            cr_expect(strstr(first, "payments-api"), "%s", text);
            cr_expect(strstr(first, "— unacknowledged. A-1042"), "%s", text);
            free(first);
            free(text);
            sample_free(s);
        }
    }
}

Test(alert_card, what_a_phone_says_in_every_state)
{
    struct sample *s = sample_new();
    char *text = headline_of(s);

    cr_expect_str_eq(text, "[CRITICAL] payments-api: 5xx rate 7.2% (limit 2%) "
                           "— unacknowledged. A-1042 (3 alerts). Pages @anna "
                           "14:12 UTC");
    free(text);
    s->view.plan = NULL; /* an id says nothing there */
    text = headline_of(s);
    cr_expect(strstr(text, ". Escalates 14:12 UTC"), "%s", text);
    cr_expect_null(strstr(text, "U0ANNA"));
    free(text);
    sample_ack(s);
    text = headline_of(s);
    cr_expect(strstr(text, "— acknowledged. A-1042 (3 alerts) by @ben"), "%s",
              text);
    free(text);
    sample_resolve(s);
    text = headline_of(s);
    cr_expect(strstr(text, "— resolved. A-1042 after 6 m"), "%s", text);
    free(text);
    s->g.ended_at = s->g.started_at + 2 * MIN; /* it was heard later */
    text = headline_of(s);
    cr_expect(strstr(text, "— resolved. A-1042 after 2 m"), "%s", text);
    free(text);
    sample_free(s);
}

/* ---- its colour, its buttons ---------------------------------------------------- */

static void expect_colour(struct sample *s, const char *colour)
{
    char *body = alert_message(&s->g, &s->view, "/ops");
    json_t *root = json_loads(body, 0, NULL);
    json_t *one = json_array_get(json_object_get(root, "attachments"), 0);

    cr_expect_str_eq(json_string_value(json_object_get(one, "color")), colour);
    json_decref(root);
    free(body);
}

Test(alert_card, its_colour_is_its_state)
{
    struct sample *s = sample_new();

    expect_colour(s, "#a30200");
    sample_ack(s);
    expect_colour(s, "#daa038");
    s->g.acked_by = TEXT("");
    sample_silence(s);
    expect_colour(s, "#dddddd");
    sample_resolve(s);
    expect_colour(s, "#2eb886");
    sample_free(s);
}

/* Each says of which version it is, and a press tells that. */
Test(alert_card, its_buttons_carry_its_version)
{
    struct sample *s = sample_new();
    char *body = alert_message(&s->g, &s->view, "/ops");
    json_t *root = json_loads(body, 0, NULL);
    json_t *blocks = json_object_get(
        json_array_get(json_object_get(root, "attachments"), 0), "blocks");
    json_t *block, *element;
    size_t i, k, seen = 0, menus = 0;

    json_array_foreach(blocks, i, block)
    {
        json_array_foreach(json_object_get(block, "elements"), k, element)
        {
            const char *value =
                json_string_value(json_object_get(element, "value"));
            struct press press;

            menus += json_object_get(element, "options") != NULL;
            if (!value)
                continue;
            cr_assert(render_press(value, &press), "%s", value);
            cr_expect_eq(press_version(&press), 7, "%s", value);
            cr_expect(strstr(press.command, "A-1042"), "%s", press.command);
            seen++;
        }
    }
    cr_expect_eq(seen, 4);
    cr_expect_eq(menus, 1);
    json_decref(root);
    free(body);
    sample_free(s);
}
