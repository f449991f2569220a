/*
 * Text on its way into Slack's markup: within its limit, valid, every < and &
 * escaped. The first two bytes choose the kind of span and the limit.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/model.h"
#include "blocks/mrkdwn.h"
#include "blocks/render.h"
#include "core/base/mem.h"
#include "core/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool what)
{
    if (!what)
        abort();
}

static void check(const struct buf *out, size_t limit)
{
    const char *text = buf_text(out);

    must(text_valid(text, out->len));
    must(clean_units(text) <= limit);
    for (text += strcspn(text, "&<"); *text; text += strcspn(text, "&<")) {
        must(!strncmp(text, "&amp;", 5) || !strncmp(text, "&lt;", 4) ||
             !strncmp(text, "&gt;", 4));
        text++;
    }
}

static void write_span(struct buf *out, enum span_kind kind, const char *text,
                       size_t limit)
{
    struct span line[] = { { .kind = kind, .text = text, .other = "" },
                           { .kind = SPAN_TEXT, .text = text, .other = "" },
                           { .kind = SPAN_END } };
    struct ink ink;

    ink_start(&ink, out, limit);
    ink_line(&ink, line, limit);
    ink_payload(&ink, text, limit);
    must(ink.units == clean_units(buf_text(out)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf clean = { 0 }, out = { 0 };
    size_t limit;
    char *text;

    if (size < 2)
        return 0;
    text = xstrndup((const char *)data + 2, size - 2);
    limit = 1u + data[1];
    clean_text(&clean, text, data[0] & 4 ? CLEAN_LINE : CLEAN_BLOCK);
    write_span(&out, (enum span_kind)(SPAN_TEXT + data[0] % 3),
               buf_text(&clean), limit);
    check(&out, limit);
    buf_cut(&out, 0);
    mrkdwn_escape(&out, text);
    check(&out, (size_t)-1);
    buf_dispose(&clean);
    buf_dispose(&out);
    free(text);
    return 0;
}
