/*
 * check_secrets: files and variables hold something that may be a secret, and
 * not everybody can read it. Their values are looked at here and go nowhere,
 * nor does their length.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/check/check_parts.h"

#define VALUE_MAX 4096 /* no placeholder is longer */
#define NAMED     3    /* of those that are wrong */

/* ---- placeholders ------------------------------------------------------------------ */

/* Letters and digits alone, in lower case: "Change-Me" is "changeme". */
static void plain(const char *value, char out[VALUE_MAX + 1])
{
    size_t n = 0;

    for (; *value && n < VALUE_MAX; value++)
        if (isalnum((unsigned char)*value))
            out[n++] = (char)tolower((unsigned char)*value);
    out[n] = '\0';
}

static bool is_one_of(const char *word)
{
    static const char *const words[] = {
        "",         "changeit", "none",   "null",     "nil",    "undefined",
        "example",  "sample",   "todo",   "tbd",      "fixme",  "dummy",
        "password", "passwd",   "secret", "mysecret", "token",  "apikey",
        "test",     "testing",  "foo",    "bar",      "foobar", "default",
        "fake",     "redacted", "hidden", "masked",   "12345",  "123456",
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

static bool has_phrase(const char *word)
{
    static const char *const phrases[] = {
        "changeme",    "replaceme",  "replacethis",
        "placeholder", "insertyour", "notarealsecret",
    };
    size_t len = strlen(word);

    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (strstr(word, phrases[i]))
            return true;
    return len > 8 && strncmp(word, "your", 4) == 0 &&
           strcmp(word + len - 4, "here") == 0;
}

/* "todo: fill in", "your-token": a word that stands by itself. */
static bool begins_so(const char *value)
{
    static const char *const begins[] = { "example", "dummy", "todo", "your",
                                          "insert" };

    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        size_t len = strlen(begins[i]);

        if (strncasecmp(value, begins[i], len) == 0 &&
            !isalnum((unsigned char)value[len]))
            return true;
    }
    return false;
}

/* "xxxx", "****", "....": the same again and again. */
static bool is_filler(const char *value)
{
    return strchr("xX*.-_0", *value) != NULL &&
           strspn(value, (const char[]){ *value, '\0' }) == strlen(value);
}

/* "<token>", "${TOKEN}", "{{ token }}", "%TOKEN%": somebody was to fill it
 * in. */
static bool is_template(const char *value)
{
    size_t len = strlen(value);
    char first = value[0], last = value[len - 1];

    return len > 1 &&
           ((first == '<' && last == '>') || (first == '[' && last == ']') ||
            (strncmp(value, "${", 2) == 0 && last == '}') ||
            (strncmp(value, "{{", 2) == 0 && last == '}') ||
            (strncmp(value, "$(", 2) == 0 && last == ')') ||
            (first == '%' && last == '%'));
}

/* value: trimmed, not empty. */
static bool is_placeholder(const char *value)
{
    char word[VALUE_MAX + 1];
    bool is;

    plain(value, word);
    is = is_filler(value) || is_template(value) || is_one_of(word) ||
         has_phrase(word) || begins_so(value);
    explicit_bzero(word, sizeof word);
    return is;
}

/* In place, with the quotes that a value may have been pasted with. */
static char *trim(char *text)
{
    size_t len = strlen(text);

    while (len > 0 && isspace((unsigned char)text[len - 1]))
        text[--len] = '\0';
    while (isspace((unsigned char)*text))
        text++, len--;
    if (len >= 2 && strchr("\"'`", *text) && text[len - 1] == *text) {
        text[len - 1] = '\0';
        text++;
    }
    return text;
}

/* ---- one of them -------------------------------------------------------------------- */

static const char *wrong_value(char *text)
{
    const char *value = trim(text);

    if (!*value)
        return "is empty";
    return is_placeholder(value) ? "holds a placeholder" : NULL;
}

static const char *wrong_variable(const char *name)
{
    const char *value = getenv(name);
    const char *wrong;
    char *copy;

    if (!value)
        return "is not set";
    if (strlen(value) > VALUE_MAX)
        return NULL;
    copy = xstrdup(value);
    wrong = wrong_value(copy);
    explicit_bzero(copy, strlen(value));
    free(copy);
    return wrong;
}

static const char *wrong_content(int fd)
{
    char text[VALUE_MAX + 2];
    size_t len = 0;
    ssize_t n;
    const char *wrong;

    while (len < sizeof text - 1 &&
           (n = read(fd, text + len, sizeof text - 1 - len)) != 0) {
        if (n < 0 && errno != EINTR)
            return "cannot be read";
        len += n > 0 ? (size_t)n : 0;
    }
    text[len] = '\0';
    wrong =
        len > VALUE_MAX || memchr(text, '\0', len) ? NULL : wrong_value(text);
    explicit_bzero(text, sizeof text);
    return wrong;
}

/* Whoever may write there may put another file in its place. */
static bool in_open_directory(const char *path)
{
    char *copy = xstrdup(path);
    struct stat st;
    bool is_open = stat(dirname(copy), &st) == 0 && (st.st_mode & S_IWOTH) &&
                   !(st.st_mode & S_ISVTX);

    free(copy);
    return is_open;
}

static const char *wrong_mode(const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return "is no regular file";
    if (st->st_mode & S_IWOTH)
        return "can be written by everybody";
    return st->st_mode & S_IROTH ? "can be read by everybody" : NULL;
}

static const char *missing(int problem)
{
    return problem == ENOENT || problem == ENOTDIR ? "is not there"
           : problem == EACCES                     ? "may not be read by us"
                                                   : "cannot be opened";
}

/* Symbolic links are followed (mounted secrets are some); what is no file is
 * not opened, and what takes its place meanwhile neither waited for. */
static const char *wrong_file(const char *path)
{
    const char *wrong;
    struct stat st;
    int fd;

    if (stat(path, &st) != 0)
        return missing(errno);
    wrong = wrong_mode(&st);
    if (wrong)
        return wrong;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return missing(errno);
    wrong = fstat(fd, &st) != 0 ? "cannot be read" : wrong_mode(&st);
    if (!wrong)
        wrong = wrong_content(fd);
    close(fd);
    if (!wrong && in_open_directory(path))
        wrong = "is in a directory that everybody can write to";
    return wrong;
}

/* ---- all of them ---------------------------------------------------------------------- */

struct findings {
    struct buf text;
    unsigned wrong;
};

static void note(struct findings *f, const char *name, const char *wrong)
{
    if (!wrong)
        return;
    if (f->wrong++ < NAMED)
        buf_fmt(&f->text, "%s%s %s", f->wrong > 1 ? ", " : "", name, wrong);
}

static void secrets_run(struct check_ask *ask)
{
    const struct config_check *spec = ask->spec;
    unsigned all = spec->files_count + spec->variables_count;
    struct findings f = { 0 };

    for (unsigned i = 0; i < spec->files_count; i++)
        note(&f, spec->files[i], wrong_file(spec->files[i]));
    for (unsigned i = 0; i < spec->variables_count; i++)
        note(&f, spec->variables[i], wrong_variable(spec->variables[i]));
    if (f.wrong > NAMED)
        buf_fmt(&f.text, " and %u more", f.wrong - NAMED);
    if (f.wrong)
        check_bad(ask, "%u of %u: %s", f.wrong, all, buf_text(&f.text));
    else
        check_ok(ask, "%u of %u in order", all, all);
    buf_dispose(&f.text);
}

const struct check_type check_secrets = { NULL, secrets_run, NULL };
