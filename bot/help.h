/*
 * help: what `opsbot --help` says. A constant text, any thread.
 */
#ifndef BOT_HELP_H
#define BOT_HELP_H

/* A page of at most 80 columns. Static. */
const char *help_text(void);
/* The first lines of it: for who typed something else. Static. */
const char *help_usage(void);

#endif
