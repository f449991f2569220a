/*
 * journal_record: one line of the journal. No state, any thread.
 */
#include "core/ops/journal_record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"

/* CRC-32 as zlib's; a bit at a time, for a record is written once. */
static uint32_t crc_of(const char *data, size_t len)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= (unsigned char)data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    return ~crc;
}

/* JSON has line breaks only between its parts, where a blank will do. */
void record_write(struct buf *line, const char *kind, const char *json)
{
    struct buf text = { 0 };

    buf_fmt(&text, "%" PRId64 " %s %s", clock_wall_ms(), kind, json);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\n' || text.data[i] == '\r')
            text.data[i] = ' ';
    buf_fmt(line, "%08" PRIx32 " %s\n", crc_of(text.data, text.len), text.data);
    buf_dispose(&text);
}

bool record_parse(struct buf *line, struct record *out)
{
    char *end, *text, *rest;
    unsigned long crc;

    if (line->len < 10 || line->data[8] != ' ' ||
        strlen(line->data) != line->len)
        return false;
    text = line->data + 9;
    crc = strtoul(line->data, &end, 16);
    if (end != line->data + 8 || crc != crc_of(text, line->len - 9))
        return false;
    out->at = strtoll(text, &end, 10);
    rest = *end == ' ' ? strchr(end + 1, ' ') : NULL;
    if (!rest)
        return false;
    *rest = '\0';
    out->kind = end + 1;
    out->json = rest + 1;
    return true;
}
