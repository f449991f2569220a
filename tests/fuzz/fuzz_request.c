/*
 * fuzz_request: what comes to a request URL: the head of a request, a body in
 * chunks, and a body whose signature was right, as form and as JSON. Whatever
 * becomes a frame is an envelope; whatever does not says why.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bot/flow/envelope.h"
#include "bot/http/server_head.h"
#include "bot/http/slack_body.h"
#include "core/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* Byte by byte and at once: the same. */
static void fuzz_head(const char *data, size_t size)
{
    static struct head head;
    size_t seen = 0, again = 0;
    long whole = head_find(data, size, &seen), cut = 0;
    const char *why;
    char *text;

    for (size_t n = 1; n <= size && cut == 0; n++)
        cut = head_find(data, n, &again);
    must(whole == cut);
    if (whole <= 0)
        return;
    text = xmalloc((size_t)whole + 1);
    memcpy(text, data, (size_t)whole);
    text[whole] = '\0';
    if (head_parse(text, (size_t)whole, &head, &why) == 0) {
        must(head.path[0] == '/' && head.count <= HEAD_FIELDS);
        must(!head.chunked || !head.length);
        must(!strpbrk(head.path, "\r\n"));
    } else {
        must(why[0] != '\0');
    }
    free(text);
}

/* However it is cut, the body is the same. */
static void fuzz_chunks(const char *data, size_t size)
{
    struct chunks whole = { 0 }, cut = { 0 };
    size_t used, len, sum = 0, total = 0, at = 0;
    const char *body;

    while (at < size && whole.at != CHUNK_OVER && whole.at != CHUNK_BROKEN) {
        chunks_step(&whole, data + at, size - at, &used, &body, &len);
        must(used > 0 && len <= used);
        at += used;
        sum += len;
    }
    for (size_t i = 0; i < at; i++) {
        chunks_step(&cut, data + i, 1, &used, &body, &len);
        must(used == 1);
        total += len;
    }
    must(sum == total && whole.at == cut.at);
}

static void fuzz_body(enum slack_path path, const char *type, const char *data,
                      size_t size)
{
    struct slack_body in = { .path = path,
                             .type = type,
                             .data = data,
                             .len = size,
                             .signature = "v0=aa",
                             .retry = "1" };
    const char *why = NULL;
    struct slack_read out;
    struct envelope *env;

    slack_read(&in, &out);
    must((out.kind == SLACK_FRAME) == (out.root != NULL));
    must(out.kind != SLACK_BAD || out.why[0]);
    if (out.kind == SLACK_FRAME) {
        env = envelope_from(out.root, out.text, strlen(out.text), &why);
        out.root = NULL;
        must(env && strncmp(env->id, "http:", 5) == 0 && env->retry == 1);
        envelope_free(env);
    }
    slack_read_dispose(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* With a NUL behind it, as the server has it. */
    char *text = xmalloc(size + 1);

    memcpy(text, data, size);
    text[size] = '\0';
    fuzz_head(text, size);
    fuzz_chunks(text, size);
    fuzz_body(SLACK_EVENTS, "application/json", text, size);
    fuzz_body(SLACK_EVENTS, "application/x-www-form-urlencoded", text, size);
    (void)slack_ssl_check(text, size);
    free(text);
    return 0;
}
