/* bulk: see bulk.h. Each step may be the last one before a crash. */
#include "commands/bulk.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/job.h"
#include "commands/registry.h"
#include "core/base/digest.h"

#define RATE_MOST 100000 /* entries a second */

static struct job_view view_of(const struct call *call)
{
    return (struct job_view){ .now = call->now,
                              .trash_days = call->config->keep.trash };
}

const char *bulk_right(enum job_kind kind)
{
    switch (kind) {
    case JOB_REQUEUE:
        return command_dlq_requeue.right;
    case JOB_DISCARD:
        return command_dlq_discard.right;
    case JOB_RESTORE:
        break;
    }
    return command_dlq_restore.right;
}

/* ---- what was asked for ---------------------------------------------------------- */

/* Owns what it found: wish_dispose(). */
struct wish {
    enum job_kind kind;
    struct stream_name name;
    struct job_set set;
    int rate;
};

static void wish_dispose(struct wish *w)
{
    stream_name_dispose(&w->name);
    job_set_dispose(&w->set);
}

bool bulk_prompts(const struct args *args)
{
    return args_flag(args, "all") || args->count != 2;
}

static bool rate_of(const struct args *args, int *rate, struct err *err)
{
    const char *text = args_flag(args, "rate");
    long n = JOB_RATE;

    if (text && strcmp(text, "max") == 0)
        n = 0;
    else if (text && !args_number(text, 1, RATE_MOST, &n, err))
        return err_prefix(err, "`--rate` takes entries a second, or `max`");
    *rate = (int)n;
    return true;
}

static bool words_fit(const struct call *call, struct err *err)
{
    bool all = args_flag(&call->args, "all") != NULL;

    if (all && call->args.count > 1)
        return err_set(err, ERR_USER,
                       "Name entries, or say `--all`: both at once is not "
                       "clear. Nothing was changed.");
    if (!all && call->args.count < 2)
        return err_set(err, ERR_USER,
                       "Which entries of `%.100s`? Name their ids, or say "
                       "`--all`.",
                       args_word(&call->args, 0));
    return true;
}

/* What the words say, as Redis has it now. */
static bool wish_from(struct call *call, struct wish *w, struct err *err)
{
    const char *ids[ARGS_WORDS];
    size_t count = call->args.count - 1;

    if (!words_fit(call, err) || !rate_of(&call->args, &w->rate, err) ||
        !streams_resolve(call->redis, call->config, args_word(&call->args, 0),
                         &w->name, err))
        return false;
    for (size_t i = 0; i < count; i++)
        ids[i] = args_word(&call->args, i + 1);
    return job_set_find(call->redis, w->kind, &w->name, count ? ids : NULL,
                        count, &w->set, err);
}

/* ---- a job begins ---------------------------------------------------------------- */

static char *body(const struct job *job, void *arg)
{
    const struct call *call = arg;
    struct job_view view = view_of(call);

    return job_message(job, &view, command_slash(call->config));
}

/* Where the bot is no member the card goes by response URL: only where it was
 * asked for. */
static const char *url_for(const struct call *call, const struct act *act)
{
    return strcmp(call->act.channel, act->channel) == 0 ? call->response_url
                                                        : NULL;
}

/* Joins the open transaction and commits it. */
static bool begin(struct call *call, const struct act *act,
                  const struct json_doc *bound, bool *added, struct err *err)
{
    struct job_start start = {
        .act = act,
        .bound = bound,
        .response_url = url_for(call, act),
        .body = body,
        .arg = call,
    };

    if (!job_begin(call->db, call->config, &start, added, err) ||
        !db_commit(call->db, err))
        return false;
    if (call->services && call->services->job_added)
        call->services->job_added(call->services->arg);
    return true;
}

/* How the job stands, for whoever began it. */
static bool answer(struct call *call, const char *id, bool before,
                   struct card *card, struct err *err)
{
    struct job_view view = view_of(call);
    struct job job;
    bool found;

    if (!job_load(call->db, id, &job, &found, err))
        return err_prefix(err,
                          "Operation %.6s is recorded and goes on; how it "
                          "stands could not be seen",
                          id);
    if (!found)
        return err_set(err, ERR_USER,
                       "Operation %.6s was confirmed before, and its job is no "
                       "longer on record.",
                       id);
    if (before)
        call->outcome = "already";
    job_answer_card(card, &job, before, &view);
    job_dispose(&job);
    return true;
}

/* ---- one entry: at once ------------------------------------------------------------ */

/* One press, or one envelope, is one operation: it may have begun before. */
static bool known(struct call *call, bool *found, struct err *err)
{
    struct job job;

    if (!job_load(call->db, call->act.op, &job, found, err))
        return false;
    if (*found)
        job_dispose(&job);
    return true;
}

static bool begin_now(struct call *call, const struct wish *w,
                      struct card *card, struct err *err)
{
    char *text = job_bound_text(w->kind, &w->name, &w->set, w->rate);
    struct json_doc *bound = json_doc_parse(text, strlen(text), err);
    bool added = false;
    bool ok = bound && db_begin(call->db, err) &&
              begin(call, &call->act, bound, &added, err);

    db_rollback(call->db);
    json_doc_free(bound);
    free(text);
    call->begun = ok && added;
    return ok && answer(call, call->act.op, !added, card, err);
}

/* ---- several: asked first ---------------------------------------------------------- */

/* A question that a crash cut is asked anew, under another id: what is shown
 * now may be another set than the one that was recorded. */
static struct act asking(const struct call *call, char op[OP_ID])
{
    struct act act = call->act;

    if (call->recovered) {
        digest_op(op, "asked again", act.op, act.replica, NULL);
        act.op = op;
    }
    return act;
}

static bool ask(struct call *call, const struct wish *w, struct card *card,
                struct err *err)
{
    struct job_view view = view_of(call);
    char *bound = job_bound_text(w->kind, &w->name, &w->set, w->rate);
    char op[OP_ID];
    struct act act = asking(call, op);
    struct job_plan plan = { .kind = w->kind,
                             .name = &w->name,
                             .set = &w->set,
                             .rate = w->rate,
                             .op = act.op };
    bool ok = confirm_ask(call->db, &act, bound, err);

    call->outcome = "asked";
    if (ok)
        job_prompt_card(card, &plan, &view);
    free(bound);
    return ok;
}

/* ---- nothing ------------------------------------------------------------------------ */

static bool nothing(struct call *call, const struct wish *w, struct card *card,
                    struct err *err)
{
    struct job_view view = view_of(call);
    struct job_plan plan = { .kind = w->kind,
                             .name = &w->name,
                             .set = &w->set,
                             .rate = w->rate,
                             .op = call->act.op };
    bool one = !bulk_prompts(&call->args) && w->kind != JOB_RESTORE;
    struct job_mover mover = { 0 };

    if (one && !job_mover_of(call->redis, call->db, call->config, w->name.dlq,
                             args_word(&call->args, 1), &mover, err))
        return false;
    if (one)
        call->outcome = mover.by ? "already" : "gone";
    job_nothing_card(card, &plan, one ? &mover : NULL, &view);
    job_mover_dispose(&mover);
    return true;
}

/* ---- all together ------------------------------------------------------------------- */

bool bulk_run(struct call *call, enum job_kind kind, struct card *card,
              struct err *err)
{
    bool prompts = bulk_prompts(&call->args), begun = false, ok;
    struct wish w = { .kind = kind };

    if (!prompts && !known(call, &begun, err))
        return false;
    if (begun)
        return answer(call, call->act.op, true, card, err);
    ok = wish_from(call, &w, err);
    if (ok && w.set.count == 0)
        ok = nothing(call, &w, card, err);
    else if (ok && prompts)
        ok = ask(call, &w, card, err);
    else if (ok)
        ok = begin_now(call, &w, card, err);
    wish_dispose(&w);
    return ok;
}

bool bulk_carry_out(struct call *call, struct confirm *c, struct card *card,
                    struct err *err)
{
    bool added;

    return begin(call, &c->act, c->bound, &added, err) &&
           answer(call, c->id, !added, card, err);
}

bool bulk_stands(struct call *call, struct confirm *c, struct card *card,
                 struct err *err)
{
    return answer(call, c->id, true, card, err);
}

char *bulk_message(struct db *db, const struct config *cfg, const char *id,
                   int64_t now, struct err *err)
{
    struct job_view view = { .now = now, .trash_days = cfg->keep.trash };
    struct job job;
    char *message;
    bool found;

    if (!job_load(db, id, &job, &found, err))
        return NULL;
    if (!found) {
        err_set(err, ERR_USER, "there is no job `%.20s`", id);
        return NULL;
    }
    message = job_message(&job, &view, command_slash(cfg));
    job_dispose(&job);
    return message;
}
