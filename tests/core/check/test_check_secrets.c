/* check_secrets: real files with every wrong there is. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/check/check_secrets.c"
#include "tests/core/check/asking.h"

static struct asking a;
static char directory[] = "/tmp/opsbot-files-XXXXXX";
static char path[64];
static char *files[1] = { path };
static char *variables[1] = { (char *)"OPSBOT_TEST_SECRET" };

static void start(void)
{
    asking_start(&a, CHECK_SECRETS);
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/db-key", directory);
    a.spec.files = files;
    a.spec.files_count = 1;
}

static void stop(void)
{
    asking_stop(&a);
    unlink(path);
    rmdir(directory);
}

TestSuite(check_secrets, .init = start, .fini = stop);

static void put(const char *text, mode_t mode)
{
    FILE *f;

    unlink(path);
    f = fopen(path, "w");
    cr_assert_not_null(f);
    fputs(text, f);
    fclose(f);
    cr_assert_eq(chmod(path, mode), 0);
}

Test(check_secrets, one_that_is_in_order)
{
    put("s3cr3t-Of-Ours\n", 0600);
    expect_ok(&a, "1 of 1 in order");
    put("s3cr3t-Of-Ours\n", 0440);
    expect_ok(&a, "1 of 1 in order");
    setenv("OPSBOT_TEST_SECRET", "tG7-k29sLq", 1);
    a.spec.variables = variables;
    a.spec.variables_count = 1;
    expect_ok(&a, "2 of 2 in order");
}

Test(check_secrets, one_that_is_not_there)
{
    expect_bad(&a, "/db-key is not there");
    put("", 0600);
    expect_bad(&a, "/db-key is empty");
    put(" \n\t\n", 0600);
    expect_bad(&a, "/db-key is empty");
    put("''\n", 0600);
    expect_bad(&a, "/db-key is empty");
}

Test(check_secrets, one_for_everybody)
{
    put("s3cr3t-Of-Ours\n", 0644);
    expect_bad(&a, "/db-key can be read by everybody");
    put("s3cr3t-Of-Ours\n", 0602);
    expect_bad(&a, "/db-key can be written by everybody");
    put("s3cr3t-Of-Ours\n", 0600);
    chmod(directory, 0777);
    expect_bad(&a, "/db-key is in a directory that everybody can write "
                   "to");
    chmod(directory, 01777);
    expect_ok(&a, "1 of 1");
}

Test(check_secrets, what_is_no_file)
{
    mkdir(path, 0700);
    expect_bad(&a, "/db-key is no regular file");
    rmdir(path);
    mkfifo(path, 0600);
    expect_bad(&a, "/db-key is no regular file");
    unlink(path);
    cr_assert_eq(symlink("/dev/zero", path), 0);
    expect_bad(&a, "/db-key is no regular file");
    unlink(path);
    cr_assert_eq(symlink("db-key", path), 0);
    expect_bad(&a, "/db-key cannot be opened");
    unlink(path);
    cr_assert_eq(symlink("/etc/hostname", path), 0);
    expect_bad(&a, "/db-key can be read by everybody");
}

Test(check_secrets, one_that_we_may_not_read)
{
    if (geteuid() == 0)
        cr_skip("root may read everything");
    put("s3cr3t-Of-Ours\n", 0200);
    expect_bad(&a, "/db-key may not be read by us");
}

Test(check_secrets, a_variable)
{
    a.spec.files_count = 0;
    a.spec.variables = variables;
    a.spec.variables_count = 1;
    unsetenv("OPSBOT_TEST_SECRET");
    expect_bad(&a, "1 of 1: OPSBOT_TEST_SECRET is not set");
    setenv("OPSBOT_TEST_SECRET", "", 1);
    expect_bad(&a, "OPSBOT_TEST_SECRET is empty");
    setenv("OPSBOT_TEST_SECRET", "<your token>", 1);
    expect_bad(&a, "OPSBOT_TEST_SECRET holds a placeholder");
}

Test(check_secrets, only_the_first_are_named)
{
    char *many[] = { path, path, path, path, path };

    a.spec.files = many;
    a.spec.files_count = 5;
    expect_bad(&a, "5 of 5: ");
    cr_expect(strstr(a.result.text, " and 2 more"), "%s", a.result.text);
}

Test(check_secrets, placeholders)
{
    static const char *const none[] = {
        "changeme",
        "CHANGE_ME",
        "change-me-please",
        "xxx",
        "XXXXXXXX",
        "example",
        "example-token",
        "todo",
        "ToDo: fill",
        "<token>",
        "${DB_PASSWORD}",
        "{{ token }}",
        "your-key-here",
        "your_api_key",
        "dummy",
        "dummy-secret",
        "placeholder-1",
        "replace-me",
        "****",
        "....",
        "null",
        "password",
        "secret",
        "%TOKEN%",
        "00000000",
        "your-very-long-api-key-of-some-service-here",
        "$(cat token)",
        "\"changeme\"",
        "'todo'",
    };
    static const char *const some[] = {
        "hunter2",
        "xoxb-123456-abcdef",
        "AKIA1234567890ABCDEF",
        "x7Xx0",
        "correct horse",
        "postgresql://u:p@h/d",
        "todorovic7",
        "exampleX8fk2lPq93kdkS8sLdk3",
        "yourself9c8b7a6d5e4f3a",
        "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
    };

    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        put(none[i], 0600);
        expect_bad(&a, "/db-key holds a placeholder");
        cr_expect_not(a.result.ok, "%s", none[i]);
        cr_expect_null(strstr(a.result.text, none[i]), "%s", none[i]);
    }
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        put(some[i], 0600);
        expect_ok(&a, "1 of 1 in order");
        cr_expect(a.result.ok, "%s", some[i]);
    }
}

Test(check_secrets, a_large_file_is_no_placeholder)
{
    char *much = xcalloc(1, VALUE_MAX * 2 + 1);

    memset(much, 'x', VALUE_MAX * 2);
    put(much, 0600);
    expect_ok(&a, "1 of 1 in order");
    free(much);
}
