/*
 * random_card: cards as nobody would make them; see random_card.h.
 */
#include "tests/blocks/random_card.h"

#include <stdlib.h>

#include "core/base/buf.h"

static uint64_t seed;

void random_seed(uint64_t number)
{
    seed = number * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t roll(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

size_t random_below(size_t n)
{
    return (size_t)(roll() % n);
}

/* Mostly few, sometimes hundreds. */
static size_t some(void)
{
    switch (random_below(8)) {
    case 0:
        return random_below(300);
    case 1:
    case 2:
        return random_below(20);
    default:
        return random_below(4);
    }
}

static const char *const pieces[] = {
    "word",
    " ",
    "  ",
    "\n",
    "&",
    "<",
    ">",
    "&amp;",
    "<!channel>",
    "<!here|x>",
    "<@U012>",
    "<#C012>",
    "<https://x|",
    "https://x.",
    "`",
    "```",
    "*",
    "_",
    "~",
    "*b* _i_ ~s~",
    ":fire:",
    ":",
    "14:02:03",
    "> quote",
    "é",
    "中文字",
    "😀",
    "👩‍💻",
    "\u202eabc",
    "\u200b",
    "\ufeff",
    "\u3000",
    "\xff",
    "\xc3",
    "\xed\xa0\x80",
    "\xf4\x90\x80\x80",
    "\x01\x1b[31m",
    "\t",
    "\r\n",
    "\"\\",
    "@channel",
    "%s%n",
    "|",
    "\u2028",
};

char *random_text(void)
{
    struct buf text = { 0 };
    size_t count = some() + (random_below(1000) == 0 ? random_below(40000) : 0);
    size_t only = random_below(sizeof pieces / sizeof *pieces);
    bool same = random_below(4) == 0;

    while (count--) {
        size_t piece =
            same ? only : random_below(sizeof pieces / sizeof *pieces);

        buf_str(&text, pieces[piece]);
    }
    return buf_take(&text);
}

static const char *random_id(void)
{
    static const char *const ids[] = { "U012ABC", "",      "u!",
                                       "<!here>", "U1|x>", NULL };

    return ids[random_below(sizeof ids / sizeof *ids)];
}

static struct span random_span(struct card *card, char **text, char **other)
{
    static const int64_t times[] = { 0,
                                     -1,
                                     INT64_MIN,
                                     INT64_MAX,
                                     INT64_C(1795442887000),
                                     INT64_C(1795442887000) - 5000000,
                                     INT64_C(253402300799000) };

    *text = random_text();
    *other = random_text();
    switch (random_below(10)) {
    case 0:
        return say_bold(*text);
    case 1:
        return say_code(*text);
    case 2:
        return say_user(random_id(), *other);
    case 3:
        return say_channel(random_id());
    case 4:
        return say_when(times[random_below(7)], times[random_below(7)]);
    case 5:
        return say_link(*text, random_below(2) ? "https://x.example/a?b&c|d>e"
                                               : *other);
    case 6:
        return say_group(random_id(), *other);
    case 7:
        return say_fmt(card, "%s", *text);
    default:
        return say_text(*text);
    }
}

typedef void put_fn(struct card *card, const struct span *line);

static void put_line(struct card *card, put_fn *put)
{
    struct span line[6] = { 0 };
    char *texts[12] = { 0 };
    size_t count = random_below(5);

    for (size_t i = 0; i < count; i++)
        line[i] = random_span(card, &texts[2 * i], &texts[2 * i + 1]);
    put(card, line);
    for (size_t i = 0; i < 12; i++)
        free(texts[i]);
}

static void put_field(struct card *card, const struct span *line)
{
    char *label = random_text();

    card_field(card, label, line);
    free(label);
}

/* Mostly none. */
static const char *random_url(void)
{
    static const char *const urls[] = {
        "https://x.example/a?b&c|d>e\"f",
        "http://x.example/é ü",
        "https://",
        "javascript:alert(1)",
        "",
    };

    return random_below(4) ? NULL
                           : urls[random_below(sizeof urls / sizeof *urls)];
}

static void put_button(struct card *card,
                       void (*put)(struct card *, const struct action *))
{
    char *label = random_text(), *command = random_text(),
         *confirm = random_below(2) ? random_text() : NULL;

    put(card, &(struct action){ .label = label,
                                .command = command,
                                .confirm = confirm,
                                .style = (enum style)random_below(3),
                                .replace = random_below(2),
                                .version = (int64_t)random_below(3) * 41,
                                .url = random_url() });
    free(label);
    free(command);
    free(confirm);
}

static void put_cell(struct card *card)
{
    char *name = random_text(), *text = random_text();

    if (random_below(4) == 0)
        row_item(card);
    row_cell(card, name, text);
    free(name);
    free(text);
}

static void put_row(struct card *card)
{
    char *payload;

    if (random_below(8))
        put_line(card, card_row);
    for (size_t n = random_below(3); n > 0; n--)
        put_line(card, card_detail);
    if (random_below(3) == 0) {
        payload = random_text();
        card_payload(card, payload);
        free(payload);
    }
    for (size_t n = random_below(2) ? random_below(8) : 0; n > 0; n--)
        put_button(card, card_row_action);
    for (size_t n = random_below(3); n > 0; n--)
        put_cell(card);
}

/* Few cards are big in every way: twenty thousand of those would take long. */
static size_t part(void)
{
    return random_below(3) ? random_below(3)
                           : some() / (random_below(4) ? 4 : 1);
}

/* What only some cards have. */
static void random_extras(struct card *card)
{
    char *text = random_text();

    if (random_below(4) == 0)
        card_link(card, random_url());
    if (random_below(3) == 0)
        card_colour(card, "#a30200");
    if (random_below(4) == 0)
        card_summary(card, "%s", text);
    if (random_below(8) == 0)
        card_broadcast(card);
    if (random_below(4) == 0)
        card_rows(card, 1 + random_below(40));
    for (size_t n = random_below(3) ? 0 : random_below(8); n > 0; n--)
        put_button(card, card_more);
    free(text);
}

void random_fill(struct card *card)
{
    char *text = random_text();

    card_nonce(card, random_below(2) ? text : "n7F3K");
    if (random_below(4))
        card_title(card, (enum tone)random_below(TONE_INFO + 1), "%s", text);
    free(text);
    if (random_below(2))
        put_line(card, card_lead);
    for (size_t n = part(); n > 0; n--)
        put_line(card, put_field);
    for (size_t n = part(); n > 0; n--)
        put_row(card);
    for (size_t n = part(); n > 0; n--)
        put_line(card, card_note);
    for (size_t n = part(); n > 0; n--)
        put_button(card, card_action);
    random_extras(card);
}
