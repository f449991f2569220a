/* The files of the web page, as the binary serves them. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/wire/page.h"

#define FOLDER "tests/sandbox/page"

static struct http_response ask(const char *method, const char *path)
{
    struct http_request req = { .method = method,
                                .path = path,
                                .query = "",
                                .content_type = "",
                                .authorization = "",
                                .host = "h",
                                .body = "" };
    struct http_response res = { 0 };

    page_answer(&req, &res);
    return res;
}

static void drop(struct http_response *res)
{
    free(res->headers);
    free(res->body);
}

static int status_of(const char *method, const char *path)
{
    struct http_response res = ask(method, path);
    int status = res.status;

    drop(&res);
    return status;
}

static char *read_file(const char *name, size_t *len)
{
    char *path = xasprintf("%s/%s", FOLDER, name);
    FILE *file = fopen(path, "r");
    char *bytes = xcalloc(1, 1024 * 1024);

    cr_assert_not_null(file, "%s", path);
    *len = fread(bytes, 1, 1024 * 1024 - 1, file);
    fclose(file);
    free(path);
    return bytes;
}

/* Calls check(name, bytes) for every file there is. */
static int each_file(void (*check)(const char *name, const char *bytes,
                                   size_t len))
{
    DIR *dir = opendir(FOLDER);
    struct dirent *entry;
    int n = 0;

    cr_assert_not_null(dir);
    while ((entry = readdir(dir))) {
        size_t len;
        char *bytes;

        if (entry->d_name[0] == '.')
            continue;
        bytes = read_file(entry->d_name, &len);
        check(entry->d_name, bytes, len);
        free(bytes);
        n++;
    }
    closedir(dir);
    return n;
}

static void is_served(const char *name, const char *bytes, size_t len)
{
    char *path = xasprintf("/page/%s", name);
    struct http_response res = ask("GET", path);

    cr_assert_eq(res.status, 200, "%s", path);
    cr_expect_eq(res.body_len, len, "%s", path);
    cr_expect(res.body_len == len && memcmp(res.body, bytes, len) == 0,
              "%s is another one", path);
    drop(&res);
    free(path);
}

Test(page, every_file_is_in_the_binary_as_it_is)
{
    cr_expect_gt(each_file(is_served), 20);
}

/* Whatever a file asks for by "/page/…" is there. */
static void asks_for_what_is_there(const char *name, const char *bytes,
                                   size_t len)
{
    const char *at = bytes;

    (void)len;
    while ((at = strstr(at, "/page/"))) {
        size_t n = 6 + strspn(at + 6, "abcdefghijklmnopqrstuvwxyz._-");
        char *path = xstrndup(at, n);

        cr_expect_eq(status_of("GET", path), 200, "%s asks for %s", name, path);
        free(path);
        at += n;
    }
}

Test(page, every_file_asked_for_is_there)
{
    each_file(asks_for_what_is_there);
}

/* What people and bots write is never taken for markup, and nothing comes
 * from elsewhere. */
static void is_harmless(const char *name, const char *bytes, size_t len)
{
    static const char *const never[] = {
        "innerHTML",      "outerHTML", "insertAdjacentHTML",
        "document.write", "eval(",     "new Function",
        "@import",        "<style",    "src=\"http",
    };

    (void)len;
    for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
        cr_expect_null(strstr(bytes, never[i]), "%s has %s", name, never[i]);
}

Test(page, nothing_is_parsed_as_html_or_fetched_from_elsewhere)
{
    each_file(is_harmless);
}

Test(page, content_types)
{
    static const struct {
        const char *path, *type;
    } cases[] = {
        { "/", "text/html; charset=utf-8" },
        { "/page/index.html", "text/html; charset=utf-8" },
        { "/page/app.js", "text/javascript; charset=utf-8" },
        { "/page/base.css", "text/css; charset=utf-8" },
        { "/page/icon.svg", "image/svg+xml" },
        { "/favicon.ico", "image/svg+xml" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct http_response res = ask("GET", cases[i].path);

        cr_expect_eq(res.status, 200, "%s", cases[i].path);
        cr_expect_str_eq(res.content_type, cases[i].type);
        drop(&res);
    }
}

Test(page, says_that_nothing_else_may_run)
{
    struct http_response res = ask("GET", "/");

    cr_assert_not_null(res.headers);
    cr_expect_not_null(
        strstr(res.headers, "Content-Security-Policy: default-src 'self'"));
    cr_expect_null(strstr(res.headers, "unsafe"));
    cr_expect_not_null(strstr(res.headers, "Cache-Control: no-cache\r\n"));
    drop(&res);
}

Test(page, nothing_but_whole_names)
{
    static const char *const paths[] = {
        "/page/",
        "/page",
        "/page/../CONTROL.md",
        "/page/../../../core/base/mem.h",
        "/page//app.js",
        "/page/./app.js",
        "/page/%61pp.js",
        "/page/app.js/",
        "/page/APP.JS",
        "/page/app",
        "/page/..%2fCONTROL.md",
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
        cr_expect_eq(status_of("GET", paths[i]), 404, "%s", paths[i]);
    cr_expect_eq(status_of("POST", "/"), 405);
    cr_expect_eq(status_of("PUT", "/page/app.js"), 405);
}
