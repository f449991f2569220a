/*
 * Unix sockets of the server: whose they are, and whose place they take.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/bot/http/serving.h"

static char dir[] = "/tmp/opsbot-server-XXXXXX";

/* ---- sockets ---------------------------------------------------------------- */

static char *path_in_dir(const char *name)
{
    return xasprintf("%s/%s", dir, name);
}

static void make_dir(void)
{
    cr_assert_not_null(mkdtemp(dir));
}

static void drop_dir(void)
{
    server_free(serving);
    cr_expect_eq(rmdir(dir), 0, "a file is left: %s", strerror(errno));
}

TestSuite(server_unix, .init = make_dir, .fini = drop_dir);

static void refused(const char *listen, const char *why)
{
    struct listener listener = serving_listener(listen);
    struct err err;

    cr_expect_null(server_start(&listener, 1, &err));
    cr_expect_eq(err.kind, ERR_CONFIG);
    cr_expect(strstr(err.text, "TEST_LISTEN"), "%s", err.text);
    cr_expect(strstr(err.text, why), "%s", err.text);
}

Test(server_unix, knows_its_peer)
{
    char *path = path_in_dir("a.sock"), *listen = xasprintf("unix:%s", path);
    char *peer = xasprintf("peer 1 %u '' ", getuid());
    struct stat made;
    int fd;

    serve(serving_listener(listen));
    cr_assert_eq(stat(path, &made), 0);
    cr_expect_eq(made.st_mode & 07777, 0600);
    cr_expect_eq(serving_port, 0);
    fd = raw_dial_unix(path);
    raw_say(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
    raw_read(fd, false, &answer);
    cr_expect(strstr(answer.body, peer), "%s", answer.body);
    close(fd);
    server_free(serving);
    serving = NULL;
    cr_expect_neq(stat(path, &made), 0, "it is taken away");
    free(path);
    free(listen);
    free(peer);
}

Test(server_unix, replaces_a_dead_one_and_no_live_one)
{
    char *path = path_in_dir("b.sock"), *listen = xasprintf("unix:%s", path);
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(at.sun_path, path);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    close(fd); /* its file stays */
    serve(serving_listener(listen));
    refused(listen, "in use");
    fd = raw_dial_unix(path);
    raw_say(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
    raw_read(fd, false, &answer);
    cr_expect_eq(answer.status, 200, "the first one lives");
    close(fd);
    free(path);
    free(listen);
}

Test(server_unix, takes_no_other_files_place)
{
    char *path = path_in_dir("c"), *listen = xasprintf("unix:%s", path);
    FILE *file = fopen(path, "w");

    fclose(file);
    refused(listen, "no socket");
    cr_expect_eq(unlink(path), 0, "it is still there");
    free(listen);
    listen = xasprintf("unix:%s/%0110d", dir, 0);
    refused(listen, "1 to 107 bytes");
    refused("unix:", "1 to 107 bytes");
    refused("unix:/nonexistent/directory/x", "No such file");
    free(listen);
    free(path);
}

/* What came after ours is not ours to take away. */
Test(server_unix, leaves_a_successors_socket)
{
    char *path = path_in_dir("d.sock"), *listen = xasprintf("unix:%s", path);
    struct server *first;
    struct stat there;

    serve(serving_listener(listen));
    first = serving;
    cr_assert_eq(unlink(path), 0);
    serve(serving_listener(listen));
    server_free(first);
    cr_expect_eq(stat(path, &there), 0);
    free(path);
    free(listen);
}
