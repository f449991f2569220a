/* verb: see verb.h. The verbs themselves are in verb_table.c. */
#include "bot/opsctl/verb.h"

#include <string.h>

#include "blocks/words.h"
#include "core/base/text.h"

#define VERBS_MOST 64

const struct verb *verb_find(const char *name)
{
    const struct verb *verb;

    for (size_t i = 0; (verb = verb_at(i)) != NULL; i++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

const char *verb_nearest(const char *name)
{
    const char *names[VERBS_MOST];
    const struct verb *verb;
    size_t count = 0;

    while (count < VERBS_MOST && (verb = verb_at(count)) != NULL)
        names[count++] = verb->name;
    return text_nearest(name, names, count);
}

const struct option_spec *option_find(const struct option_spec *options,
                                      const char *name)
{
    for (; options->name; options++)
        if (strcmp(options->name, name) == 0)
            return options;
    return NULL;
}

/* ---- the line --------------------------------------------------------------- */

/* A line in one piece is opsbot's own language; several words come from a
 * shell that has taken their quotes away. */
static void free_word(struct buf *line, const char *word)
{
    size_t name = strcspn(word, "=");

    if (strncmp(word, "--", 2) != 0) {
        words_typed(line, word);
        return;
    }
    buf_fmt(line, "%s%.*s", line->len ? " " : "", (int)name, word);
    if (word[name])
        words_typed(line, word + name + 1);
}

static void free_line(struct buf *line, const char *const *words, size_t count)
{
    if (count == 1)
        buf_str(line, words[0]);
    for (size_t i = 0; count > 1 && i < count; i++)
        free_word(line, words[i]);
}

static bool is_given(const struct option_spec *spec, const struct given *given,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (given[i].spec == spec)
            return true;
    return false;
}

static const char *command_of(const struct verb *verb,
                              const struct given *given, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (given[i].spec->flags & OPTION_OTHER)
            return verb->other;
    return verb->command;
}

/* Behind a command of one word a bare word could be the second of another: a
 * stream called "pending". */
static void add_word(struct buf *line, const char *word)
{
    if (strchr(buf_text(line), ' ')) {
        words_typed(line, word);
        return;
    }
    buf_char(line, ' ');
    words_quoted(line, word);
}

static void add_words(struct buf *line, const struct option_spec *spec,
                      const struct given *given, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (given[i].spec == spec)
            add_word(line, given[i].value);
    if (spec->otherwise && !is_given(spec, given, count))
        add_word(line, spec->otherwise);
}

static void add_flag(struct buf *line, const struct given *given)
{
    buf_fmt(line, " --%s", given->spec->name);
    if (given->spec->arg)
        words_typed(line, given->value);
}

void verb_line(struct buf *line, const struct verb *verb,
               const struct given *given, size_t count,
               const char *const *words, size_t word_count)
{
    if (!verb->command) {
        free_line(line, words, word_count);
        return;
    }
    buf_str(line, command_of(verb, given, count));
    for (const struct option_spec *spec = verb->options; spec->name; spec++)
        if (spec->how == OPTION_WORD)
            add_words(line, spec, given, count);
    for (size_t i = 0; i < count; i++)
        if (given[i].spec->how == OPTION_FLAG)
            add_flag(line, &given[i]);
}
