/*
 * The real sender thread against a small HTTP server.
 */
#include <criterion/criterion.h>

#include "bot/sender/sender.h"
#include "tests/bot/sender/http_stub.h"

#define KEPT  8192
#define COMES 30000 /* ms: when a wait for what must come gives up */

struct seen {
    enum post_result result;
    char error[128], body[64];
    int status, retry_after_s, attempts;
    int64_t at;
};

static struct stub *stub;
static struct sender *sender;
static struct config config;
static char api_url[64];
static struct seen seen[KEPT];
static _Atomic size_t seen_count;
static stub_handler *handler;

static struct stub_reply answer(void *arg, const struct stub_request *request,
                                int number)
{
    (void)arg;
    return handler(NULL, request, number);
}

static struct stub_reply always_ok(void *arg,
                                   const struct stub_request *request,
                                   int number)
{
    (void)arg;
    (void)number;
    if (strncmp(request->path, "/hook", 5) == 0)
        return (struct stub_reply){ .body = "ok" };
    return (struct stub_reply){ .body = NULL };
}

static void start(stub_handler *first)
{
    struct err err;

    handler = first;
    stub = stub_start(answer, NULL);
    snprintf(api_url, sizeof api_url, "http://127.0.0.1:%d/api/", stub->port);
    config.slack.api_url = api_url;
    config.slack.bot_token = (char[]){ "xoxb-bot" };
    config.slack.app_token = (char[]){ "xapp-app" };
    sender = sender_start(&config, &err);
    cr_assert_not_null(sender, "%s", err.text);
}

static void end(int grace_ms)
{
    sender_stop(sender, grace_ms);
    sender = NULL;
    stub_stop(stub);
}

static void done(void *arg, const struct post_outcome *o)
{
    size_t i = atomic_load(&seen_count);
    struct seen *s = &seen[i];

    (void)arg;
    s->result = o->result;
    snprintf(s->error, sizeof s->error, "%s", o->error);
    snprintf(s->body, sizeof s->body, "%s", o->body);
    s->status = o->http_status;
    s->retry_after_s = o->retry_after_s;
    s->attempts = o->attempts;
    s->at = clock_mono_ms();
    atomic_store(&seen_count, i + 1);
}

static void submit(struct post *post)
{
    post->done = done;
    cr_assert_eq(sender_submit(sender, post), PUSH_OK);
}

static struct post *message(const char *channel, const char *body)
{
    struct post *post = post_method("chat.postMessage", xstrdup(body));

    post->channel = xstrdup(channel);
    return post;
}

static struct post *hook(int n)
{
    return post_url(xasprintf("http://127.0.0.1:%d/hook/%d", stub->port, n),
                    xstrdup("{\"text\":\"hi\"}"));
}

static bool wait_for(size_t count, int ms)
{
    int64_t until = clock_mono_ms() + ms;

    while (atomic_load(&seen_count) < count && clock_mono_ms() < until)
        usleep(2000);
    return atomic_load(&seen_count) >= count;
}

static size_t requests(void)
{
    size_t n;

    pthread_mutex_lock(&stub->lock);
    n = stub->count;
    pthread_mutex_unlock(&stub->lock);
    return n;
}

Test(sender, sends_json_with_the_token_in_the_header_only)
{
    start(always_ok);
    submit(message("C1", "{\"channel\":\"C1\",\"text\":\"hi\"}"));
    submit(hook(1));
    cr_assert(wait_for(2, COMES));
    cr_expect_eq(seen[0].result, POST_SENT);
    cr_expect_eq(seen[1].result, POST_SENT);
    cr_expect_str_eq(seen[0].error, "");
    for (size_t i = 0; i < 2; i++) {
        const struct stub_request *r = &stub->requests[i];
        bool api = strcmp(r->path, "/api/chat.postMessage") == 0;

        cr_expect_eq(strstr(r->head, "Authorization: Bearer xoxb-bot") != NULL,
                     api, "no token for response URLs");
        cr_expect_not_null(strstr(r->head, "application/json; charset=utf-8"));
        cr_expect_null(strstr(r->head, "Expect"));
        cr_expect_null(strstr(r->path, "xoxb"));
        if (api)
            cr_expect_str_eq(r->body, "{\"channel\":\"C1\",\"text\":\"hi\"}");
    }
    end(1000);
}

static struct stub_reply user(void *arg, const struct stub_request *request,
                              int number)
{
    (void)arg;
    (void)number;
    if (strcmp(request->body, "user=U1") != 0)
        return (struct stub_reply){
            .body = "{\"ok\":false,\"error\":\"user_not_found\"}"
        };
    return (struct stub_reply){ .body = "{\"ok\":true,\"user\":{}}" };
}

Test(sender, a_worker_can_wait_for_the_answer)
{
    struct err err;
    char *text;

    start(user);
    cr_expect(sender_call(sender, "users.info", "{\"user\":\"U1\"}", 2000,
                          &text, &err));
    cr_expect_str_eq(text, "{\"ok\":true,\"user\":{}}");
    free(text);
    cr_expect_not(sender_call(sender, "users.info", "{\"user\":\"U2\"}", 2000,
                              &text, &err));
    cr_expect_eq(err.kind, ERR_SLACK);
    cr_expect_str_eq(err.text, "Slack refused users.info: user_not_found");
    cr_expect_null(text);
    end(1000);
}

static struct stub_reply slow(void *arg, const struct stub_request *request,
                              int number)
{
    (void)arg;
    (void)request;
    (void)number;
    return (struct stub_reply){ .delay_ms = 20000 };
}

Test(sender, a_wait_ends_at_its_deadline)
{
    int64_t began;
    struct err err;
    char *text;

    start(slow);
    began = clock_mono_ms();
    cr_expect_not(sender_call(sender, "views.open", "{}", 400, &text, &err));
    cr_expect_lt(clock_mono_ms() - began, 15000);
    cr_expect_eq(err.kind, ERR_SLACK);
    end(0);
}

static struct stub_reply limited_once(void *arg,
                                      const struct stub_request *request,
                                      int number)
{
    (void)arg;
    (void)request;
    if (number == 0)
        return (struct stub_reply){
            .status = 429,
            .headers = "Retry-After: 1\r\n",
            .body = "{\"ok\":false,\"error\":\"ratelimited\"}",
        };
    return (struct stub_reply){ .status = 200 };
}

Test(sender, waits_as_long_as_slack_says_and_keeps_the_order)
{
    int64_t until = clock_mono_ms() + COMES;
    struct sender_facts facts;

    start(limited_once);
    submit(message("C1", "{\"n\":1}"));
    submit(message("C1", "{\"n\":2}"));
    cr_assert(wait_for(2, COMES));
    cr_expect_eq(requests(), 3);
    cr_expect_str_eq(stub->requests[1].body, "{\"n\":1}");
    cr_expect_str_eq(stub->requests[2].body, "{\"n\":2}");
    cr_expect_geq(stub->requests[1].at - stub->requests[0].at, 1000);
    cr_expect_eq(seen[0].attempts, 2);
    /* It forgets a post after it has told of it. */
    do
        sender_facts(sender, &facts);
    while (facts.waiting > 0 && clock_mono_ms() < until);
    cr_expect_eq(facts.limited, 1);
    cr_expect_eq(facts.sent, 2);
    cr_expect_eq(facts.waiting, 0);
    end(1000);
}

Test(sender, who_has_a_policy_of_his_own_is_told_at_once)
{
    struct post *post;

    start(limited_once);
    post = post_method("apps.connections.open", NULL);
    post->once = post->app_token = true;
    submit(post);
    cr_assert(wait_for(1, COMES));
    cr_expect_eq(seen[0].result, POST_GIVEN_UP);
    cr_expect_str_eq(seen[0].error, "ratelimited");
    cr_expect_eq(seen[0].status, 429);
    cr_expect_eq(seen[0].retry_after_s, 1);
    cr_expect_not_null(
        strstr(stub->requests[0].head, "Authorization: Bearer xapp-app"));
    cr_expect_not_null(strstr(stub->requests[0].head, "Content-Length: 0"));
    end(1000);
}

static struct stub_reply second_hangs_up(void *arg,
                                         const struct stub_request *request,
                                         int number)
{
    (void)arg;
    (void)request;
    return (struct stub_reply){ .hang_up = number == 1 };
}

/* On a kept connection, where curl by itself would send it again. */
Test(sender, what_may_have_been_posted_is_not_posted_again)
{
    start(second_hangs_up);
    submit(message("C1", "{\"n\":1}"));
    cr_assert(wait_for(1, COMES));
    submit(message("C1", "{\"n\":2}"));
    cr_assert(wait_for(2, COMES));
    cr_expect_eq(stub->requests[0].conn, stub->requests[1].conn);
    cr_expect_eq(seen[1].result, POST_UNKNOWN, "%s", seen[1].error);
    usleep(600000);
    cr_expect_eq(requests(), 2);
    end(1000);
}

Test(sender, what_is_harmless_twice_is_sent_again)
{
    start(second_hangs_up);
    submit(post_method("chat.update", xstrdup("{\"n\":1}")));
    cr_assert(wait_for(1, COMES));
    submit(post_method("chat.update", xstrdup("{\"n\":2}")));
    cr_assert(wait_for(2, COMES));
    cr_expect_eq(seen[1].result, POST_SENT);
    cr_expect_eq(requests(), 3);
    end(1000);
}

static struct stub_reply fails_twice(void *arg,
                                     const struct stub_request *request,
                                     int number)
{
    (void)arg;
    (void)request;
    return (struct stub_reply){ .status = number < 2 ? 500 : 200,
                                .body = "ok" };
}

Test(sender, an_answer_by_url_is_tried_again)
{
    start(fails_twice);
    submit(hook(1));
    cr_assert(wait_for(1, COMES));
    cr_expect_eq(seen[0].result, POST_SENT);
    cr_expect_eq(seen[0].attempts, 3);
    end(1000);
}

static struct stub_reply no_blocks(void *arg,
                                   const struct stub_request *request,
                                   int number)
{
    (void)arg;
    (void)number;
    if (strstr(request->body, "blocks"))
        return (struct stub_reply){
            .body = "{\"ok\":false,\"error\":\"invalid_blocks\"}"
        };
    return (struct stub_reply){ .status = 200 };
}

Test(sender, falls_back_to_the_text)
{
    struct sender_facts facts;

    start(no_blocks);
    submit(message("C1", "{\"text\":\"hi\",\"blocks\":[{}]}"));
    submit(message("C1", "{\"blocks\":[{}]}"));
    cr_assert(wait_for(2, COMES));
    cr_expect_eq(seen[0].result, POST_SENT);
    cr_expect_str_eq(stub->requests[1].body, "{\"text\":\"hi\"}");
    cr_expect_eq(seen[1].result, POST_REFUSED);
    cr_expect_str_eq(seen[1].error, "invalid_blocks");
    sender_facts(sender, &facts);
    cr_expect_eq(facts.blocks_refused, 2);
    end(1000);
}

static struct stub_reply no_token(void *arg, const struct stub_request *request,
                                  int number)
{
    (void)arg;
    (void)request;
    (void)number;
    return (struct stub_reply){
        .body = "{\"ok\":false,\"error\":\"invalid_auth\"}"
    };
}

Test(sender, a_refused_token_fails_nothing)
{
    int64_t until = clock_mono_ms() + COMES;
    struct sender_facts facts;

    start(no_token);
    submit(message("C1", "{}"));
    submit(post_method("users.info", xstrdup("{}")));
    do
        sender_facts(sender, &facts);
    while (!facts.token_refused && clock_mono_ms() < until);
    cr_expect_not(wait_for(1, 700));
    cr_expect(facts.token_refused);
    cr_expect_eq(facts.waiting, 2);
    cr_expect_leq(requests(), 2);
    end(100);
    cr_expect_eq(atomic_load(&seen_count), 2);
    cr_expect_eq(seen[0].result, POST_GIVEN_UP);
    cr_expect_str_eq(seen[0].error, "invalid_auth");
}

Test(sender, gives_up_when_its_time_is_over)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0); /* bound, but nobody listens */
    struct post *post;
    struct err err;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, len), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    snprintf(api_url, sizeof api_url, "http://127.0.0.1:%d/api/",
             ntohs(at.sin_port));
    config.slack.api_url = api_url;
    config.slack.bot_token = (char[]){ "xoxb-bot" };
    sender = sender_start(&config, &err);
    post = message("C1", "{}");
    post->deadline = clock_mono_ms() + 3000;
    submit(post);
    cr_assert(wait_for(1, COMES));
    cr_expect_eq(seen[0].result, POST_GIVEN_UP);
    cr_expect_gt(seen[0].attempts, 1);
    cr_expect_neq(seen[0].error[0], '\0');
    sender_stop(sender, 100);
    close(fd);
}

Test(sender, posts_to_no_other_host)
{
    start(always_ok);
    submit(post_url(xstrdup("http://127.0.0.1:1/x"), xstrdup("{}")));
    submit(post_url(xstrdup("https://example.org/x"), xstrdup("{}")));
    cr_assert(wait_for(2, COMES));
    cr_expect_eq(seen[0].result, POST_REFUSED);
    cr_expect_eq(seen[1].result, POST_REFUSED);
    cr_expect_eq(requests(), 0);
    end(100);
}

Test(sender, full_is_an_answer)
{
    struct sender_facts facts;
    int taken = 0;

    start(slow);
    for (int i = 0; i < 5100; i++) {
        struct post *post = hook(i);

        post->done = done;
        post->lane = i < 4500 ? POST_INFO : POST_CRITICAL;
        if (sender_submit(sender, post) == PUSH_OK)
            taken++;
        else
            post_free(post);
    }
    cr_expect_eq(taken, 4600, "%d: 4,000 low ones, and 600 that matter", taken);
    sender_facts(sender, &facts);
    cr_expect_eq(facts.waiting, 4600);
    end(0);
    cr_expect_eq(atomic_load(&seen_count), 4600);
}

Test(sender, stopping_tells_what_may_have_been_posted)
{
    start(slow);
    submit(message("C1", "{}"));
    submit(message("C1", "{}"));
    while (requests() < 1)
        usleep(2000);
    end(100);
    cr_expect_eq(atomic_load(&seen_count), 2);
    cr_expect_eq(seen[0].result, POST_UNKNOWN);
    cr_expect_eq(seen[1].result, POST_GIVEN_UP);
}

Test(sender, stopping_sends_what_is_there)
{
    start(always_ok);
    for (int i = 0; i < 500; i++)
        submit(hook(i));
    end(COMES);
    cr_expect_eq(atomic_load(&seen_count), 500);
    for (int i = 0; i < 500; i++)
        cr_expect_eq(seen[i].result, POST_SENT);
}

static char big[(1 << 20) + 10];

static struct stub_reply too_big(void *arg, const struct stub_request *request,
                                 int number)
{
    (void)arg;
    (void)request;
    (void)number;
    memset(big, 'x', sizeof big - 1);
    return (struct stub_reply){ .body = big };
}

Test(sender, an_answer_has_a_bound)
{
    start(too_big);
    submit(post_method("users.list", xstrdup("{}")));
    cr_assert(wait_for(1, COMES));
    cr_expect_eq(seen[0].result, POST_REFUSED);
    cr_expect_str_eq(seen[0].error, "the answer is larger than 1 MiB");
    end(100);
}

Test(sender, posts_thousands_of_answers)
{
    int64_t began;

    start(always_ok);
    began = clock_mono_ms();
    for (int i = 0; i < 3000; i++)
        submit(hook(i));
    cr_assert(wait_for(3000, COMES));
    cr_log_info("3000 response URLs in %d ms", (int)(clock_mono_ms() - began));
    for (int i = 0; i < 3000; i++)
        cr_expect_eq(seen[i].result, POST_SENT);
    end(1000);
}
