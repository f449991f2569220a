/* log: the shape of lines, and that no secret is in one. */
#include "core/base/log.c"

#include <criterion/criterion.h>
#include <fcntl.h>

static int reading;

static void into_pipe(enum log_format format, enum log_level level)
{
    int ends[2];

    cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
    reading = ends[0];
    out.fd = ends[1];
    log_setup(format, level);
}

/* What was written since the last time. */
static const char *lines(void)
{
    static char text[65536];
    ssize_t n = read(reading, text, sizeof text - 1);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

Test(log, writes_json_lines)
{
    const struct log_ctx ctx = { .trace = "E1", .command = "dlq \"list\"" };
    struct err err = { 0 };
    struct json_doc *doc;
    const char *line;

    into_pipe(LOG_JSON, LOG_INFO);
    log_info("socket", &ctx, "up after %d ms\nbad \xff", 12);
    line = lines();
    cr_assert_eq(strchr(line, '\n'), line + strlen(line) - 1);
    doc = json_doc_parse(line, strlen(line), &err);
    cr_assert_not_null(doc, "%s: %s", err.text, line);
    cr_expect_str_eq(json_doc_str(doc, "level"), "info");
    cr_expect_str_eq(json_doc_str(doc, "area"), "socket");
    cr_expect_str_eq(json_doc_str(doc, "message"),
                     "up after 12 ms\nbad \xef\xbf\xbd");
    cr_expect_str_eq(json_doc_str(doc, "trace"), "E1");
    cr_expect_str_eq(json_doc_str(doc, "command"), "dlq \"list\"");
    cr_expect_not(json_doc_has(doc, "user"));
    cr_expect_eq(strlen(json_doc_str(doc, "time")), 24);
    json_doc_free(doc);
}

Test(log, writes_text_lines)
{
    const struct log_ctx ctx = { .op = "OP1", .user = "U1" };
    const char *line;

    into_pipe(LOG_TEXT, LOG_INFO);
    log_warn("intake", &ctx, "two\nlines \x1b[31m");
    line = lines();
    cr_assert_eq(line[24], ' ');
    cr_expect_str_eq(line + 25,
                     "warn  intake: two lines [31m op=OP1 user=U1\n");
}

Test(log, drops_what_is_below_the_level)
{
    into_pipe(LOG_JSON, LOG_WARN);
    log_info("a", NULL, "x");
    cr_expect_str_eq(lines(), "");
    log_error("a", NULL, "x");
    cr_expect_not_null(strstr(lines(), "\"error\""));
}

Test(log, hides_secrets_in_every_value)
{
    const struct log_ctx ctx = { .trace = "sec\"ret1" };
    const char *line;

    log_secret("sec\"ret1");
    log_secret("sec\"ret1");
    log_secret("url://sec\"ret1@host");
    log_secret("short");
    log_secret(NULL);
    cr_expect_eq(out.secret_count, 2);
    for (int format = LOG_TEXT; format <= LOG_JSON; format++) {
        into_pipe((enum log_format)format, LOG_INFO);
        log_info("a", &ctx, "to url://sec\"ret1@host; short");
        line = lines();
        cr_expect_not_null(strstr(line, "to ***; short"), "%s", line);
        cr_expect_null(strstr(line, "ret1"), "%s", line);
    }
}

Test(log, a_cut_never_shows_half_a_secret)
{
    char message[MESSAGE_CHARS + 100];

    memset(message, 'a', sizeof message);
    memcpy(message + MESSAGE_CHARS - 8, "topsecret-topsecret", 20);
    log_secret("topsecret-topsecret");
    into_pipe(LOG_JSON, LOG_INFO);
    log_info("a", NULL, "%s", message);
    cr_expect_null(strstr(lines(), "topsec"));
}

/* Of an address only the whole is one: others begin in the same way. */
Test(log, a_part_that_a_cut_has_left_is_hidden)
{
    const char *line;

    log_secret("topsecret-0123456789");
    log_secret("postgresql://bot:other@host/name");
    into_pipe(LOG_TEXT, LOG_INFO);
    log_info("a", NULL, "nothing under `%.16s`", "topsecret-0123456789");
    line = lines();
    cr_expect_not_null(strstr(line, "under `***`"), "%s", line);
    log_info("a", NULL, "topsecret-01234 postgresql://bot:name@host");
    line = lines();
    cr_expect_not_null(strstr(line, "topsecret-01234 postgresql://bot:name@"),
                       "%s", line);
}

Test(log, keeps_errno_and_cuts_long_messages)
{
    char *message = xcalloc(1, 20001);
    const char *line;

    memset(message, 'a', 20000);
    into_pipe(LOG_JSON, LOG_INFO);
    errno = ENOENT;
    log_info("a", NULL, "%s", message);
    cr_expect_eq(errno, ENOENT);
    line = lines();
    cr_expect_lt(strlen(line), 4096);
    cr_expect_eq(line[strlen(line) - 1], '\n');
    free(message);
}
