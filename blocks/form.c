/* form: a description as a view; see form.h. */
#include "blocks/form.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/form_parts.h"
#include "core/base/json.h"
#include "core/base/text.h"

#define TITLE       24
#define LABEL       150 /* Slack takes 2000; nobody reads more */
#define PLACEHOLDER 150
#define OPTION      75
#define SECTION     2900
#define INPUT_MOST  3000
#define METADATA    2900 /* Slack takes 3000 */

json_t *form_text(const char *text, size_t most)
{
    char *plain = text_plain(text), *cut = text_cut(plain, most);
    json_t *object =
        json_pack("{s:s, s:s, s:b}", "type", "plain_text", "text",
                  cut[strspn(cut, " \n\t")] ? cut : "…", "emoji", 1);

    free(plain);
    free(cut);
    return object;
}

json_t *form_section(const char *id, const char *text)
{
    return json_pack("{s:s, s:s, s:o}", "type", "section", "block_id", id,
                     "text", form_text(text, SECTION));
}

/* ---- inputs ---------------------------------------------------------------- */

static json_t *option(const struct form_option *o)
{
    return json_pack("{s:o, s:s}", "text", form_text(o->text, OPTION), "value",
                     o->value);
}

static json_t *select_menu(const struct form_field *f, const char *initial)
{
    json_t *options = json_array(), *menu;

    menu = json_pack("{s:s, s:O}", "type", "static_select", "options", options);
    for (const struct form_option *o = f->options; o->value; o++) {
        json_array_append_new(options, option(o));
        if (initial && strcmp(o->value, initial) == 0)
            json_object_set_new(menu, "initial_option", option(o));
    }
    json_decref(options);
    return menu;
}

static json_t *user_menu(const char *initial)
{
    json_t *menu = json_pack("{s:s}", "type", "users_select");

    if (initial && *initial)
        json_object_set_new(menu, "initial_user", json_string(initial));
    return menu;
}

static json_t *text_input(const struct form_field *f, const char *initial)
{
    size_t most = f->most && f->most < INPUT_MOST ? f->most : INPUT_MOST;
    json_t *input =
        json_pack("{s:s, s:b, s:I}", "type", "plain_text_input", "multiline",
                  f->kind == FORM_TEXT, "max_length", (json_int_t)most);

    if (initial && *initial) {
        char *cut = text_cut(initial, most);

        json_object_set_new(input, "initial_value", json_string(cut));
        free(cut);
    }
    return input;
}

static json_t *element_of(const struct form_field *f, const char *initial)
{
    switch (f->kind) {
    case FORM_SELECT:
        return select_menu(f, initial);
    case FORM_USER:
        return user_menu(initial);
    case FORM_LINE:
    case FORM_TEXT:
        break;
    }
    return text_input(f, initial);
}

static json_t *input_block(const struct form_field *f, const char *initial)
{
    json_t *element = element_of(f, initial);
    json_t *block;

    json_object_set_new(element, "action_id",
                        json_string(f->flag ? FORM_FLAG : FORM_WORD));
    if (f->placeholder)
        json_object_set_new(element, "placeholder",
                            form_text(f->placeholder, PLACEHOLDER));
    block = json_pack("{s:s, s:s, s:o, s:o, s:b}", "type", "input", "block_id",
                      f->name, "label", form_text(f->label, LABEL), "element",
                      element, "optional", f->optional);
    if (f->hint)
        json_object_set_new(block, "hint", form_text(f->hint, LABEL));
    return block;
}

/* ---- the view -------------------------------------------------------------- */

static char *metadata(const struct form_fill *fill, const char *url)
{
    bool on_card = fill->message && fill->message[0];
    char *text = json_text(
        member_str("command", fill->command), member_str("nonce", fill->nonce),
        member_str("channel", fill->channel), member_str("url", url),
        member_str("ts", on_card ? fill->message : NULL),
        on_card ? member_int("seen", fill->seen) : member_str("seen", NULL));

    if (strlen(text) <= METADATA || !*url)
        return text;
    free(text);
    return metadata(fill, "");
}

static json_t *blocks_of(const struct form *form, const struct form_fill *fill)
{
    json_t *blocks = json_array();

    if (fill->intro)
        json_array_append_new(blocks,
                              form_section("opsbot.intro", fill->intro));
    for (size_t i = 0; form->fields[i].name; i++)
        json_array_append_new(
            blocks, input_block(&form->fields[i],
                                fill->initial ? fill->initial[i] : NULL));
    return blocks;
}

char *form_view(const struct form *form, const struct form_fill *fill)
{
    char *meta = metadata(fill, fill->response_url), *text;
    json_t *view = json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "type", "modal", "callback_id",
        FORM_CALLBACK, "private_metadata", meta, "title",
        form_text(fill->title ? fill->title : form->title, TITLE), "submit",
        form_text(form->submit, TITLE), "close", form_text("Cancel", TITLE),
        "blocks", blocks_of(form, fill));

    text = json_dumps(view, JSON_COMPACT);
    json_decref(view);
    free(meta);
    return text;
}
