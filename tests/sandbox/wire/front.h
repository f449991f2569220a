/*
 * front: where a request goes, and what the fault plan does to it on the way.
 *
 * /api/… and response URLs pass the fault plan and the list of calls, then
 * the world; /link/ is the link's, /control/… the control API's, / and /page/…
 * the web page's. One thread.
 */
#ifndef SANDBOX_FRONT_H
#define SANDBOX_FRONT_H

#include "tests/sandbox/wire/http.h"

/* An http_handler; app is the struct sandbox. Takes call. */
void front_handle(void *app, struct http_call *call);

#endif
