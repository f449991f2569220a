/* What people put beside the sources when they run it: git does not take it,
 * nor does the image. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/deploy/yaml.h"

static const char *const secret[] = { ".env", "deploy/opsbot.yaml",
                                      "deploy/secrets/slack-bot-token",
                                      "var/journal", "var/admin.sock" };

Test(ignored, git_takes_no_secret)
{
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++) {
        int status;
        char *out =
            shell(&status, "git check-ignore --no-index -q %s", secret[i]);

        cr_expect_eq(status, 0, "%s %s", secret[i], out);
        free(out);
    }
}

Test(ignored, git_has_none_of_them)
{
    int status;
    char *out = shell(&status, "git ls-files -- .env var deploy/secrets "
                               "deploy/opsbot.yaml");

    cr_expect_eq(status, 0, "%s", out);
    cr_expect_str_eq(out, "");
    free(out);
}

/* It takes nothing but what is named. */
Test(ignored, the_image_takes_sources_alone)
{
    char *text = deploy_text(".dockerignore"), *rest = text, *line;
    bool nothing = false;

    while ((line = strsep(&rest, "\n")) != NULL) {
        nothing = nothing || strcmp(line, "*") == 0;
        cr_expect(*line != '!' || nothing, "%s", line);
        cr_expect(*line != '!' ||
                      (!strstr(line, "deploy") && !strstr(line, "env") &&
                       !strstr(line, "var")),
                  "%s", line);
    }
    cr_expect(nothing);
    free(text);
}
