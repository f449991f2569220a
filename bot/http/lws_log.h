/*
 * lws_log: what is global in libwebsockets: what it has to say goes to our log,
 * as area "lws"; and its TLS.
 */
#ifndef BOT_LWS_LOG_H
#define BOT_LWS_LOG_H

#include <stdbool.h>

/* Once, before any context. */
void lws_log_start(void);

/* Whoever makes a context with TLS asks first: true for the first of the
 * process, which sets it up (LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT). A second
 * set-up would have lws forget what the contexts before it are to free. One
 * thread at a time. */
bool lws_tls_first(void);

#endif
