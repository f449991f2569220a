#include "bot/socket/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "core/base/mem.h"

struct question {
    char *host;
    resolve_done *done;
    void *arg;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t fewer = PTHREAD_COND_INITIALIZER;
static int under_way;

static bool numeric(const char *host)
{
    unsigned char room[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, room) == 1 ||
           inet_pton(AF_INET6, host, room) == 1;
}

static void answer(const struct question *q)
{
    struct addrinfo want = { .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_ADDRCONFIG };
    char address[RESOLVE_ADDRESS];
    struct addrinfo *found = NULL;
    int problem = getaddrinfo(q->host, "443", &want, &found);

    if (!problem)
        problem = getnameinfo(found->ai_addr, found->ai_addrlen, address,
                              sizeof address, NULL, 0, NI_NUMERICHOST);
    q->done(q->arg, problem ? NULL : address,
            problem ? gai_strerror(problem) : NULL);
    if (found)
        freeaddrinfo(found);
}

static void *resolve_main(void *arg)
{
    struct question *q = arg;

    answer(q);
    free(q->host);
    free(q);
    pthread_mutex_lock(&lock);
    under_way--;
    pthread_cond_signal(&fewer);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static bool start_thread(struct question *q)
{
    pthread_attr_t attr;
    pthread_t thread;
    bool ok;

    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    ok = pthread_create(&thread, &attr, resolve_main, q) == 0;
    pthread_attr_destroy(&attr);
    return ok;
}

bool resolve_start(const char *host, resolve_done *done, void *arg)
{
    struct question *q;

    if (numeric(host)) {
        done(arg, host, NULL);
        return true;
    }
    q = xmalloc(sizeof *q);
    *q = (struct question){ xstrdup(host), done, arg };
    pthread_mutex_lock(&lock);
    under_way++;
    pthread_mutex_unlock(&lock);
    if (start_thread(q))
        return true;
    pthread_mutex_lock(&lock);
    under_way--;
    pthread_mutex_unlock(&lock);
    free(q->host);
    free(q);
    return false;
}

bool resolve_finish(int wait_ms)
{
    struct timespec until;
    bool over;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += wait_ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_mutex_lock(&lock);
    while (under_way > 0 && pthread_cond_timedwait(&fewer, &lock, &until) == 0)
        ;
    over = under_way == 0;
    pthread_mutex_unlock(&lock);
    return over;
}
