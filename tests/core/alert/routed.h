/* Routes that tests make up, as a file would have them. Any thread. */
#ifndef TESTS_CORE_ALERT_ROUTED_H
#define TESTS_CORE_ALERT_ROUTED_H

#include "core/config.h"

/* Its matchers and the routes below it, all heap; not the struct itself. */
void routed_dispose(struct config_route *of);

#endif
