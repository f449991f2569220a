/* Pages: put once, claimed by one, ended once. */
#include "core/alert/page.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "tests/core/alert/grouped.h"

TestSuite(page, .init = grouped_start, .fini = grouped_stop);

static struct page_row claimed[8];
static size_t count;

static void put(const char *key, const char *target)
{
    struct page_new page = { .key = key,
                             .target = target,
                             .subject = "s",
                             .body = "{}",
                             .give_up_ms = 60000 };

    cr_assert(page_put(w.db, &page, &w.err), "%s", w.err.text);
}

static void forget(void)
{
    for (size_t i = 0; i < count; i++)
        page_row_dispose(&claimed[i]);
    count = 0;
}

/* "A B ": the keys. Borrowed until the next. */
static const char *claim_as(const char *replica, size_t max, int64_t lease_ms)
{
    static char keys[200];

    forget();
    cr_assert(page_claim(w.db, replica, max, lease_ms, claimed, &count, &w.err),
              "%s", w.err.text);
    keys[0] = '\0';
    for (size_t i = 0; i < count; i++)
        strcat(strcat(keys, claimed[i].key), " ");
    return keys;
}

static const char *claim(void)
{
    return claim_as("r1", 8, 60000);
}

static void later(void)
{
    grouped_run("update opsbot.pages set due_at = now() returning 1");
}

static const char *state_of(const char *key)
{
    static char state[40];
    char sql[120], *text;

    snprintf(sql, sizeof sql,
             "select state || ' ' || error from opsbot.pages where key = '%s'",
             key);
    text = look_text(&w.s, sql);
    snprintf(state, sizeof state, "%s", text);
    free(text);
    return state;
}

Test(page, a_second_one_of_a_key_is_none)
{
    put("A", "mail");
    put("A", "webhook:x");
    cr_expect_str_eq(claim(), "A ");
    cr_expect_str_eq(claimed[0].target, "mail");
    forget();
}

Test(page, is_claimed_by_one_and_ended_once)
{
    put("A", "mail");
    cr_expect_str_eq(claim(), "A ");
    cr_expect_eq(claimed[0].attempts, 1);
    cr_expect_not(claimed[0].unclear);
    cr_assert(page_sent(w.db, &claimed[0], &w.err));
    cr_expect_str_eq(state_of("A"), "sent ");
    later();
    cr_expect_str_eq(claim_as("r2", 8, 1000), "");
    cr_expect_eq(grouped_number("select count(*) from opsbot.pages where"
                                " sent_at is not null"),
                 1);
}

/* A place that hangs has two of them, and not all. */
Test(page, a_target_has_two_under_way_whoever_sends_them)
{
    put("A1", "webhook:a");
    put("A2", "webhook:a");
    put("A3", "webhook:a");
    put("B1", "webhook:b");
    cr_expect_str_eq(claim(), "A1 A2 B1 ");
    cr_expect_str_eq(claim_as("r2", 8, 1000), "");
    forget();
}

Test(page, later_is_tried_again_and_then_too_late)
{
    put("A", "mail");
    claim();
    cr_assert(page_retry(w.db, &claimed[0], "away", 30000, false, &w.err));
    cr_expect_str_eq(state_of("A"), "waiting away");
    cr_expect_str_eq(claim(), "", "not yet");
    later();
    cr_expect_str_eq(claim(), "A ");
    cr_expect_eq(claimed[0].attempts, 2);
    cr_expect_not(claimed[0].unclear, "it is known that it did not arrive");
    cr_assert(page_retry(w.db, &claimed[0], "still", 61000, true, &w.err));
    cr_expect_str_eq(state_of("A"), "failed still");
    forget();
}

Test(page, what_may_have_arrived_is_marked_from_then_on)
{
    put("A", "slack:critical");
    claim();
    cr_assert(page_retry(w.db, &claimed[0], "lost", 0, true, &w.err));
    cr_expect_str_eq(claim(), "A ");
    cr_expect(claimed[0].unclear);
    cr_assert(page_retry(w.db, &claimed[0], "away", 0, false, &w.err));
    cr_expect_str_eq(claim(), "A ");
    cr_expect(claimed[0].unclear);
    forget();
}

/* kill -9: another sends it, knowing that it may be there. */
Test(page, a_dead_replicas_page_is_taken_over)
{
    struct page_row old;

    put("A", "mail");
    cr_expect_str_eq(claim_as("r1", 8, 0), "A ");
    old = claimed[0];
    claimed[0] = (struct page_row){ 0 };
    cr_expect_str_eq(claim_as("r2", 8, 60000), "A ");
    cr_expect(claimed[0].unclear);
    cr_expect_eq(claimed[0].attempts, 2);
    /* it was only slow: what it says comes too late */
    cr_assert(page_failed(w.db, &old, "slow", &w.err));
    cr_expect_str_eq(state_of("A"), "waiting ");
    cr_assert(page_sent(w.db, &claimed[0], &w.err));
    cr_expect_str_eq(state_of("A"), "sent ");
    page_row_dispose(&old);
    forget();
}

Test(page, one_that_goes_leaves_its_pages_at_once)
{
    put("A", "mail");
    claim();
    cr_expect_str_eq(claim_as("r2", 8, 1000), "");
    cr_assert(page_release(w.db, "r1", &w.err));
    cr_expect_str_eq(claim_as("r2", 8, 1000), "A ");
    cr_expect(claimed[0].unclear);
    forget();
}

Test(page, joins_the_transaction_of_its_step)
{
    cr_assert(db_begin(w.db, &w.err));
    put("A", "mail");
    db_rollback(w.db);
    cr_expect_str_eq(claim(), "");
}

Test(page, state_counts_what_waits_and_what_failed)
{
    struct page_state state;

    put("A", "mail");
    put("B", "mail");
    claim();
    cr_assert(page_failed(w.db, &claimed[1], "no", &w.err));
    cr_assert(page_state(w.db, &state, &w.err));
    cr_expect_eq(state.waiting, 1);
    cr_expect_eq(state.failed, 1);
    cr_expect_geq(state.oldest_ms, 0);
    forget();
}

/* Refused for good, or too late: until that place takes one. */
Test(page, what_was_given_up_is_lost_until_its_place_takes_one)
{
    struct page_lost lost[PAGES_LOST];
    size_t places;

    put("A", "mail");
    put("B", "mail");
    claim();
    cr_assert(pages_lost(w.db, lost, &places, &w.err), "%s", w.err.text);
    cr_expect_eq(places, 0);
    cr_assert(page_failed(w.db, &claimed[0], "no", &w.err));
    cr_assert(page_retry(w.db, &claimed[1], "late", 86400000, false, &w.err));
    cr_assert(pages_lost(w.db, lost, &places, &w.err));
    cr_assert_eq(places, 1);
    cr_expect_str_eq(lost[0].target, "mail");
    cr_expect_str_eq(lost[0].why, "late");
    cr_expect_eq(lost[0].count, 2);
    cr_expect_gt(lost[0].since, 0);
    pages_lost_dispose(lost, places);
    forget();
    put("C", "mail");
    claim();
    cr_assert(page_sent(w.db, &claimed[0], &w.err));
    cr_assert(pages_lost(w.db, lost, &places, &w.err));
    cr_expect_eq(places, 0);
    pages_lost_dispose(lost, places);
    forget();
}

/* ---- what it says ------------------------------------------------------------ */

static struct alert_group loaded(const char *title)
{
    struct alert_group g;
    bool found;
    int64_t number = grouped_put("g", ALERT_CRITICAL, "[\"C1\"]");

    grouped_run("update opsbot.alert_groups set title = '%s', source = 'x',"
                " labels = '{\"service\":\"pay\"}' returning 1",
                title);
    cr_assert(group_load(w.db, number, &g, &found, &w.err), "%s", w.err.text);
    return g;
}

Test(page, a_pager_gets_json_that_names_the_alert)
{
    struct alert_group g = loaded("5xx \"7.2\" <!channel>");
    char *text = page_json(&g, "escalated", "KEY", 2, 3);
    struct json_doc *doc = json_doc_parse(text, strlen(text), &w.err);

    cr_assert(doc, "%s", w.err.text);
    cr_expect_str_eq(json_doc_str(doc, "event"), "escalated");
    cr_expect_str_eq(json_doc_str(doc, "key"), "KEY");
    cr_expect_str_eq(json_doc_str(doc, "alert"), "A-1");
    cr_expect_str_eq(json_doc_str(doc, "severity"), "critical");
    cr_expect_str_eq(json_doc_str(doc, "state"), "firing");
    cr_expect_str_eq(json_doc_str(doc, "title"), "5xx \"7.2\" <!channel>");
    cr_expect_str_eq(json_doc_str(doc, "labels.service"), "pay");
    cr_expect_eq(json_doc_int(doc, "escalation.step", 0), 2);
    cr_expect_eq(json_doc_int(doc, "escalation.of", 0), 3);
    json_doc_free(doc);
    free(text);
    group_dispose(&g);
}

Test(page, words_for_a_mail_and_for_slack)
{
    struct alert_group g = loaded("5xx <!channel> & more");
    char *subject = page_subject(&g), *words = page_words(&g);
    char *escaped = page_escaped(subject);

    cr_expect_str_eq(subject, "[CRITICAL] 5xx <!channel> & more (A-1)");
    cr_expect(strstr(words, "Labels: {service=\"pay\"}"), "%s", words);
    cr_expect(strstr(words, "State: firing"), "%s", words);
    cr_expect_str_eq(escaped,
                     "[CRITICAL] 5xx &lt;!channel&gt; &amp; more (A-1)");
    free(subject);
    free(words);
    free(escaped);
    group_dispose(&g);
}
