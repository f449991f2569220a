#include "bot/http/front.h"

static bool for_slack(const struct front *f, const struct request *rq)
{
    return f->slack && slack_has(request_path(rq));
}

static bool for_alerts(const struct front *f, const struct request *rq)
{
    return f->alerts && http_alerts_has(request_path(rq));
}

/* The listener's are the largest. False: it is answered. */
static bool limited(const struct front *f, struct request *rq)
{
    if (for_alerts(f, rq))
        return true;
    if (for_slack(f, rq))
        return request_limit(rq, SLACK_BODY_MAX, SLACK_BODY_MS);
    return request_limit(rq, PAGES_BODY_MAX, PAGES_BODY_MS);
}

static void begin(void *arg, struct request *rq)
{
    struct front *f = arg;

    if (!limited(f, rq))
        return;
    if (for_slack(f, rq))
        slack_begin(f->slack, rq);
    else if (for_alerts(f, rq))
        http_alerts_begin(f->alerts, rq);
}

static void handle(void *arg, struct request *rq)
{
    struct front *f = arg;

    if (for_slack(f, rq))
        slack_handle(f->slack, rq);
    else if (for_alerts(f, rq))
        http_alerts_handle(f->alerts, rq);
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
        .body_max = HTTP_ALERTS_BODY_MAX,
        .body_ms = HTTP_ALERTS_BODY_MS,
        .begin = begin,
        .handle = handle,
        .tick = tick,
        .arg = f,
    };
}
