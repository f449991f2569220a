/*
 * load_text: see load_text.h.
 */
#include "tests/sandbox/link/load_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/link/push.h"
#include "tests/sandbox/wire/wire.h"

/* Neither JSON nor a form changes these. */
#define MARK_ID     "_.-ID-._"
#define MARK_NUMBER "_.-N-._"
#define PIECES      16

/* A stretch of fixed text, and what follows it. */
struct piece {
    size_t start;
    size_t len;
    enum { THEN_NOTHING, THEN_ID, THEN_NUMBER } then;
};

struct load_text {
    char *text;
    struct piece pieces[PIECES];
    size_t count;
};

static void cut(struct load_text *t)
{
    const char *at = t->text;

    while (t->count < PIECES) {
        struct piece *p = &t->pieces[t->count++];
        const char *id = strstr(at, MARK_ID);
        const char *number = strstr(at, MARK_NUMBER);

        p->start = (size_t)(at - t->text);
        if (t->count == PIECES || (!id && !number)) {
            p->len = strlen(at);
            return;
        }
        p->then = id && (!number || id < number) ? THEN_ID : THEN_NUMBER;
        p->len = (size_t)((p->then == THEN_ID ? id : number) - at);
        at += p->len + strlen(p->then == THEN_ID ? MARK_ID : MARK_NUMBER);
    }
}

/* "{n}" becomes the mark of the number. New. */
static json_t *numbered(const char *text)
{
    struct buf out = { 0 };
    json_t *json;

    for (const char *n; (n = strstr(text, "{n}")); text = n + 3) {
        buf_add(&out, text, (size_t)(n - text));
        buf_str(&out, MARK_NUMBER);
    }
    buf_str(&out, text);
    json = json_string(buf_text(&out));
    buf_dispose(&out);
    return json;
}

/* The world makes the payload, the link keeps it for us. */
static json_t *make_payload(struct sandbox *sb, const json_t *how,
                            json_t **refused)
{
    json_t *command = json_copy((json_t *)how);
    const char *text = json_string_value(json_object_get(how, "text"));
    json_t *answer;
    json_t *payload;

    json_object_set_new(command, "text", numbered(text ? text : ""));
    link_capture(sb->link);
    answer = world_act(sb->world, "command", command);
    payload = link_captured(sb->link);
    json_decref(command);
    if (payload) {
        const char *act =
            json_string_value(json_object_get(answer, "interaction"));

        if (act)
            world_ack(sb->world, act, NULL);
        json_decref(answer);
        return payload;
    }
    *refused = answer ? answer
                      : json_pack("{sb ss}", "ok", 0, "error",
                                  "the world made no command");
    return NULL;
}

static char *envelope_text(json_t *payload)
{
    json_t *envelope =
        json_pack("{ss sO ss sb}", "envelope_id", MARK_ID, "payload", payload,
                  "type", "slash_commands", "accepts_response_payload", 1);
    char *text = json_dumps(envelope, JSON_COMPACT);

    json_decref(envelope);
    return text;
}

static char *form_text(const json_t *payload)
{
    struct buf body = { 0 };

    push_body(&body, ENV_COMMAND, payload);
    return buf_take(&body);
}

struct load_text *load_text_new(struct sandbox *sb, const json_t *how,
                                json_t **refused)
{
    json_t *payload = make_payload(sb, how, refused);
    struct load_text *t;

    if (!payload)
        return NULL;
    json_object_set_new(
        payload, "response_url",
        json_sprintf("http://%s" LOAD_PATH MARK_NUMBER, sandbox_host(sb)));
    json_object_set_new(payload, "trigger_id",
                        json_sprintf(MARK_NUMBER ".1." MARK_ID));
    t = xcalloc(1, sizeof(*t));
    t->text = push_on(link_push(sb->link)) ? form_text(payload)
                                           : envelope_text(payload);
    json_decref(payload);
    cut(t);
    return t;
}

void load_text_free(struct load_text *text)
{
    if (!text)
        return;
    free(text->text);
    free(text);
}

void load_text_fill(const struct load_text *text, const char *id,
                    uint32_t number, struct buf *out)
{
    char digits[16];
    int n = snprintf(digits, sizeof(digits), "%u", number);

    for (size_t i = 0; i < text->count; i++) {
        const struct piece *p = &text->pieces[i];

        buf_add(out, text->text + p->start, p->len);
        if (p->then == THEN_ID)
            buf_str(out, id);
        else if (p->then == THEN_NUMBER)
            buf_add(out, digits, (size_t)n);
    }
}
