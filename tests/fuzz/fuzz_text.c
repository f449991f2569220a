/*
 * fuzz_text: whatever comes in, what goes out to people is valid UTF-8, holds
 * no control characters, and is no longer than it was asked to be; and a secret
 * is masked, whatever it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static char *valid(char *text)
{
    must(text_valid(text, strlen(text)));
    return text;
}

static void check_shape(const char *text)
{
    char *plain = valid(text_plain(text)), *line = valid(text_first_line(text));
    char *cut = valid(text_cut(text, 7)), *again = text_plain(plain);

    must(strcmp(plain, again) == 0);
    must(strchr(line, '\n') == NULL);
    must(text_length(cut) <= 7);
    free(plain);
    free(line);
    free(cut);
    free(again);
}

static void check_json(const char *text)
{
    struct err err = { 0 };
    char *object = json_text(member_str("a", text)), *repaired;
    struct json_doc *doc = json_doc_parse(object, strlen(object), &err);

    must(doc != NULL);
    repaired = text_repair(text, strlen(text));
    must(strcmp(json_doc_str(doc, "a"), repaired) == 0);
    free(repaired);
    json_doc_free(doc);
    free(object);
}

/* Whatever a secret is, and however deep in JSON within JSON. */
static void check_secret(const char *text)
{
    char *shown = json_text(member_str("password", "***"));
    char *real = json_text(member_str("password", text)), *masked, *outer;

    for (int depth = 0; depth < 3 && *text; depth++) {
        masked = text_mask(real, NULL, 0);
        must(strcmp(masked, shown) == 0);
        free(masked);
        outer = json_text(member_str("body", real));
        free(real);
        real = outer;
        outer = json_text(member_str("body", shown));
        free(shown);
        shown = outer;
    }
    free(real);
    free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const extra[] = { "iban" };
    char *text = xstrndup((const char *)data, size);

    free(valid(text_repair((const char *)data, size)));
    free(valid(text_mask(text, extra, 1)));
    free(valid(text_mask_field(text, text, extra, 1)));
    check_shape(text);
    check_json(text);
    check_secret(text);
    free(text);
    return 0;
}
