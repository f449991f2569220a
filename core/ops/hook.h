/*
 * hook: tells targets to stop or start, and asks them whether they have.
 *
 * One curl multi handle, any number of runs at once, each target on its own:
 * a slow one delays nobody. A hook is a POST of {"action","scope",
 * "generation","reason","by","at","op"} with Authorization: Bearer, retried
 * until the time is over (a redirect and a 4xx other than 408, 425 and 429
 * are final), with Idempotency-Key: <op>; then the target's health is asked
 * every 200 ms until it says what it should. After each hook that was not
 * taken it is asked as well: it may have stopped all the same.
 *
 * A stop whose generation is not known (Redis is away) has no "generation":
 * whoever is told must obey it at once, whatever it has seen before. A start
 * always has one.
 * Nothing goes through a proxy;
 * certificates are verified; answers are read up to 64 KiB. One thread.
 */
#ifndef CORE_OPS_HOOK_H
#define CORE_OPS_HOOK_H

#include "core/config_now.h"
#include "core/ops/halt.h"

struct hooks;

/* config borrowed for life; a run goes by what it was when that began.
 * curl_global_init() has been called. */
struct hooks *hooks_new(const struct config_holder *config);
void hooks_free(struct hooks *h); /* what is under way ends; NULL is fine */

/* Begins, or takes up again, a run: tells and asks all targets that are
 * neither stopped nor failed, for halt.verify_s from now. Borrows run until
 * changed() has been told that it is finished, or hooks_free(); changes its
 * targets here and in hooks_turn() only. Of two runs of one scope with
 * opposite actions only the later goes on, whichever was started first: what
 * is open of the other fails as overtaken. */
void hooks_start(struct hooks *h, struct halt_run *run);

/* Works for up to wait_ms, less when something happened. changed() is called
 * once for each run whose targets have changed (run->finished: for the last
 * time); it may free a finished run and start others. */
void hooks_turn(struct hooks *h, int wait_ms,
                void (*changed)(void *arg, struct halt_run *run), void *arg);
/* Wakes hooks_turn(). Any thread. */
void hooks_wake(struct hooks *h);
size_t hooks_running(const struct hooks *h);
/* Whether run is still borrowed: one that was overtaken is finished before
 * changed() has been told. */
bool hooks_have(const struct hooks *h, const struct halt_run *run);

#endif
