/* news: what the page is told; see news.h. */
#include "tests/sandbox/world/news.h"

#include <string.h>

#include "tests/sandbox/world/message.h"
#include "tests/sandbox/world/world.h"

/* Who sees a message: an array (new), or NULL: everybody. */
static json_t *readers(const struct channel *ch, const struct message *m)
{
    if (m->ephemeral_to)
        return json_pack("[s]", m->ephemeral_to);
    return ch->kind == CHANNEL_PUBLIC ? NULL : json_incref(ch->members);
}

static void tell(struct world *w, const struct channel *ch,
                 const struct message *m)
{
    json_t *whom = readers(ch, m);
    json_t *seen = message_seen(m);

    json_object_set_new(seen, "channel", json_string(ch->id));
    sandbox_news(w->sb, whom,
                 json_pack("{s:s, s:o}", "type", "message", "message", seen));
    json_decref(whom);
}

void news_message(struct world *w, const struct channel *ch,
                  const struct message *m)
{
    const struct message *parent;

    if (!sandbox_watched(w->sb))
        return;
    parent = m->thread_ts ? message_at(ch, m->thread_ts) : NULL;
    tell(w, ch, m);
    if (parent)
        tell(w, ch, parent);
}

static void tell_one(struct world *w, const char *user, json_t *what)
{
    json_t *whom = json_pack("[s]", user);

    sandbox_news(w->sb, whom, what);
    json_decref(whom);
}

void news_views(struct world *w, const char *user)
{
    json_t *stack;

    if (!sandbox_watched(w->sb))
        return;
    stack = json_array();
    for (const struct view *v = w->views.first; v; v = v->next)
        if (!v->home && strcmp(v->user, user) == 0)
            json_array_append_new(stack, view_seen(v));
    tell_one(w, user, json_pack("{s:s, s:o}", "type", "views", "views", stack));
}

void news_home(struct world *w, const char *user)
{
    const struct view *home;

    if (!sandbox_watched(w->sb))
        return;
    home = view_home(w, user);
    if (home)
        tell_one(
            w, user,
            json_pack("{s:s, s:o}", "type", "home", "view", view_seen(home)));
}

void news_state(struct world *w)
{
    if (sandbox_watched(w->sb))
        sandbox_news(w->sb, NULL, json_pack("{s:s}", "type", "state"));
}
