/* tour_shell: the step that leaves Slack: the same commands from a shell. See
 * tour_parts.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/demo/paper.h"
#include "tests/demo/tour_parts.h"
#include "tests/harness/servers.h"

/* What opsctl says on its standard output; heap. */
static char *opsctl(struct tour *t, const char *words)
{
    char *program = servers_program("OPSCTL_BIN", "opsctl");
    char *line = xasprintf("'%s' --admin 'unix:%s/state1/admin.sock' --table %s"
                           " 2>&1",
                           program, t->s->h->dir, words);
    FILE *f = popen(line, "r");
    struct buf out = { 0 };
    char part[4096];
    size_t n;

    while (f && (n = fread(part, 1, sizeof part, f)) > 0)
        buf_add(&out, part, n);
    if (f)
        pclose(f);
    free(line);
    free(program);
    return buf_take(&out);
}

static bool types(struct tour *t, const char *words, const char *expected)
{
    char *said = opsctl(t, words);
    bool ok = check(strstr(said, expected) != NULL,
                    "opsctl %s does not show '%s': %s", words, expected, said);

    paper_line(INK_BOLD, "$ opsctl %s", words);
    for (char *rest = said, *one; (one = strsep(&rest, "\n"));)
        printf("  %s\n", one); /* a table: not broken into lines that fit */
    free(said);
    return ok;
}

bool tour_shell(struct tour *t)
{
    return types(t, "streams:dlq:list", STREAM) &&
           types(t, "audit --command halt", "maintenance window");
}
