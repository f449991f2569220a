/*
 * card: what people see, before it is Block Kit, plain text or JSON.
 *
 * A card is built top to bottom from lines; a line is a list of spans. Text
 * in a span is data: the renderers escape it, so nothing that comes from a
 * payload can become a mention, a link or markup. Only the kinds below make
 * those.
 *
 *     card_title(card, TONE_BAD, "Dead letters: %lld in %zu streams", n, k);
 *     card_row(card, LINE(say_bold(q->stream), say_fmt(card, "  %lld", n),
 *                         say_text("  oldest "), say_when(card, at, now)));
 *     card_action(card, &(struct action){ .label = "Show",
 *                         .command = "dlq show notify.events" });
 *
 * The card owns copies of everything, cleaned: what is not UTF-8, or cannot be
 * seen, does not get in; a line has no newlines; a text of more than 64 KiB is
 * cut. NULL is an empty text or line. Bold and code next to a letter lose
 * their markup in Slack: leave a space. One thread at a time.
 */
#ifndef BLOCKS_CARD_H
#define BLOCKS_CARD_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/* Chooses the icon before the title: always an icon and words, never colour
 * alone. */
enum tone {
    TONE_NONE,
    TONE_OK,      /* ✅ */
    TONE_BAD,     /* 🔴 */
    TONE_WARN,    /* 🟠 */
    TONE_MAIL,    /* 📮 dead letters */
    TONE_REQUEUE, /* ↩️ */
    TONE_TRASH,   /* 🗑️ discarded */
    TONE_HALT,    /* ⛔ */
    TONE_RUN,     /* ▶️ running again */
    TONE_ALARM,   /* 🚨 an open incident */
    TONE_REFUSED, /* 🚫 */
    TONE_HELP,    /* 💡 */
    TONE_INFO,    /* ℹ️ */
};

enum span_kind {
    SPAN_END, /* ends a LINE */
    SPAN_TEXT,
    SPAN_BOLD,
    SPAN_CODE, /* ids and payloads */
    SPAN_USER, /* text is a user id, other: name for plain text. An identity of
                   * the admin API is shown as it stands, and mentions nobody */
    SPAN_CHANNEL, /* text is a channel id */
    SPAN_GROUP,   /* text is a user group id, other: its handle for plain text;
                   * on a card for the channel it notifies all of them */
    SPAN_ALL,     /* "here" or "channel": notifies all who are there */
    SPAN_WHEN,    /* a moment: Slack date token with an age beside it */
    SPAN_LINK,    /* text is the label, other an https or http URL */
};

struct span {
    enum span_kind kind;
    const char *text;
    const char *other;
    int64_t at_ms, now_ms; /* SPAN_WHEN */
};

#define LINE(...) ((const struct span[]){ __VA_ARGS__, { .kind = SPAN_END } })

struct card;

struct span say_text(const char *text);
struct span say_bold(const char *text);
struct span say_code(const char *text);
struct span say_user(const char *id, const char *name);
struct span say_channel(const char *id);
struct span say_group(const char *id, const char *handle);
/* "here", "channel": only where the configuration says so. */
struct span say_all(const char *whom);
struct span say_link(const char *label, const char *url);
/* "14:02 UTC (6 m ago)", with its date when over a day away; in Slack in the
 * reader's own time zone. */
struct span say_when(int64_t at_ms, int64_t now_ms);
/* For what stands in a channel and is read later: with its date, and without
 * an age, which would be that of the last edit. */
struct span say_at(int64_t at_ms);
/* Formatted plain data, kept by the card. */
struct span say_fmt(struct card *card, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* What is to be typed: "/ops dlq list", as code, kept by the card. "" is the
 * slash command alone. */
struct span say_typed(struct card *card, const char *command);

/*
 * A button. Pressing it is typing its command: `/ops dlq show x --page 2`.
 * For a command that changes something, the card's nonce makes the press one
 * operation however often it arrives (P2).
 */
enum style { STYLE_PLAIN, STYLE_PRIMARY, STYLE_DANGER };
struct action {
    const char *label; /* a verb with its object, ≤ 75 characters */
    /* Without "/ops". One that a button cannot carry exactly (1800 bytes or
     * more, controls, not UTF-8) gets no button, only its typed twin. */
    const char *command;
    const char *confirm; /* what will happen; NULL: no question */
    enum style style;
    bool replace; /* the answer takes this card's place (paging) */
    /* Of what it shows, so that a press on an old card is known for one
     * (press_version()); 0: of nothing that has versions. */
    int64_t version;
    /* https or http: opens this and runs nothing; command is not looked at. */
    const char *url;
};

struct card *card_new(void);
void card_free(struct card *card); /* NULL is fine */
void card_reset(struct card *card);

void card_title(struct card *card, enum tone tone, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The title leads there; https or http, anything else is no link. It is a
 * line in bold then, not a header, which cannot have links. */
void card_link(struct card *card, const char *url);
/* What a phone shows of it, instead of title and lead; ≤ 300 characters. */
void card_summary(struct card *card, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Under the title: the sentence that matters. A second one replaces it, as a
 * second title does. */
void card_lead(struct card *card, const struct span *line);
void card_field(struct card *card, const char *label, const struct span *line);
void card_row(struct card *card, const struct span *line);
/* So many are shown in Slack, if they fit, instead of RENDER_ROWS; ≤ 40. */
void card_rows(struct card *card, size_t shown);
/* A second line under the last row, indented; there may be several. Without a
 * row, this and the next two make one. */
void card_detail(struct card *card, const struct span *line);
/* A block of payload text under the last row, monospace. One to a row. */
void card_payload(struct card *card, const char *text);
/*
 * What the last row says, once more as named values for machines and tables:
 * only render_json() has them. name: a short word in lower case, the same in
 * all rows of a kind. A number is its digits, a moment RFC 3339; what is not
 * known (text NULL or "", a negative number, a moment of 0) has no cell.
 */
void row_cell(struct card *card, const char *name, const char *text);
void row_cell_number(struct card *card, const char *name, int64_t n);
void row_cell_at(struct card *card, const char *name, int64_t at_ms);
/* The row stands for several things: cells from here on are the next one's. */
void row_item(struct card *card);
/* A button beside the last row; under it if there are several, at most 5. */
void card_row_action(struct card *card, const struct action *action);
/* Small print at the end. */
void card_note(struct card *card, const struct span *line);
/* Buttons at the end, at most 5 shown. */
void card_action(struct card *card, const struct action *action);
/* In a menu behind them: at most 5, without questions and colours. Commands
 * of over a hundred characters do not fit there, and can only be typed. */
void card_more(struct card *card, const struct action *action);

/* "#a30200": a bar of this colour beside all but the title, which says the
 * same in words (messages.md §4). */
void card_colour(struct card *card, const char *colour);
/* Posted into a thread, it is shown in the channel as well. */
void card_broadcast(struct card *card);

/* The last line of the plain text, after all else, for scripts that read it;
 * Slack does not show it. */
void card_closing(struct card *card, const struct span *line);

/* Who sees it (default: only who asked), and how it arrives. */
enum audience { AUDIENCE_EPHEMERAL, AUDIENCE_CHANNEL };
void card_audience(struct card *card, enum audience audience);
/* Put into every button's value and into the ids of blocks, so that an answer
 * in the card's place needs another one; see struct action. At most 39
 * characters of A-Z a-z 0-9 - _ . (others are left out). */
void card_nonce(struct card *card, const char *nonce);

/* How people call the bot, before every command that the card shows: set it
 * before anything else. "/ops" if it is not set, empty or NULL, and again
 * after card_reset(). */
void card_slash(struct card *card, const char *slash);

bool card_empty(const struct card *card);

#endif
