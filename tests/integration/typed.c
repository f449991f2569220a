#include "tests/integration/typed.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/harness/process.h"
#include "tests/harness/servers.h"

#define ENTRIES 32

char *write_file(struct harness *h, const char *name, const char *text)
{
    char *path = below(h, name);
    FILE *f = fopen(path, "w");

    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0, "%s", path);
    return path;
}

int run_with(struct harness *h, const char *const *words,
             const char *const *env, char **out)
{
    static int run;
    char *name = xasprintf("run%d.log", ++run);
    struct process *p = process_new("opsbot", below(h, name));
    char *program = servers_program("OPSBOT_BIN", "opsbot");
    const char *argv[8] = { program };
    char *copies[ENTRIES] = { NULL };
    int status;

    for (int i = 0; words[i]; i++)
        argv[i + 1] = words[i];
    for (int i = 0; env && env[i]; i++)
        copies[i] = xstrdup(env[i]);
    process_start(p, argv, copies, NULL, SIGKILL);
    cr_assert(process_wait(p, patient(60000)), "it does not end");
    status = p->status;
    *out = harness_read(p->log);
    for (int i = 0; copies[i]; i++)
        free(copies[i]);
    process_free(p);
    free(program);
    free(name);
    return status;
}

void expect_run(struct harness *h, const char *const *words,
                const char *const *env, int status, const char *const *texts)
{
    char *out;
    int is = run_with(h, words, env, &out);

    cr_assert_eq(is, status, "exit status %d: %s", is, out);
    for (; *texts; texts++)
        cr_assert(strstr(out, *texts), "\"%s\" is not in: %s", *texts, out);
    free(out);
}

/* Takes entry; one of its name is replaced. */
static void set(char *entries[ENTRIES], char *entry)
{
    size_t name = strcspn(entry, "=") + 1, i = 0;

    while (entries[i] && strncmp(entries[i], entry, name) != 0)
        i++;
    cr_assert(i < ENTRIES - 1);
    free(entries[i]);
    entries[i] = entry;
}

int run_here(struct harness *h, const char *const *words,
             const char *const *env, char **out)
{
    char *entries[ENTRIES] = { NULL };
    int status;

    set(entries, xstrdup("SLACK_APP_TOKEN=xapp-test"));
    set(entries, xstrdup("SLACK_BOT_TOKEN=xoxb-test"));
    if (strcmp(words[0], "-c") != 0) /* a file says it itself */
        set(entries, xstrdup("OPSBOT_ADMINS=U0ANN"));
    set(entries, xasprintf("OPSBOT_STATE=%s/state", h->dir));
    set(entries, xasprintf("OPSBOT_LISTEN=127.0.0.1:%d", free_port()));
    set(entries, xasprintf("SLACK_API_URL=%s/api/", h->sandbox_url));
    set(entries, xasprintf("REDIS_URL=%s", h->redis_url));
    set(entries, xasprintf("DATABASE_URL=%s", h->database_url));
    for (; env && *env; env++)
        set(entries, xstrdup(*env));
    status = run_with(h, words, (const char *const *)entries, out);
    for (int i = 0; entries[i]; i++)
        free(entries[i]);
    return status;
}
