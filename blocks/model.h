/*
 * model: a card from the inside, for the files of blocks/ that build it and
 * render it. Nobody else includes this.
 *
 * Everything a card shows lives in its arena: chunks that are filled and
 * thrown away together. Texts in it are clean (see clean_text): valid UTF-8,
 * nothing invisible. Commands alone are kept byte for byte, because pressing
 * must do exactly what typing would; whoever shows one cleans it.
 */
#ifndef BLOCKS_MODEL_H
#define BLOCKS_MODEL_H

#include "blocks/card.h"
#include "core/base/buf.h"

/* Longer texts are cut when they enter the card. */
#define CARD_TEXT_BYTES 65536
/* A longer one is none: Slack's limit is 3000 characters. */
#define CARD_URL_BYTES 1500
/* Room for a nonce in a button's value, NUL included; see struct press. */
#define CARD_NONCE_BYTES 40

struct chunk {
    struct chunk *next;
    size_t used, size;
    _Alignas(max_align_t) char data[];
};

struct chunk *chunk_new(size_t size, struct chunk *next);
void chunks_free(struct chunk *chunk); /* NULL is fine */
/* Frees all but the oldest, which is empty then. */
struct chunk *chunks_reset(struct chunk *chunk);
/* Room in the card, aligned for anything, until the card is reset. */
void *keep(struct card *card, size_t size);
char *keep_bytes(struct card *card, const char *text, size_t len);

struct line {
    const struct span *spans; /* ends with SPAN_END */
    struct line *next;
};

struct field {
    const char *label;
    const struct span *spans;
    struct field *next;
};

struct button {
    struct action action;
    struct button *next;
};

/* name NULL: here begin those of the next thing that the row stands for. */
struct cell {
    const char *name, *text;
    struct cell *next;
};

struct row {
    const struct span *spans; /* NULL: a row of payload or buttons only */
    struct line *details;
    const char *payload; /* NULL: none */
    struct button *buttons;
    struct cell *cells, **cells_end;
    struct row *next;
};

struct card {
    struct chunk *chunks;
    enum tone tone;
    const char *title;   /* NULL: none */
    const char *link;    /* of the title; NULL: none */
    const char *summary; /* NULL: made of title and lead */
    const char *colour;  /* NULL: none */
    bool broadcast;
    const struct span *lead;
    const struct span *closing;
    struct field *fields, **fields_end;
    struct row *rows, **rows_end, *last_row;
    struct line *notes, **notes_end;
    struct button *buttons, **buttons_end;
    struct button *more, **more_end; /* those of the menu */
    size_t row_count, rows_shown;    /* 0: as many as usual */
    enum audience audience;
    char nonce[CARD_NONCE_BYTES];
    const char *slash; /* "/ops" */
};

/* "🔴" and "bad"; the icon is "" for TONE_NONE. */
const char *tone_icon(enum tone tone);
const char *tone_name(enum tone tone);

/*
 * What a text may contain to be shown: valid UTF-8 without controls, direction
 * overrides and zero-width characters (text_plain). In a line newlines are
 * spaces, in a block they stay.
 */
enum clean { CLEAN_LINE, CLEAN_BLOCK };
/* True, with its length, if the text is plain ASCII and clean as it stands;
 * false may only mean that it must be looked at more closely. */
bool clean_already(const char *text, enum clean how, size_t *len);
void clean_text(struct buf *out, const char *text, enum clean how);

/* Characters as UTF-16 counts them, which is never less than code points.
 * Clean text. */
size_t clean_units(const char *text);
/* Bytes of the first character, and its size in UTF-16. Clean text. */
size_t clean_step(const char *text, size_t *units);

/* A moment in UTC: "14:02 UTC", with its date when over a day away. */
#define WHEN_TEXT 48
const char *when_clock(const struct span *span, char out[WHEN_TEXT]);
/* "6 m ago", "in 6 m", "just now". */
const char *when_age(const struct span *span, char out[WHEN_TEXT]);
/* False: no moment at all (never, or beyond every calendar). */
bool when_known(const struct span *span);
/* Without an age: say_at(). */
bool when_lasts(const struct span *span);

/* Spans as plain text. For machines moments are RFC 3339. */
enum reader { READER_PERSON, READER_MACHINE };
void plain_line(struct buf *out, const struct span *spans, enum reader reader);
/* The whole card, at most so many rows. May be blank. */
void plain_card(struct buf *out, const struct card *card, size_t rows);
/* Title with icon, lead; else the first thing there is. Never blank, at most
 * 300 characters. */
void plain_summary(struct buf *out, const struct card *card);

/* The value of a button that opens a link: its press runs nothing. */
#define PRESS_LINK "0"
/* A button's value, at most PRESS_VALUE ASCII characters. False: the command
 * cannot be carried exactly (too long, controls, not UTF-8); out unchanged. */
#define PRESS_VALUE 1990
bool press_nonce_char(char c);
bool press_write(struct buf *out, const char *nonce, bool replace,
                 const char *command);

#endif
