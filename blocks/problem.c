/*
 * problem: see problem.h. One function for each kind of failure; what they
 * say of effects must be true of every command that ends there.
 */
#include "blocks/problem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "blocks/words.h"
#include "core/base/buf.h"
#include "core/base/mem.h"

static bool has(const char *text)
{
    return text && *text;
}

#define PIECES 24

/* Text up to a backtick: every other piece of an error is code. */
static struct span piece(struct card *card, const char *text, size_t len,
                         size_t n)
{
    struct span span = say_fmt(card, "%.*s", (int)len, text);

    if (n % 2)
        span.kind = SPAN_CODE;
    else if (n == 0 && len > 0)
        span = say_fmt(card, "%c%.*s", toupper((unsigned char)*text),
                       (int)len - 1, text + 1);
    return span;
}

/* Errors are written to stand inside a line of the log, with backticks around
 * what was typed; here they are sentences. */
static void say_error(struct card *card, const char *text)
{
    struct span line[PIECES + 2];
    size_t len = has(text) ? strlen(text) : 0, n = 0;

    if (len == 0)
        return;
    for (const char *p = text; *p && n < PIECES; n++) {
        size_t end = n + 1 < PIECES ? strcspn(p, "`") : strlen(p);

        line[n] = piece(card, p, end, n);
        p += end + (p[end] == '`');
    }
    if (!strchr(".?!", text[len - 1]))
        line[n++] = say_text(".");
    line[n] = (struct span){ .kind = SPAN_END };
    card_lead(card, line);
}

static void again_button(struct card *card, const struct problem *p)
{
    if (has(p->again))
        card_action(card, &(struct action){
                              .label = "Try again",
                              .command = p->again,
                              .confirm = p->changes ? "Runs the command again."
                                                    : NULL });
}

/* Usage and example of the command, as far as it is known. */
static void usage_fields(struct card *card, const struct problem *p)
{
    struct span usage;

    if (!has(p->command))
        return;
    usage = has(p->usage) ? say_fmt(card, "%s %s", p->command, p->usage)
                          : say_text(p->command);
    card_field(card, "Usage", LINE(say_typed(card, usage.text)));
    if (has(p->example) && strcmp(p->example, usage.text) != 0)
        card_field(card, "Example", LINE(say_typed(card, p->example)));
}

static void help_button(struct card *card, const struct problem *p)
{
    struct buf line = { 0 };

    buf_str(&line, "help");
    if (has(p->topic))
        words_typed(&line, p->topic);
    card_action(
        card, &(struct action){ .label = "Help", .command = buf_text(&line) });
    buf_dispose(&line);
}

static void meant_button(struct card *card, const struct problem *p)
{
    char label[80];

    snprintf(label, sizeof label, "Run %.40s", p->meant);
    card_action(card, &(struct action){
                          .label = label,
                          .command = p->meant,
                          .confirm = p->changes ? "Runs the command that was "
                                                  "probably meant."
                                                : NULL,
                          .style = STYLE_PRIMARY });
}

static void input_card(struct card *card, const struct problem *p)
{
    card_title(card, TONE_HELP, "I did not run that");
    say_error(card, p->text);
    usage_fields(card, p);
    if (has(p->meant))
        meant_button(card, p);
    help_button(card, p);
}

static void denied_card(struct card *card, const struct problem *p)
{
    card_title(card, TONE_REFUSED, "You may not do that%s%s",
               has(p->command) ? ": " : "", has(p->command) ? p->command : "");
    say_error(card, p->text);
    if (p->refusal)
        refusal_rows(card, p->refusal);
    card_note(card, LINE(say_text("Nothing was changed, and this is on "
                                  "record.")));
    help_button(card, p);
}

/* What a store that failed us means. Who may have begun something is not
 * asked to do it again: it is finished by itself. */
static void store_card(struct card *card, const struct problem *p,
                       const char *store)
{
    card_title(card, TONE_BAD, "%s could not use %s",
               has(p->command) ? p->command : "This", store);
    say_error(card, p->text);
    card_row(
        card,
        LINE(say_text(p->begun ? "What was begun is finished by itself. If "
                                 "nothing of that is said here, nothing "
                                 "was changed: try again when it is "
                                 "back. "
                               : "Nothing was changed. Try again when it "
                                 "is back. "),
             say_typed(card, "ping"),
             say_text(" works meanwhile and says how it is.")));
    card_action(card, &(struct action){ .label = "Ping", .command = "ping" });
    if (!p->begun)
        again_button(card, p);
}

/* What happened, and what to do about it. */
static void other_card(struct card *card, const struct problem *p,
                       enum tone tone, const char *title, const char *advice)
{
    card_title(card, tone, "%s", title);
    say_error(card, has(p->text) ? p->text : "There is no word of what.");
    card_row(card, LINE(say_text(advice)));
    again_button(card, p);
}

void problem_card(struct card *card, const struct problem *p)
{
    char op[WORDS_TEXT];

    switch (p->kind) {
    case ERR_USER:
        input_card(card, p);
        return;
    case ERR_DENIED:
        denied_card(card, p);
        return;
    case ERR_REDIS:
        store_card(card, p, "Redis");
        break;
    case ERR_DB:
        store_card(card, p, "Postgres");
        break;
    case ERR_BUSY:
        other_card(card, p, TONE_WARN, "Busy just now",
                   "Nothing was run. Try again in a few seconds.");
        break;
    case ERR_SLACK:
        other_card(card, p, TONE_WARN, "Slack did not do its part",
                   "Try again in a minute; if it stays, show this to whoever "
                   "runs the bot.");
        break;
    case ERR_NONE:
    case ERR_CONFIG:
    case ERR_SYSTEM:
        other_card(card, p, TONE_BAD, "Something went wrong inside me",
                   "Show this to whoever runs the bot: the log has more under "
                   "the operation below.");
        break;
    }
    if (has(p->op))
        card_note(card, LINE(say_fmt(card, "op %s", words_op(p->op, op))));
}

void problem_ask_again(struct card *card, const char *text)
{
    card_title(card, TONE_WARN, "I restarted in the middle of this");
    card_lead(card, LINE(say_text("Nothing was changed. Run it?")));
    card_row(card, LINE(say_typed(card, text)));
    card_action(card, &(struct action){ .label = "Run it",
                                        .command = text,
                                        .confirm = "Runs the command now, in "
                                                   "your name.",
                                        .style = STYLE_PRIMARY });
}

void problem_submit_again(struct card *card, const char *text)
{
    card_title(card, TONE_WARN, "I restarted in the middle of this");
    card_lead(card, LINE(say_text("Nothing was changed. If your form is still "
                                  "open, submit it again; else type this:")));
    card_row(card, LINE(say_typed(card, text)));
}

/* ---- in a form ------------------------------------------------------------- */

/* What it means, and what to do: the form is still there, filled in. */
static const char *form_advice(enum err_kind kind)
{
    switch (kind) {
    case ERR_USER:
        return "";
    case ERR_DENIED:
        return " Nothing was changed, and this is on record.";
    case ERR_REDIS:
    case ERR_DB:
    case ERR_BUSY:
    case ERR_SLACK:
        return " Nothing was recorded, as far as I can tell. What you wrote "
               "stays here: submit it again in a moment. It is never done "
               "twice.";
    case ERR_NONE:
    case ERR_CONFIG:
    case ERR_SYSTEM:
        break;
    }
    return " Something went wrong inside me: show this to whoever runs the "
           "bot.";
}

/* Plain text has no code: what was typed stands in quotes. */
char *problem_in_form(enum err_kind kind, const char *text)
{
    struct buf out = { 0 };

    for (const char *p = text; *p; p++)
        buf_char(&out, *p == '`' ? '"' : *p);
    if (out.len)
        out.data[0] = (char)toupper((unsigned char)out.data[0]);
    if (out.len && !strchr(".?!", out.data[out.len - 1]))
        buf_char(&out, '.');
    buf_str(&out, form_advice(kind));
    return out.data ? buf_take(&out) : xstrdup("");
}
