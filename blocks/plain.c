/*
 * plain: spans as plain text, and moments as people read them. For terminals,
 * notifications and machines; nothing is escaped here.
 */
#include "blocks/model.h"

#include <stdio.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/rights.h"

#define A_DAY_MS  86400000
#define YEAR_9999 253402300799000

bool when_known(const struct span *span)
{
    return span->at_ms > 0 && span->at_ms <= YEAR_9999 && span->now_ms >= 0 &&
           span->now_ms <= YEAR_9999;
}

bool when_lasts(const struct span *span)
{
    return span->now_ms == 0;
}

const char *when_clock(const struct span *span, char out[WHEN_TEXT])
{
    time_t seconds = (time_t)(span->at_ms / 1000);
    int64_t apart;
    struct tm tm;

    if (!when_known(span)) {
        snprintf(out, WHEN_TEXT, "at an unknown time");
        return out;
    }
    apart = span->now_ms - span->at_ms;
    gmtime_r(&seconds, &tm);
    strftime(out, WHEN_TEXT,
             apart < A_DAY_MS && apart > -A_DAY_MS ? "%H:%M UTC"
                                                   : "%Y-%m-%d %H:%M UTC",
             &tm);
    return out;
}

const char *when_age(const struct span *span, char out[WHEN_TEXT])
{
    int64_t apart = span->now_ms - span->at_ms;
    char age[CLOCK_TEXT];

    if (apart > -1000 && apart < 1000)
        snprintf(out, WHEN_TEXT, "just now");
    else if (apart > 0)
        snprintf(out, WHEN_TEXT, "%s ago", clock_age(apart, age));
    else
        snprintf(out, WHEN_TEXT, "in %s", clock_age(-apart, age));
    return out;
}

static void plain_when(struct buf *out, const struct span *span,
                       enum reader reader)
{
    char clock[WHEN_TEXT], age[WHEN_TEXT], stamp[CLOCK_TEXT];

    if (!when_known(span))
        buf_str(out, when_clock(span, clock));
    else if (reader == READER_MACHINE)
        buf_str(out, clock_rfc3339(span->at_ms, stamp));
    else if (when_lasts(span))
        buf_str(out, when_clock(span, clock));
    else
        buf_fmt(out, "%s (%s)", when_clock(span, clock), when_age(span, age));
}

static void plain_span(struct buf *out, const struct span *span,
                       enum reader reader)
{
    switch (span->kind) {
    case SPAN_END:
        break;
    case SPAN_TEXT:
    case SPAN_BOLD:
    case SPAN_CODE:
        buf_str(out, span->text);
        break;
    case SPAN_USER:
    case SPAN_GROUP:
        if (rights_identity(span->text))
            buf_str(out, span->text);
        else
            buf_fmt(out, *span->other ? "@%s" : "%s",
                    *span->other ? span->other : span->text);
        break;
    case SPAN_ALL:
        buf_fmt(out, "@%s", span->text);
        break;
    case SPAN_CHANNEL:
        buf_fmt(out, "#%s", span->text);
        break;
    case SPAN_WHEN:
        plain_when(out, span, reader);
        break;
    case SPAN_LINK:
        buf_str(out, span->text);
        if (*span->other)
            buf_fmt(out, *span->text ? " (%s)" : "%s", span->other);
        break;
    }
}

void plain_line(struct buf *out, const struct span *spans, enum reader reader)
{
    for (; spans && spans->kind != SPAN_END; spans++)
        plain_span(out, spans, reader);
}
