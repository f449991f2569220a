/* Routes that tests make up. See routed.h. */
#include "tests/core/alert/routed.h"

#include <stdlib.h>

void routed_dispose(struct config_route *of)
{
    for (unsigned i = 0; i < of->match_count; i++)
        free(of->match[i]);
    free(of->match);
    for (unsigned i = 0; i < of->routes_count; i++)
        routed_dispose(&of->routes[i]);
    free(of->routes);
}
