/*
 * The desk of the admin API: what happens to a request that finds no room, no
 * worker, no end, or whose client has left. Workers are this test.
 */
#include <criterion/criterion.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bot/admin/admin.c"
#include "bot/http/lws_log.h"
#include "tests/bot/http/raw.h"

#define ASK                                                                    \
    "GET /admin/version HTTP/1.1\r\nHost: a\r\nIdempotency-Key: k\r\n\r\n"

static char dir[] = "/tmp/opsbot-admin-XXXXXX";
static char at[64];
static struct config cfg;
static struct queue *work;
static struct admin *admin;
static struct server *server;
static struct raw_answer reply;
static _Atomic int64_t later; /* added to the clock of deadlines */

static struct queue *route(void *arg, const struct envelope *env)
{
    (void)arg;
    cr_assert_eq(env->place, PLACE_ADMIN);
    return work;
}

static void late_tick(void *arg, int64_t now)
{
    tick(arg, now + atomic_load(&later));
}

static void open_up(void)
{
    static struct config_holder now;
    struct admin_needs needs = { .config = &now, .route = route };
    struct listener is;
    struct err err = { 0 };

    cr_assert_not_null(mkdtemp(dir));
    snprintf(at, sizeof at, "unix:%s/a.sock", dir);
    cfg.admin = at;
    cfg.door.rate = 1000;
    atomic_store(&now.now, &cfg);
    work = queue_new(2, (size_t)-1);
    admin = admin_new(&needs);
    admin_listener(admin, &is);
    is.tick = late_tick;
    lws_log_start();
    server = server_start(&is, 1, &err);
    cr_assert_not_null(server, "%s", err.text);
}

static void close_down(void)
{
    server_end(server);
    server_free(server);
    admin_free(admin);
    queue_free(work);
    unlink(at + strlen("unix:"));
    rmdir(dir);
}

TestSuite(admin, .init = open_up, .fini = close_down, .timeout = 60);

static int ask(void)
{
    int fd = raw_dial_unix(at + strlen("unix:"));

    raw_say(fd, ASK);
    return fd;
}

static struct envelope *next(void)
{
    struct node *node = queue_take(work, 1, 20000);

    cr_assert_not_null(node);
    return (struct envelope *)node;
}

/* As a worker does. */
static bool begin_it(struct envelope *env)
{
    return hold_move(env->road->holds, env->slot, FATE_MEMORY, FATE_CLAIMED);
}

/* Takes env. */
static void finish_it(struct envelope *env, enum err_kind failed)
{
    struct verdict *v =
        verdict_new(VERDICT_ANSWER, env, xstrdup("{\"ok\":true}"));

    v->failed = failed;
    v->road->tell(v->road, v);
    envelope_free(env);
}

static void reads(int fd, int status, const char *text)
{
    raw_read(fd, false, &reply);
    cr_expect_eq(reply.status, status, "%d %s", reply.status, reply.body);
    cr_expect(strstr(reply.body, text), "%s", reply.body);
    close(fd);
}

Test(admin, an_answer_is_the_answer)
{
    int fd = ask();
    struct envelope *env = next();

    cr_expect_str_eq(env->text, "version");
    cr_expect_eq(env->voucher, VOUCHED_AS_OWNER);
    cr_expect_eq(strncmp(env->id, "admin:", 6), 0);
    cr_expect_null(env->entry);
    cr_expect(begin_it(env));
    finish_it(env, ERR_NONE);
    reads(fd, 200, "{\"ok\":true}");
}

Test(admin, failures_have_their_status)
{
    static const struct {
        enum err_kind kind;
        int status;
    } each[] = {
        { ERR_USER, 400 },  { ERR_DENIED, 403 }, { ERR_BUSY, 503 },
        { ERR_REDIS, 503 }, { ERR_DB, 503 },     { ERR_SLACK, 503 },
    };

    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        int fd = ask();
        struct envelope *env = next();

        cr_expect(begin_it(env));
        finish_it(env, each[i].kind);
        reads(fd, each[i].status, "ok");
        cr_expect_eq(strstr(reply.head, "Retry-After") != NULL ||
                         strstr(reply.head, "retry-after") != NULL,
                     each[i].status == 503);
    }
}

Test(admin, full_is_an_answer)
{
    int first = ask(), second = ask(), third;
    struct envelope *a = next(), *b = next();

    /* Both places are taken again, by what nobody takes. */
    int fourth = ask(), fifth;

    while (queue_len(work) < 1)
        usleep(1000);
    fifth = ask();
    while (queue_len(work) < 2)
        usleep(1000);
    third = ask();
    reads(third, 503, "Busy just now");
    finish_it(a, ERR_NONE);
    finish_it(b, ERR_NONE);
    finish_it(next(), ERR_NONE);
    finish_it(next(), ERR_NONE);
    reads(first, 200, "ok");
    reads(second, 200, "ok");
    reads(fourth, 200, "ok");
    reads(fifth, 200, "ok");
}

Test(admin, what_no_worker_begins_is_never_done)
{
    int fd = ask();
    struct envelope *env = next();

    atomic_store(&later, ADMIN_ANSWER_MS);
    reads(fd, 504, "Nothing was done, and it will not be");
    cr_expect_not(begin_it(env), "it is too late for it");
    envelope_free(env);
}

static sem_t passed;

/* As many come and go as there are fates. */
static void pass_by(void *arg)
{
    (void)arg;
    for (int i = 0; i < HOLD_SLOTS; i++) {
        struct held *h = free_place(admin);

        hold_start(&admin->holds, h->slot);
        *h = (struct held){ 0 };
    }
    sem_post(&passed);
}

Test(admin, who_waits_long_is_done_all_the_same)
{
    int fd = ask();
    struct envelope *env = next();

    sem_init(&passed, 0, 0);
    cr_assert(server_run(server, pass_by, NULL));
    sem_wait(&passed);
    cr_expect(begin_it(env));
    finish_it(env, ERR_NONE);
    reads(fd, 200, "ok");
}

Test(admin, what_is_under_way_may_still_be_done)
{
    int fd = ask();
    struct envelope *env = next();

    cr_expect(begin_it(env));
    atomic_store(&later, ADMIN_ANSWER_MS);
    reads(fd, 504, "may still be done");
    atomic_store(&later, 0);
    finish_it(env, ERR_NONE); /* nobody waits for it */
    fd = ask();
    finish_it(next(), ERR_NONE);
    reads(fd, 200, "ok");
}

Test(admin, who_left_is_not_missed)
{
    int fd = ask();
    struct envelope *env = next();

    close(fd);
    cr_expect(begin_it(env), "it goes on");
    finish_it(env, ERR_NONE);
    fd = ask();
    finish_it(next(), ERR_NONE);
    reads(fd, 200, "ok");
}

Test(admin, the_end_answers_what_was_asked_and_nobody_else)
{
    int fd = ask(), other = raw_dial_unix(at + strlen("unix:"));
    struct envelope *env = next();

    server_end(server);
    raw_say(other, ASK);
    reads(other, 503, "");
    finish_it(env, ERR_NONE);
    reads(fd, 200, "ok");
}

/* ---- the id of a request --------------------------------------------------- */

static char *id_of(const char *request)
{
    int fd = raw_dial_unix(at + strlen("unix:"));
    struct envelope *env;
    char *id;

    raw_say(fd, request);
    env = next();
    id = xstrdup(env->id);
    finish_it(env, ERR_NONE);
    reads(fd, 200, "ok");
    return id;
}

#define KEYED(path, key) "GET " path " HTTP/1.1\r\nHost: a\r\n" key "\r\n"

Test(admin, the_id_is_of_the_key_and_of_what_is_asked)
{
    char *a = id_of(KEYED("/admin/jobs", "Idempotency-Key: a\r\n"));
    char *again = id_of(KEYED("/admin/jobs", "Idempotency-Key: a\r\n"));
    char *key = id_of(KEYED("/admin/jobs", "Idempotency-Key: b\r\n"));
    char *what = id_of(KEYED("/admin/halts", "Idempotency-Key: a\r\n"));
    char *none = id_of(KEYED("/admin/jobs", ""));
    char *other = id_of(KEYED("/admin/jobs", ""));

    cr_expect_str_eq(a, again);
    cr_expect_str_neq(a, key);
    cr_expect_str_neq(a, what);
    cr_expect_str_neq(none, other, "without a key each is its own");
    free(a);
    free(again);
    free(key);
    free(what);
    free(none);
    free(other);
}
