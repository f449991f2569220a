/*
 * bind: gives the flags of a parsed command line their values, once it is
 * known which command it is. Declared in args.h.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "commands/args.h"
#include "core/base/text.h"

static void remove_word(struct args *args, size_t i)
{
    args->count--;
    memmove(&args->words[i], &args->words[i + 1],
            (args->count - i) * sizeof args->words[0]);
    for (size_t f = 0; f < args->flag_count; f++) {
        struct flag *flag = &args->flags[f];

        if (flag->at == i)
            flag->at = ARGS_WORDS;
        else if (flag->at > i && flag->at < ARGS_WORDS)
            flag->at--;
    }
}

void args_shift(struct args *args, size_t n)
{
    while (n-- > 0 && args->count)
        remove_word(args, 0);
}

/* The entry for a name: "page=" for page. */
static const char *allowed_as(const char *const *allowed, const char *name)
{
    size_t len = strlen(name);

    for (; *allowed; allowed++)
        if (strncasecmp(*allowed, name, len) == 0 &&
            ((*allowed)[len] == '\0' || (*allowed)[len] == '='))
            return *allowed;
    return NULL;
}

/* "`--page`, `--all`" into out, and the names alone into list. */
static size_t name_allowed(const char *const *allowed, char names[][32],
                           char *out, size_t size)
{
    size_t n = 0, used = 0;

    for (; n < ARGS_FLAGS && allowed[n]; n++) {
        snprintf(names[n], sizeof names[n], "%.*s",
                 (int)strcspn(allowed[n], "="), allowed[n]);
        if (used < size)
            used += (size_t)snprintf(out + used, size - used, "%s`--%s`",
                                     n ? ", " : "", names[n]);
    }
    return n;
}

static bool not_allowed(const char *const *allowed, const char *name,
                        struct err *err)
{
    char names[ARGS_FLAGS][32];
    const char *list[ARGS_FLAGS] = { NULL };
    char all[160] = "";
    size_t n = name_allowed(allowed, names, all, sizeof all);
    const char *near;

    for (size_t i = 0; i < n; i++)
        list[i] = names[i];
    near = text_nearest(name, list, n);
    if (n == 0)
        return err_set(err, ERR_USER,
                       "I do not know `--%.40s`: no flags are allowed here.",
                       name);
    if (near)
        return err_set(err, ERR_USER,
                       "I do not know `--%.40s`. Did you mean `--%s`? Allowed "
                       "here: %s.",
                       name, near, all);
    return err_set(err, ERR_USER, "I do not know `--%.40s`. Allowed here: %s.",
                   name, all);
}

static bool bind_flag(struct args *args, struct flag *flag,
                      const char *const *allowed, struct err *err)
{
    const char *as = allowed_as(allowed, flag->name);

    if (!as)
        return not_allowed(allowed, flag->name, err);
    if (!strchr(as, '=') && flag->given)
        return err_set(err, ERR_USER, "`--%s` takes no value.", flag->name);
    if (strchr(as, '=') && !flag->given) {
        if (flag->at == ARGS_WORDS)
            return err_set(err, ERR_USER, "`--%s` needs a value after it.",
                           flag->name);
        flag->word = args->words[flag->at];
        flag->value = flag->word.text;
        flag->given = true;
        remove_word(args, flag->at);
    }
    if (flag->given && !*flag->value)
        return err_set(err, ERR_USER, "The value of `--%s` is empty.",
                       flag->name);
    return true;
}

/* Words that read key=value: flags if allowed, else plain words. */
static bool bind_keys(struct args *args, const char *const *allowed,
                      struct err *err)
{
    for (size_t i = 0; i < args->count;) {
        struct word *w = &args->words[i];
        size_t key = w->literal ? 0 : strcspn(w->text, "=");
        char name[32];

        snprintf(name, sizeof name, "%.*s", (int)key, w->text);
        if (!key || !w->text[key] || !allowed_as(allowed, name)) {
            if (!w->literal)
                w->kind = WORD_PLAIN;
            i++;
            continue;
        }
        if (!args_add_flag(args, w, err))
            return false;
        remove_word(args, i);
    }
    return true;
}

bool args_bind(struct args *args, const char *const *allowed, struct err *err)
{
    if (!bind_keys(args, allowed, err))
        return false;
    for (size_t i = args->flag_count; i-- > 0;)
        if (!bind_flag(args, &args->flags[i], allowed, err))
            return false;
    return true;
}
