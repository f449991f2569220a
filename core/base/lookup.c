/*
 * lookup: host names to addresses, under a deadline. The look-up's thread and
 * whoever waits for it share a struct question; the last to leave frees it.
 */
#include "core/base/lookup.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/cond.h"
#include "core/base/mem.h"

struct question {
    char *host, *port;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    int holders; /* 2, then 1, then it is freed */
    bool done;
    int problem; /* of getaddrinfo() */
    struct addrinfo *found;
};

static pthread_mutex_t count_lock = PTHREAD_MUTEX_INITIALIZER;
static int under_way;

static bool count(int more)
{
    bool ok;

    pthread_mutex_lock(&count_lock);
    ok = more < 0 || under_way < LOOKUPS_MOST;
    if (ok)
        under_way += more;
    pthread_mutex_unlock(&count_lock);
    return ok;
}

static int ask(const char *host, const char *port, int flags,
               struct addrinfo **out)
{
    struct addrinfo want = { .ai_socktype = SOCK_STREAM,
                             .ai_protocol = IPPROTO_TCP,
                             .ai_flags = flags | AI_NUMERICSERV };

    return getaddrinfo(host, port, &want, out);
}

static struct question *question_new(const char *host, const char *port)
{
    struct question *q = xcalloc(1, sizeof *q);

    q->host = xstrdup(host);
    q->port = xstrdup(port);
    q->holders = 2;
    pthread_mutex_init(&q->lock, NULL);
    cond_init(&q->answered);
    return q;
}

/* Called with its lock. */
static void let_go(struct question *q)
{
    bool last = --q->holders == 0;

    pthread_mutex_unlock(&q->lock);
    if (!last)
        return;
    if (q->found)
        freeaddrinfo(q->found);
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->answered);
    free(q->host);
    free(q->port);
    free(q);
}

static void *look(void *arg)
{
    struct question *q = arg;
    struct addrinfo *found = NULL;
    int problem = ask(q->host, q->port, AI_ADDRCONFIG, &found);

    count(-1);
    pthread_mutex_lock(&q->lock);
    q->problem = problem;
    q->found = problem ? NULL : found;
    q->done = true;
    pthread_cond_signal(&q->answered);
    let_go(q);
    return NULL;
}

static bool start(struct question *q)
{
    pthread_attr_t attr;
    pthread_t thread;
    bool ok;

    if (!count(1))
        return false;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    ok = pthread_create(&thread, &attr, look, q) == 0;
    pthread_attr_destroy(&attr);
    if (!ok)
        count(-1);
    return ok;
}

/* Waits for the answer; *found is the caller's then. */
static bool wait_for(struct question *q, int64_t until, struct addrinfo **found,
                     int *problem)
{
    bool done;

    pthread_mutex_lock(&q->lock);
    while (!q->done && cond_wait(&q->answered, &q->lock, until))
        ;
    done = q->done;
    *problem = q->problem;
    *found = q->found;
    q->found = NULL;
    let_go(q);
    return done;
}

static bool explain(int problem, struct err *err)
{
    if (problem == EAI_NONAME || problem == EAI_NODATA)
        return err_set(err, ERR_SYSTEM, "the name of its host is not known");
    return err_set(err, ERR_SYSTEM, "looking up the name of its host: %s",
                   gai_strerror(problem));
}

bool lookup(const char *host, const char *port, int64_t until,
            struct addrinfo **out, struct err *err)
{
    struct question *q;
    int problem;

    *out = NULL;
    if (ask(host, port, AI_NUMERICHOST, out) == 0)
        return true;
    q = question_new(host, port);
    if (!start(q)) {
        pthread_mutex_lock(&q->lock);
        q->holders--; /* the thread that there is not */
        let_go(q);
        return err_set(
            err, ERR_SYSTEM,
            "looking up the name of its host: too many look-ups wait "
            "for an answer already");
    }
    if (!wait_for(q, until, out, &problem))
        return err_set(err, ERR_SYSTEM,
                       "looking up the name of its host: no answer");
    return problem == 0 || explain(problem, err);
}
