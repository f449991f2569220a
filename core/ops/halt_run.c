/*
 * halt_run: one halt while its targets are told and asked. No state of its
 * own, any thread; a run belongs to one.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/halt_parts.h"

static const char *const progress_names[] = {
    [TARGET_WAITING] = "waiting",
    [TARGET_ASKED] = "asked",
    [TARGET_STOPPED] = "stopped",
    [TARGET_FAILED] = "failed",
};

/* "all" stops everything; a target without scopes stops with each. */
static bool stops_with(const struct config_target *target, const char *scope)
{
    if (target->scopes_count == 0 || strcmp(scope, HALT_ALL) == 0)
        return true;
    for (unsigned i = 0; i < target->scopes_count; i++)
        if (strcmp(target->scopes[i], scope) == 0)
            return true;
    return false;
}

static void add_targets(struct halt_run *run, const struct config_halt *halt)
{
    run->targets = xcalloc(halt->targets_count + 1, sizeof *run->targets);
    for (unsigned i = 0; i < halt->targets_count; i++) {
        if (!stops_with(&halt->targets[i], run->scope))
            continue;
        run->targets[run->count++] =
            (struct halt_target){ .name = xstrdup(halt->targets[i].name),
                                  .detail = xstrdup(""),
                                  .took_ms = -1 };
    }
}

const struct config_target *halt_target_config(const struct config *cfg,
                                               const char *name)
{
    for (unsigned i = 0; i < cfg->halt.targets_count; i++)
        if (strcmp(cfg->halt.targets[i].name, name) == 0)
            return &cfg->halt.targets[i];
    return NULL;
}

static bool kept(const struct config_target *target, const char *but,
                 const struct halt_list *halted)
{
    if (!target || halted->unknown)
        return true;
    for (size_t i = 0; i < halted->count; i++)
        if (strcmp(halted->halts[i].scope, but) != 0 &&
            stops_with(target, halted->halts[i].scope))
            return true;
    return false;
}

void halt_run_keep(struct halt_run *run, const struct config *cfg,
                   const struct halt_list *halted)
{
    size_t left = 0;

    for (size_t i = 0; i < run->count; i++) {
        struct halt_target *t = &run->targets[i];

        if (kept(halt_target_config(cfg, t->name), run->scope, halted)) {
            free(t->name);
            free(t->detail);
        } else {
            run->targets[left++] = *t;
        }
    }
    run->count = left;
    halt_run_settle(run);
}

struct halt_run *halt_run_new(const struct config *cfg,
                              const struct halt_want *want, int64_t generation,
                              const char *response_url)
{
    const struct act *act = want->act;
    struct halt_run *run = xcalloc(1, sizeof *run);

    *run = (struct halt_run){
        .op = xstrdup(act->op),
        .scope = xstrdup(want->scope),
        .reason = text_cut(want->reason, HALT_REASON),
        .action = want->action,
        .generation = generation,
        .at = want->at,
        .by = xstrdup(act->user),
        .by_name = xstrdup(act->user_name),
        .channel = xstrdup(act->channel),
        .response_url = xstrdup(response_url ? response_url : ""),
        .force = want->force,
    };
    add_targets(run, &cfg->halt);
    halt_run_settle(run);
    return run;
}

void halt_run_free(struct halt_run *run)
{
    if (!run)
        return;
    for (size_t i = 0; i < run->count; i++) {
        free(run->targets[i].name);
        free(run->targets[i].detail);
    }
    free(run->targets);
    free(run->op);
    free(run->scope);
    free(run->reason);
    free(run->by);
    free(run->by_name);
    free(run->channel);
    free(run->response_url);
    free(run);
}

size_t halt_run_stopped(const struct halt_run *run)
{
    size_t stopped = 0;

    for (size_t i = 0; i < run->count; i++)
        stopped += run->targets[i].progress == TARGET_STOPPED;
    return stopped;
}

bool halt_target_over(const struct halt_target *t)
{
    return t->progress == TARGET_STOPPED || t->progress == TARGET_FAILED;
}

void halt_run_settle(struct halt_run *run)
{
    run->finished = true;
    run->took_ms = -1;
    for (size_t i = 0; i < run->count; i++) {
        const struct halt_target *t = &run->targets[i];

        run->finished &= halt_target_over(t);
        if (t->progress == TARGET_STOPPED && t->took_ms > run->took_ms)
            run->took_ms = t->took_ms;
    }
}

bool halt_target_set(struct halt_target *t, enum halt_progress progress,
                     const char *detail)
{
    bool changed = t->progress != progress || strcmp(t->detail, detail) != 0;

    t->progress = progress;
    if (changed) {
        free(t->detail);
        t->detail = xstrdup(detail);
    }
    return changed;
}

void halt_run_overtaken(struct halt_run *run, enum halt_action by,
                        int64_t generation)
{
    char *why =
        generation > 0
            ? xasprintf("overtaken by %s %lld", halt_action_name(by),
                        (long long)generation)
            : xasprintf("overtaken by a later %s", halt_action_name(by));

    for (size_t i = 0; i < run->count; i++)
        if (!halt_target_over(&run->targets[i]))
            halt_target_set(&run->targets[i], TARGET_FAILED, why);
    halt_run_settle(run);
    free(why);
}

/* ---- as JSON ---------------------------------------------------------------- */

char *halt_targets_text(const struct halt_run *run)
{
    struct buf text = { 0 };

    buf_char(&text, '[');
    for (size_t i = 0; i < run->count; i++) {
        const struct halt_target *t = &run->targets[i];
        char *one = json_text(member_str("name", t->name),
                              member_str("state", progress_names[t->progress]),
                              member_str("detail", t->detail),
                              member_int("took_ms", t->took_ms));

        buf_str(&text, i ? "," : "");
        buf_str(&text, one);
        free(one);
    }
    buf_char(&text, ']');
    return buf_take(&text);
}

static enum halt_progress progress_from(const char *name)
{
    for (size_t i = 0; i < sizeof progress_names / sizeof *progress_names; i++)
        if (strcmp(name, progress_names[i]) == 0)
            return (enum halt_progress)i;
    return TARGET_WAITING;
}

static char *text_at(const struct json_doc *doc, size_t i, const char *member)
{
    char *path = xasprintf("%zu.%s", i, member);
    char *text = xstrdup(json_doc_str(doc, path));

    free(path);
    return text;
}

static void target_from(struct halt_target *t, const struct json_doc *doc,
                        size_t i)
{
    char *state = text_at(doc, i, "state");
    char *took = xasprintf("%zu.took_ms", i);

    *t = (struct halt_target){ .name = text_at(doc, i, "name"),
                               .progress = progress_from(state),
                               .detail = text_at(doc, i, "detail"),
                               .took_ms = json_doc_int(doc, took, -1) };
    free(state);
    free(took);
}

void halt_targets_read(struct halt_run *run, const char *text)
{
    struct err err;
    struct json_doc *doc = json_doc_parse(text, strlen(text), &err);

    run->count = doc ? json_doc_count(doc, "") : 0;
    run->targets = xcalloc(run->count + 1, sizeof *run->targets);
    for (size_t i = 0; i < run->count; i++)
        target_from(&run->targets[i], doc, i);
    json_doc_free(doc);
}
