/*
 * main: opsctl, the command line over opsbot's admin API.
 */
#include <ctype.h>
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bot/opsctl/columns.h"
#include "bot/opsctl/complete.h"
#include "bot/opsctl/talk.h"
#include "bot/opsctl/usage.h"
#include "bot/version.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/privacy.h"
#include "core/base/text.h"

#define COMPLETE_MS 800 /* a shell waits for it */

/* ---- help ------------------------------------------------------------------------- */

static enum status print_text(struct buf *text)
{
    bool ok = fputs(buf_text(text), stdout) >= 0 && fflush(stdout) == 0;

    buf_dispose(text);
    return ok ? STATUS_DONE : STATUS_OUTPUT;
}

static const char *named_verb(const struct options *o)
{
    return o->verb && strcmp(o->verb->name, "help") == 0
               ? options_value(o, "verb")
               : NULL;
}

static enum status help(const struct options *o)
{
    const char *name = named_verb(o);
    const struct verb *verb = name ? verb_find(name) : o->verb;
    struct buf text = { 0 };

    if (name && !verb) {
        fprintf(stderr,
                "opsctl: there is no verb %.60s. `opsctl --help` lists "
                "them.\n",
                name);
        return STATUS_USAGE;
    }
    if (verb && (name || strcmp(verb->name, "help") != 0))
        usage_verb(&text, verb);
    else
        usage_all(&text);
    return print_text(&text);
}

static enum status version(void)
{
    struct buf text = { 0 };

    buf_fmt(&text, "opsctl %s\n", version_text());
    return print_text(&text);
}

/* ---- asking ------------------------------------------------------------------------ */

static bool number_of(const char *text, long most, long *out)
{
    char *end;

    *out = strtol(text, &end, 10);
    return isdigit((unsigned char)*text) && !*end && *out >= 1 && *out <= most;
}

static bool timeout_of(const struct options *o, long *ms, struct err *err)
{
    const char *text = options_value(o, "timeout");
    long seconds = CLIENT_TIMEOUT_S;

    if (text && !number_of(text, 600, &seconds))
        return err_set(err, ERR_USER,
                       "--timeout %.20s is no number of seconds from 1 to "
                       "600.",
                       text);
    *ms = seconds * 1000;
    return true;
}

/* 32 random hex digits, or what was given. */
static bool key_of(const struct options *o, char out[CLIENT_KEY_MOST + 1],
                   struct err *err)
{
    const char *given = options_value(o, "idempotency-key");
    char first[RANDOM_ID], second[RANDOM_ID];
    size_t len = given ? strlen(given) : 0;

    for (size_t i = 0; i < len; i++)
        if (len > CLIENT_KEY_MOST || given[i] <= ' ' || given[i] >= 0x7f)
            return err_set(err, ERR_USER,
                           "--idempotency-key takes one word of at most %d "
                           "printable characters.",
                           CLIENT_KEY_MOST);
    digest_random(first);
    digest_random(second);
    if (given)
        snprintf(out, CLIENT_KEY_MOST + 1, "%s", given);
    else
        snprintf(out, CLIENT_KEY_MOST + 1, "%s%s", first, second);
    return true;
}

/* Of the terminal at fd; 0: it is none, or does not say. */
static size_t width_of(int fd)
{
    struct winsize size = { 0 };

    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static bool wants_colour(int fd)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(fd) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

static struct view view_of(const struct options *o, int fd)
{
    struct view view = { .how = isatty(fd) ? SHOW_TABLE : SHOW_JSON,
                         .colour = wants_colour(fd),
                         .longer = options_has(o, "long"),
                         .width = width_of(fd),
                         .now = clock_wall_ms() };

    for (size_t i = 0; i < o->count; i++) {
        const struct option_spec *spec = o->given[i].spec;

        if (spec == option_find(options_common(), "json"))
            view.how = SHOW_JSON;
        else if (spec == option_find(options_common(), "text"))
            view.how = SHOW_TEXT;
        else if (spec == option_find(options_common(), "table"))
            view.how = SHOW_TABLE;
    }
    return view;
}

static void set_views(struct talk *t, const struct options *o, const char *line)
{
    t->view = view_of(o, STDOUT_FILENO);
    t->view.asked = line;
    t->aside = view_of(o, STDERR_FILENO);
    if (t->aside.how == SHOW_JSON)
        t->aside.how = isatty(STDERR_FILENO) ? SHOW_TABLE : SHOW_TEXT;
    t->aside.asked = line;
}

static enum status run(const struct options *o, const struct where *where,
                       const char *line)
{
    char key[CLIENT_KEY_MOST + 1];
    struct talk talk = { .yes = options_has(o, "yes"),
                         .follow = options_has(o, "follow"),
                         .person =
                             isatty(STDIN_FILENO) && isatty(STDERR_FILENO),
                         .moving = isatty(STDERR_FILENO),
                         .key = key };
    struct err err = { 0 };
    enum status status;
    long ms = 0;

    if (!timeout_of(o, &ms, &err) || !key_of(o, key, &err))
        return talk_fail(&err);
    set_views(&talk, o, line);
    talk.client = client_new(where, ms);
    status = talk_run(&talk, line);
    client_free(talk.client);
    return status;
}

static enum status ask(const struct options *o)
{
    struct where where;
    struct err err = { 0 };
    struct buf line = { 0 };
    enum status status;

    verb_line(&line, o->verb, o->given, o->count, o->words, o->word_count);
    if (!where_find(o, &where, &err)) {
        buf_dispose(&line);
        return talk_fail(&err);
    }
    status = run(o, &where, buf_text(&line));
    where_dispose(&where);
    buf_dispose(&line);
    return status;
}

/* ---- completion: quick, and silent about what it does not know ------------------------- */

static void add_names(struct buf *out, const struct answer *a, const char *cell)
{
    const json_t *row;
    size_t i;

    json_array_foreach(part_list(a->card, "rows"), i, row)
    {
        char *name = text_plain(part_text(json_object_get(row, "cells"), cell));

        if (*name && !strchr(name, '\n'))
            buf_fmt(out, "%s\n", name);
        free(name);
    }
}

static void ask_names(struct buf *out, const char *command, const char *cell,
                      void *arg)
{
    const struct options *o = arg;
    struct answer a = { 0 };
    struct err err = { 0 };
    struct client *client;
    struct where where;

    if (!where_find(o, &where, &err))
        return;
    client = client_new(&where, COMPLETE_MS);
    if (client_ask(client, command, NULL, &a, &err))
        add_names(out, &a, cell);
    answer_dispose(&a);
    client_free(client);
    where_dispose(&where);
}

/* The address that the line names so far is the one to ask. */
static enum status complete(const char *const *words, size_t count)
{
    struct options o;
    struct err err = { 0 };
    struct buf out = { 0 };

    if (count && strcmp(words[0], "--") == 0) {
        words++;
        count--;
    }
    if (!options_parse(words, count ? count - 1 : 0, &o, &err))
        err = (struct err){ 0 };
    complete_words(&out, words, count, ask_names, &o);
    return print_text(&out);
}

int main(int argc, char **argv)
{
    const char *const *words = (const char *const *)argv + 1;
    size_t count = argc > 0 ? (size_t)argc - 1 : 0;
    struct options o;
    struct err err = { 0 };
    enum status status;

    privacy_keep();
    columns_ready();
    signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (count && strcmp(words[0], "__complete") == 0)
        status = complete(words + 1, count - 1);
    else if (!options_parse(words, count, &o, &err))
        status = talk_fail(&err);
    else if (options_has(&o, "version"))
        status = version();
    else if (options_has(&o, "help") || strcmp(o.verb->name, "help") == 0)
        status = help(&o);
    else
        status = ask(&o);
    curl_global_cleanup();
    return (int)status;
}
