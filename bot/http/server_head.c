#include "bot/http/server_head.h"

#include <string.h>

#include "core/base/text.h"

/* ---- how long ------------------------------------------------------------- */

long head_find(const char *data, size_t len, size_t *seen)
{
    if (len && (data[0] < 'A' || data[0] > 'Z'))
        return -1; /* TLS, an empty line, nonsense */
    while (*seen < len) {
        const char *line = memchr(data + *seen, '\n', len - *seen);
        size_t end;

        if (!line)
            break;
        end = (size_t)(line - data);
        if (end == 0 || data[end - 1] != '\r')
            return -1;
        *seen = end + 1;
        if (end >= 3 && data[end - 2] == '\n')
            return (long)*seen;
    }
    return 0;
}

/* ---- characters ------------------------------------------------------------ */

/* RFC 9110: tchar */
static bool is_token(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_text(char c)
{
    return c == '\t' || ((unsigned char)c >= 0x20 && c != 0x7f);
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Without white space around it. */
static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " \t");
    len = strlen(text);
    while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    text[len] = '\0';
    return text;
}

/* ---- the request line ------------------------------------------------------- */

static enum method method_of(const char *word)
{
    static const struct {
        const char *word;
        enum method method;
    } known[] = {
        { "GET", METHOD_GET },
        { "HEAD", METHOD_HEAD },
        { "POST", METHOD_POST },
        { "DELETE", METHOD_DELETE },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].word, word) == 0)
            return known[i].method;
    }
    return METHOD_OTHER;
}

/* In place. An escaped NUL, control or slash means something else to the next
 * reader: false. */
static bool unescape(char *path)
{
    char *to = path;

    for (const char *at = path; *at; at++) {
        int high, low, c;

        if (*at != '%') {
            *to++ = *at;
            continue;
        }
        high = text_hex(at[1]);
        low = high < 0 ? -1 : text_hex(at[2]);
        c = high * 16 + low;
        if (low < 0 || c < 0x20 || c == 0x7f || c == '/')
            return false;
        *to++ = (char)c;
        at += 2;
    }
    *to = '\0';
    return true;
}

static bool read_target(char *target, struct head *out)
{
    char *query = strchr(target, '?');

    if (target[0] != '/' || strchr(target, '#'))
        return false; /* absolute form is for proxies: we are none */
    for (const char *c = target; *c; c++) {
        if (*c <= 0x20 || *c == 0x7f) /* what is not ASCII is negative */
            return false;
    }
    out->query = query ? query + 1 : "";
    if (query)
        *query = '\0';
    out->path = target;
    return unescape(target);
}

static int refuse(int status, const char **why, const char *text)
{
    *why = text;
    return status;
}

/* "POST /slack/commands HTTP/1.1" */
static int read_request(char *line, struct head *out, const char **why)
{
    char *target = strchr(line, ' ');
    char *version = target ? strchr(target + 1, ' ') : NULL;

    if (!version)
        return refuse(400, why, "no request line");
    *target++ = '\0';
    *version++ = '\0';
    for (const char *c = line; *c; c++) {
        if (!is_token(*c))
            return refuse(400, why, "no method");
    }
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return refuse(strncmp(version, "HTTP/", 5) == 0 ? 505 : 400, why,
                      "HTTP/1.1 only");
    if (strlen(target) > HEAD_TARGET)
        return refuse(414, why, "the path is too long");
    if (!read_target(target, out))
        return refuse(400, why, "no path");
    out->method = method_of(line);
    out->close = version[7] == '0';
    return 0;
}

/* ---- fields ------------------------------------------------------------------ */

static int read_field(char *line, struct head *out, const char **why)
{
    char *colon = strchr(line, ':');

    if (!colon || colon == line)
        return refuse(400, why, "a line that is no header");
    for (char *c = line; c < colon; c++) {
        if (!is_token(*c))
            return refuse(400, why, "a header's name");
        *c = lower(*c);
    }
    *colon = '\0';
    for (const char *c = colon + 1; *c; c++) {
        if (!is_text(*c))
            return refuse(400, why, "a header's value");
    }
    if (out->count == HEAD_FIELDS)
        return refuse(431, why, "too many headers");
    out->fields[out->count++] = (struct field){ line, trim(colon + 1) };
    return 0;
}

const char *head_field(const struct head *head, const char *name, size_t *count)
{
    const char *first = NULL;
    size_t n = 0;

    for (size_t i = 0; i < head->count; i++) {
        if (strcmp(head->fields[i].name, name) != 0)
            continue;
        n++;
        if (!first)
            first = head->fields[i].value;
    }
    if (count)
        *count = n;
    return first ? first : "";
}

/* Digits only, and few enough to fit. */
static bool read_length(const char *text, uint64_t *out)
{
    size_t len = strspn(text, "0123456789");

    if (!len || len > 15 || text[len])
        return false;
    for (*out = 0; *text; text++)
        *out = *out * 10 + (uint64_t)(*text - '0');
    return true;
}

/* Where the body ends: the one thing that all readers must agree on. */
static int read_framing(struct head *out, const char **why)
{
    size_t lengths, codings;
    const char *length = head_field(out, "content-length", &lengths);
    const char *coding = head_field(out, "transfer-encoding", &codings);

    if (codings && (lengths || out->close))
        return refuse(400, why, "two ways to say where the body ends");
    if (codings > 1 || (codings && strcasecmp(coding, "chunked") != 0))
        return refuse(501, why, "a transfer coding other than chunked");
    if (lengths > 1 || (lengths && !read_length(length, &out->length)))
        return refuse(400, why, "content-length");
    out->chunked = codings > 0;
    return 0;
}

/* Is word one of those in a list with commas? */
static bool lists(const char *list, const char *word)
{
    size_t len = strlen(word);

    while (*list) {
        size_t n;

        list += strspn(list, " \t,");
        n = strcspn(list, " \t,");
        if (n == len && strncasecmp(list, word, n) == 0)
            return true;
        list += n;
    }
    return false;
}

static int read_rest(struct head *out, const char **why)
{
    size_t hosts, awaited;
    const char *expect;
    int status;

    head_field(out, "host", &hosts);
    if (hosts != 1 && !(hosts == 0 && out->close))
        return refuse(400, why, "one Host header is needed");
    status = read_framing(out, why);
    if (status)
        return status;
    for (size_t i = 0; i < out->count; i++) {
        if (strcmp(out->fields[i].name, "connection") == 0 &&
            lists(out->fields[i].value, "close"))
            out->close = true;
    }
    expect = head_field(out, "expect", &awaited);
    out->awaits = awaited && strcasecmp(expect, "100-continue") == 0;
    if (awaited && !out->awaits)
        return refuse(417, why, "an expectation that is not known");
    return 0;
}

int head_parse(char *text, size_t len, struct head *out, const char **why)
{
    char *end = text + len - 2, *next;
    bool first = true;
    int status = 0;

    *out = (struct head){ .path = "", .query = "" };
    *why = "";
    if (memchr(text, '\0', len))
        return refuse(400, why, "a NUL");
    for (char *line = text; !status && line < end; line = next) {
        char *cr = strstr(line, "\r\n");

        next = cr + 2;
        *cr = '\0';
        status =
            first ? read_request(line, out, why) : read_field(line, out, why);
        first = false;
    }
    return status ? status : read_rest(out, why);
}

/* ---- chunked bodies ------------------------------------------------------------ */

/* One byte that is none of the body's. */
static enum chunk chunk_byte(struct chunks *c, char byte)
{
    int digit = text_hex(byte);

    switch (c->at) {
    case CHUNK_SIZE:
        if (digit >= 0 && c->digits < 8) {
            c->left = c->left * 16 + (uint64_t)digit;
            c->digits++;
            return CHUNK_SIZE;
        }
        return byte == '\r' && c->digits ? CHUNK_SIZE_LF : CHUNK_BROKEN;
    case CHUNK_SIZE_LF:
        c->digits = 0;
        if (byte != '\n')
            return CHUNK_BROKEN;
        return c->left ? CHUNK_DATA : CHUNK_END_CR;
    case CHUNK_DATA_CR:
        return byte == '\r' ? CHUNK_DATA_LF : CHUNK_BROKEN;
    case CHUNK_DATA_LF:
        return byte == '\n' ? CHUNK_SIZE : CHUNK_BROKEN;
    case CHUNK_END_CR:
        return byte == '\r' ? CHUNK_END_LF : CHUNK_BROKEN;
    case CHUNK_END_LF:
        return byte == '\n' ? CHUNK_OVER : CHUNK_BROKEN;
    case CHUNK_DATA:
    case CHUNK_OVER:
    case CHUNK_BROKEN:
        break;
    }
    return CHUNK_BROKEN;
}

void chunks_step(struct chunks *c, const char *data, size_t n, size_t *used,
                 const char **body, size_t *len)
{
    *used = *len = 0;
    *body = "";
    while (*used < n && c->at != CHUNK_DATA && c->at != CHUNK_OVER &&
           c->at != CHUNK_BROKEN)
        c->at = chunk_byte(c, data[(*used)++]);
    if (c->at != CHUNK_DATA)
        return;
    *len = n - *used < c->left ? n - *used : (size_t)c->left;
    *body = data + *used;
    *used += *len;
    c->left -= *len;
    if (c->left == 0)
        c->at = CHUNK_DATA_CR;
}
