#include <stdlib.h>
#include <string.h>

#include "core/alert/route_parts.h"
#include "core/base/mem.h"
#include "core/base/text.h"

struct matcher *matcher_new(const char *text, struct err *err)
{
    struct matcher *m = xcalloc(1, sizeof *m);
    bool ok = matcher_parse(m, text, err);

    if (ok && (m->op == MATCH_RE || m->op == MATCH_NOT_RE)) {
        m->pattern = pattern_new(m->value, err);
        ok = m->pattern != NULL;
        if (!ok)
            err_prefix(err, "matcher `%s`", text);
    }
    if (ok)
        return m;
    matcher_free(m);
    return NULL;
}

void matcher_free(struct matcher *m)
{
    if (!m)
        return;
    free(m->name);
    free(m->value);
    pattern_free(m->pattern);
    free(m);
}

bool matcher_takes(const struct matcher *m, const char *value)
{
    switch (m->op) {
    case MATCH_IS:
        return strcmp(value, m->value) == 0;
    case MATCH_NOT:
        return strcmp(value, m->value) != 0;
    case MATCH_RE:
        return pattern_fits(m->pattern, value);
    case MATCH_NOT_RE:
        return !pattern_fits(m->pattern, value);
    }
    return false;
}

bool matcher_fits(const struct matcher *m, const struct labels *l)
{
    return matcher_takes(m, labels_get(l, m->name));
}

const char *const *matcher_wants(const struct matcher *m, size_t *count)
{
    if (m->op == MATCH_RE)
        return pattern_words(m->pattern, count);
    *count = m->op == MATCH_IS;
    return m->op == MATCH_IS ? (const char *const *)&m->value : NULL;
}

/* ---- as text ------------------------------------------------------------------ */

static bool bare(const char *name)
{
    for (; *name; name++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                    "0123456789_:.-/",
                    *name))
            return false;
    return true;
}

char *matcher_text(const struct matcher *m)
{
    static const char *const ops[] = { "=", "!=", "=~", "!~" };
    struct buf out = { 0 };

    if (bare(m->name))
        buf_str(&out, m->name);
    else
        label_quoted(&out, m->name);
    buf_str(&out, ops[m->op]);
    label_quoted(&out, m->value);
    return buf_take(&out);
}

/* ---- several ------------------------------------------------------------------ */

static bool add(struct matchers *out, const char *text, struct err *err)
{
    struct matcher *m = matcher_new(text, err);

    if (!m)
        return false;
    out->items = xrealloc(out->items, (out->count + 1) * sizeof(m));
    out->items[out->count++] = m;
    return true;
}

static bool add_all(struct matchers *out, const char *text, struct err *err)
{
    char **parts;
    size_t count = matchers_split(text, &parts);
    bool ok = true;

    for (size_t i = 0; i < count; i++) {
        ok = ok && add(out, parts[i], err);
        free(parts[i]);
    }
    free(parts);
    return ok;
}

bool matchers_read(struct matchers *out, const char *const *texts, size_t count,
                   struct err *err)
{
    *out = (struct matchers){ .items = NULL };
    for (size_t i = 0; i < count; i++)
        if (!add_all(out, texts[i], err)) {
            matchers_dispose(out);
            return false;
        }
    return true;
}

bool matchers_fit(const struct matchers *m, const struct labels *l)
{
    for (size_t i = 0; i < m->count; i++)
        if (!matcher_fits(m->items[i], l))
            return false;
    return true;
}

void matchers_dispose(struct matchers *m)
{
    for (size_t i = 0; i < m->count; i++)
        matcher_free(m->items[i]);
    free(m->items);
    *m = (struct matchers){ .items = NULL };
}
