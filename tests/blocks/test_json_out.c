/*
 * json_out writes what jansson prints: judged by jansson itself.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/json_out.h"

static void same_as_jansson(const char *text)
{
    json_t *json = json_string(text);
    char *theirs = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    struct buf ours = { 0 };

    json_out_word(&(struct json_out){ .buf = &ours }, text);
    cr_assert(theirs);
    cr_expect_str_eq(ours.data, theirs);
    buf_dispose(&ours);
    free(theirs);
    json_decref(json);
}

Test(json_out, escapes_what_jansson_escapes)
{
    for (int c = 1; c < 0x80; c++) {
        char alone = (char)c;

        same_as_jansson((const char[]){ alone, '\0' });
        same_as_jansson((const char[]){ 'a', alone, 'b', alone, alone, '\0' });
    }
}

Test(json_out, leaves_everything_beyond_ascii)
{
    same_as_jansson("");
    same_as_jansson("/ é 中文字 😀 \u2028 \u202e \ufeff");
    same_as_jansson("\"é\"\\\n");
}

Test(json_out, puts_commas_between_values_only)
{
    struct buf text = { 0 };
    struct json_out out = { .buf = &text };

    json_out_open(&out, '{');
    json_out_key(&out, "a");
    json_out_open(&out, '[');
    json_out_close(&out, ']');
    json_out_key(&out, "b");
    json_out_open(&out, '[');
    json_out_bool(&out, true);
    json_out_bool(&out, false);
    json_out_raw(&out, "1,2", 3);
    json_out_open(&out, '{');
    json_out_key(&out, "c");
    json_out_word(&out, "d");
    json_out_close(&out, '}');
    json_out_close(&out, ']');
    json_out_close(&out, '}');
    cr_expect_str_eq(text.data,
                     "{\"a\":[],\"b\":[true,false,1,2,{\"c\":\"d\"}]}");
    buf_dispose(&text);
}
