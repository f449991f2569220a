/* log_file: rotation, and a file that cannot be written. */
#include "core/base/log_file.c"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/resource.h>

static char dir[] = "/tmp/opsbot-log-XXXXXX";
static char path[64], rotated[64];
static char note[LOG_FILE_NOTE];

static void setup(void)
{
    cr_assert_not_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/bot.log", dir);
    snprintf(rotated, sizeof rotated, "%s/bot.log.1", dir);
}

static void teardown(void)
{
    struct err err = { 0 };

    cr_expect(log_file_set(NULL, &err));
    unlink(path);
    unlink(rotated);
    rmdir(dir);
}

TestSuite(log_file, .init = setup, .fini = teardown);

static void set(const char *to)
{
    struct err err = { 0 };

    cr_assert(log_file_set(to, &err), "%s", err.text);
}

static bool put(const char *line)
{
    return log_file_write(line, strlen(line), note);
}

static const char *text_of(const char *name)
{
    static char text[4096];
    FILE *f = fopen(name, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;

    text[n] = '\0';
    if (f)
        fclose(f);
    return text;
}

Test(log_file, without_one_lines_are_somebody_elses)
{
    cr_expect_not(put("a\n"));
    set(path);
    cr_expect(put("b\n"));
    set(NULL);
    cr_expect_not(put("c\n"));
    cr_expect_str_eq(note, "");
    cr_expect_str_eq(text_of(path), "b\n");
}

Test(log_file, goes_on_behind_what_is_there)
{
    struct stat st;

    set(path);
    cr_expect(put("a\n"));
    set(NULL);
    set(path);
    cr_expect(put("b\n"));
    cr_expect_str_eq(text_of(path), "a\nb\n");
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0137, 0);
}

Test(log_file, a_rotation_by_rename_takes_effect_when_it_is_set_again)
{
    set(path);
    cr_expect(put("a\n"));
    cr_assert_eq(rename(path, rotated), 0);
    cr_expect(put("b\n"));
    set(path);
    cr_expect(put("c\n"));
    cr_expect_str_eq(text_of(rotated), "a\nb\n");
    cr_expect_str_eq(text_of(path), "c\n");
}

Test(log_file, a_rotation_by_copy_and_truncate_leaves_no_hole)
{
    set(path);
    cr_expect(put("aaaaaaaaaa\n"));
    cr_assert_eq(truncate(path, 0), 0);
    cr_expect(put("b\n"));
    cr_expect_str_eq(text_of(path), "b\n");
}

Test(log_file, one_that_was_removed_is_made_again)
{
    set(path);
    cr_assert_eq(unlink(path), 0);
    file.look = 0; /* a second later */
    cr_expect(put("a\n"));
    cr_expect_str_eq(note, "");
    cr_expect_str_eq(text_of(path), "a\n");
}

Test(log_file, without_its_directory_it_fails_once_and_is_tried_again)
{
    set(path);
    unlink(path);
    cr_assert_eq(rmdir(dir), 0);
    file.look = 0;
    cr_expect_not(put("a\n"));
    cr_expect_not_null(strstr(note, "lines go to stderr"), "%s", note);
    cr_expect_not_null(strstr(note, path), "%s", note);
    cr_expect_not(put("b\n"));
    cr_expect_str_eq(note, "");
    file.again = 0;
    cr_expect_not(put("c\n"));
    cr_expect_str_eq(note, "", "said once");
    cr_assert_eq(mkdir(dir, 0700), 0);
    cr_expect_not(put("d\n"), "not at every line");
    file.again = 0;
    cr_expect(put("e\n"));
    cr_expect_not_null(strstr(note, "4 line(s)"), "%s", note);
    cr_expect(put("f\n"));
    cr_expect_str_eq(note, "");
    cr_expect_str_eq(text_of(path), "e\nf\n");
}

Test(log_file, one_that_cannot_be_opened_is_said_and_tried_again)
{
    struct err err = { 0 };

    cr_assert_eq(rmdir(dir), 0);
    cr_expect_not(log_file_set(path, &err));
    cr_expect_not_null(strstr(err.text, "No such file"), "%s", err.text);
    cr_expect_not(put("a\n"));
    cr_expect_str_eq(note, "", "that was said");
    cr_assert_eq(mkdir(dir, 0700), 0);
    file.again = 0;
    cr_expect(put("b\n"));
    cr_expect_not_null(strstr(note, "1 line(s)"), "%s", note);
}

Test(log_file, a_full_disk_leaves_no_half_line_in_front_of_another)
{
    struct rlimit all, few = { .rlim_cur = 6 };

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &all);
    set(path);
    cr_expect(put("abc\n"));
    few.rlim_max = all.rlim_max;
    setrlimit(RLIMIT_FSIZE, &few);
    cr_expect_not(put("defg\n"));
    cr_expect_not_null(strstr(note, "cannot be written"), "%s", note);
    file.again = 0;
    cr_expect_not(put("h\n"));
    cr_expect_str_eq(note, "");
    setrlimit(RLIMIT_FSIZE, &all);
    file.again = 0;
    cr_expect(put("i\n"));
    cr_expect_str_eq(text_of(path), "abc\nde\ni\n");
}
