/*
 * act: what people do, and what became of it.
 *
 * Every command, click, submission and event is one act with a number. The
 * last ACTS_KEPT are remembered: for the app's ack, for the trigger_id (3 s,
 * single use) and for the question what an interaction has caused. One thread.
 */
#ifndef SANDBOX_ACT_H
#define SANDBOX_ACT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct world;
struct user;
struct channel;
struct message;
struct view;

#define ACTS_KEPT 8192
#define ACT_MADE  8 /* an ack, five posts by response URL, Slackbot */
#define ACT_ID    24

enum act_kind { ACT_COMMAND, ACT_CLICK, ACT_SUBMIT, ACT_CLOSE, ACT_EVENT };

struct act {
    unsigned number; /* 0: unused */
    char id[ACT_ID]; /* what the wire calls the interaction */
    enum act_kind kind;
    char *user;
    struct channel *channel; /* NULL in a view */
    char *command;           /* "/ops" */
    char *view_id;           /* the view it happened in */
    char *shown;             /* the view it opened or changed */
    json_t *errors;          /* refused fields of a submission */
    char *trigger;           /* or NULL */
    bool trigger_used;
    int64_t at_ms;
    struct {
        struct channel *channel;
        int64_t ts;
    } made[ACT_MADE];
    unsigned made_count;
};

struct acts {
    struct act *ring; /* ACTS_KEPT of them */
    unsigned last;    /* number of the newest */
};

void acts_init(struct acts *acts);
void acts_dispose(struct acts *acts);

struct act *act_new(struct world *w, enum act_kind kind, const char *user);
/* NULL: unknown, or too long ago. */
struct act *act_find(struct world *w, const char *id);
/* Gives it a trigger_id. Borrowed. */
const char *act_trigger(struct world *w, struct act *act);
/* Uses a trigger_id up. NULL and *out, or Slack's error. */
const char *act_trigger_use(struct world *w, const char *trigger,
                            struct act **out);
/* The same questions without using it up. */
const char *act_trigger_look(struct world *w, const char *trigger,
                             struct act **out);

/* Remembers what it brought about. */
void act_made(struct act *act, struct channel *ch, const struct message *m);
void act_shows(struct act *act, const struct view *view);

/* {"ok":false,"error":…}, formatted. New. */
json_t *act_refused(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* {"ok":true,"interaction":…}. New. */
json_t *act_accepted(const struct act *act);

/* Where somebody speaks: NULL and *user, *ch; or a refusal: one of them is
 * not there, or not in the channel. */
json_t *act_place(struct world *w, const json_t *how, struct user **user,
                  struct channel **ch);

/* "<@U0ANN|ann>", "<#C0OPS>", "<!here>", "<https://…>": the length of one of
 * Slack's own marks at text, which begins with '<'; 0: it is none. */
size_t act_mark(const char *text);
/* The three characters that Slack escapes in what people type; its marks stay
 * as they are. New. */
char *act_escaped(const char *text);

/* What world_act's verbs do; see sandbox.h. New answers. */
json_t *act_command(struct world *w, const json_t *how);
json_t *act_click(struct world *w, const json_t *how);
json_t *act_submit(struct world *w, const json_t *how);
json_t *act_close(struct world *w, const json_t *how);
json_t *act_home(struct world *w, const json_t *how);
json_t *act_mention(struct world *w, const json_t *how);
json_t *act_message(struct world *w, const json_t *how);
json_t *act_event(struct world *w, const json_t *how);

#endif
