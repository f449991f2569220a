/*
 * Several threads submit, wait for answers and read facts at once; the sender
 * is stopped while posts are on their way. For TSan: a plain program, 0 is
 * success.
 */
#include "bot/sender/sender.h"
#include "tests/bot/sender/http_stub.h"

#define THREADS 4
#define POSTS   250
#define CALLS   4

static struct sender *sender;
static struct stub *stub;
static _Atomic int over, answered;

static struct stub_reply answer(void *arg, const struct stub_request *request,
                                int number)
{
    (void)arg;
    return (struct stub_reply){ .status = number % 17 == 5 ? 503 : 200,
                                .body = request->path[1] == 'h'
                                            ? "ok"
                                            : "{\"ok\":true}" };
}

static void done(void *arg, const struct post_outcome *outcome)
{
    (void)arg;
    (void)outcome;
    atomic_fetch_add(&over, 1);
}

static void *work(void *arg)
{
    struct sender_facts facts;
    struct err err;
    char *text;

    for (int i = 0; i < POSTS; i++) {
        struct post *post =
            post_url(xasprintf("http://127.0.0.1:%d/hook", stub->port),
                     xstrdup("{\"text\":\"hi\"}"));

        post->done = done;
        post->lane = (enum post_lane)(i % 5);
        if (sender_submit(sender, post) != PUSH_OK)
            post_free(post);
        sender_facts(sender, &facts);
    }
    for (int i = 0; i < CALLS; i++) {
        if (sender_call(sender, "auth.test", "{}", 1 + 500 * (i % 2), &text,
                        &err))
            atomic_fetch_add(&answered, 1);
        free(text);
    }
    return arg;
}

int main(void)
{
    pthread_t threads[THREADS];
    struct config config = { 0 };
    char api_url[64];
    struct err err;

    stub = stub_start(answer, NULL);
    snprintf(api_url, sizeof api_url, "http://127.0.0.1:%d/api/", stub->port);
    config.slack.api_url = api_url;
    config.slack.bot_token = config.slack.app_token = (char[]){ "xoxb-1" };
    sender = sender_start(&config, &err);
    if (!sender)
        return 1;
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    sender_stop(sender, 200);
    stub_stop(stub);
    printf("%d posts over, %d calls answered\n", over, answered);
    return over == THREADS * POSTS && answered > 0 ? 0 : 1;
}
