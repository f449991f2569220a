/*
 * fuzz_halt: what other tools write into the keys of halts, and into our
 * hash of last actions and rows of targets. Whatever it is, the scope is
 * halted, and what is shown of it is short, valid and rendered.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/halt.h"
#include "blocks/render.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/halt_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1795186800000

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check_text(const char *text, size_t max)
{
    must(text && text_valid(text, strlen(text)) && text_length(text) <= max);
}

static void check_halt(const struct halt *h)
{
    check_text(h->reason, HALT_REASON);
    check_text(h->by, 100);
    check_text(h->by_name, 100);
    check_text(h->op, 100);
}

static void render(struct card *card)
{
    char *message = render_message(card, RENDER_POST, 0);
    char *text = render_text(card), *json = render_json(card);
    struct json_doc *doc;
    struct err err;

    must(text_valid(text, strlen(text)));
    doc = json_doc_parse(message, strlen(message), &err);
    must(doc != NULL);
    json_doc_free(doc);
    doc = json_doc_parse(json, strlen(json), &err);
    must(doc != NULL);
    json_doc_free(doc);
    free(message);
    free(text);
    free(json);
    card_free(card);
}

static void render_list(struct halt *halt)
{
    struct halt_list list = { .halts = halt, .count = 1 };
    struct card *card = card_new();

    halts_card(card, &list, true, NOW);
    render(card);
}

static void render_prompt(const struct halt *halt)
{
    struct unhalt_card prompt = {
        .scope = "all", .halt = halt, .confirm = "7F3K21", .now = NOW
    };
    struct card *card = card_new();

    unhalt_prompt_card(card, &prompt);
    render(card);
}

/* A row's targets, and how its card shows them. */
static void check_targets(const char *text)
{
    struct halt_run *run = xcalloc(1, sizeof *run), *again;
    struct halt_view view = { .now = NOW, .slash = "/ops", .verify_s = 10 };
    struct card *card = card_new();
    char *written;

    *run = (struct halt_run){ .op = xstrdup("OP"),
                              .scope = xstrdup("all"),
                              .reason = xstrdup("r"),
                              .by = xstrdup("U0ANN"),
                              .by_name = xstrdup("ann"),
                              .channel = xstrdup("C0OPS"),
                              .response_url = xstrdup(""),
                              .at = NOW };
    halt_targets_read(run, text);
    halt_run_settle(run);
    halt_run_card(card, run, &view);
    render(card);
    written = halt_targets_text(run);
    again = xcalloc(1, sizeof *again);
    halt_targets_read(again, written);
    must(again->count == run->count);
    for (size_t i = 0; i < run->count; i++)
        must(again->targets[i].progress == run->targets[i].progress &&
             strcmp(again->targets[i].name, run->targets[i].name) == 0);
    free(written);
    halt_run_free(again);
    halt_run_free(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    struct halt halt;

    halt_read(&halt, "all", (const char *)data, size);
    must(strcmp(halt.scope, "all") == 0);
    check_halt(&halt);
    render_list(&halt);
    render_prompt(&halt);
    halt_dispose(&halt);
    halt_read_last(&halt, (const char *)data, size);
    must(halt.scope == NULL);
    check_halt(&halt);
    halt_dispose(&halt);
    (void)clock_read(text);
    check_targets(text);
    free(text);
    return 0;
}
