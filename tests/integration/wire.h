/*
 * wire: what the tests of Socket Mode share: Slack's side of the link, by the
 * sandbox's control API. Functions are static, so that each test program
 * stays one file.
 */
#ifndef TESTS_INTEGRATION_WIRE_H
#define TESTS_INTEGRATION_WIRE_H

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/mem.h"
#include "tests/harness/harness.h"

#define SERVERS (PART_REDIS | PART_POSTGRES | PART_SANDBOX)
#define OPEN    "apps.connections.open"

/* After a loss: the first attempt comes within 250 ms, a second one not before
 * 1 s; the rest is for a machine that is busy. */
#define DEAF_MS 5000

/* ---- looking ---------------------------------------------------------------- */

/* A number of GET /control/link; a list counts by its length. */
static inline long long link_number(struct harness *h, const char *name)
{
    json_t *link = control_get(h, "link");
    const json_t *value = json_object_get(link, name);
    long long number = json_is_array(value) ? (long long)json_array_size(value)
                                            : json_integer_value(value);

    json_decref(link);
    return number;
}

/* Waits for a condition of GET /control/wait. */
static inline void wait_for(struct harness *h, const char *what, long long n,
                            int limit_ms)
{
    char path[128];

    snprintf(path, sizeof path, "wait?for=%s&count=%lld&timeout=%d", what, n,
             patient(limit_ms));
    json_decref(control_get(h, path));
}

/* Nothing under way, and one connection. */
static inline bool one_socket(void *h)
{
    json_t *link = control_get(h, "link");
    bool one = json_array_size(json_object_get(link, "sockets")) == 1 &&
               json_integer_value(json_object_get(link, "in_flight")) == 0;

    json_decref(link);
    return one;
}

/* The moment of call number n (from 0) of a method, ms; -1: not made. */
static inline long long call_at(struct harness *h, const char *method, size_t n)
{
    char *path = xasprintf("calls?method=%s", method);
    json_t *answer = control_get(h, path);
    const json_t *call = json_array_get(json_object_get(answer, "calls"), n);
    long long at =
        call ? (long long)json_number_value(json_object_get(call, "at_ms"))
             : -1;

    json_decref(answer);
    free(path);
    return at;
}

static inline size_t log_count(struct harness *h, const char *text)
{
    char *log = opsbot_log(h->bot);
    size_t n = 0;

    for (const char *at = log; (at = strstr(at, text)); at++)
        n++;
    free(log);
    return n;
}

/* A gauge or counter of GET /metrics without labels. */
static inline double metric(struct harness *h, const char *name)
{
    char *body, *line = xasprintf("\n%s ", name), *at;
    double value = -1;

    opsbot_get(h->bot, "/metrics", &body);
    at = strstr(body, line);
    if (at)
        value = atof(at + strlen(line));
    free(line);
    free(body);
    return value;
}

static inline bool health_says(struct harness *h, const char *text)
{
    char *body;
    long status = opsbot_get(h->bot, "/health", &body);
    bool found = status == 200 && strstr(body, text);

    free(body);
    return found;
}

/* What the log says of the newest wait: "Next attempt in N ms". -1: nothing. */
static inline long long planned_wait(struct harness *h)
{
    static const char words[] = "Next attempt in ";
    char *log = opsbot_log(h->bot), *last = NULL;
    long long ms;

    for (char *at = log; (at = strstr(at, words)); at++)
        last = at;
    ms = last ? atoll(last + strlen(words)) : -1;
    free(log);
    return ms;
}

/* ---- acting ----------------------------------------------------------------- */

static inline void socket_do(struct harness *h, const char *what)
{
    json_decref(control_post(h, "socket", json_pack("{ss}", "do", what)));
}

static inline void socket_refresh(struct harness *h, const char *what,
                                  int grace_ms)
{
    json_decref(control_post(h, "socket",
                             json_pack("{ss si ss}", "do", what, "grace_ms",
                                       grace_ms, "which", "newest")));
}

/* Takes body. */
static inline void fault(struct harness *h, json_t *body)
{
    json_decref(control_post(h, "fault", body));
}

static inline void raw_text(struct harness *h, const char *text)
{
    json_decref(control_post(h, "raw", json_pack("{ss}", "text", text)));
}

/* Sends copies of an envelope (borrowed). */
static inline void send_copies(struct harness *h, json_t *envelope, int copies)
{
    json_decref(control_post(
        h, "envelope",
        json_pack("{sO si}", "envelope", envelope, "copies", copies)));
}

/* ---- asserting --------------------------------------------------------------- */

/* A command by a person gets its answer, on the ack. */
static inline void answered(struct harness *h)
{
    json_t *reply = say(h, "U0ANN", "C0OPS", "ping");

    cr_assert(json_is_true(json_object_get(reply, "acked")), "no ack");
    cr_assert_gt(reply_messages(reply), 0, "no answer");
    json_decref(reply);
}

/* Every ack so far was one frame, small, of a known envelope, once. */
static inline void acks_are_clean(struct harness *h)
{
    static const char *const names[] = {
        "unanswered",     "duplicate_acks",  "unknown_acks", "late_acks",
        "oversized_acks", "fragmented_acks", "bad_messages", "protocol_errors",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_assert_eq(link_number(h, names[i]), 0, "%s: %lld", names[i],
                     link_number(h, names[i]));
}

/* Everything but a bot: for a fault that the first attempt shall meet. */
static inline struct harness *without_bot(void)
{
    return harness_start(&(struct harness_options){ .parts = SERVERS });
}

/* ---- envelopes ---------------------------------------------------------------- */

/* A slash command with all that Slack sends. New reference. */
static inline json_t *command_envelope(const char *id, const char *text)
{
    return json_pack("{ss ss sb s{ss ss ss ss ss ss ss ss ss ss ss s[ss]}}",
                     "envelope_id", id, "type", "slash_commands",
                     "accepts_response_payload", 1, "payload", "team_id",
                     "T0EX", "team_domain", "acme", "channel_id", "C0OPS",
                     "channel_name", "ops", "user_id", "U0ANN", "user_name",
                     "ann", "command", "/ops", "text", text, "api_app_id",
                     "A0BOT", "is_enterprise_install", "false", "trigger_id",
                     id, "more", "unknown", "keys");
}

/* Rows about such a command; over HTTP its trigger is what it is known by. */
static inline long long audited(struct harness *h, const char *id)
{
    char digest[SHA256_HEX], trace[64];

    digest_sha256(digest, "trigger", id, NULL);
    snprintf(trace, sizeof trace, "http:%.32s", digest);
    return sql_number(
        h, "select count(*) from opsbot.audit_events where trace = '%s'",
        over_http(h) ? trace : id);
}

/* A command in a frame of its own, made by hand. Heap. */
static inline char *frame_of(const char *id, const char *text)
{
    json_t *envelope = command_envelope(id, text);
    char *frame = json_dumps(envelope, JSON_COMPACT);

    json_decref(envelope);
    return frame;
}

struct row {
    struct harness *h;
    const char *id;
};

static inline bool row_there(void *arg)
{
    const struct row *row = arg;

    return audited(row->h, row->id) == 1;
}

/* Recorded under this id: it was run. */
static inline void was_run(struct harness *h, const char *id)
{
    wait_until(row_there, &(struct row){ h, id }, 5000, id);
}

/* So many of x; heap. */
static inline char *filler(size_t len)
{
    char *text = xmalloc(len + 1);

    memset(text, 'x', len);
    text[len] = '\0';
    return text;
}

#endif
