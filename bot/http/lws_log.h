/*
 * lws_log: what libwebsockets has to say goes to our log, as area "lws".
 *
 * Its level and sink are global. main calls this once, before any context.
 */
#ifndef BOT_LWS_LOG_H
#define BOT_LWS_LOG_H

void lws_log_start(void);

/* "4.1.6-…": the library. Static. */
const char *lws_library(void);

#endif
