/*
 * hook_parts: what hook.c, which has the runs, and hook_target.c, which has a
 * target of them, share. Internal to core/ops. One thread: that of the hooks.
 */
#ifndef CORE_OPS_HOOK_PARTS_H
#define CORE_OPS_HOOK_PARTS_H

#include "core/ops/hook.h"
#include "core/ops/hook_http.h"

enum hook_step {
    STEP_TELL,    /* at due: POST */
    STEP_TELLING, /* the POST is under way */
    STEP_PEEK,    /* at due: GET, though the hook was not taken */
    STEP_PEEKING, /* that GET is under way */
    STEP_ASK,     /* at due: GET */
    STEP_ASKING,  /* the GET is under way */
    STEP_OVER,    /* stopped or failed */
};

/* In its run. What it points to is borrowed, but for call: NULL before it has
 * begun, and when it is over. */
struct hook_target {
    struct hook_run *run;
    struct halt_target *shown; /* what people see */
    const struct config_target *config;
    struct hook_call *call;
    enum hook_step step;
    int64_t due;  /* mono ms */
    int attempts; /* of telling */
};

/* A run while it is ours; run is borrowed, as hooks_start() says. */
struct hook_run {
    struct hook_run *next;
    struct halt_run *run;
    int64_t deadline; /* mono ms */
    unsigned verify_s;
    char *body;
    bool changed; /* since changed() was told */
    struct hook_target *targets;
    size_t count;
};

struct hooks {
    const struct config_holder *config;
    struct web_deck *deck;
    struct hook_run *runs;
};

/* ---- one target (hook_target.c) ------------------------------------------------ */

/* Where to go on: a target that was asked has been told. One that cannot be
 * told, or is over, is over at once. */
void hook_target_begin(struct hooks *h, struct hook_target *t);
/* Something is to be sent when it is due, … */
bool hook_target_waits(const struct hook_target *t);
/* … which is now. */
void hook_target_request(struct hook_target *t);
/* What came of it. */
void hook_target_answer(struct hook_target *t, const struct hook_answer *a);
/* Its time is over: it has failed. */
void hook_target_expire(struct hook_target *t);
/* No more of it, what is under way included. What people see of it stays. */
void hook_target_drop(struct hook_target *t);

#endif
