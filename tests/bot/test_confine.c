/* confine: what a process that has given it up can do no more, tried from
 * inside, in a child; and that no file of the configuration is forgotten. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bot/confine.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/config_parts.h"

static char base[64];
static struct config cfg;
static struct config_target target;
static struct config_check check;

/* base/NAME; heap. */
static char *at(const char *name)
{
    return xasprintf("%s/%s", base, name);
}

static void put(const char *name)
{
    char *path = at(name);

    file_make_way(path);
    cr_assert(file_replace(path, "text\n", 5), "%s", path);
    free(path);
}

static void start(void)
{
    strcpy(base, "/tmp/opsbot-confine-XXXXXX");
    cr_assert_not_null(mkdtemp(base));
    put("etc/opsbot.yaml");
    put("outside");
    cfg.state_dir = at("state");
    cfg.admin = xasprintf("unix:%s/run/admin.sock", base);
    cfg.halt.targets = &target;
    cfg.checks = &check;
    unsetenv("HOME");
}

static void stop(void)
{
    char *command = xasprintf("rm -rf %s", base);

    cr_expect_eq(system(command), 0);
    free(command);
    free(cfg.state_dir);
    free(cfg.admin);
}

TestSuite(confine, .init = start, .fini = stop, .timeout = 60);

/* ---- a child that confines itself and tries something -------------------------- */

/* Each returns 0 when it went as it should, else the line that did not. */
typedef int attempt(void);

#define EXPECT(what)                                                           \
    do {                                                                       \
        if (!(what))                                                           \
            return __LINE__;                                                   \
    } while (0)

enum part { FILES = 1, CALLS = 2, BOTH = 3 };

/* What the exit status of a process cannot hold goes through the pipe. */
static int confined(enum part parts, attempt *try, int *line)
{
    struct confine_paths paths;
    struct err err = { 0 };
    char *file = at("etc/opsbot.yaml");
    int ends[2], status = 0;
    pid_t child;

    *line = -1;
    confine_paths_find(&paths, &cfg, file);
    cr_assert_eq(pipe(ends), 0);
    child = fork();
    cr_assert_neq(child, -1);
    if (child == 0) {
        int result = -2;

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
            (!(parts & FILES) || confine_files(&paths, &err) > 0) &&
            (!(parts & CALLS) || confine_calls(&err)))
            result = try();
        if (write(ends[1], &result, sizeof result) != sizeof result)
            _exit(2);
        _exit(0);
    }
    close(ends[1]);
    if (read(ends[0], line, sizeof *line) != sizeof *line)
        *line = -1;
    close(ends[0]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    confine_paths_dispose(&paths);
    free(file);
    return status;
}

static void expect_well(enum part parts, attempt *try)
{
    int line, status = confined(parts, try, &line);

    cr_assert_eq(line, 0,
                 "line %d of this file (-1: it died, -2: it could not "
                 "be confined); wait status %#x",
                 line, status);
}

static void expect_death(attempt *try)
{
    int line, status = confined(CALLS, try, &line);

    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS,
              "wait status %#x, line %d", status, line);
}

static bool kernel_has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0,
                   LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

/* ---- files ------------------------------------------------------------------------ */

static bool can_open(const char *name, int flags)
{
    char *path = *name == '/' ? xstrdup(name) : at(name);
    int fd = open(path, flags | O_CLOEXEC, 0600);

    free(path);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static int reads_what_it_needs(void)
{
    EXPECT(can_open("etc/opsbot.yaml", O_RDONLY));
    EXPECT(can_open("/etc/nsswitch.conf", O_RDONLY));
    EXPECT(can_open("/proc/self/status", O_RDONLY));
    EXPECT(can_open("/dev/urandom", O_RDONLY));
    return 0;
}

static int reads_nothing_else(void)
{
    EXPECT(!can_open("outside", O_RDONLY) && errno == EACCES);
    EXPECT(!can_open("outside", O_WRONLY | O_TRUNC) && errno == EACCES);
    EXPECT(!can_open("new", O_WRONLY | O_CREAT) && errno == EACCES);
    EXPECT(!can_open("etc/new", O_WRONLY | O_CREAT) && errno == EACCES);
    EXPECT(!can_open("etc/opsbot.yaml", O_WRONLY) && errno == EACCES);
    EXPECT(!can_open("/proc/1/status", O_RDONLY) && errno == EACCES);
    EXPECT(!can_open("/", O_RDONLY | O_DIRECTORY) && errno == EACCES);
    return 0;
}

static int writes_its_state(void)
{
    char *path = at("state/groups.json"), *moved = at("moved");

    EXPECT(file_replace(path, "{}", 2));
    EXPECT(file_replace(path, "{}\n", 3));
    EXPECT(can_open("state/journal", O_RDWR | O_CREAT | O_TRUNC));
    EXPECT(rename(path, moved) != 0);
    EXPECT(unlink(path) == 0);
    free(path);
    free(moved);
    return 0;
}

static int has_an_admin_socket(void)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(name.sun_path, sizeof name.sun_path, "%s/run/admin.sock", base);
    EXPECT(bind(fd, (struct sockaddr *)&name, sizeof name) == 0);
    EXPECT(chmod(name.sun_path, 0600) == 0);
    EXPECT(chown(name.sun_path, (uid_t)-1, getegid()) == 0);
    EXPECT(chown(name.sun_path, geteuid(), (gid_t)-1) == -1 && errno == ENOSYS);
    EXPECT(listen(fd, 1) == 0);
    EXPECT(unlink(name.sun_path) == 0);
    close(fd);
    return 0;
}

static int executes_nothing(void)
{
    char word[] = "true", *const words[] = { word, NULL };

    EXPECT(execv("/bin/true", words) == -1 && errno == EACCES);
    return 0;
}

Test(confine, files)
{
    if (!kernel_has_landlock())
        cr_skip_test("this kernel has no landlock");
    expect_well(BOTH, reads_what_it_needs);
    expect_well(BOTH, reads_nothing_else);
    expect_well(BOTH, writes_its_state);
    expect_well(BOTH, has_an_admin_socket);
    expect_well(FILES, executes_nothing);
}

/* ---- system calls -------------------------------------------------------------- */

static void *turns(void *arg)
{
    return arg;
}

static int lives(void)
{
    struct addrinfo *found = NULL;
    pthread_t thread;
    void *back = NULL;

    EXPECT(pthread_create(&thread, NULL, turns, base) == 0);
    EXPECT(pthread_join(thread, &back) == 0 && back == base);
    EXPECT(getaddrinfo("localhost", "80", NULL, &found) == 0);
    freeaddrinfo(found);
    EXPECT(getaddrinfo("no-such-host.invalid", "80", NULL, &found) != 0);
    return 0;
}

static int is_refused(void)
{
    EXPECT(socket(AF_PACKET, SOCK_RAW, 0) == -1 && errno == ENOSYS);
    EXPECT(socket(AF_VSOCK, SOCK_STREAM, 0) == -1 && errno == ENOSYS);
    EXPECT(mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0) == MAP_FAILED);
    EXPECT(fork() == -1 && errno == ENOSYS);
    EXPECT(kill(getppid(), 0) == -1 && errno == ENOSYS);
    EXPECT(syscall(SYS_io_uring_setup, 1, NULL) == -1 && errno == ENOSYS);
    EXPECT(prctl(PR_SET_DUMPABLE, 1) == -1 && errno == ENOSYS);
    return 0;
}

static int makes_its_memory_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    EXPECT(page != MAP_FAILED);
    EXPECT(mprotect(page, 4096, PROT_READ | PROT_EXEC) == -1);
    return 0;
}

static int starts_a_program(void)
{
    char word[] = "true", *const words[] = { word, NULL };

    execv("/bin/true", words);
    return __LINE__;
}

static int looks_into_its_parent(void)
{
    ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
    return __LINE__;
}

static int becomes_another(void)
{
    syscall(SYS_setuid, 0);
    return __LINE__;
}

Test(confine, system_calls)
{
    expect_well(BOTH, lives);
    expect_well(CALLS, is_refused);
    expect_well(CALLS, makes_its_memory_code);
    expect_death(starts_a_program);
    expect_death(looks_into_its_parent);
    expect_death(becomes_another);
}

/* ---- the list of files ------------------------------------------------------------ */

static bool in_list(char *const *list, const char *want)
{
    while (*list && strcmp(*list, want) != 0)
        list++;
    return *list != NULL;
}

static void expect_readable(const char *dir, bool is)
{
    struct confine_paths paths;
    char *file = at("etc/opsbot.yaml");

    confine_paths_find(&paths, &cfg, file);
    cr_expect_eq(in_list(paths.readable, dir), is, "%s", dir);
    confine_paths_dispose(&paths);
    free(file);
}

Test(confine, what_the_configuration_names)
{
    char *outside = at("outside"), *link = at("links/ca.pem");
    static char url[] =
        "postgresql://a@b/c?x=1&sslrootcert=%2Fsrv%2Fca%2Froot.crt";
    static char token[] = "/srv/token/file", ca[] = "/srv/trust/ca.pem";
    static char one[] = "/srv/one/a", two[] = "/b";
    static char *files[] = { one, two };

    check = (struct config_check){ .kind = CHECK_POSTGRES,
                                   .url = url,
                                   .token_file = token,
                                   .ca = ca,
                                   .files = files,
                                   .files_count = 2 };
    cfg.checks_count = 1;
    target.client_key = link;
    cfg.halt.targets_count = 1;
    setenv("SLACK_BOT_TOKEN_FILE", "/srv/secrets/bot", 1);
    setenv("HISTORY_FILE", "/srv/home/history", 1);
    setenv("SSL_CERT_DIR", "/srv/certs", 1);
    setenv("PGSSLROOTCERT", "/srv/postgres/root.crt", 1);
    file_make_way(link);
    cr_assert_eq(symlink(outside, link), 0);
    expect_readable("/srv/ca", true);
    expect_readable("/srv/token", true);
    expect_readable("/srv/trust", true);
    expect_readable("/srv/one", true);
    expect_readable("/b", true);
    expect_readable("/srv/secrets", true);
    expect_readable("/srv/certs", true);
    expect_readable("/srv/postgres", true);
    expect_readable(base, true);
    expect_readable("/srv/home", false);
    free(link);
    free(outside);
}

Test(confine, what_alerts_name)
{
    static char secret[] = "/srv/a/secret", mail[] = "/srv/b/mail",
                url[] = "/srv/c/url", token[] = "/srv/d/token",
                webhook[] = "/srv/e/webhook", ca[] = "/srv/f/ca.pem";
    static struct config_hook hook = { .url_file = url };
    static struct config_alert_token one = { .token_file = token };

    cfg.alerts.secret_file = secret;
    cfg.alerts.fallback.smtp_password_file = mail;
    cfg.alerts.fallback.smtp_ca = ca;
    cfg.alerts.hooks = &hook;
    cfg.alerts.hooks_count = 1;
    cfg.alerts.tokens = &one;
    cfg.alerts.tokens_count = 1;
    cfg.alerts.of[ALERT_INFO].webhook_file = webhook;
    expect_readable("/srv/a", true);
    expect_readable("/srv/b", true);
    expect_readable("/srv/c", true);
    expect_readable("/srv/d", true);
    expect_readable("/srv/e", true);
    expect_readable("/srv/f", true);
}

/* Keys that name files, those that confine_paths.c knows of. */
static const char *const known[] = {
    "alerts.critical.webhook_file",
    "alerts.fallback.smtp_ca",
    "alerts.fallback.smtp_password_file",
    "alerts.high.webhook_file",
    "alerts.hooks.token_file",
    "alerts.hooks.url_file",
    "alerts.info.webhook_file",
    "alerts.secret_file",
    "alerts.tokens.token_file",
    "alerts.warning.webhook_file",
    "checks.ca",
    "checks.client_cert",
    "checks.client_key",
    "checks.files",
    "checks.secret_file",
    "checks.token_file",
    "checks.url_file",
    "halt.targets.ca",
    "halt.targets.client_cert",
    "halt.targets.client_key",
    "halt.targets.token_file",
    "heartbeat.token_file",
    "heartbeat.url_file",
    "http.admin_cert",
    "http.admin_client_ca",
    "http.admin_key",
    "http.tokens.token_file",
    "log.file",
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool names_a_file(const char *key)
{
    return strcmp(key, "ca") == 0 || strcmp(key, "file") == 0 ||
           strcmp(key, "files") == 0 || ends_with(key, "_file") ||
           ends_with(key, "_ca") || ends_with(key, "_cert") ||
           ends_with(key, "_key");
}

static bool is_known(const char *path)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], path) == 0)
            return true;
    return false;
}

static const cyaml_schema_field_t *members(const cyaml_schema_value_t *value)
{
    while (value->type == CYAML_SEQUENCE)
        value = value->sequence.entry;
    return value->type == CYAML_MAPPING ? value->mapping.fields : NULL;
}

/* A route is made of routes: one level of them is all there is to see. */
static void look_at(const cyaml_schema_value_t *value, const char *above)
{
    if (!members(value))
        return;
    for (const cyaml_schema_field_t *f = members(value); f->key; f++) {
        char *path = xasprintf("%s%s%s", above, *above ? "." : "", f->key);

        cr_expect(!names_a_file(f->key) || is_known(path),
                  "`%s` names a file: the bot can open it later only when "
                  "bot/confine_paths.c adds it (then add it here too)",
                  path);
        if (members(&f->value) != members(value))
            look_at(&f->value, path);
        free(path);
    }
}

Test(confine, no_file_of_the_configuration_is_forgotten)
{
    look_at(&config_schema, "");
}
