/* promtool: see promtool.h. */
#include "tests/integration/promtool.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "tests/harness/process.h"
#include "tests/harness/servers.h"

void promtool(struct harness *h, const char *what)
{
    char *log = below(h, "promtool.log");
    char *line = xasprintf("cd '%s/deploy/prometheus' && exec promtool %s",
                           harness_root(), what);
    const char *argv[] = { "sh", "-c", line, NULL };

    process_run(argv, NULL, log);
    free(line);
    free(log);
}

char *deployed(const char *path)
{
    char *whole = xasprintf("%s/deploy/%s", harness_root(), path);
    char *text = harness_read(whole);

    cr_assert(text[0], "there is no deploy/%s", path);
    free(whole);
    return text;
}
