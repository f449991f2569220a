/*
 * check: `opsbot check`: is all there that `opsbot run` needs, and is it as it
 * should be? Before any other thread of ours, on the main thread.
 */
#ifndef BOT_CHECK_H
#define BOT_CHECK_H

#include <stdio.h>

#include "core/config.h"

/*
 * Looks at everything, at most about 20 s, and prints it. path: the file that
 * cfg is from, or NULL. True unless something failed. *over false: something
 * still waits for a server that does not answer, and the process has to end
 * without freeing cfg.
 */
MUST_CHECK bool check_all(const struct config *cfg, const char *path, bool json,
                          FILE *out, bool *over);

/* Of a configuration that could not be loaded: the same list, with that alone.
 */
void check_bad_config(const struct err *why, FILE *out);

#endif
