/*
 * lws_log: what libwebsockets has to say goes to our log, as area "lws".
 *
 * Its level and sink are global. main calls this once, before any context.
 */
#ifndef BOT_LWS_LOG_H
#define BOT_LWS_LOG_H

#include <stdbool.h>

void lws_log_start(void);

/* True when lws could not take a connection in since the last call, on the
 * calling thread: no file descriptor is left. */
bool lws_log_refused(void);

/* "4.1.6-…": the library. Static. */
const char *lws_library(void);

#endif
