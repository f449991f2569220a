/*
 * control_person: control calls that act as a person, and the wait for what
 * the app does about it; see control.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/sandbox/control/control.h"
#include "tests/sandbox/wire/wire.h"

/* Somebody who wants to know what comes of an interaction. */
struct outcome {
    struct sandbox *sb;
    struct envelope *envelope; /* held, or NULL */
    json_t *answer;            /* what the world said at first */
    bool until_seen;           /* an ack alone is not enough */
};

static void outcome_drop(void *arg)
{
    struct outcome *o = arg;

    if (o->envelope)
        envelope_release(o->envelope);
    json_decref(o->answer);
    free(o);
}

static json_t *ms(int64_t us)
{
    return json_real((double)us / 1000);
}

/* ---- the report --------------------------------------------------------- */

static void report_ids(const struct envelope *e, json_t *out)
{
    json_object_set_new(out, "envelope_id", json_string(e->id));
    if (e->id_key)
        json_object_set_new(out, e->id_key, json_string(e->id_value));
}

static void report_envelope(const struct outcome *o, json_t *out)
{
    const struct envelope *e = o->envelope;

    if (!e) {
        json_object_set_new(out, "acked", json_false());
        return;
    }
    report_ids(e, out);
    json_object_set_new(out, "acked", json_boolean(e->state == ENVELOPE_ACKED));
    if (e->state == ENVELOPE_ACKED)
        json_object_set_new(out, "ack_ms", ms(e->acked_us - e->sent_us));
    json_object_set(out, "ack_payload", e->answer ? e->answer : json_null());
    if (e->error || e->complaint)
        json_object_set_new(out, "error",
                            json_string(e->error ? e->error : e->complaint));
}

/* Adds messages, view and errors; true if there is anything to see. */
static bool report_seen(const struct outcome *o, json_t *out)
{
    const char *id =
        json_string_value(json_object_get(o->answer, "interaction"));
    json_t *caused = world_caused(o->sb->world, id ? id : "");
    bool any = json_object_get(caused, "view") ||
               json_array_size(json_object_get(caused, "messages"));

    json_object_update(out, caused);
    json_decref(caused);
    return any;
}

static bool is_settled(const struct outcome *o, bool seen)
{
    const struct envelope *e = o->envelope;

    if (!e || e->state == ENVELOPE_UNANSWERED)
        return true;
    return e->state == ENVELOPE_ACKED &&
           (!o->until_seen || e->had_payload || seen);
}

static json_t *outcome_ask(struct sandbox *sb, void *what, bool over)
{
    struct outcome *o = what;
    const struct envelope *e = o->envelope;
    json_t *out;
    bool seen;

    (void)sb;
    if (e && e->state <= ENVELOPE_SENT && !over)
        return NULL;
    out = json_copy(o->answer);
    report_envelope(o, out);
    seen = report_seen(o, out);
    if (!is_settled(o, seen) && !over) {
        json_decref(out);
        return NULL;
    }
    if (e && e->state == ENVELOPE_ACKED && (seen || e->had_payload))
        json_object_set_new(
            out, "answer_ms",
            ms((e->had_payload ? e->acked_us : clock_mono_us()) - e->sent_us));
    return out;
}

/* ---- the call ----------------------------------------------------------- */

/* Whether an ack that shows nothing is not the answer yet. */
static bool shows_something(const char *verb, const json_t *how)
{
    const char *until = json_string_value(json_object_get(how, "until"));

    if (until && strcmp(until, "acked") == 0)
        return false;
    return strcmp(verb, "command") == 0 || strcmp(verb, "click") == 0;
}

static void wait_for_outcome(struct sandbox *sb, struct http_call *call,
                             bool until_seen, json_t *answer,
                             int64_t timeout_ms)
{
    struct outcome *o = xcalloc(1, sizeof(*o));

    o->sb = sb;
    o->answer = answer;
    o->until_seen = until_seen;
    o->envelope = link_last(sb->link);
    if (o->envelope)
        envelope_hold(o->envelope);
    wait_for(sb->waits, call, timeout_ms,
             (struct wait_question){
                 .ask = outcome_ask, .drop = outcome_drop, .what = o });
}

void control_person(struct sandbox *sb, struct http_call *call,
                    const char *verb, const json_t *how)
{
    const json_t *wait = json_object_get(how, "wait");
    struct envelope *e;
    json_t *answer;

    sandbox_note(sb, verb, json_deep_copy(how));
    link_forget_last(sb->link);
    answer = world_act(sb->world, verb, how);
    if (!answer)
        answer = control_refusal("the world knows no such verb");
    e = link_last(sb->link);
    if (json_is_number(wait) && json_is_true(json_object_get(answer, "ok"))) {
        wait_for_outcome(sb, call, shows_something(verb, how), answer,
                         (int64_t)json_number_value(wait));
        return;
    }
    if (e)
        report_ids(e, answer);
    http_answer_json(call, answer);
}
