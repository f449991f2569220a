/* act: the record of what people did; see act.h. */
#include "tests/sandbox/world/act.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/api/args.h"
#include "tests/sandbox/world/message.h"
#include "tests/sandbox/world/world.h"

#define TRIGGER_LIFE_MS 3000
#define TRIGGER_TEAM    222

void acts_init(struct acts *acts)
{
    acts->ring = xcalloc(ACTS_KEPT, sizeof(struct act));
}

static void act_dispose(struct act *act)
{
    free(act->user);
    free(act->command);
    free(act->view_id);
    free(act->shown);
    free(act->trigger);
    json_decref(act->errors);
    *act = (struct act){ 0 };
}

void acts_dispose(struct acts *acts)
{
    for (unsigned i = 0; i < ACTS_KEPT; i++)
        act_dispose(&acts->ring[i]);
    free(acts->ring);
}

struct act *act_new(struct world *w, enum act_kind kind, const char *user)
{
    unsigned number = ++w->acts.last;
    struct act *act = &w->acts.ring[number % ACTS_KEPT];

    act_dispose(act);
    act->number = number;
    snprintf(act->id, sizeof(act->id), "act-%u", number);
    act->kind = kind;
    act->user = xstrdup(user);
    act->at_ms = world_now(w);
    return act;
}

static struct act *act_numbered(struct world *w, unsigned number)
{
    struct act *act = &w->acts.ring[number % ACTS_KEPT];

    return number && act->number == number ? act : NULL;
}

struct act *act_find(struct world *w, const char *id)
{
    unsigned number;

    if (!id || sscanf(id, "act-%u", &number) != 1)
        return NULL;
    return act_numbered(w, number);
}

const char *act_trigger(struct world *w, struct act *act)
{
    char *secret = world_hex(w, 16);

    free(act->trigger);
    act->trigger = xasprintf("%u.%d.%s", act->number, TRIGGER_TEAM, secret);
    act->trigger_used = false;
    free(secret);
    return act->trigger;
}

const char *act_trigger_look(struct world *w, const char *trigger,
                             struct act **out)
{
    struct act *act;
    unsigned number;

    if (sscanf(trigger, "%u.", &number) != 1 || !number ||
        number > w->acts.last)
        return "invalid_trigger_id";
    act = act_numbered(w, number);
    if (!act)
        return "expired_trigger_id";
    if (!act->trigger || strcmp(act->trigger, trigger) != 0)
        return "invalid_trigger_id";
    if (act->trigger_used)
        return "exchanged_trigger_id";
    if (world_now(w) - act->at_ms > TRIGGER_LIFE_MS)
        return "expired_trigger_id";
    *out = act;
    return NULL;
}

const char *act_trigger_use(struct world *w, const char *trigger,
                            struct act **out)
{
    const char *error = act_trigger_look(w, trigger, out);

    if (!error)
        (*out)->trigger_used = true;
    return error;
}

void act_made(struct act *act, struct channel *ch, const struct message *m)
{
    for (unsigned i = 0; i < act->made_count; i++)
        if (act->made[i].channel == ch && act->made[i].ts == m->ts)
            return;
    if (act->made_count == ACT_MADE)
        return;
    act->made[act->made_count].channel = ch;
    act->made[act->made_count].ts = m->ts;
    act->made_count++;
}

void act_shows(struct act *act, const struct view *view)
{
    text_set(&act->shown, view->id);
}

json_t *act_refused(const char *fmt, ...)
{
    char *text = NULL;
    json_t *answer;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        abort();
    va_end(ap);
    answer = json_pack("{s:b, s:s}", "ok", 0, "error", text);
    free(text);
    return answer;
}

json_t *act_accepted(const struct act *act)
{
    return json_pack("{s:b, s:s}", "ok", 1, "interaction", act->id);
}

json_t *act_place(struct world *w, const json_t *how, struct user **user,
                  struct channel **ch)
{
    const char *user_id = args_text(how, "user");
    const char *channel_id = args_text(how, "channel");

    *user = team_user(&w->team, user_id);
    *ch = channel_find(&w->team, channel_id);
    if (!*user)
        return act_refused("user: no %s here", user_id ? user_id : "(none)");
    if (!*ch)
        return act_refused("channel: no %s here",
                           channel_id ? channel_id : "(none)");
    if (!channel_has(*ch, user_id))
        return act_refused("%s is not in %s", user_id, channel_id);
    if ((*ch)->archived)
        return act_refused("%s is archived", channel_id);
    return NULL;
}

static json_t *made_messages(const struct act *act)
{
    json_t *messages = json_array();

    for (unsigned i = 0; i < act->made_count; i++) {
        const struct message *m =
            message_at(act->made[i].channel, act->made[i].ts);

        if (m && !m->deleted)
            json_array_append_new(messages, message_seen(m));
    }
    return messages;
}

json_t *world_caused(struct world *w, const char *interaction)
{
    const struct act *act = act_find(w, interaction);
    const struct view *view = NULL;
    json_t *caused;

    if (!act)
        return json_pack("{s:[]}", "messages");
    caused = json_pack("{s:o}", "messages", made_messages(act));
    if (act->shown)
        view = view_find(w, act->shown);
    if (view)
        json_object_set_new(caused, "view", view_seen(view));
    if (act->errors)
        json_object_set(caused, "errors", act->errors);
    return caused;
}
