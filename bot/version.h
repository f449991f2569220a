/*
 * version: which opsbot this is, for every place where a person might ask:
 * `opsbot --version`, the ping card, App Home, /health, the log, and what Slack
 * sees. Any thread.
 */
#ifndef BOT_VERSION_H
#define BOT_VERSION_H

#include "core/base/buf.h"

const char *version_text(void); /* "0.1.0+8fbee43"; static */
/* What Slack sees: "opsbot/0.1.0+8fbee43"; static. */
const char *version_agent(void);

/* Several lines: version, compiler, libraries, what was left out. */
void version_print(struct buf *out);

#endif
