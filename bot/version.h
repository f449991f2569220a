/*
 * version: what `opsbot --version` and the ping card say. Any thread.
 */
#ifndef BOT_VERSION_H
#define BOT_VERSION_H

const char *version_text(void); /* "0.1.0+8fbee43"; static */

#endif
