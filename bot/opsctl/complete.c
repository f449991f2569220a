/* complete: see complete.h. */
#include "bot/opsctl/complete.h"

#include <string.h>

#include "bot/opsctl/options.h"

/* ---- what is being typed ------------------------------------------------------------ */

struct typing {
    const struct verb *verb;         /* NULL: none yet */
    const struct option_spec *value; /* the option whose value it is, or NULL */
    const struct option_spec *bare;  /* the next that needs no name, or NULL */
    const char *word;                /* so far */
};

static const struct option_spec *option_of(const struct verb *verb,
                                           const char *word)
{
    const struct option_spec *spec = NULL;

    if (strncmp(word, "--", 2) != 0)
        return NULL;
    if (verb)
        spec = option_find(verb->options, word + 2);
    return spec ? spec : option_find(options_common(), word + 2);
}

static const struct option_spec *next_bare(const struct option_spec *s)
{
    while (s && s->name && !(s->flags & OPTION_BARE))
        s++;
    return s && s->name ? s : NULL;
}

static void look_at(struct typing *t, const char *word)
{
    if (t->value) {
        t->value = NULL;
        return;
    }
    t->value = option_of(t->verb, word);
    if (t->value && !t->value->arg)
        t->value = NULL;
    if (word[0] == '-')
        return;
    if (!t->verb) {
        t->verb = verb_find(word);
        t->bare = t->verb ? next_bare(t->verb->options) : NULL;
    } else if (t->bare && !(t->bare->flags & OPTION_MANY)) {
        t->bare = next_bare(t->bare + 1);
    }
}

/* ---- what fits ---------------------------------------------------------------------------- */

static void offer(struct buf *out, const struct typing *t, const char *before,
                  const char *name)
{
    struct buf whole = { 0 };

    buf_fmt(&whole, "%s%s", before, name);
    if (strncmp(buf_text(&whole), t->word, strlen(t->word)) == 0)
        buf_fmt(out, "%s\n", buf_text(&whole));
    buf_dispose(&whole);
}

static void offer_verbs(struct buf *out, const struct typing *t)
{
    const struct verb *verb;

    for (size_t i = 0; (verb = verb_at(i)) != NULL; i++)
        offer(out, t, "", verb->name);
}

static void offer_options(struct buf *out, const struct typing *t,
                          const struct option_spec *all)
{
    for (; all && all->name; all++)
        offer(out, t, "--", all->name);
}

/* Those that opsbot names, where they fit. */
static void offer_asked(struct buf *out, const struct typing *t,
                        const char *command, const char *cell,
                        complete_ask *ask, void *arg)
{
    struct buf names = { 0 };
    char *at;

    ask(&names, command, cell, arg);
    at = names.data;
    for (char *end; at && (end = strchr(at, '\n')); at = end + 1) {
        *end = '\0';
        offer(out, t, "", at);
    }
    buf_dispose(&names);
}

static void offer_words(struct buf *out, const struct typing *t,
                        const char *const words[4])
{
    for (size_t i = 0; i < 4; i++)
        offer(out, t, "", words[i]);
}

static void offer_value(struct buf *out, const struct typing *t,
                        const struct option_spec *spec, complete_ask *ask,
                        void *arg)
{
    static const char *const incidents[] = { "P0", "P1", "P2", "P3" };
    static const char *const alerts[] = { "critical", "high", "warning",
                                          "info" };

    switch (spec->offer) {
    case OFFER_NOTHING:
        break;
    case OFFER_FILE:
        buf_str(out, COMPLETE_FILES);
        break;
    case OFFER_STREAM:
        offer_asked(out, t, "streams", "stream", ask, arg);
        break;
    case OFFER_SCOPE:
        offer(out, t, "", "all");
        offer_asked(out, t, "halts", "scope", ask, arg);
        break;
    case OFFER_INCIDENT:
        offer_asked(out, t, "incident list", "incident", ask, arg);
        break;
    case OFFER_SEVERITY:
        offer_words(out, t, incidents);
        break;
    case OFFER_ALERT_SEVERITY:
        offer_words(out, t, alerts);
        break;
    case OFFER_ALERT:
        offer_asked(out, t, "alerts", "alert", ask, arg);
        break;
    case OFFER_SILENCE:
        offer_asked(out, t, "silences", "silence", ask, arg);
        break;
    case OFFER_ROTATION:
        offer_asked(out, t, "oncall", "rotation", ask, arg);
        break;
    case OFFER_VERB:
        offer_verbs(out, t);
        break;
    }
}

void complete_words(struct buf *out, const char *const *words, size_t count,
                    complete_ask *ask, void *arg)
{
    struct typing t = { .word = count ? words[count - 1] : "" };

    for (size_t i = 0; i + 1 < count; i++)
        look_at(&t, words[i]);
    if (t.value) {
        offer_value(out, &t, t.value, ask, arg);
        return;
    }
    if (t.word[0] == '-') {
        offer_options(out, &t, t.verb ? t.verb->options : NULL);
        offer_options(out, &t, options_common());
    } else if (!t.verb) {
        offer_verbs(out, &t);
    } else if (t.bare) {
        offer_value(out, &t, t.bare, ask, arg);
    }
}
