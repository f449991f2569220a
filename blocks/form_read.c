/* form_read: from a view that was filled in to a command line; see
 * form_read.h. */
#include "blocks/form_read.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/form_parts.h"
#include "blocks/payload.h"
#include "blocks/words.h"
#include "core/base/json.h"
#include "core/base/mem.h"

#define SAID  300 /* characters under a field */
#define TITLE 24

static bool is_input(const json_t *block)
{
    return strcmp(payload_text(block, "type"), "input") == 0;
}

/* ---- in -------------------------------------------------------------------- */

/* What an input holds, whichever kind it is. */
static const char *value_in(const json_t *state)
{
    const char *value = payload_text(state, "value");

    if (!*value)
        value = payload_text(state, "selected_user");
    return *value ? value
                  : payload_text(json_object_get(state, "selected_option"),
                                 "value");
}

/* A word has its place even when it is empty; a flag is left out then. */
static void type_input(struct buf *line, const json_t *block,
                       const json_t *values)
{
    const char *name = payload_text(block, "block_id");
    const char *how =
        payload_text(json_object_get(block, "element"), "action_id");
    const char *value =
        value_in(json_object_get(json_object_get(values, name), how));

    if (strcmp(how, FORM_WORD) == 0) {
        words_typed(line, value);
    } else if (strcmp(how, FORM_FLAG) == 0 && *value) {
        buf_fmt(line, " --%s", name);
        words_typed(line, value);
    }
}

static char *typed(const json_t *view, const char *command)
{
    const json_t *values =
        json_object_get(json_object_get(view, "state"), "values");
    struct buf line = { 0 };
    const json_t *block;
    size_t i;

    buf_str(&line, command);
    json_array_foreach(json_object_get(view, "blocks"), i, block)
    {
        if (is_input(block))
            type_input(&line, block, values);
    }
    return buf_take(&line);
}

static char *first_field(const json_t *view)
{
    const json_t *block;
    size_t i;

    json_array_foreach(json_object_get(view, "blocks"), i, block)
    {
        if (is_input(block))
            return xstrdup(payload_text(block, "block_id"));
    }
    return xstrdup("");
}

void form_read(const json_t *view, struct form_read *out)
{
    const char *meta = payload_text(view, "private_metadata");
    bool ours = strcmp(payload_text(view, "callback_id"), FORM_CALLBACK) == 0;
    struct err err;
    struct json_doc *doc =
        ours ? json_doc_parse(meta, strlen(meta), &err) : NULL;
    const char *command = json_doc_str(doc, "command");

    out->typed = *command ? typed(view, command) : xstrdup("");
    out->nonce = xstrdup(json_doc_str(doc, "nonce"));
    out->channel = xstrdup(json_doc_str(doc, "channel"));
    out->response_url = xstrdup(json_doc_str(doc, "url"));
    out->message = xstrdup(json_doc_str(doc, "ts"));
    out->seen = json_doc_int(doc, "seen", 0);
    out->field = first_field(view);
    json_doc_free(doc);
}

void form_read_dispose(struct form_read *read)
{
    free(read->typed);
    free(read->nonce);
    free(read->channel);
    free(read->response_url);
    free(read->message);
    free(read->field);
    *read = (struct form_read){ 0 };
}

/* ---- out ------------------------------------------------------------------- */

/* Takes root. */
static char *dump(json_t *root)
{
    char *text = json_dumps(root, JSON_COMPACT);

    json_decref(root);
    return text;
}

/* Under a field: plain text without markup. */
static json_t *refusal_text(const char *text)
{
    json_t *object = form_text(text, SAID), *string;

    string = json_incref(json_object_get(object, "text"));
    json_decref(object);
    return string;
}

char *form_refusal(const char *field, const char *text)
{
    if (!*field)
        return NULL;
    return dump(json_pack("{s:s, s:{s:o}}", "response_action", "errors",
                          "errors", field, refusal_text(text)));
}

/* What views.update takes, of what a payload shows. */
static json_t *again(const json_t *view)
{
    static const char *const keys[] = { "type",        "title",
                                        "submit",      "close",
                                        "callback_id", "private_metadata",
                                        "external_id", NULL };
    json_t *copy = json_object();

    for (size_t i = 0; keys[i]; i++) {
        json_t *value = json_object_get(view, keys[i]);

        if (value && !json_is_null(value))
            json_object_set(copy, keys[i], value);
    }
    return copy;
}

/* Inputs keep their ids, and so what is in them. */
static json_t *blocks_with(const json_t *view, const char *text)
{
    json_t *blocks = json_array(), *block;
    size_t i;

    json_array_append_new(blocks, form_section(FORM_PROBLEM, text));
    json_array_foreach(json_object_get(view, "blocks"), i, block)
    {
        if (strcmp(payload_text(block, "block_id"), FORM_PROBLEM) != 0)
            json_array_append(blocks, block);
    }
    return blocks;
}

char *form_problem(const char *frame, size_t len, const char *text)
{
    json_t *root = json_loadb(frame, len, 0, NULL), *copy;
    const json_t *view =
        json_object_get(json_object_get(root, "payload"), "view");

    if (!view) {
        json_decref(root);
        return NULL;
    }
    copy = again(view);
    json_object_set_new(copy, "blocks", blocks_with(view, text));
    json_decref(root);
    return dump(
        json_pack("{s:s, s:o}", "response_action", "update", "view", copy));
}

char *form_said(const char *title, const char *text)
{
    return dump(json_pack(
        "{s:s, s:{s:s, s:o, s:o, s:[o]}}", "response_action", "update", "view",
        "type", "modal", "title", form_text(title, TITLE), "close",
        form_text("Close", TITLE), "blocks", form_section(FORM_PROBLEM, text)));
}

char *form_close(void)
{
    return xstrdup("{\"response_action\":\"clear\"}");
}
