/*
 * Where opsbot is asked and as whom: what is given, what is found, and what
 * is refused because it would give a secret away.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bot/opsctl/where.h"

#define CANARY "canary-token-91bd"

static char dir[] = "/tmp/opsctl-where-XXXXXX";

static void setup(void)
{
    static const char *const names[] = { "OPSBOT_ADMIN", "OPSBOT_STATE",
                                         "OPSBOT_TOKEN", "OPSBOT_TOKEN_FILE",
                                         "OPSBOT_CA",    "OPSBOT_CERT",
                                         "OPSBOT_KEY" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    cr_assert(mkdtemp(dir));
    cr_assert_eq(chdir(dir), 0);
}

static void teardown(void)
{
    unlink("token");
    unlink("admin.sock");
    unlink("var/admin.sock");
    rmdir("var");
    rmdir(dir);
}

TestSuite(where, .init = setup, .fini = teardown);

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");

    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static bool find(const char *const *words, size_t n, struct where *w,
                 struct err *err)
{
    struct options o;

    cr_assert(options_parse(words, n, &o, err), "%s", err->text);
    return where_find(&o, w, err);
}

static void expect_at(const char *address, const char *url, const char *socket)
{
    const char *words[] = { "--admin", address, "health" };
    struct where w;
    struct err err = { 0 };

    cr_assert(find(words, 3, &w, &err), "%s: %s", address, err.text);
    cr_expect_str_eq(w.url, url);
    cr_expect_str_eq(w.socket ? w.socket : "", socket);
    where_dispose(&w);
}

static void expect_refused(const char *address, const char *why)
{
    const char *words[] = { "--admin", address, "health" };
    struct where w;
    struct err err = { 0 };

    cr_assert_not(find(words, 3, &w, &err), "%s passes", address);
    cr_expect_eq(err.kind, ERR_CONFIG);
    cr_expect(strstr(err.text, why), "%s: %s", address, err.text);
}

Test(where, addresses)
{
    expect_at("unix:/run/x.sock", "http://opsbot", "/run/x.sock");
    expect_at("./var/admin.sock", "http://opsbot", "./var/admin.sock");
    expect_at("https://ops.example:8711", "https://ops.example:8711", "");
    expect_at("https://ops.example:8711/", "https://ops.example:8711", "");
    expect_at("ops.example:8711", "https://ops.example:8711", "");
    expect_at("127.0.0.1:8711", "http://127.0.0.1:8711", "");
    expect_at("http://localhost:8711", "http://localhost:8711", "");
    expect_at("http://[::1]:8711", "http://[::1]:8711", "");
}

Test(where, refuses_what_is_none)
{
    char path[300];

    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    memcpy(path, "unix:/", 6);
    expect_refused(path, "too long");
    expect_refused("unix:", "names no socket");
    expect_refused("https://", "is no address");
    expect_refused("https://a/b", "is no address");
    expect_refused("https://user@host:1", "is no address");
    expect_refused("http://ops.example:8711", "readable to all");
    expect_refused("http://127.0.0.1.evil/x", "is no address");
}

/* Not by its first letters alone. */
Test(where, loopback_is_this_machine)
{
    expect_refused("http://127.evil.example:80", "readable to all");
    expect_refused("http://localhost.evil.example:80", "readable to all");
}

Test(where, the_usual_places_in_their_order)
{
    const char *words[] = { "health" };
    struct where w;
    struct err err = { 0 };

    if (access("/run/opsbot/admin.sock", F_OK) != 0 &&
        access("/var/lib/opsbot/admin.sock", F_OK) != 0) {
        cr_assert_not(find(words, 1, &w, &err));
        cr_expect_eq(err.kind, ERR_SYSTEM);
        cr_expect(strstr(err.text, "./var/admin.sock"), "%s", err.text);
    }
    mkdir("var", 0700);
    write_file("var/admin.sock", "");
    cr_assert(find(words, 1, &w, &err));
    cr_expect_str_eq(w.socket, "./var/admin.sock");
    where_dispose(&w);
    setenv("OPSBOT_STATE", dir, 1);
    write_file("admin.sock", "");
    cr_assert(find(words, 1, &w, &err));
    cr_expect(strstr(w.socket, dir) && strstr(w.socket, "/admin.sock"));
    where_dispose(&w);
    setenv("OPSBOT_ADMIN", "unix:/elsewhere", 1);
    cr_assert(find(words, 1, &w, &err));
    cr_expect_str_eq(w.socket, "/elsewhere");
    where_dispose(&w);
}

Test(where, tokens_come_from_a_file_or_the_environment)
{
    const char *words[] = { "--admin", "unix:/x", "--token-file", "token",
                            "health" };
    struct where w;
    struct err err = { 0 };

    setenv("OPSBOT_TOKEN", "other", 1);
    write_file("token", "\n " CANARY " \r\n");
    cr_assert(find(words, 5, &w, &err), "%s", err.text);
    cr_expect_str_eq(w.token, CANARY);
    where_dispose(&w);
    words[2] = "health";
    cr_assert(find(words, 3, &w, &err), "%s", err.text);
    cr_expect_str_eq(w.token, "other");
    where_dispose(&w);
}

/* What is wrong with it is said without it (P8). */
Test(where, a_bad_token_is_not_shown)
{
    const char *words[] = { "--admin", "unix:/x", "--token-file", "token",
                            "health" };
    static const char *const bad[] = { "", "  \n", CANARY " two", CANARY "\x01",
                                       CANARY "\nX-Y: z" };
    struct where w;
    struct err err;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_file("token", bad[i]);
        err = (struct err){ 0 };
        cr_assert_not(find(words, 5, &w, &err));
        cr_expect_eq(err.kind, ERR_CONFIG);
        cr_expect(strstr(err.text, "token") && !strstr(err.text, CANARY), "%s",
                  err.text);
    }
    unlink("token");
    cr_assert_not(find(words, 5, &w, &err));
    cr_expect(strstr(err.text, "No such file"), "%s", err.text);
}

Test(where, certificates_must_be_readable)
{
    const char *words[] = { "--admin", "unix:/x", "--ca", "absent.pem",
                            "health" };
    struct where w;
    struct err err = { 0 };

    cr_assert_not(find(words, 5, &w, &err));
    cr_expect_eq(err.kind, ERR_CONFIG);
    cr_expect(strstr(err.text, "--ca") && strstr(err.text, "absent.pem"));
}
