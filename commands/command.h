/*
 * command: the contract between what a person typed and what answers it.
 *
 * A command is one const entry in one sorted table (registry.c). Two shapes:
 *
 *   quick     ask() appends the Redis reads it needs, answer() makes the card
 *             from the replies. Up to 16 share one round trip and one commit.
 *   straight  run(): top to bottom, alone, on a slow worker; may use Redis
 *             and Postgres directly.
 *
 * The reachable world of a handler is its struct call. Handlers are re-entrant
 * and keep nothing. The card is the caller's; the handler only fills it.
 */
#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

#include "blocks/card.h"
#include "commands/args.h"
#include "core/base/log.h"
#include "core/config.h"
#include "core/ops/act.h"
#include "core/ops/halt.h"
#include "core/ops/journal.h"
#include "core/ops/outbox.h"
#include "core/rights.h"
#include "core/store/db.h"
#include "core/store/redis.h"

/* What the daemon knows of itself; a snapshot, for ping and health. */
struct vitals {
    const char *version;
    const char *replica;
    int64_t uptime_ms;
    bool socket_off;      /* Slack comes by request URLs alone */
    int64_t socket_up_ms; /* since hello; -1: not connected */
    int64_t slack_us;     /* last WebSocket round trip; -1: none yet */
    int64_t slack_age_ms; /* how old that measurement is */
    const struct store_health *redis;
    const struct store_health *postgres;
    int64_t redis_refuses;  /* wall ms since when it takes no writes; 0 */
    int64_t outbox_waiting; /* posts not out yet; -1: not known */
    int64_t outbox_oldest_ms;
    int64_t outbox_undeliverable; /* -1: not known */
    int64_t journal_waiting;      /* records that no store has; -1: there is no
                                   * journal */
    int64_t alerts_held;          /* outside Postgres; -1: not known */
    int64_t alerts_unread_since;  /* their stream; wall ms, 0: it is read */
};

struct round;       /* core/check/round.h */
struct alert_event; /* core/alert/event.h */

/* What the daemon offers to commands. Any thread; any member may be NULL. */
struct services {
    struct roster *roster;
    struct journal *journal;
    struct check_board *board;    /* how each check stands by now */
    void *arg;                    /* of these: */
    void (*job_added)(void *arg); /* a job row was committed */
    /* Tells and verifies the targets, and keeps the card true. Takes run.
     * recorded: its row and card are in Postgres. */
    void (*halt_begun)(void *arg, struct halt_run *run, const struct act *act,
                       bool recorded);
    /* Asks the checks of round now, all at once, each on a thread of its own;
     * returns at once, and keeps a reference until all are in. False: too many
     * people ask already. */
    bool (*checks_ask)(void *arg, struct round *round);
    /* Opens a modal for whoever made the trigger, within a second or two: it
     * dies after three. view: form_view(). ERR_SLACK. */
    bool (*open_view)(void *arg, const char *trigger_id, const char *view,
                      struct err *err);
    /* Takes an event as if it had come in, and waits for that, a second or
     * two. *held: Postgres is away, and it is kept elsewhere. What event holds
     * is taken, also on failure. */
    bool (*alert_raise)(void *arg, struct alert_event *event, bool *held,
                        struct err *err);
};

/* The card that was pressed on, as it is after the command: it takes its own
 * place by the press's response URL, before anything else is posted; what is
 * held of the outbox goes on after it. message: chat.postMessage arguments
 * without channel, heap; NULL: none. */
struct card_edit {
    char *message;
    struct outbox_hold hold;
};
void card_edit_dispose(struct card_edit *edit);

/*
 * An answer that is not there yet, because it waits for checks. Made by a
 * handler, for call->later; owned by the daemon from then on, which shows it
 * when the round is complete, or after LATER_MS with what is there, and then
 * again, for good, when the rest is in. A crash in between repeats it from
 * the start: for reads alone.
 */
#define LATER_MS 2000
struct later {
    struct round *round; /* one reference is ours */
    void *arg;           /* of these, called by one thread at a time: */
    /* The card by now; nothing is waited for. vitals: a snapshot of then. */
    void (*show)(void *arg, const struct vitals *vitals, int64_t now,
                 struct card *card);
    void (*dispose)(void *arg);
};
void later_free(struct later *later); /* NULL is fine */

/* One command on its way to an answer. All text borrowed; "" if absent. */
struct call {
    struct act act;
    struct args args; /* the words after the command's name, parsed */
    const struct config *config;
    const struct services *services;
    const struct vitals *vitals;
    struct redis *redis; /* straight commands only, as is db */
    struct db *db;
    struct log_ctx log;
    const char *response_url;
    const char *trigger_id;
    const char *message_ts; /* of a press, and of a form that it opened: the
                             * message it was on; or "" */
    int64_t seen;           /* … the version of that card; 0: not known */
    int64_t now;            /* wall ms, taken once */
    enum voucher voucher;   /* who says who it is */
    bool pressed;           /* by a button, not typed */
    bool home;              /* on App Home, which is shown anew after it */
    bool filled_in; /* a form was submitted: it stays until the answer */
    bool recovered; /* taken over from a dead replica */
    /* out: for the audit row; NULL means "ok", "asked" that nothing was done
     * but to ask */
    const char *outcome;
    bool begun;  /* out: its attempt is recorded under its operation, and what
                 * goes on with it will record the outcome */
    bool silent; /* out: the modal that it opened is its answer, or App Home,
                  * where it was pressed: nothing is said */

    struct card_edit edit; /* out: the card that was pressed on */
    struct later *later;   /* out, heap: the card is not the answer, this will
                          * be; NULL: the card is */
    const char *field;     /* out: the argument that an ERR_USER is about, as a
                          * form names it; NULL: none */
    const char *missing;   /* out, by call_needs(): a right besides that of the
                          * command */
};

struct command {
    const char *name;         /* "dlq requeue": one or two words */
    const char *group;        /* "dlq": its heading in help */
    const char *usage;        /* "<stream> <id>" or "" */
    const char *summary;      /* one line, no full stop */
    const char *example;      /* "dlq requeue notify.events 1700000000000-0" */
    const char *right;        /* "dlq.requeue", or NULL: everyone */
    const char *const *flags; /* NULL-ended: "page=" takes a value, "all" does
                               * not; NULL: none. --share besides, unless it
                               * changes something */
    int min_words, max_words; /* positional words; max -1: any number */
    bool text;      /* its last words are a text: any number of them */
    bool changes;   /* has an effect: recovery asks, never repeats … */
    int recover_ms; /* … one that is younger than this */
    bool urgent;    /* for the worker that is kept for halts */
    /* With these words it only asks for a confirmation: no effect, and another
     * question each time. NULL: never. */
    bool (*prompts)(const struct args *args);
    /* For recovery: true when it was begun, and running it again finishes it.
     * NULL: when its operation is recorded. */
    bool (*begun)(struct db *db, const struct call *call, bool *begun,
                  struct err *err);
    void (*ask)(const struct call *call, struct reads *reads);
    bool (*answer)(struct call *call, const struct reads *reads,
                   struct card *card, struct err *err);
    bool (*run)(struct call *call, struct card *card, struct err *err);
};

enum lane { LANE_QUICK, LANE_SLOW, LANE_URGENT };

/*
 * What a text means: the command, with its arguments parsed and its right
 * checked. Always gives an entry to run (help for nothing, a refusal or an
 * explanation otherwise): a problem is written to err and command_find()
 * returns NULL; then command_problem() makes the card.
 * args is the caller's: args_dispose() in any case.
 */
const struct command *command_find(const struct asker *who, const char *text,
                                   struct args *args, struct err *err);

/* Whoever made the call, as rights_allow() wants it; and whether they have a
 * right: buttons that would be refused are not offered. */
struct asker call_asker(const struct call *call);
bool call_may(const struct call *call, const char *right);

/* The words from the i-th on as one text (args_text()), without secrets: for
 * what is kept and shown. Heap. */
char *call_text(const struct call *call, size_t i);

/* For a flag that needs a right of its own (`unhalt --force`): ERR_DENIED, and
 * the refusal says what that right is. right: a constant. what:
 * "--force". */
MUST_CHECK bool call_needs(struct call *call, const char *what,
                           const char *right, struct err *err);

/* Of a call that was refused: which right is missing and why, for its audit
 * row. A JSON object, heap; NULL when it was refused for something else. */
char *command_denial(const struct call *call);

/* The command that a text names, whatever its arguments and rights, or NULL.
 * For the audit row of a refusal. Cheap, as is command_lane(); any thread. */
const struct command *command_named(const char *text);

/* Which workers a text is for. */
enum lane command_lane(const char *text);

/* For a text that names no command: the line that was probably meant, ready
 * to run. Heap, or NULL when nothing is near. */
char *command_meant(const char *text);

/* The card for a failure of any kind: what happened, what it means, what to
 * do next. */
void command_problem(struct card *card, const struct call *call,
                     const struct err *err);

/* The card for a changing command that a dead replica left unanswered (design
 * §3.3): nothing was changed; a button runs text. */
void command_ask_again(struct card *card, const struct call *call,
                       const char *text);

/* True when these words have an effect: not for a read, nor for a question. */
bool command_acts(const struct command *c, const struct args *args);

/* True when the call's operation has a committed intent: running c again
 * finishes it or answers with what came of it. */
MUST_CHECK bool command_begun(struct db *db, const struct command *c,
                              const struct call *call, bool *begun,
                              struct err *err);

/* Finishes intents older than min_age_ms that have no outcome, with their
 * cards; acknowledgements once no alert waits in Redis or the journal (NULL:
 * there is none). Safe to run anywhere, twice, at once. */
MUST_CHECK bool command_settle(struct redis *redis, struct db *db,
                               struct journal *journal,
                               const struct config *cfg, int64_t min_age_ms,
                               size_t *settled, struct err *err);

/* The table, in order; count is set. For help and tests. */
const struct command *const *command_table(size_t *count);

#endif
