/* pager_mail: see pager_mail.h. */
#include "bot/alerts/pager_mail.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/base64.h"
#include "core/base/buf.h"
#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define LINE    57 /* bytes that make 76 characters of base 64 */
#define WORD    39 /* bytes of an encoded word: 52 characters, 64 with its frame */
#define SUBJECT 200 /* characters */

/* ---- the body ---------------------------------------------------------------------- */

static void add_body(struct buf *out, const char *body)
{
    struct buf lines = { 0 };

    for (const char *p = body; *p; p++)
        buf_fmt(&lines, "%s%c", *p == '\n' ? "\r" : "", *p);
    for (size_t i = 0; i < lines.len; i += LINE) {
        size_t left = lines.len - i;

        base64_add(out, lines.data + i, left < LINE ? left : LINE);
        buf_str(out, "\r\n");
    }
    buf_dispose(&lines);
}

/* ---- headers ---------------------------------------------------------------------- */

/* How many bytes of s, at most WORD, end with a whole character. */
static size_t word_of(const char *s, size_t left)
{
    size_t len = 0;

    while (len < left) {
        size_t next = text_char(s + len, left - len);

        next = next ? next : 1;
        if (len + next > WORD)
            break;
        len += next;
    }
    return len;
}

/* As encoded words (RFC 2047), a line each. All of it, ASCII or not: what an
 * alert says can begin no header of its own. */
static void add_subject(struct buf *out, const char *subject)
{
    char *line = text_first_line(subject), *plain = text_plain(line);
    char *cut = text_cut(plain, SUBJECT);
    size_t len = strlen(cut);

    buf_str(out, "Subject:");
    for (size_t i = 0; i < len;) {
        size_t word = word_of(cut + i, len - i);

        buf_str(out, i ? "\r\n =?UTF-8?B?" : " =?UTF-8?B?");
        base64_add(out, cut + i, word);
        buf_str(out, "?=");
        i += word;
    }
    buf_str(out, "\r\n");
    free(line);
    free(plain);
    free(cut);
}

/* What is in a configuration ends where a line does. */
static void add_header(struct buf *out, const char *name, const char *value)
{
    buf_fmt(out, "%s: %.*s\r\n", name, (int)strcspn(value, "\r\n"), value);
}

static void add_date(struct buf *out, int64_t at)
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed",
                                        "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
                                          "May", "Jun", "Jul", "Aug",
                                          "Sep", "Oct", "Nov", "Dec" };
    time_t seconds = (time_t)(at / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    buf_fmt(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n",
            days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
            tm.tm_hour, tm.tm_min, tm.tm_sec);
}

char *mail_address(const char *from)
{
    size_t line = strcspn(from, "\r\n");
    const char *open = memchr(from, '<', line);
    const char *start = open ? open + 1 : from;

    return xasprintf("<%.*s>", (int)strcspn(start, "> \r\n"), start);
}

static void add_id(struct buf *out, const struct mail *m)
{
    char hash[SHA256_HEX], *address = mail_address(m->from);
    const char *at = strchr(address, '@');

    digest_sha256(hash, m->key, NULL);
    buf_fmt(out, "Message-ID: <%.32s.opsbot%s\r\n", hash,
            at ? at : "@localhost>");
    free(address);
}

char *mail_text(const struct mail *m)
{
    struct buf out = { 0 };

    add_header(&out, "From", m->from);
    buf_str(&out, "To:");
    for (size_t i = 0; i < m->to_count; i++)
        buf_fmt(&out, "%s %.*s", i ? ",\r\n" : "",
                (int)strcspn(m->to[i], "\r\n"), m->to[i]);
    buf_str(&out, "\r\n");
    add_subject(&out, m->subject);
    add_date(&out, m->at);
    add_id(&out, m);
    buf_str(&out, "Auto-Submitted: auto-generated\r\n"
                  "MIME-Version: 1.0\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: base64\r\n\r\n");
    add_body(&out, m->body);
    return buf_take(&out);
}
