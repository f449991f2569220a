/* world: construction, and what people do by its name; see world.h. */
#include "tests/sandbox/world/world.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define START_HOST "127.0.0.1"

static const struct {
    const char *verb;
    json_t *(*run)(struct world *w, const json_t *how);
} verbs[] = {
    { "click", act_click },     { "close", act_close },
    { "command", act_command }, { "event", act_event },
    { "home", act_home },       { "mention", act_mention },
    { "message", act_message }, { "submit", act_submit },
};

struct world *world_new(struct sandbox *sb)
{
    struct world *w = xcalloc(1, sizeof(*w));

    w->sb = sb;
    w->host = xstrdup(START_HOST);
    team_init(&w->team, world_now(w));
    tokens_init(&w->tokens);
    acts_init(&w->acts);
    hooks_init(&w->hooks);
    limits_init(&w->limits);
    return w;
}

void world_free(struct world *w)
{
    if (!w)
        return;
    views_dispose(&w->views);
    hooks_dispose(&w->hooks);
    files_dispose(&w->files);
    acts_dispose(&w->acts);
    limits_dispose(&w->limits);
    tokens_dispose(&w->tokens);
    team_dispose(&w->team);
    free(w->host);
    free(w);
}

void world_base(struct world *w, const char *host)
{
    if (host && *host)
        text_set(&w->host, host);
}

int64_t world_now(struct world *w)
{
    return sandbox_now_ms(w->sb);
}

char *world_hex(struct world *w, size_t bytes)
{
    char *out = xmalloc(2 * bytes + 1);

    sandbox_hex(w->sb, bytes, out);
    return out;
}

void world_note(struct world *w, const char *what, const char *about)
{
    sandbox_note(w->sb, what, json_pack("{s:s}", "about", about));
}

json_t *world_act(struct world *w, const char *verb, const json_t *how)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
        if (strcmp(verbs[i].verb, verb) == 0)
            return verbs[i].run(w, how);
    return act_refused("%s: nobody can do that", verb);
}
