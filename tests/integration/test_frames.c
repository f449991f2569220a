/* Frames as Slack sends them, and as nobody should: none does harm. */
#include "tests/integration/wire.h"

static void raw_envelope(struct harness *h, const char *id, int fragments,
                         bool ping)
{
    char *frame = frame_of(id, "ping");

    json_decref(control_post(h, "raw",
                             json_pack("{ss si sb}", "text", frame, "fragments",
                                       fragments, "ping_between", ping)));
    free(frame);
    was_run(h, id);
}

Test(frames, fragmented)
{
    struct harness *h = harness_start(NULL);

    raw_envelope(h, "whole", 1, false);
    raw_envelope(h, "halves", 2, false);
    raw_envelope(h, "with-a-ping", 2, true);
    raw_envelope(h, "many", 50, true);
    answered(h);
    cr_assert_eq(link_number(h, "unknown_acks"), 4); /* raw is not tracked */
    cr_assert_eq(link_number(h, "upgrades"), 1);
    harness_stop(h);
}

/* ---- size ----------------------------------------------------------------------- */

static json_t *big_envelope(const char *id, size_t len)
{
    json_t *envelope = command_envelope(id, "ping");
    char *text = filler(len);

    json_object_set_new(json_object_get(envelope, "payload"), "extra",
                        json_string(text));
    free(text);
    return envelope;
}

Test(frames, envelopes_of_1_mb_are_answered)
{
    struct harness *h = harness_start(NULL);

    for (int i = 0; i < 20; i++) {
        char id[16];
        json_t *envelope;

        snprintf(id, sizeof id, "big-%d", i);
        envelope = big_envelope(id, 1 << 20);
        send_copies(h, envelope, 1);
        json_decref(envelope);
    }
    wait_for(h, "acked", 20, 10000);
    for (int i = 0; i < 20; i++) {
        char id[16];

        snprintf(id, sizeof id, "big-%d", i);
        was_run(h, id);
    }
    acks_are_clean(h);
    answered(h);
    harness_stop(h);
}

Test(frames, messages_over_4_mib_are_dropped_and_the_link_lives)
{
    struct harness *h = harness_start(NULL);
    char *huge = filler(5 << 20);
    json_t *envelope = big_envelope("huge", 5 << 20);
    char *frame = json_dumps(envelope, JSON_COMPACT);

    raw_text(h, huge);
    raw_text(h, frame);
    json_decref(control_post(
        h, "raw", json_pack("{ss si}", "text", huge, "fragments", 7)));
    answered(h);
    cr_assert_eq(log_count(h, "it is longer than 4 MiB"), 3);
    cr_assert_eq(link_number(h, "upgrades"), 1);
    cr_assert_eq(audited(h, "huge"), 0);
    free(huge);
    free(frame);
    json_decref(envelope);
    harness_stop(h);
}

/* ---- nonsense ------------------------------------------------------------------- */

/* Opens, then closes, so many times. Heap. */
static char *nested(size_t depth, char open, char close)
{
    char *text = xmalloc(2 * depth + 1);

    memset(text, open, depth);
    memset(text + depth, close, depth);
    text[2 * depth] = '\0';
    return text;
}

static const char *const nonsense[] = {
    "null",
    "[]",
    "7",
    "-1e400",
    "\"text\"",
    "true",
    "{",
    "}",
    "{}",
    " ",
    "{\"type\":7}",
    "{\"type\":\"slash_commands\"}",
    "{\"envelope_id\":7,\"type\":\"slash_commands\"}",
    "{\"envelope_id\":\"\",\"type\":\"slash_commands\"}",
    "{\"envelope_id\":null}",
    "{\"envelope_id\":{\"envelope_id\":\"x\"}}",
    "{\"envelope_id\":\"nul\\u0000nul\",\"type\":\"slash_commands\"}",
    "{\"envelope_id\":\"half\\ud800\"}",
    "{\"envelope_id\":\"twice\"}{\"envelope_id\":\"twice\"}",
    "GET / HTTP/1.1",
};

#define NONSENSE (sizeof nonsense / sizeof *nonsense)

Test(frames, nonsense_is_logged_and_ignored)
{
    struct harness *h = harness_start(NULL);
    char *list = nested(100000, '[', ']');

    for (size_t i = 0; i < NONSENSE; i++)
        raw_text(h, nonsense[i]);
    raw_text(h, list);
    answered(h);
    cr_assert_eq(log_count(h, "is ignored"), NONSENSE + 1, "%zu of %zu logged",
                 log_count(h, "is ignored"), NONSENSE + 1);
    cr_assert_eq((long)metric(h, "opsbot_envelopes_malformed_total"),
                 (long)NONSENSE + 1);
    cr_assert_eq(link_number(h, "upgrades"), 1);
    acks_are_clean(h);
    free(list);
    harness_stop(h);
}

Test(frames, empty_and_binary)
{
    struct harness *h = harness_start(NULL);

    raw_text(h, "");
    json_decref(control_post(
        h, "raw", json_pack("{ss sb}", "base64", "AAECAwD/", "binary", 1)));
    json_decref(
        control_post(h, "raw", json_pack("{ss sb}", "text", "", "binary", 1)));
    json_decref(control_post(
        h, "raw", json_pack("{ss}", "base64", "//79ewA="))); /* no UTF-8 */
    answered(h);
    cr_assert_geq(log_count(h, "it is binary"), 1);
    cr_assert_geq(log_count(h, "is ignored"), 2);
    cr_assert_eq(link_number(h, "upgrades"), 1);
    acks_are_clean(h);
    harness_stop(h);
}

/* A hundred levels are an odd envelope; 100,000 are not read. */
Test(frames, deep_nesting)
{
    struct harness *h = harness_start(NULL);
    json_t *envelope = command_envelope("deep", "ping"), *deep = json_array();
    char *list = nested(100000, '[', ']');
    char *frame =
        xasprintf("{\"envelope_id\":\"deeper\",\"payload\":%s}", list);

    for (int i = 0; i < 100; i++)
        deep = json_pack("[o]", deep);
    json_object_set_new(json_object_get(envelope, "payload"), "deep", deep);
    send_copies(h, envelope, 1);
    wait_for(h, "idle", 1, 4000);
    was_run(h, "deep");
    raw_text(h, frame);
    answered(h);
    cr_assert_eq(log_count(h, "is ignored"), 1);
    acks_are_clean(h);
    json_decref(envelope);
    free(frame);
    free(list);
    harness_stop(h);
}
