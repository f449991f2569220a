/*
 * bot: the running daemon: every thread, started in the order of what needs
 * what, stopped in the order in which nothing is lost.
 *
 *   start  state directory and journal, sender, slack and socket (no thread
 *          yet), prober (stores probed, database migrated; no thread yet),
 *          scheduler, poster, pager, jobs, halter, checkers, askings, homes,
 *          alerts, workers, intake, keeper, the threads of prober and socket,
 *          http (with slack and admin on it), watch, lifeline
 *   stop   lifeline (no beat begins), http (takes no more requests), watch,
 *          alerts (begins nothing), socket (answers what is in flight, closes),
 *          slack (answers what is in flight), scheduler, keeper, prober,
 *          workers (with what the admin API asked), homes, alerts (its queue is
 *          held or refused), askings, http (writes what they answered),
 *          checkers, halter, jobs, pager, poster, sender, lifeline, intake
 *          (removes what is settled)
 */
#ifndef BOT_BOT_H
#define BOT_BOT_H

#include <sys/types.h>

#include "core/config_now.h"

struct bot;

/* config is borrowed for life. ERR_CONFIG: a person must change something. */
struct bot *bot_start(struct config_holder *config, struct err *err);

/* SIGHUP: opens the log file anew, and takes over from the configuration file
 * (NULL as config_load()) what can be without a restart. What came of it is
 * logged, and recorded as done by the user of this machine who sent the signal;
 * when it is not good all stays as it is. At most about 4 s. The thread that
 * started the bot. */
void bot_reload(struct bot *bot, const char *path, uid_t by);

/* Does every thread turn, as /health has it? The thread that started it. */
bool bot_turns(struct bot *bot);

/* At most about 10 s. False: a health check is still under way, which waits
 * for somebody else; all is written, and the process has to end without
 * freeing what it was started with. */
MUST_CHECK bool bot_stop(struct bot *bot);

#endif
