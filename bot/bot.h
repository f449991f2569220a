/*
 * bot: the running daemon: every thread, started in the order of what needs
 * what, stopped in the order in which nothing is lost.
 *
 *   start  state directory and journal, sender, socket (no thread yet), prober
 *          (stores probed, database migrated; no thread yet), scheduler,
 *          poster, jobs, halter, checkers, askings, workers, intake, keeper,
 *          the threads of prober and socket, http
 *   stop   http (answers no more requests), socket (answers what is in flight,
 *          closes), scheduler, keeper, prober, workers, askings, http (writes
 *          what they answered), checkers, halter, jobs, poster, sender, intake
 *          (removes what is settled)
 */
#ifndef BOT_BOT_H
#define BOT_BOT_H

#include "core/config.h"

struct bot;

/* cfg is borrowed for life. ERR_CONFIG: a person must change something. */
struct bot *bot_start(const struct config *cfg, struct err *err);

/* Does every thread turn, as /health has it? The thread that started it. */
bool bot_turns(struct bot *bot);

/* At most about 10 s. False: a health check is still under way, which waits
 * for somebody else; all is written, and the process has to end without
 * freeing what it was started with. */
MUST_CHECK bool bot_stop(struct bot *bot);

#endif
