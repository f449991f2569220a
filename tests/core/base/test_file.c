/* file: replaced whole or not at all, for us alone. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"

static char directory[] = "/tmp/opsbot-file-XXXXXX";
static char path[80];

static void start(void)
{
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/some/where/name", directory);
}

static void stop(void)
{
    char command[80];

    snprintf(command, sizeof command, "rm -r %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(file, .init = start, .fini = stop);

static void expect_holds(const char *want)
{
    char text[64] = "";
    FILE *f = fopen(path, "re");

    cr_assert_not_null(f);
    cr_expect_eq(fread(text, 1, sizeof text - 1, f), strlen(want));
    cr_expect_str_eq(text, want);
    fclose(f);
}

Test(file, is_replaced_for_us_alone)
{
    struct stat st;

    file_make_way(path);
    file_make_way(path);
    cr_assert(file_replace(path, "one", 3));
    expect_holds("one");
    cr_assert(file_replace(path, "another", 7));
    expect_holds("another");
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600u);
}

Test(file, what_a_crash_left_beside_it_is_no_matter)
{
    char beside[96];
    FILE *f;

    file_make_way(path);
    snprintf(beside, sizeof beside, "%s.new", path);
    f = fopen(beside, "we");
    cr_assert_not_null(f);
    fclose(f);
    cr_assert_eq(chmod(beside, 0666), 0);
    cr_assert(file_replace(path, "one", 3));
    expect_holds("one");
    cr_expect_eq(access(beside, F_OK), -1);
}

Test(file, says_why_not)
{
    cr_expect_not(file_replace(path, "one", 3));
    cr_expect_eq(errno, ENOENT);
    file_make_way(path);
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_expect_not(file_replace(path, "one", 3));
    cr_expect_eq(errno, EISDIR);
}

Test(file, a_device_that_is_full)
{
    FILE *full = fopen("/dev/full", "we");

    cr_assert_not_null(full);
    cr_expect_not(file_write_all(fileno(full), "one", 3));
    cr_expect_eq(errno, ENOSPC);
    fclose(full);
}
