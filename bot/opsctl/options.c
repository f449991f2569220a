/* options: see options.h. */
#include "bot/opsctl/options.h"

#include <string.h>

#include "core/base/text.h"

#define COMMON_MOST 32

static const struct option_spec common[] = {
    { .name = "admin",
      .arg = "WHERE",
      .help = "Where opsbot listens: unix:PATH, https://HOST:PORT or\n"
              "HOST:PORT." },
    { .name = "token-file",
      .arg = "FILE",
      .offer = OFFER_FILE,
      .help = "The file that holds your token." },
    { .name = "ca",
      .arg = "FILE",
      .offer = OFFER_FILE,
      .help = "Certificates to trust (PEM), instead of the system's." },
    { .name = "cert",
      .arg = "FILE",
      .offer = OFFER_FILE,
      .help = "Your client certificate (PEM)." },
    { .name = "key",
      .arg = "FILE",
      .offer = OFFER_FILE,
      .help = "Its key (PEM)." },
    { .name = "json",
      .help = "The answer as one line of JSON. So it is without a\n"
              "terminal." },
    { .name = "text", .help = "The answer as plain text, as Slack shows it." },
    { .name = "table", .help = "The answer as for a terminal." },
    { .name = "long",
      .letter = 'l',
      .help = "Tables with all details, and nothing cut." },
    { .name = "yes", .letter = 'y', .help = "Says yes to what opsbot asks." },
    { .name = "follow",
      .letter = 'f',
      .help = "Waits for the end of the job that was begun." },
    { .name = "timeout",
      .arg = "SECONDS",
      .help = "How long to wait for an answer: 1 to 600, else 40." },
    { .name = "idempotency-key",
      .arg = "KEY",
      .help = "What was asked under KEY before is not done again. Without\n"
              "it: a new one each time." },
    { .name = "help", .letter = 'h', .help = "This, or all about a verb." },
    { .name = "version", .help = "Which opsctl this is." },
    { .name = NULL },
};

const struct option_spec *options_common(void)
{
    return common;
}

/* ---- reading ------------------------------------------------------------------ */

struct reader {
    const char *const *argv;
    size_t argc, at;
    struct options *out;
    bool only_words; /* "--" was there */
};

static const struct option_spec *by_letter(char letter)
{
    for (const struct option_spec *s = common; s->name; s++)
        if (letter && s->letter == letter)
            return s;
    return NULL;
}

static const struct option_spec *by_name(const struct options *o,
                                         const char *name)
{
    const struct option_spec *spec =
        o->verb ? option_find(o->verb->options, name) : NULL;

    return spec ? spec : option_find(common, name);
}

static bool add(struct reader *r, const struct option_spec *spec,
                const char *value, struct err *err)
{
    struct options *o = r->out;

    if (o->count == OPTIONS_MOST)
        return err_set(err, ERR_USER,
                       "Too many options: at most %d go into one line. Ask "
                       "for the rest afterwards.",
                       OPTIONS_MOST);
    if (spec->how == OPTION_WORD && !(spec->flags & OPTION_MANY))
        for (size_t i = 0; i < o->count; i++)
            if (o->given[i].spec == spec)
                return err_set(err, ERR_USER,
                               "--%s is given twice, and can be one thing "
                               "only.",
                               spec->name);
    o->given[o->count++] = (struct given){ .spec = spec, .value = value };
    return true;
}

static bool unknown(const struct options *o, const char *name, struct err *err)
{
    const char *names[COMMON_MOST + COMMON_MOST], *near;
    size_t n = 0;

    for (const struct option_spec *s = common; s->name; s++)
        names[n++] = s->name;
    for (const struct option_spec *s = o->verb ? o->verb->options : NULL;
         s && s->name; s++)
        names[n++] = s->name;
    near = text_nearest(name, names, n);
    return err_set(err, ERR_USER,
                   "There is no option --%.40s%s%s%s `opsctl%s%s --help` "
                   "lists them.",
                   name, near ? "; did you mean --" : "", near ? near : "",
                   near ? "?" : ".", o->verb ? " " : "",
                   o->verb ? o->verb->name : "");
}

static bool free_word(struct reader *r, const char *word, struct err *err);

static bool take_value(struct reader *r, const struct option_spec *spec,
                       const char *value, struct err *err)
{
    if (!spec->arg && value)
        return err_set(err, ERR_USER, "--%s takes no value.", spec->name);
    if (spec->arg && !value) {
        if (r->at == r->argc)
            return err_set(err, ERR_USER, "--%s needs a value: --%s %s.",
                           spec->name, spec->name, spec->arg);
        value = r->argv[r->at++];
    }
    if (spec->arg && !*value)
        return err_set(err, ERR_USER, "The value of --%s is empty.",
                       spec->name);
    return add(r, spec, value ? value : "", err);
}

static bool long_option(struct reader *r, const char *word, struct err *err)
{
    size_t len = strcspn(word + 2, "=");
    char name[64];
    const struct option_spec *spec;

    if (len >= sizeof name)
        return unknown(r->out, word + 2, err);
    memcpy(name, word + 2, len);
    name[len] = '\0';
    spec = by_name(r->out, name);
    if (!spec && r->out->verb && !r->out->verb->command)
        return free_word(r, word, err);
    if (!spec)
        return unknown(r->out, name, err);
    return take_value(r, spec, word[2 + len] ? word + 3 + len : NULL, err);
}

/* In a line that is opsbot's, what is no letter of ours is a word of it. */
static bool is_word(const struct reader *r, const char *word)
{
    if (!r->out->verb || r->out->verb->command || r->out->verb->options->name)
        return false;
    for (const char *c = word + 1; *c; c++)
        if (!by_letter(*c))
            return true;
    return false;
}

static bool short_options(struct reader *r, const char *word, struct err *err)
{
    if (is_word(r, word))
        return free_word(r, word, err);
    for (const char *c = word + 1; *c; c++) {
        const struct option_spec *spec = by_letter(*c);

        if (!spec)
            return err_set(err, ERR_USER,
                           "There is no option -%c. `opsctl --help` lists "
                           "them.",
                           *c);
        if (!add(r, spec, "", err))
            return false;
    }
    return true;
}

static bool name_verb(struct options *o, const char *word, struct err *err)
{
    const char *near;

    o->verb = verb_find(word);
    if (o->verb)
        return true;
    near = verb_nearest(word);
    return err_set(err, ERR_USER,
                   "There is no verb `%.60s`%s%s%s `opsctl --help` lists them; "
                   "any other command of opsbot's: opsctl ops %.60s",
                   word, near ? "; did you mean " : "", near ? near : "",
                   near ? "?" : ".", word);
}

/* The next bare option that is still free, or takes many. */
static const struct option_spec *bare(const struct options *o)
{
    for (const struct option_spec *s = o->verb->options; s->name; s++) {
        bool taken = false;

        if (!(s->flags & OPTION_BARE))
            continue;
        for (size_t i = 0; i < o->count; i++)
            taken = taken || o->given[i].spec == s;
        if (!taken || (s->flags & OPTION_MANY))
            return s;
    }
    return NULL;
}

static bool free_word(struct reader *r, const char *word, struct err *err)
{
    struct options *o = r->out;
    const struct option_spec *spec;

    if (!o->verb)
        return name_verb(o, word, err);
    spec = bare(o);
    if (spec)
        return add(r, spec, word, err);
    if (o->verb->command || o->verb->options->name)
        return err_set(err, ERR_USER,
                       "%s does not know what to do with `%.60s`. "
                       "`opsctl %s --help` says what it takes.",
                       o->verb->name, word, o->verb->name);
    if (o->word_count == OPTIONS_MOST)
        return err_set(err, ERR_USER,
                       "Too many words: give the line as one argument.");
    o->words[o->word_count++] = word;
    return true;
}

/* ---- what must be there ----------------------------------------------------------- */

static bool is_there(const struct options *o, const struct option_spec *spec)
{
    for (size_t i = 0; i < o->count; i++)
        if (o->given[i].spec == spec)
            return true;
    return false;
}

static bool either(const struct options *o, struct err *err)
{
    const struct option_spec *first = NULL, *last = NULL;

    for (const struct option_spec *s = o->verb->options; s->name; s++)
        if (s->flags & OPTION_EITHER) {
            if (is_there(o, s))
                return true;
            first = first ? first : s;
            last = s;
        }
    return !first || err_set(err, ERR_USER,
                             "%s needs --%s %s or --%s: which it is to be. "
                             "`opsctl %s --help` has examples.",
                             o->verb->name, first->name, first->arg, last->name,
                             o->verb->name);
}

static bool complete(const struct options *o, struct err *err)
{
    const struct option_spec *s;

    if (options_has(o, "help") || options_has(o, "version"))
        return true;
    if (!o->verb)
        return err_set(err, ERR_USER,
                       "What is to be done? `opsctl --help` lists what there "
                       "is; for example: opsctl health");
    for (s = o->verb->options; s->name; s++)
        if ((s->flags & OPTION_MUST) && !is_there(o, s))
            return err_set(err, ERR_USER,
                           "%s needs --%s %s. `opsctl %s --help` has "
                           "examples.",
                           o->verb->name, s->name, s->arg, o->verb->name);
    if (!o->verb->command && !o->verb->options->name && !o->word_count)
        return err_set(err, ERR_USER,
                       "opsctl ops needs a command line, as after /ops in "
                       "Slack: opsctl ops 'health'");
    return either(o, err);
}

/* Of the first word alone, for the options in front of it. */
static void look_for_verb(struct reader *r)
{
    for (size_t i = 0; i < r->argc; i++) {
        const char *word = r->argv[i];
        const struct option_spec *spec;

        if (word[0] != '-') {
            r->out->verb = verb_find(word);
            return;
        }
        spec =
            strncmp(word, "--", 2) == 0 ? option_find(common, word + 2) : NULL;
        if (spec && spec->arg)
            i++;
    }
}

bool options_parse(const char *const *argv, size_t argc, struct options *out,
                   struct err *err)
{
    struct reader r = { .argv = argv, .argc = argc, .out = out };
    const struct verb *verb;
    bool ok = true, named = false;

    *out = (struct options){ 0 };
    look_for_verb(&r);
    verb = out->verb;
    while (ok && r.at < argc) {
        const char *word = argv[r.at++];

        if (!r.only_words && strcmp(word, "--") == 0) {
            r.only_words = true;
        } else if (!r.only_words && strncmp(word, "--", 2) == 0) {
            ok = long_option(&r, word, err);
        } else if (!r.only_words && word[0] == '-' && word[1]) {
            ok = short_options(&r, word, err);
        } else if (verb && !named) {
            named = true;
        } else {
            ok = free_word(&r, word, err);
        }
    }
    return ok && complete(out, err);
}

const char *options_value(const struct options *o, const char *name)
{
    for (size_t i = o->count; i-- > 0;)
        if (o->given[i].spec->how == OPTION_OURS &&
            strcmp(o->given[i].spec->name, name) == 0)
            return o->given[i].value;
    return NULL;
}

bool options_has(const struct options *o, const char *name)
{
    return options_value(o, name) != NULL;
}
