/* refusal: see refusal.h. */
#include "blocks/refusal.h"

#include <string.h>

#include "blocks/sentence.h"
#include "blocks/words.h"

#define PEOPLE_SHOWN 6

static struct span group(const struct refusal *r, const char *id)
{
    for (size_t i = 0; i < r->group_count; i++)
        if (strcmp(r->groups[i].id, id) == 0)
            return say_group(id, r->groups[i].handle);
    return say_group(id, "");
}

/* ---- who has it --------------------------------------------------------------- */

/* Returns how many of them were said. */
static size_t say_users(struct sentence *s, char *const *users, size_t count,
                        size_t before, size_t all)
{
    size_t i = 0;

    for (; i < count && before + i < PEOPLE_SHOWN; i++) {
        sentence_add(s, say_text(words_between(before + i, all)));
        sentence_add(s, say_user(users[i], ""));
    }
    return i;
}

static void say_more(struct card *card, struct sentence *s, size_t all)
{
    if (all > PEOPLE_SHOWN)
        sentence_add(s, say_fmt(card, " and %zu more", all - PEOPLE_SHOWN));
}

static void say_people(struct card *card, struct sentence *s,
                       const struct refusal *r, const struct config_role *role)
{
    size_t groups = role->groups_count, all = groups + role->users_count;
    /* "a, b and 3 more" has no other "and". */
    size_t joined = all > PEOPLE_SHOWN ? all + 1 : all, said = 0;

    for (; said < groups && said < PEOPLE_SHOWN; said++) {
        sentence_add(s, say_text(words_between(said, joined)));
        sentence_add(s, group(r, role->groups[said]));
    }
    say_users(s, role->users, role->users_count, said, joined);
    say_more(card, s, all);
}

static void role_row(struct card *card, const struct refusal *r,
                     const struct config_role *role)
{
    struct sentence s = { 0 };

    sentence_add(&s, say_bold(role->name));
    sentence_add(&s, say_text(" has it: "));
    if (role->everyone)
        sentence_add(&s, say_text("everyone"));
    else if (role->groups_count + role->users_count == 0)
        sentence_add(&s, say_text("nobody is in this role yet"));
    else
        say_people(card, &s, r, role);
    if (role->channels_count) {
        sentence_add(&s, say_text(", only in "));
        sentence_channels(&s, (const char *const *)role->channels,
                          role->channels_count);
    }
    card_row(card, s.spans);
}

static void admins_row(struct card *card, const struct refusal *r)
{
    size_t all = r->admin_count;
    struct sentence s = { 0 };

    if (all == 0)
        return;
    sentence_add(&s, say_bold("admins"));
    sentence_add(&s, say_text(" have every right: "));
    say_users(&s, r->admins, all, 0, all > PEOPLE_SHOWN ? all + 1 : all);
    say_more(card, &s, all);
    card_row(card, s.spans);
}

static void holders(struct card *card, const struct refusal *r)
{
    const struct rights_gap *gap = r->gap;

    for (size_t i = 0; i < gap->role_count; i++)
        role_row(card, r, gap->roles[i]);
    if (gap->more_roles)
        card_row(card,
                 LINE(say_fmt(card, "and %zu more role%s", gap->more_roles,
                              words_s((int64_t)gap->more_roles))));
    admins_row(card, r);
    if (gap->role_count == 0)
        card_row(card, LINE(say_text(r->admin_count ? "No role gives it yet."
                                                    : "Nobody has it yet.")));
}

/* ---- why the asker has not ------------------------------------------------------ */

static void elsewhere(struct card *card, const struct refusal *r)
{
    struct sentence s = { 0 };

    if (r->gap->channel_count == 0)
        return;
    sentence_add(&s, say_text("You may do it in "));
    sentence_channels(&s, r->gap->channels, r->gap->channel_count);
    sentence_add(&s, say_text(": type it there."));
    card_row(card, s.spans);
}

static struct span since_when(const struct refusal *r)
{
    return r->gap->failing_since ? say_when(r->gap->failing_since, r->now)
                                 : say_text("");
}

static void groups_rows(struct card *card, const struct refusal *r)
{
    const struct rights_gap *gap = r->gap;
    bool failing = gap->failing_since != 0;

    if (gap->stale)
        card_row(card,
                 LINE(say_text("You were in "), group(r, gap->stale),
                      say_text(" when Slack last said who is, "),
                      say_when(gap->stale_since, r->now),
                      say_text(". That counts for 24 h"),
                      say_text(failing ? "; Slack has not said it since " : ""),
                      since_when(r), say_text(".")));
    else if (gap->unread)
        card_row(card,
                 LINE(say_text("Who is in "), group(r, gap->unread),
                      say_text(" is not known yet: Slack has not said it"),
                      say_text(failing ? ", asked since " : ""), since_when(r),
                      say_text(".")));
}

/* ---- how it is given ------------------------------------------------------------ */

static bool any_group(const struct rights_gap *gap)
{
    for (size_t i = 0; i < gap->role_count; i++)
        if (gap->roles[i]->groups_count)
            return true;
    return false;
}

static void how(struct card *card, const struct refusal *r)
{
    if (!r->from_file)
        card_note(card,
                  LINE(say_text("How it is given: "), say_code("OPSBOT_ADMINS"),
                       say_text(" names who has every right; a single right "
                                "needs a configuration file with "),
                       say_code("roles:"), say_text(".")));
    else if (r->gap->role_count == 0)
        card_note(card, LINE(say_text("How it is given: in the configuration "
                                      "file, add "),
                             say_code(r->right), say_text(" to the "),
                             say_code("rights"), say_text(" of a role under "),
                             say_code("roles:"), say_text(".")));
    else
        card_note(
            card,
            LINE(say_text("How it is given: in the configuration file, add "),
                 say_code(r->user), say_text(" to the "), say_code("users"),
                 say_text(" of such a role"),
                 say_text(any_group(r->gap)
                              ? ", or in Slack to its user group (read every "
                                "10 minutes)."
                              : ".")));
}

void refusal_rows(struct card *card, const struct refusal *r)
{
    elsewhere(card, r);
    groups_rows(card, r);
    holders(card, r);
    how(card, r);
}
