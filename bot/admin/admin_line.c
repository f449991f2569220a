/*
 * admin_line: from what a request says to the command line that says the same.
 * See admin_route.h.
 *
 * Each parameter becomes a piece of the line; pieces are joined in the order
 * of the route's list, whatever the order they came in.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/words.h"
#include "bot/admin/admin_route.h"
#include "core/base/mem.h"
#include "core/base/text.h"

struct reading {
    const struct admin_route *route;
    struct buf pieces[ADMIN_PARAMS];
    size_t given[ADMIN_PARAMS]; /* how often each came */
    struct err *err;
};

static size_t count_of(const struct admin_route *route)
{
    size_t n = 0;

    while (n < ADMIN_PARAMS && route->params[n].name)
        n++;
    return n;
}

/* ---- pieces ---------------------------------------------------------------- */

/* Could the first word after the command be taken for a part of its name? */
static bool first_word(const struct reading *r, size_t i)
{
    const char *command = r->route->command;

    if (!command || strchr(command, ' '))
        return false;
    for (size_t k = 0; k < i; k++)
        if (!r->route->params[k].flag)
            return false;
    return true;
}

static bool add_text(struct reading *r, size_t i, const char *value)
{
    const struct admin_param *p = &r->route->params[i];
    struct buf *piece = &r->pieces[i];

    if (!*value)
        return err_set(r->err, ERR_USER, "`%s` is empty.", p->name);
    if (p->type == ADMIN_LINE) {
        buf_str(piece, value);
        return true;
    }
    if (p->flag)
        buf_fmt(piece, "--%s=", p->flag);
    if (p->flag || (first_word(r, i) && !piece->len))
        words_quoted(piece, value);
    else
        words_typed(piece, value);
    return true;
}

static void add_yes(struct reading *r, size_t i)
{
    buf_fmt(&r->pieces[i], "--%s", r->route->params[i].flag);
}

/* "scope, reason": what may be there. */
static bool unknown(struct reading *r, enum admin_in in, const char *what,
                    const char *name)
{
    struct buf names = { 0 };
    char *shown = text_cut(name, 40);
    char *plain = text_first_line(shown);

    for (size_t i = 0; i < count_of(r->route); i++)
        if (r->route->params[i].in == in)
            buf_fmt(&names, "%s`%s`", names.len ? ", " : "",
                    r->route->params[i].name);
    err_set(r->err, ERR_USER, "`%s` is no %s of this: expected %s.", plain,
            what, names.len ? names.data : "none");
    free(plain);
    free(shown);
    buf_dispose(&names);
    return false;
}

static bool find(struct reading *r, enum admin_in in, const char *name,
                 size_t *at)
{
    for (*at = 0; *at < count_of(r->route); ++*at)
        if (r->route->params[*at].in == in &&
            strcmp(r->route->params[*at].name, name) == 0)
            return true;
    return false;
}

/* ---- the path -------------------------------------------------------------- */

static bool take_segment(struct reading *r, const char *name, size_t name_len,
                         const char *text, size_t len)
{
    char *key = xstrndup(name, name_len), *value = xstrndup(text, len);
    size_t i;
    bool ok = text_valid(value, len) ||
              err_set(r->err, ERR_USER, "The path is not UTF-8.");

    if (ok && find(r, ADMIN_PATH, key, &i)) {
        r->given[i]++;
        ok = add_text(r, i, value);
    }
    free(key);
    free(value);
    return ok;
}

/* It fits the pattern. */
static bool read_path(struct reading *r, const char *path)
{
    const char *pattern = r->route->path;

    while (*pattern == '/' && *path == '/') {
        size_t want = strcspn(++pattern, "/"), have = strcspn(++path, "/");

        if (*pattern == '{' &&
            !take_segment(r, pattern + 1, want - 2, path, have))
            return false;
        pattern += want;
        path += have;
    }
    return true;
}

/* ---- the query ------------------------------------------------------------- */

/* Heap; NULL: an escape that is none, a NUL, or no UTF-8. */
static char *unescape(const char *text, size_t len)
{
    char *out = text_unescape(text, len, true);

    if (!out || text_valid(out, strlen(out)))
        return out;
    free(out);
    return NULL;
}

static bool is_word(const char *value, const char *a, const char *b)
{
    return strcmp(value, a) == 0 || strcmp(value, b) == 0;
}

/* Is there one that takes what no other is called? */
static bool find_labels(struct reading *r, size_t *at)
{
    for (*at = 0; *at < count_of(r->route); ++*at)
        if (r->route->params[*at].type == ADMIN_LABELS)
            return true;
    return false;
}

static bool take_label(struct reading *r, size_t i, const char *name,
                       const char *value)
{
    struct buf label = { 0 };
    bool ok;

    if (!*name || !*value)
        return err_set(r->err, ERR_USER,
                       "A label is its name and its value: "
                       "`severity=critical`.");
    if (r->given[i]++ >= ADMIN_IDS)
        return err_set(r->err, ERR_USER, "There are more than %d labels.",
                       ADMIN_IDS);
    buf_fmt(&label, "%s=%s", name, value);
    ok = add_text(r, i, buf_text(&label));
    buf_dispose(&label);
    return ok;
}

static bool take_query(struct reading *r, const char *name, const char *value)
{
    const struct admin_param *p;
    size_t i;

    if (!find(r, ADMIN_QUERY, name, &i) ||
        r->route->params[i].type == ADMIN_LABELS)
        return find_labels(r, &i) ? take_label(r, i, name, value)
                                  : unknown(r, ADMIN_QUERY, "parameter", name);
    p = &r->route->params[i];
    if (r->given[i]++ && p->type != ADMIN_MANY)
        return err_set(r->err, ERR_USER, "`%s` is there twice.", p->name);
    if (r->given[i] > ADMIN_IDS)
        return err_set(r->err, ERR_USER, "`%s` is there more than %d times.",
                       p->name, ADMIN_IDS);
    if (p->type != ADMIN_YES)
        return add_text(r, i, value);
    if (is_word(value, "1", "true"))
        add_yes(r, i);
    else if (!is_word(value, "0", "false"))
        return err_set(r->err, ERR_USER, "`%s` is 1 or 0.", p->name);
    return true;
}

static bool read_query(struct reading *r, const char *query)
{
    bool ok = true;

    while (ok && *query) {
        size_t len = strcspn(query, "&");
        const char *equals = memchr(query, '=', len);
        size_t key = equals ? (size_t)(equals - query) : len;
        char *name = unescape(query, key);
        char *value = unescape(query + key + !!equals, len - key - !!equals);

        if (!name || !value)
            ok = err_set(r->err, ERR_USER,
                         "The query has an escape that is none, a NUL, or is "
                         "not UTF-8.");
        else if (len)
            ok = take_query(r, name, value);
        free(name);
        free(value);
        query += len;
        query += *query == '&';
    }
    return ok;
}

/* ---- the body -------------------------------------------------------------- */

static bool expected(struct reading *r, size_t i, const char *what)
{
    return err_set(r->err, ERR_USER, "`%s` is to be %s.",
                   r->route->params[i].name, what);
}

static bool take_list(struct reading *r, size_t i, const json_t *list)
{
    size_t n = json_array_size(list);

    if (!json_is_array(list) || n == 0 || n > ADMIN_IDS)
        return err_set(r->err, ERR_USER,
                       "`%s` is to be a list of 1 to %d texts.",
                       r->route->params[i].name, ADMIN_IDS);
    for (size_t k = 0; k < n; k++) {
        const char *text = json_string_value(json_array_get(list, k));

        if (!text)
            return expected(r, i, "a list of texts");
        if (!add_text(r, i, text))
            return false;
    }
    return true;
}

static bool take_rate(struct reading *r, size_t i, const json_t *value)
{
    const char *word = json_string_value(value);
    char number[TEXT_NUMBER];

    if (json_is_integer(value))
        return add_text(r, i, text_number(number, json_integer_value(value)));
    if (word && strcmp(word, "max") == 0)
        return add_text(r, i, word);
    return expected(r, i, "a whole number, or \"max\"");
}

static bool take_member(struct reading *r, size_t i, const json_t *value)
{
    switch (r->route->params[i].type) {
    case ADMIN_MANY:
        return take_list(r, i, value);
    case ADMIN_RATE:
        return take_rate(r, i, value);
    case ADMIN_YES:
        if (!json_is_boolean(value))
            return expected(r, i, "true or false");
        if (json_is_true(value))
            add_yes(r, i);
        return true;
    case ADMIN_TEXT:
    case ADMIN_LABELS:
    case ADMIN_LINE:
        break;
    }
    if (!json_is_string(value))
        return expected(r, i, "a text");
    return add_text(r, i, json_string_value(value));
}

/* Of the first two that are wrong, the first is told. */
static bool take_members(struct reading *r, json_t *body)
{
    const char *name;
    json_t *value;

    json_object_foreach(body, name, value)
    {
        size_t i;

        if (!find(r, ADMIN_BODY, name, &i))
            return unknown(r, ADMIN_BODY, "member", name);
        r->given[i]++;
        if (!take_member(r, i, value))
            return false;
    }
    return true;
}

static bool read_body(struct reading *r, const char *text, size_t len)
{
    json_error_t problem;
    json_t *body;
    bool ok;

    if (len == 0)
        return true;
    body = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
                      &problem);
    if (!body)
        return err_set(r->err, ERR_USER,
                       "The body is no JSON (line %d, column %d).",
                       problem.line, problem.column);
    ok = json_is_object(body)
             ? take_members(r, body)
             : err_set(r->err, ERR_USER, "The body is no JSON object.");
    json_decref(body);
    return ok;
}

/* ---- all together ---------------------------------------------------------- */

static bool nothing_missing(struct reading *r)
{
    for (size_t i = 0; i < count_of(r->route); i++)
        if (r->route->params[i].must && !r->given[i])
            return err_set(r->err, ERR_USER, "`%s` is missing%s.",
                           r->route->params[i].name,
                           r->route->params[i].in == ADMIN_BODY
                               ? " in the body, a JSON object"
                               : "");
    return true;
}

bool admin_line(const struct admin_route *route, const struct admin_said *said,
                struct buf *line, struct err *err)
{
    struct reading r = { .route = route, .err = err };
    bool ok = read_path(&r, said->path) && read_query(&r, said->query) &&
              read_body(&r, said->body, said->body_len) && nothing_missing(&r);

    if (ok)
        buf_str(line, route->command);
    for (size_t i = 0; i < ADMIN_PARAMS; i++) {
        if (ok && r.pieces[i].len)
            buf_fmt(line, "%s%s", line->len ? " " : "", r.pieces[i].data);
        buf_dispose(&r.pieces[i]);
    }
    return ok;
}
