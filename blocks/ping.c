/* ping: see ping.h. */
#include "blocks/ping.h"

#include <string.h>

#include "blocks/sentence.h"
#include "blocks/words.h"
#include "core/base/clock.h"
#include "core/rights.h"

/* ---- ping ---------------------------------------------------------------- */

static void peer_field(struct card *card, const struct ping_peer *peer,
                       int64_t now)
{
    char us[WORDS_TEXT], age[CLOCK_TEXT];

    if (peer->down && peer->down_since)
        card_field(
            card, peer->name,
            LINE(say_text("down since "), say_when(peer->down_since, now)));
    else if (peer->down)
        card_field(card, peer->name, LINE(say_text("not connected")));
    else if (peer->by_url)
        card_field(card, peer->name, LINE(say_text("by request URLs")));
    else if (peer->us < 0)
        card_field(card, peer->name, LINE(say_text("not measured yet")));
    else if (peer->age_ms < 0)
        card_field(card, peer->name, LINE(say_text(words_us(peer->us, us))));
    else
        card_field(
            card, peer->name,
            LINE(say_fmt(card, "%s, measured %s ago", words_us(peer->us, us),
                         clock_age(peer->age_ms, age))));
}

/* The names of those that are down, as a sentence begins. */
static void title_down(struct card *card, const struct ping_peer *const *down,
                       size_t n)
{
    struct buf names = { 0 };

    for (size_t i = 0; i < n; i++)
        buf_fmt(&names, "%s%s", words_between(i, n), down[i]->name);
    card_title(card, TONE_BAD, "I am here, but %s %s down", buf_text(&names),
               n == 1 ? "is" : "are");
    buf_dispose(&names);
}

static void ping_title(struct card *card, const struct ping *ping)
{
    const struct ping_peer *peers[] = { &ping->redis, &ping->postgres,
                                        &ping->slack };
    const struct ping_peer *down[3];
    size_t n = 0;

    for (size_t i = 0; i < 3; i++)
        if (peers[i]->down)
            down[n++] = peers[i];
    if (n > 0)
        title_down(card, down, n);
    else
        card_title(card, TONE_OK, "pong");
}

void ping_card(struct card *card, const struct ping *ping)
{
    char age[CLOCK_TEXT];

    ping_title(card, ping);
    peer_field(card, &ping->redis, ping->now);
    peer_field(card, &ping->postgres, ping->now);
    peer_field(card, &ping->slack, ping->now);
    card_field(card, "Version", LINE(say_text(ping->version)));
    card_field(card, "Up for", LINE(say_text(clock_age(ping->uptime_ms, age))));
    card_field(card, "Replica", LINE(say_code(ping->replica)));
    if (ping->connected_ms >= 0)
        card_note(card, LINE(say_fmt(card, "Connected to Slack for %s",
                                     clock_age(ping->connected_ms, age))));
    card_action(card, &(struct action){ .label = "Ping again",
                                        .command = "ping",
                                        .replace = true });
}

void version_card(struct card *card, const struct ping *ping)
{
    char age[CLOCK_TEXT];

    card_title(card, TONE_INFO, "opsbot %s", ping->version);
    card_field(card, "Up for", LINE(say_text(clock_age(ping->uptime_ms, age))));
    card_field(card, "Replica", LINE(say_code(ping->replica)));
}

/* ---- whoami --------------------------------------------------------------- */

static void list_field(struct card *card, const char *label,
                       const char *const *names, size_t n)
{
    struct buf line = { 0 };

    for (size_t i = 0; i < n; i++)
        buf_fmt(&line, "%s%s", words_between(i, n), names[i]);
    card_field(card, label, LINE(say_text(n ? buf_text(&line) : "none")));
    buf_dispose(&line);
}

static void role_text(struct sentence *s, const struct whoami_role *r)
{
    sentence_add(s, say_text(r->role->name));
    if (r->role->channels_count == 0 && !r->stale)
        return;
    sentence_add(s, say_text(" ("));
    if (r->stale)
        sentence_add(s, say_text("by a group read too long ago"));
    if (r->role->channels_count) {
        sentence_add(s, say_text(r->stale ? ", only in " : "only in "));
        sentence_channels(s, (const char *const *)r->role->channels,
                          r->role->channels_count);
    }
    sentence_add(s, say_text(")"));
}

static void roles_field(struct card *card, const struct whoami *who)
{
    struct sentence s = { 0 };

    for (size_t i = 0; i < who->role_count; i++) {
        sentence_add(&s, say_text(words_between(i, who->role_count)));
        role_text(&s, &who->roles[i]);
    }
    card_field(card, "Roles",
               who->role_count ? s.spans : LINE(say_text("none")));
}

/* A mention would call all of them where the card is shared. */
static void groups_field(struct card *card, const struct whoami *who)
{
    struct sentence s = { 0 };

    for (size_t i = 0; i < who->group_count; i++) {
        const struct whoami_group *g = &who->groups[i];
        bool named = *g->name.handle;

        sentence_add(&s, say_text(words_between(i, who->group_count)));
        sentence_add(&s, say_fmt(card, "%s%s", named ? "@" : "",
                                 named ? g->name.handle : g->name.id));
        sentence_add(&s, say_text(", read "));
        sentence_add(&s, say_when(g->since, who->now));
        sentence_add(&s, say_text(g->stale ? ", too long ago" : ""));
    }
    if (who->group_count)
        card_field(card, "Groups", s.spans);
}

/* ---- rights ------------------------------------------------------------------ */

#define RIGHTS_SHOWN 24

struct rights {
    const char *names[RIGHTS_SHOWN];
    size_t count;
};

static void add_right(struct rights *r, const char *right)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->names[i], right) == 0)
            return;
    if (r->count < RIGHTS_SHOWN)
        r->names[r->count++] = right;
}

/* Of a role by a group that was read too long ago, halt is what is left. */
static void add_rights(struct rights *out, const struct whoami_role *r)
{
    if (r->stale && rights_gives(r->role, "halt"))
        add_right(out, "halt");
    for (unsigned i = 0; !r->stale && i < r->role->rights_count; i++)
        add_right(out, r->role->rights[i]);
}

static void rights_here_field(struct card *card, const struct whoami *who)
{
    struct rights here = { 0 };

    if (who->admin)
        add_right(&here, "*");
    for (size_t i = 0; !who->admin && i < who->role_count; i++)
        if (who->roles[i].here)
            add_rights(&here, &who->roles[i]);
    list_field(card, "Rights here", here.names, here.count);
}

static void rights_elsewhere_field(struct card *card, const struct whoami *who)
{
    struct sentence s = { 0 };

    for (size_t i = 0; !who->admin && i < who->role_count; i++) {
        const struct whoami_role *r = &who->roles[i];
        struct rights there = { 0 };

        if (r->here)
            continue;
        add_rights(&there, r);
        for (size_t n = 0; n < there.count; n++) {
            sentence_add(&s, say_text(n ? ", " : s.count ? "; " : ""));
            sentence_add(&s, say_text(there.names[n]));
        }
        if (there.count == 0)
            continue;
        sentence_add(&s, say_text(" in "));
        sentence_channels(&s, (const char *const *)r->role->channels,
                          r->role->channels_count);
    }
    if (s.count)
        card_field(card, "Rights elsewhere", s.spans);
}

static void whoami_lead(struct card *card, const struct whoami *who)
{
    if (who->admin)
        card_lead(card, LINE(say_text("You are an administrator and hold every "
                                      "right.")));
    else if (who->may_not_count == 0)
        card_lead(card, LINE(say_text("You may use every command here.")));
    else if (who->may_count == 0)
        card_lead(card, LINE(say_text("Here you may use what everyone may, "
                                      "and nothing that needs a right.")));
    else
        card_lead(card, LINE(say_text("Here you may use what everyone may, "
                                      "and some of what needs a right.")));
}

/* Who came by the admin API is in no team and no channel. */
static void who_fields(struct card *card, const struct whoami *who)
{
    if (rights_identity(who->user)) {
        card_field(card, "User", LINE(say_code(who->user)));
        return;
    }
    card_field(card, "User",
               LINE(say_user(who->user, who->name), say_text("  "),
                    say_code(who->user)));
    card_field(card, "Team", LINE(say_code(who->team)));
    card_field(card, "Channel",
               LINE(say_channel(who->channel), say_text("  "),
                    say_code(who->channel)));
}

void whoami_card(struct card *card, const struct whoami *who)
{
    card_title(card, TONE_INFO, "You are %s",
               *who->name && !rights_identity(who->user) ? who->name
                                                         : who->user);
    whoami_lead(card, who);
    who_fields(card, who);
    roles_field(card, who);
    groups_field(card, who);
    rights_here_field(card, who);
    rights_elsewhere_field(card, who);
    list_field(card, "By right you may", who->may, who->may_count);
    if (who->may_not_count)
        list_field(card, "You may not", who->may_not, who->may_not_count);
    card_note(card,
              LINE(say_text("What you may do, and whom to ask for more: "),
                   say_typed(card, "help --all")));
    card_action(card, &(struct action){ .label = "Help", .command = "help" });
}
