/* home_rights: of App Home, what one may do. See home_parts.h. */
#include "blocks/home_parts.h"

#include "blocks/sentence.h"
#include "blocks/words.h"

#define RIGHTS_SHOWN 24
#define ADMINS_SHOWN 3

/* Names alone: how each is used is what help is for. */
static void rights_item(struct place *p, const struct home *home)
{
    size_t shown = least(home->may_count, RIGHTS_SHOWN);
    struct sentence s = { 0 };

    sentence_add(&s, say_text("By right you may: "));
    for (size_t i = 0; i < shown; i++) {
        sentence_add(&s, say_text(i ? ", " : ""));
        sentence_add(&s, say_code(home->may[i].name));
        if (!home->may[i].channel)
            continue;
        sentence_add(&s, say_text(" (only in "));
        sentence_add(&s, say_channel(home->may[i].channel));
        sentence_add(&s, say_text(")"));
    }
    if (home->may_count > shown)
        sentence_add(
            &s, say_fmt(p->card, " and %zu more", home->may_count - shown));
    if (shown)
        home_item(p, s.spans);
}

static void everyone_item(struct place *p, const struct home *home)
{
    struct sentence s = { 0 };

    sentence_add(&s, say_text("Everyone may: "));
    for (size_t i = 0; i < home->everyone_count; i++) {
        sentence_add(&s, say_text(i ? ", " : ""));
        sentence_add(&s, say_code(home->everyone[i]));
    }
    home_item(p, s.spans);
    home_item(p,
              LINE(say_text("How each is used: "), say_typed(p->card, "help")));
}

static void ask_item(struct place *p, const struct home *home)
{
    struct sentence s = { 0 };
    size_t shown = least(home->admin_count, ADMINS_SHOWN);

    if (home->lacking == 0)
        return;
    sentence_add(&s, say_fmt(p->card,
                             "%zu more need rights that you do not "
                             "have: ",
                             home->lacking));
    sentence_add(&s, say_typed(p->card, "help --all"));
    sentence_add(&s, say_text(shown ? " says which. Whom to ask: "
                                    : " says which and who has them."));
    for (size_t i = 0; i < shown; i++) {
        sentence_add(&s, say_text(words_between(i, shown)));
        sentence_add(&s, say_user(home->admins[i], ""));
    }
    home_item(p, s.spans);
}

void home_rights(struct place *p, const struct home *home)
{
    home_heading(p, TONE_HELP, "What you may do");
    rights_item(p, home);
    everyone_item(p, home);
    ask_item(p, home);
}
