#include "bot/http/front.h"

static bool for_slack(const struct front *f, const struct request *rq)
{
    return f->slack && slack_has(request_path(rq));
}

static void begin(void *arg, struct request *rq)
{
    struct front *f = arg;

    if (for_slack(f, rq))
        slack_begin(f->slack, rq);
}

static void handle(void *arg, struct request *rq)
{
    struct front *f = arg;

    if (for_slack(f, rq))
        slack_handle(f->slack, rq);
    else
        pages_handle(&f->pages, rq);
}

static void tick(void *arg, int64_t now)
{
    struct front *f = arg;

    if (f->slack)
        slack_tick(f->slack, now);
}

void front_listener(struct front *f, const char *address, struct listener *out)
{
    *out = (struct listener){
        .listen = address,
        .setting = "OPSBOT_LISTEN",
        .body_max = f->slack ? SLACK_BODY_MAX : PAGES_BODY_MAX,
        .body_ms = f->slack ? SLACK_BODY_MS : PAGES_BODY_MS,
        .begin = begin,
        .handle = handle,
        .tick = tick,
        .arg = f,
    };
}
