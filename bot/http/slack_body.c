#include "bot/http/slack_body.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/text.h"

static json_t *bad(struct slack_read *out, const char *why)
{
    out->kind = SLACK_BAD;
    out->why = why;
    return NULL;
}

/* "" for anything that is not text. */
static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* ---- JSON -------------------------------------------------------------------- */

/* Jansson would follow two thousand levels. */
static bool too_deep(const char *data, size_t len)
{
    bool inside = false;
    int depth = 0;

    for (size_t i = 0; i < len; i++) {
        if (inside && data[i] == '\\')
            i++;
        else if (data[i] == '"')
            inside = !inside;
        else if (!inside && (data[i] == '{' || data[i] == '['))
            depth++;
        else if (!inside && (data[i] == '}' || data[i] == ']'))
            depth--;
        if (depth > SLACK_DEPTH)
            return true;
    }
    return false;
}

/* Jansson refuses what is not UTF-8, and NULs. A name that is there twice may
 * be read as either. */
static json_t *read_json(const char *data, size_t len, struct slack_read *out)
{
    json_error_t problem;
    json_t *root;

    if (too_deep(data, len))
        return bad(out, "JSON too deep");
    root = json_loadb(data, len, JSON_REJECT_DUPLICATES, &problem);
    if (!root)
        return bad(out, "not JSON");
    if (json_is_object(root))
        return root;
    json_decref(root);
    return bad(out, "JSON, but no object");
}

/* ---- forms ------------------------------------------------------------------- */

/* "name=value" into form; what is there already is ambiguous. */
static const char *read_field(json_t *form, const char *at, size_t len)
{
    const char *equals = memchr(at, '=', len);
    size_t name_len = equals ? (size_t)(equals - at) : len;
    char *name = text_unescape(at, name_len, true);
    char *value =
        equals ? text_unescape(equals + 1, len - name_len - 1, true) : NULL;
    const char *why = NULL;

    if (!name || !*name || (equals && !value))
        why = "a form that cannot be decoded";
    else if (json_object_get(form, name))
        why = "a field that is there twice";
    else if (json_object_set_new(form, name, json_string(value ? value : "")))
        why = "a form that is not UTF-8";
    free(name);
    free(value);
    return why;
}

static json_t *read_form(const char *data, size_t len, struct slack_read *out)
{
    json_t *form = json_object();
    const char *why = NULL, *end = data + len, *next;

    for (const char *at = data; !why && at < end; at = next + 1) {
        next = memchr(at, '&', (size_t)(end - at));
        if (!next)
            next = end;
        why = json_object_size(form) == SLACK_FIELDS
                  ? "a form with too many fields"
                  : read_field(form, at, (size_t)(next - at));
    }
    if (!why)
        return form;
    json_decref(form);
    return bad(out, why);
}

bool slack_ssl_check(const char *data, size_t len)
{
    static const char field[] = "ssl_check=1";
    const char *end = data + len, *next;

    for (const char *at = data; at < end; at = next + 1) {
        next = memchr(at, '&', (size_t)(end - at));
        if (!next)
            next = end;
        if ((size_t)(next - at) == sizeof field - 1 &&
            memcmp(at, field, sizeof field - 1) == 0)
            return true;
    }
    return false;
}

/* ---- frames ------------------------------------------------------------------ */

/* The same for each delivery of the same thing: an operation's id is made of
 * it. */
static char *envelope_id(const char *what, const char *id,
                         const struct slack_body *in)
{
    char digest[SHA256_HEX];

    if (*id)
        digest_sha256(digest, what, id, NULL);
    else
        digest_sha256(digest, "signature", in->signature, NULL);
    return xasprintf("http:%.32s", digest);
}

/* "1" to "99"; 0: a first delivery. */
static json_int_t retry_number(const char *header)
{
    size_t len = strspn(header, "0123456789");

    return len >= 1 && len <= 2 && !header[len] ? strtol(header, NULL, 10) : 0;
}

/* Takes payload. id: of what Slack calls it. */
static void frame(const struct slack_body *in, const char *type,
                  const char *what, const char *id, bool accepts,
                  json_t *payload, struct slack_read *out)
{
    char *envelope = envelope_id(what, id, in);
    json_int_t retry = retry_number(in->retry);

    out->kind = SLACK_FRAME;
    out->root =
        json_pack("{s:s, s:s, s:b, s:o}", "envelope_id", envelope, "type", type,
                  "accepts_response_payload", accepts, "payload", payload);
    if (retry > 0)
        json_object_set_new(out->root, "retry_attempt", json_integer(retry));
    out->text = json_dumps(out->root, JSON_COMPACT);
    free(envelope);
}

/* Takes payload, of an interaction. */
static void interaction(const struct slack_body *in, json_t *payload,
                        struct slack_read *out)
{
    const char *type = text_at(payload, "type");
    bool accepts = strcmp(type, "view_submission") == 0 ||
                   strcmp(type, "block_suggestion") == 0;

    if (*type) {
        frame(in, "interactive", "trigger", text_at(payload, "trigger_id"),
              accepts, payload, out);
        return;
    }
    json_decref(payload);
    bad(out, "a payload without a type");
}

static void read_forms(const struct slack_body *in, struct slack_read *out)
{
    json_t *form = read_form(in->data, in->len, out), *payload;
    const char *text = text_at(form, "payload");

    if (!form)
        return;
    if (strcmp(text_at(form, "ssl_check"), "1") == 0) {
        out->kind = SLACK_SSL_CHECK;
    } else if (*text && !*text_at(form, "command") &&
               in->path != SLACK_COMMANDS) {
        payload = read_json(text, strlen(text), out);
        if (payload)
            interaction(in, payload, out);
    } else if (!*text && *text_at(form, "command") &&
               in->path != SLACK_INTERACTIVE) {
        frame(in, "slash_commands", "trigger", text_at(form, "trigger_id"),
              true, json_incref(form), out);
    } else {
        bad(out, "a form that is not for this URL");
    }
    json_decref(form);
}

/* Takes event, an outer event. */
static void read_event(const struct slack_body *in, json_t *event,
                       struct slack_read *out)
{
    const char *type = text_at(event, "type");

    if (strcmp(type, "event_callback") == 0 &&
        json_is_object(json_object_get(event, "event"))) {
        frame(in, "events_api", "event", text_at(event, "event_id"), false,
              event, out);
        return;
    }
    if (strcmp(type, "url_verification") == 0 && *text_at(event, "challenge")) {
        json_t *answer =
            json_pack("{s:s}", "challenge", text_at(event, "challenge"));

        out->kind = SLACK_CHALLENGE;
        out->text = json_dumps(answer, JSON_COMPACT);
        json_decref(answer);
    } else if (*type && strcmp(type, "event_callback") != 0 &&
               strcmp(type, "url_verification") != 0) {
        out->kind = SLACK_NOTICE;
        out->why = strcmp(type, "app_rate_limited") == 0
                       ? "app_rate_limited: Slack holds back events"
                       : "a type that is not known";
    } else {
        bad(out, "no event");
    }
    json_decref(event);
}

/* ---- bodies ------------------------------------------------------------------ */

/* The type without its parameters, in whatever case. */
static bool is_type(const char *header, const char *type)
{
    size_t len = strcspn(header, "; \t");

    return len == strlen(type) && strncasecmp(header, type, len) == 0 &&
           strchr("; \t", header[len]);
}

void slack_read(const struct slack_body *in, struct slack_read *out)
{
    json_t *root;

    *out = (struct slack_read){ .kind = SLACK_BAD, .why = "" };
    if (is_type(in->type, "application/x-www-form-urlencoded")) {
        read_forms(in, out);
    } else if (is_type(in->type, "application/json") &&
               in->path == SLACK_EVENTS) {
        root = read_json(in->data, in->len, out);
        if (root)
            read_event(in, root, out);
    } else {
        bad(out, "a content type that is not for this URL");
    }
}

void slack_read_dispose(struct slack_read *read)
{
    json_decref(read->root);
    free(read->text);
    *read = (struct slack_read){ .kind = SLACK_BAD, .why = "" };
}
