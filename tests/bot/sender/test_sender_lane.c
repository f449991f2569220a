#include <criterion/criterion.h>
#include <stdio.h>

#include "bot/sender/sender_lane.h"
#include "bot/sender/sender_pace.h"
#include "core/base/mem.h"

static struct lanes *lanes;
static bool expired;

static void start(void)
{
    lanes = lanes_new();
}

static void end(void)
{
    lanes_free(lanes);
}

TestSuite(sender_lane, .init = start, .fini = end);

static struct post *add(const char *method, const char *channel,
                        enum post_lane lane, int64_t now)
{
    struct post *post = post_method(method, xstrdup("{}"));

    post->channel = xstrdup(channel);
    post->lane = lane;
    lanes_add(lanes, post, now);
    return post;
}

static struct post *add_url(const char *url, enum post_lane lane, int64_t now)
{
    struct post *post = post_url(xstrdup(url), xstrdup("{}"));

    post->lane = lane;
    lanes_add(lanes, post, now);
    return post;
}

static struct post *next(int64_t now)
{
    return lanes_next(lanes, now, &expired);
}

static void over(struct post *post)
{
    lanes_settle(lanes, post);
    post_free(post);
}

Test(sender_lane, gives_a_channel_a_burst_then_one_a_second)
{
    int64_t now = 1000;

    for (int i = 0; i < 5; i++)
        add("chat.postMessage", "C1", POST_CLICK, now);
    for (int i = 0; i < PACE_CHANNEL_BURST; i++) {
        struct post *post = next(now);

        cr_assert_not_null(post, "%d", i);
        over(post);
    }
    cr_expect_null(next(now));
    cr_expect_eq(lanes_wait(lanes, now, 5000), 1000);
    cr_expect_null(next(now + 999));
    over(next(now + 1000));
    cr_expect_null(next(now + 1000));
    over(next(now + 2000));
    cr_expect_eq(lanes_len(lanes), 0);
    cr_expect_null(lanes_oldest(lanes));
}

Test(sender_lane, keeps_order_in_a_channel_while_one_is_tried_again)
{
    struct post *first = add("chat.postMessage", "C1", POST_INFO, 1000);
    struct post *second = add("chat.postMessage", "C1", POST_INFO, 1000);
    struct post *other = add("chat.postMessage", "C2", POST_INFO, 1000);

    cr_assert_eq(next(1000), first);
    cr_assert_eq(next(1000), other);
    cr_expect_null(next(1000), "the second waits for the first");
    first->not_before = 9000;
    lanes_again(lanes, first);
    cr_expect_null(next(8999));
    cr_assert_eq(next(9000), first);
    cr_expect_null(next(9000));
    over(first);
    cr_assert_eq(next(9000), second);
    over(second);
    over(other);
}

Test(sender_lane, lets_higher_lanes_overtake)
{
    struct post *info = add("chat.postMessage", "C1", POST_INFO, 1000);
    struct post *click = add("chat.postMessage", "C1", POST_CLICK, 1001);
    struct post *critical = add("chat.postMessage", "C1", POST_CRITICAL, 1002);
    struct post *more = add("chat.postMessage", "C1", POST_INFO, 1003);
    struct post *late;

    cr_assert_eq(next(1003), critical);
    cr_assert_eq(next(1003), click);
    cr_assert_null(next(1003), "the last of the burst is not for them");
    over(critical);
    over(click);
    late = add("chat.postMessage", "C1", POST_CRITICAL, 1500);
    cr_assert_eq(next(1500), late);
    over(late);
    late = add("chat.postMessage", "C1", POST_CRITICAL, 1500);
    cr_assert_null(next(1999));
    cr_assert_null(next(2002));
    cr_assert_eq(next(2003), late);
    over(late);
    late = add("chat.postMessage", "C1", POST_CRITICAL, 2003);
    cr_assert_null(next(3002));
    cr_assert_eq(next(4003), late, "at the same moment too");
    over(late);
    cr_assert_eq(next(5003), info);
    over(info);
    cr_assert_eq(next(6003), more);
    over(more);
}

Test(sender_lane, keeps_the_budget_of_a_method)
{
    struct post *post;
    int sent = 0;

    for (int i = 0; i < 40; i++) {
        char channel[16];

        snprintf(channel, sizeof channel, "C%d", i);
        add("chat.update", channel, POST_EDIT, 1000);
    }
    for (int64_t now = 1000; now <= 31000; now += 100) {
        while ((post = next(now)) != NULL) {
            over(post);
            sent++;
        }
    }
    cr_expect_eq(sent, 8 + 25,
                 "%d: a burst of 10, 2 of it kept for criticals, "
                 "then 50 a minute",
                 sent);
    post = add("chat.update", "C99", POST_CRITICAL, 31000);
    cr_assert_eq(next(31000), post, "behind none of them");
    over(post);
}

/* However long lesser ones have used it up. */
Test(sender_lane, keeps_the_last_of_a_channels_burst_for_a_critical)
{
    struct post *critical, *post;
    int64_t now;

    for (int i = 0; i < 30; i++)
        add("chat.postMessage", "C1", POST_WARNING, 1000);
    for (now = 1000; now <= 11000; now += 10)
        while ((post = next(now)) != NULL)
            over(post);
    critical = add("chat.postMessage", "C1", POST_CRITICAL, now);
    cr_assert_eq(next(now), critical, "it does not wait for the next second");
    over(critical);
    cr_expect_null(next(now + 1500), "what it took is missing to the others");
}

/* The budget for edits is one of all channels. */
Test(sender_lane, an_edit_that_waits_holds_up_no_post)
{
    struct post *post, *edit;

    while (add("chat.update", "C2", POST_CRITICAL, 1000) &&
           (post = next(1000)) != NULL)
        over(post);
    edit = add("chat.update", "C1", POST_CRITICAL, 1000);
    cr_assert_null(next(1000));
    post = add("chat.postMessage", "C1", POST_CRITICAL, 1000);
    cr_assert_eq(next(1000), post);
    over(post);
    for (int64_t now = 1000; (post = next(now)) != edit; now += 100)
        if (post)
            over(post);
    over(edit);
}

Test(sender_lane, response_urls_are_not_paced_but_ordered)
{
    struct post *one = add_url("https://hooks/1", POST_CLICK, 1000);
    struct post *again = add_url("https://hooks/1", POST_CLICK, 1000);
    struct post *posts[ROAD_FLIGHTS + 2];
    size_t n = 0;

    for (int i = 2; i < 40; i++) {
        char url[32];

        snprintf(url, sizeof url, "https://hooks/%d", i);
        add_url(url, POST_CLICK, 1000);
    }
    while ((posts[n] = next(1000)) != NULL)
        cr_assert_lt(++n, ROAD_FLIGHTS + 1);
    cr_expect_eq(n, ROAD_FLIGHTS, "as many as there are connections");
    cr_expect_eq(posts[0], one);
    for (size_t i = 1; i < n; i++)
        cr_expect_neq(posts[i], again);
    over(posts[0]);
    for (int i = 0; i < 40 && posts[0] != again; i++) {
        posts[0] = next(1000);
        cr_assert_not_null(posts[0]);
        if (posts[0] != again)
            over(posts[0]);
    }
    cr_expect_eq(posts[0], again);
}

Test(sender_lane, low_lanes_leave_connections_to_the_others)
{
    struct post *post;
    int n = 0;

    for (int i = 0; i < 30; i++) {
        char channel[16];

        snprintf(channel, sizeof channel, "C%d", i);
        add("chat.postMessage", channel, POST_INFO, 1000);
    }
    while (next(1000))
        n++;
    cr_expect_eq(n, ROAD_LOW_FLIGHT);
    post = add("chat.postMessage", "C99", POST_CRITICAL, 1000);
    cr_expect_eq(next(1000), post);
}

Test(sender_lane, a_limit_pauses_the_channel_and_three_the_method)
{
    struct post *limited[3], *other, *quiet;
    char channel[16];

    for (int i = 0; i < 3; i++) {
        snprintf(channel, sizeof channel, "C%d", i);
        limited[i] = add("chat.postMessage", channel, POST_INFO, 1000);
        cr_assert_eq(next(1000), limited[i]);
    }
    for (int i = 0; i < 2; i++) {
        lanes_limited(lanes, limited[i], 1000, 6000);
        limited[i]->not_before = 6000;
        lanes_again(lanes, limited[i]);
    }
    other = add("chat.postMessage", "C1", POST_CRITICAL, 1000);
    cr_expect_null(next(5999), "the channel, for every lane");
    quiet = add("chat.postMessage", "C8", POST_INFO, 2000);
    cr_expect_eq(next(2000), quiet, "not the others");
    over(quiet);
    lanes_limited(lanes, limited[2], 3000, 8000);
    limited[2]->not_before = 8000;
    lanes_again(lanes, limited[2]);
    add("chat.postMessage", "C9", POST_INFO, 3000);
    cr_expect_null(next(7999), "the third pauses the method");
    cr_expect_eq(next(8000), other);
}

Test(sender_lane, other_methods_pause_as_a_whole)
{
    struct post *post = add("users.info", NULL, POST_CLICK, 1000);
    struct post *message = add("chat.postMessage", "C1", POST_CLICK, 1000);

    cr_assert_eq(next(1000), post);
    lanes_limited(lanes, post, 1000, 5000);
    lanes_again(lanes, post);
    add("users.info", NULL, POST_CLICK, 1000);
    cr_expect_eq(next(1000), message);
    cr_expect_null(next(4999));
    cr_expect_eq(next(5000), post);
}

Test(sender_lane, what_is_too_late_expires)
{
    struct post *post = add("views.open", NULL, POST_CLICK, 1000);
    struct post *later = add("users.info", NULL, POST_CLICK, 1000);

    cr_assert_eq(next(1000), post);
    cr_assert_eq(next(1000), later);
    post->not_before = 5000;
    lanes_again(lanes, post);
    cr_expect_null(next(1000));
    cr_expect_eq(lanes_wait(lanes, 1000, 60000), 3000, "a trigger lives 3 s");
    cr_expect_null(next(3999));
    cr_assert_eq(next(4000), post);
    cr_expect(expired);
    post_free(post);
    over(later);
    cr_expect_eq(lanes_len(lanes), 0);
}

Test(sender_lane, a_refused_token_pauses_all_and_fails_nothing)
{
    struct post *post = add("chat.postMessage", "C1", POST_INFO, 1000);
    struct post *modal, *url;

    cr_assert_eq(next(1000), post);
    lanes_token_refused(lanes, post, 1000);
    lanes_again(lanes, post);
    cr_expect(lanes_any_refused(lanes));
    cr_expect_null(next(1001));
    url = add_url("https://hooks/1", POST_CLICK, 1001);
    cr_assert_eq(next(1001), url, "URLs need no token");
    over(url);
    /* After the deadline of 5 minutes: one at a time tries the token. */
    modal = add("views.open", NULL, POST_CLICK, 400000);
    cr_assert_eq(next(400000), modal);
    cr_expect_null(next(400000));
    lanes_token_refused(lanes, modal, 400000);
    lanes_again(lanes, modal);
    cr_assert_eq(next(403000), modal, "a modal is too late");
    cr_expect(expired);
    post_free(modal);
    cr_assert_eq(next(430000), post);
    cr_expect_not(expired);
    add("chat.postMessage", "C2", POST_INFO, 430000);
    cr_expect_null(next(430000));
    cr_expect(lanes_token_taken(lanes, post, 430100));
    cr_expect_not(lanes_token_taken(lanes, post, 430100));
    over(post);
    cr_expect_not_null(next(430100), "all are awake at once");
    cr_expect_not(expired);
}

Test(sender_lane, evicts_the_oldest_first_wherever_it_is)
{
    struct post *flying = add("chat.postMessage", "C1", POST_INFO, 1000);
    struct post *behind = add("chat.postMessage", "C1", POST_INFO, 1001);
    struct post *waiting = add("chat.postMessage", "C2", POST_INFO, 1002);
    struct post *ready = add("users.info", NULL, POST_INFO, 1003);

    waiting->not_before = 90000;
    cr_assert_eq(next(1004), flying);
    cr_assert_eq(next(1004), ready);
    lanes_again(lanes, ready);
    cr_expect_eq(lanes_evict(lanes), flying);
    cr_expect_eq(lanes_evict(lanes), behind);
    cr_expect_eq(lanes_evict(lanes), waiting);
    cr_expect_eq(lanes_evict(lanes), ready);
    cr_expect_null(lanes_evict(lanes));
    post_free(flying);
    post_free(behind);
    post_free(waiting);
    post_free(ready);
}

Test(sender_lane, forgets_channels_that_are_quiet)
{
    char channel[16];

    for (int i = 0; i < 5000; i++) {
        struct post *post;
        int64_t now = 1000 + i * 300;

        snprintf(channel, sizeof channel, "C%d", i);
        add("chat.postMessage", channel, POST_CLICK, now);
        post = next(now);
        cr_assert_not_null(post);
        over(post);
    }
}

Test(sender_lane, backs_off_with_full_jitter)
{
    cr_expect_eq(retry_delay_ms(1, 250), 250);
    cr_expect_eq(retry_delay_ms(1, 251), 0);
    cr_expect_eq(retry_delay_ms(3, 1000), 1000);
    cr_expect_eq(retry_delay_ms(6, 8000), 8000);
    cr_expect_eq(retry_delay_ms(7, 15000), 15000);
    cr_expect_eq(retry_delay_ms(100, 15001), 0);
    cr_expect_leq(retry_delay_ms(100, UINT32_MAX), 15000);
}
