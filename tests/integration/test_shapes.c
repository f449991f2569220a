/* Envelopes of every shape: acked, answered where it may be, never harmful. */
#include "tests/integration/wire.h"

/* ---- shapes ----------------------------------------------------------------------- */

/* Sends a copy of envelope with this id, and one key of part set to value (or
 * taken away). */
static void send_changed(struct harness *h, const json_t *envelope, bool inside,
                         const char *key, json_t *value)
{
    static int number;
    json_t *copy = json_deep_copy(envelope), *part = copy;
    char id[32];

    if (inside)
        part = json_object_get(copy, "payload");
    snprintf(id, sizeof id, "changed-%d", ++number);
    json_object_set_new(copy, "envelope_id", json_string(id));
    if (value)
        json_object_set(part, key, value);
    else
        json_object_del(part, key);
    send_copies(h, copy, 1);
    json_decref(copy);
}

/* Each key in turn, but for the id: missing, and of every other type. */
static int change_all(struct harness *h, const json_t *envelope, bool inside)
{
    json_t *values =
        json_pack("[n i f b s [] {} [s{}]]", 7, -0.5, 1, "text", "list");
    const json_t *part =
        inside ? json_object_get(envelope, "payload") : envelope;
    const char *key;
    json_t *old, *value;
    size_t i;
    int sent = 0;

    json_object_foreach((json_t *)part, key, old)
    {
        if (strcmp(key, "envelope_id") == 0)
            continue;
        send_changed(h, envelope, inside, key, NULL);
        sent++;
        json_array_foreach(values, i, value)
        {
            send_changed(h, envelope, inside, key, value);
            sent++;
        }
    }
    json_decref(values);
    return sent;
}

static json_t *press_envelope(void)
{
    return json_pack(
        "{ss ss sb s{ss s{ss} s{ss ss} s{ss} s{ss ss} s[{ss ss ss}] ss}}",
        "envelope_id", "p", "type", "interactive", "accepts_response_payload",
        0, "payload", "type", "block_actions", "team", "id", "T0EX", "user",
        "id", "U0ANN", "username", "ann", "channel", "id", "C0OPS", "container",
        "type", "message", "channel_id", "C0OPS", "actions", "action_id",
        "ops.0", "value", "x", "type", "button", "api_app_id", "A0BOT");
}

static json_t *event_envelope(const char *id, const char *event, const char *ts,
                              int retry)
{
    return json_pack("{ss ss sb si ss s{ss ss ss s{ss ss ss ss ss}}}",
                     "envelope_id", id, "type", "events_api",
                     "accepts_response_payload", 0, "retry_attempt", retry,
                     "retry_reason", "", "payload", "team_id", "T0EX", "type",
                     "event_callback", "event_id", event, "event", "type",
                     "app_mention", "channel", "C0OPS", "user", "U0ANN", "text",
                     "<@U0BOT> hello", "event_ts", ts);
}

/* Every one of them is acked, once: commands with an answer where it may go. */
Test(shapes, missing_fields_and_wrong_types_are_acked)
{
    struct harness *h = harness_start(NULL);
    json_t *all[] = { command_envelope("c", "ping"), press_envelope(),
                      event_envelope("e", "Ev1", "1.1", 0) };
    int sent = 0;

    for (size_t i = 0; i < 3; i++) {
        sent += change_all(h, all[i], false);
        sent += change_all(h, all[i], true);
        wait_for(h, "idle", 1, 6000);
        json_decref(all[i]);
    }
    cr_assert_eq(link_number(h, "acked"), sent, "%lld of %d acked",
                 link_number(h, "acked"), sent);
    cr_assert_eq(link_number(h, "upgrades"), 1);
    acks_are_clean(h);
    answered(h);
    harness_stop(h);
}

Test(shapes, unknown_types_and_keys)
{
    struct harness *h = harness_start(NULL);
    json_t *unknown =
        json_pack("{ss ss s{ss} ss}", "envelope_id", "new-type", "type",
                  "telepathy", "payload", "a", "b", "priority", "high");
    json_t *shortcut = json_pack("{ss ss s{ss ss}}", "envelope_id", "shortcut",
                                 "type", "interactive", "payload", "type",
                                 "shortcut", "callback_id", "x");
    json_t *strange = command_envelope("strange", "ping");

    json_object_set_new(strange, "brand_new", json_pack("{s[i]}", "a", 1));
    send_copies(h, unknown, 1);
    send_copies(h, shortcut, 1);
    send_copies(h, strange, 1);
    raw_text(h, "{\"type\":\"announcement\",\"text\":\"hello\"}");
    wait_for(h, "acked", 3, 4000);
    was_run(h, "strange");
    acks_are_clean(h);
    answered(h);
    json_decref(unknown);
    json_decref(shortcut);
    json_decref(strange);
    harness_stop(h);
}

/* ---- ids -------------------------------------------------------------------------- */

/* What needs care in JSON, and what is long: the ack has the very same id. */
Test(shapes, envelope_ids_of_any_look)
{
    static const char *const ids[] = {
        "a \"quoted\" id", "back\\slash\\", "unicode-\xc3\xa4-\xf0\x9f\x9a\x80",
        "tab\tand\nline",  "{\"}[],:",      "%s%n$1'"
    };
    struct harness *h = harness_start(NULL);
    char *longest = filler(255), *longer = filler(256);
    char *frame;

    for (size_t i = 0; i < 6; i++) {
        json_t *envelope = command_envelope(ids[i], "ping");

        send_copies(h, envelope, 1);
        json_decref(envelope);
    }
    wait_for(h, "acked", 6, 4000);
    acks_are_clean(h);
    raw_text(h, frame = frame_of(longest, "ping"));
    free(frame);
    was_run(h, longest);
    raw_text(h, frame = frame_of(longer, "ping"));
    free(frame);
    answered(h);
    cr_assert_eq(audited(h, longer), 0);
    cr_assert_eq(log_count(h, "it has no usable envelope_id"), 1);
    cr_assert_eq(link_number(h, "unknown_acks"), 1); /* 255 is not tracked */
    free(longest);
    free(longer);
    harness_stop(h);
}
