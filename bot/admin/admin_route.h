/*
 * admin_route: what the admin API offers: a table of methods and paths, each
 * another spelling of a command line. Pure; any thread.
 *
 * deploy/openapi.yaml describes the same table for people and programs; a test
 * compares the two.
 */
#ifndef BOT_ADMIN_ROUTE_H
#define BOT_ADMIN_ROUTE_H

#include "bot/http/server.h"
#include "core/base/buf.h"

enum admin_in { ADMIN_PATH, ADMIN_QUERY, ADMIN_BODY };

enum admin_type {
    ADMIN_TEXT,   /* one word of the line, whatever is in it */
    ADMIN_MANY,   /* the same, and it may be there several times (query) or is a
                 * list (body) */
    ADMIN_YES,    /* a bare flag: 1 or true; 0 or false leaves it out */
    ADMIN_RATE,   /* a number, or "max" */
    ADMIN_LABELS, /* of a query, whatever its other parameters are not:
                   * service=pay becomes the word service=pay */
    ADMIN_LINE,   /* the whole command line, as it is typed in Slack */
};

struct admin_param {
    const char *name; /* "scope"; NULL ends the list */
    enum admin_in in;
    enum admin_type type;
    const char *flag; /* "page": becomes --page=…; NULL: a word, in the order
                       * of the list */
    bool must;        /* 400 without it */
};

#define ADMIN_PARAMS 6
#define ADMIN_IDS    60 /* entries of a list, at most: words of a line */

struct admin_route {
    enum method method;
    const char *path;    /* "/admin/dlq/{stream}/requeue" */
    const char *command; /* "dlq requeue"; NULL: any, in a param of its own */
    struct admin_param params[ADMIN_PARAMS];
};

const struct admin_route *admin_routes(size_t *count);

/*
 * The route of a request, or NULL. allow: the methods that its path knows, as
 * an Allow header has them ("GET, POST"); "" when there is no such path. HEAD
 * is taken for GET.
 */
#define ADMIN_ALLOW 40
const struct admin_route *admin_find(enum method method, const char *path,
                                     char allow[ADMIN_ALLOW]);

/* What a request says besides its method. path as it was found; query raw;
 * body: JSON, or nothing. */
struct admin_said {
    const char *path, *query, *body;
    size_t body_len;
};

/*
 * The command line that says the same (appended to line), each value one
 * argument whatever stands in it. ERR_USER: something is missing, not known,
 * or of another type; nothing of a body's values is quoted.
 */
MUST_CHECK bool admin_line(const struct admin_route *route,
                           const struct admin_said *said, struct buf *line,
                           struct err *err);

#endif
