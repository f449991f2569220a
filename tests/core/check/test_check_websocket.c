/* check_websocket: a server that upgrades, or does not, and speaks, or does
 * not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/core/check/asking.h"
#include "tests/core/check/certificates.h"

static struct asking a;

static void start(void)
{
    asking_start(&a, CHECK_WEBSOCKET);
}

static void stop(void)
{
    asking_stop(&a);
}

TestSuite(check_websocket, .init = start, .fini = stop);

static void serve(void (*script)(struct peer_conn *c, void *arg), void *arg)
{
    struct peer_options options = { .script = script, .arg = arg };

    asking_peer(&a, &options, "ws://127.0.0.1:PORT/feed?x=1");
}

/* The server's half. */
static bool upgrade(struct peer_conn *c)
{
    const char *head = peer_head(c);

    return head && strncmp(head, "GET /feed?x=1 HTTP/1.1\r\n", 24) == 0 &&
           peer_upgrade(c, head);
}

/* A whole or partial message; over 125 bytes with the longer length. */
static void frame(struct peer_conn *c, unsigned first, const char *text)
{
    size_t len = strlen(text);
    unsigned char head[4] = { (unsigned char)first, (unsigned char)len,
                              (unsigned char)(len >> 8), (unsigned char)len };

    if (len > 125)
        head[1] = 126;
    peer_send(c, head, len > 125 ? 4 : 2);
    peer_say(c, text);
}

/* ---- the upgrade -------------------------------------------------------------- */

static void says_nothing(struct peer_conn *c, void *arg)
{
    (void)arg;
    if (upgrade(c))
        peer_wait(c, -1);
}

Test(check_websocket, an_upgrade_is_enough)
{
    serve(says_nothing, NULL);
    expect_ok(&a, " ms");
}

static void answers(struct peer_conn *c, void *arg)
{
    if (peer_head(c))
        peer_say(c, arg);
}

static void silent(struct peer_conn *c, void *arg)
{
    (void)arg;
    peer_wait(c, -1);
}

static void expect_refusal(const char *answer, const char *text)
{
    serve(answers, (void *)(size_t)answer);
    expect_bad(&a, text);
}

Test(check_websocket, an_upgrade_that_is_refused)
{
    expect_refusal("HTTP/1.1 403 Forbidden\r\n\r\n",
                   "refused the upgrade: HTTP 403");
    expect_refusal("HTTP/1.1 200 OK\r\nUpgrade: websocket\r\n\r\n",
                   "refused the upgrade: HTTP 200");
    expect_refusal("HTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\n",
                   "its upgrade leads to something else than a WebSocket");
    expect_refusal("HTTP/1.1 101 X\r\nUpgrade: websocket\r\n"
                   "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
                   "its Sec-WebSocket-Accept is not what the key leads to");
    expect_refusal("HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n",
                   "its Sec-WebSocket-Accept is not");
    expect_refusal("SSH-2.0-x\r\n\r\n", "what answers there is not HTTP");
    expect_refusal("HTTP/1.1 101 X\r\n", "hung up at the upgrade");
    expect_refusal("", "hung up at the upgrade");
}

static void endless_head(struct peer_conn *c, void *arg)
{
    (void)arg;
    peer_head(c);
    while (peer_say(c, "X-More: and more and more and more\r\n"))
        ;
}

Test(check_websocket, an_upgrade_without_end)
{
    serve(endless_head, NULL);
    expect_bad(&a, "its answer to the upgrade has no end");
    serve(silent, NULL);
    a.spec.timeout_ms = HASTY_MS;
    expect_bad(&a, "no answer to the upgrade within 300 ms");
}

/* ---- messages ------------------------------------------------------------------ */

static void chats(struct peer_conn *c, void *arg)
{
    unsigned char pong[6 + 2];
    char *much = xcalloc(1, 301);

    (void)arg;
    memset(much, 'x', 300);
    if (!upgrade(c))
        return;
    frame(c, 0x81, "{\"type\":\"hello\"}");
    frame(c, 0x82, much); /* binary, of a longer kind */
    frame(c, 0x01, "{\"type\":");
    frame(c, 0x89, "hi"); /* a ping in the middle of a message */
    if (peer_read(c, pong, sizeof pong) && pong[0] == 0x8a &&
        pong[1] == (0x80 | 2) && (pong[6] ^ pong[2]) == 'h' &&
        (pong[7] ^ pong[3]) == 'i')
        frame(c, 0x80, "\"tick\"}");
    free(much);
    peer_wait(c, -1);
}

Test(check_websocket, the_message_that_is_expected)
{
    serve(chats, NULL);
    a.spec.expect.contains = (char *)"\"type\":\"tick\"";
    expect_ok(&a, " ms");
    a.spec.timeout_ms = HASTY_MS;
    a.spec.expect.contains = (char *)"tock";
    expect_bad(&a, "3 messages within 300 ms, none contains \"tock\"");
}

Test(check_websocket, one_that_stays_silent)
{
    serve(says_nothing, NULL);
    a.spec.timeout_ms = HASTY_MS;
    a.spec.expect.contains = (char *)"tick";
    expect_bad(&a, "no message within 300 ms");
}

static void closes(struct peer_conn *c, void *arg)
{
    if (!upgrade(c))
        return;
    frame(c, 0x88, arg);
    peer_wait(c, -1);
}

static void hangs_up(struct peer_conn *c, void *arg)
{
    (void)arg;
    if (upgrade(c))
        frame(c, 0x81, "only this");
}

static void babbles(struct peer_conn *c, void *arg)
{
    if (!upgrade(c))
        return;
    peer_say(c, arg);
    peer_wait(c, -1);
}

Test(check_websocket, one_that_goes_away)
{
    a.spec.expect.contains = (char *)"tick";
    serve(closes, (void *)(size_t) "\x03\xf0go away");
    expect_bad(&a, "closed the WebSocket: 1008 go away");
    serve(closes, (void *)(size_t) "");
    expect_bad(&a, "closed the WebSocket");
    serve(hangs_up, NULL);
    expect_bad(&a, "hung up after 1 message without \"tick\"");
    serve(babbles, (void *)(size_t) "HTTP/1.1 200 OK\r\n");
    expect_bad(&a, "sent what is no WebSocket frame");
}

static void endless(struct peer_conn *c, void *arg)
{
    static const unsigned char head[10] = { 0x81, 127, 0, 0, 0, 0, 1, 0, 0, 0 };
    char block[4096];

    (void)arg;
    memset(block, 'x', sizeof block);
    if (!upgrade(c))
        return;
    peer_send(c, head, sizeof head);
    while (peer_send(c, block, sizeof block))
        ;
}

/* 16 MiB of it; what follows is no frame. */
Test(check_websocket, a_message_larger_than_what_is_kept)
{
    serve(endless, NULL);
    a.spec.expect.contains = (char *)"y";
    expect_bad(&a, "sent what is no WebSocket frame after 1 message without "
                   "\"y\"");
}

Test(check_websocket, huge_frames_are_refused)
{
    serve(babbles, (void *)(size_t) "\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff");
    a.spec.expect.contains = (char *)"y";
    expect_bad(&a, "sent a frame of more than 16 MiB");
}

/* Never the end of a message, and never a pause: faster than it is read. arg:
 * the two bytes of one frame. */
static void goes_on(struct peer_conn *c, void *arg)
{
    char block[4096];

    for (size_t i = 0; i < sizeof block; i += 2)
        memcpy(block + i, arg, 2);
    if (!upgrade(c))
        return;
    while (peer_send(c, block, sizeof block))
        ;
}

Test(check_websocket, one_that_never_comes_to_an_end)
{
    a.spec.timeout_ms = HASTY_MS;
    a.spec.expect.contains = (char *)"y";
    serve(goes_on, (void *)(size_t) "\x01\x00"); /* fragments */
    expect_bad(&a, "no message within 300 ms");
    serve(goes_on, (void *)(size_t) "\x8a\x00"); /* pongs */
    expect_bad(&a, "no message within 300 ms");
}

/* ---- who it is ------------------------------------------------------------------- */

static void wants_token(struct peer_conn *c, void *arg)
{
    const char *head = peer_head(c);

    (void)arg;
    peer_say(c, head && strstr(head, "\r\nAuthorization: Bearer word\r\n")
                    ? "HTTP/1.1 418 X\r\n\r\n"
                    : "HTTP/1.1 401 X\r\n\r\n");
}

Test(check_websocket, the_token_is_sent)
{
    serve(wants_token, NULL);
    expect_bad(&a, "HTTP 401");
    a.spec.token = (char *)"word";
    expect_bad(&a, "HTTP 418");
}

Test(check_websocket, over_tls)
{
    struct peer_options options = { .script = chats };
    struct certificate cert = { "server", "IP:127.0.0.1", "ca", -DAY, DAY };

    certificates_start();
    certificate_make(&cert);
    options.cert = certificate_file("server", ".pem");
    options.key = certificate_file("server", ".key");
    asking_peer(&a, &options, "wss://127.0.0.1:PORT/feed?x=1");
    a.spec.expect.contains = (char *)"tick";
    expect_bad(&a, "the issuer of its certificate is unknown (ca)");
    a.spec.ca = (char *)(size_t)certificate_file("ca", ".pem");
    expect_ok(&a, " ms");
    certificates_stop();
}
