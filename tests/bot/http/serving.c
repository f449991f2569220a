#include "tests/bot/http/serving.h"

#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "bot/http/lws_log.h"
#include "core/base/buf.h"

#define SOON_S 20

struct server *serving;
int serving_port;
_Atomic int handled, limited;
_Atomic uint64_t kept;
sem_t arrived;
struct raw_answer answer;

void wait_sem(sem_t *sem)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += SOON_S;
    cr_assert_eq(sem_timedwait(sem, &until), 0);
}

void reply_text(struct request *rq, int status, const char *text)
{
    request_answer(rq, &(struct reply){ .status = status,
                                        .type = "text/plain",
                                        .body = text,
                                        .len = strlen(text) });
}

/* Says what it read. /wait waits for whoever answers, /big is long. */
static void handle(void *arg, struct request *rq)
{
    struct buf out = { 0 };
    size_t len, marks;
    const char *body = request_body(rq, &len);
    const char *mark;

    (void)arg;
    atomic_fetch_add(&handled, 1);
    if (strcmp(request_path(rq), "/wait") == 0) {
        atomic_store(&kept, request_number(rq));
        sem_post(&arrived);
        return;
    }
    mark = request_header(rq, "x-mark", &marks);
    buf_fmt(&out, "%d %s?%s %zu:%s [%s x%zu] peer %d %u '%s' %s",
            (int)request_method(rq), request_path(rq), request_query(rq), len,
            body, mark, marks, request_peer(rq)->local, request_peer(rq)->uid,
            request_peer(rq)->name, request_peer(rq)->address);
    while (strcmp(request_path(rq), "/big") == 0 && out.len < 60000)
        buf_str(&out, " and more");
    reply_text(rq, 200, buf_text(&out));
    buf_dispose(&out);
}

static void begin(void *arg, struct request *rq)
{
    (void)arg;
    if (strcmp(request_path(rq), "/no") == 0)
        reply_text(rq, 401, "who are you");
    else if (strncmp(request_path(rq), "/small", 6) == 0 &&
             !request_limit(rq, 1000, 100))
        atomic_fetch_add(&limited, 1);
}

struct listener serving_listener(const char *listen)
{
    return (struct listener){ .listen = listen,
                              .setting = "TEST_LISTEN",
                              .body_max = 100000,
                              .body_ms = 60000,
                              .begin = begin,
                              .handle = handle };
}

void serve(struct listener listener)
{
    struct err err;

    lws_log_start();
    serving = server_start(&listener, 1, &err);
    cr_assert_not_null(serving, "%s", err.text);
    serving_port = server_port(serving, 0);
}

void serve_anywhere(void)
{
    sem_init(&arrived, 0, 0);
    serve(serving_listener("127.0.0.1:0"));
}

void serve_end(void)
{
    server_free(serving);
}
