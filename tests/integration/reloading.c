/* reloading: see reloading.h. */
#include "tests/integration/reloading.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    cr_assert_not_null(f);
    fputs(text, f);
    cr_assert_eq(fclose(f), 0);
}

/* As an editor does, so that no reload finds half of it. */
void write_yaml(struct harness *h, const char *text)
{
    char *path = xasprintf("%s/opsbot.yaml", h->dir);
    char *beside = xasprintf("%s.new", path);

    write_text(beside, text);
    cr_assert_eq(rename(beside, path), 0);
    free(beside);
    free(path);
}

static size_t count_in(const char *text, const char *what)
{
    size_t n = 0;

    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

size_t log_lines(struct harness *h, const char *what)
{
    char *log = opsbot_log(h->bot);
    size_t n = count_in(log, what);

    free(log);
    return n;
}

bool log_has_more(void *arg)
{
    const struct log_more *m = arg;

    return log_lines(m->h, m->what) > m->than;
}

/* One more line that says how a reload went. */
void reload_only(struct harness *h)
{
    struct log_more m = { h, "asked for by", log_lines(h, "asked for by") };

    opsbot_signal(h->bot, SIGHUP);
    wait_until(log_has_more, &m, COMES_MS, "a reload");
}

void reload(struct harness *h, const char *yaml)
{
    write_yaml(h, yaml);
    reload_only(h);
}
