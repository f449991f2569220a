/*
 * Files of the bot's own: nobody else reads them, whatever the umask; and a
 * link that somebody has put into the place of one leads nowhere.
 */
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/harness/servers.h"
#include "tests/integration/common.h"

static const char yaml[] =
    "admins: [U0ANN]\n"
    "roles: [{name: r, groups: [S0ONCALL], rights: [jobs]}]\n";

static struct harness *h;
static char *state, *log_file; /* there is none yet */
static char *env[3];

static void start(void)
{
    umask(0);
    h = harness_start(&(struct harness_options){
        .yaml = yaml, .parts = PART_REDIS | PART_POSTGRES | PART_SANDBOX });
    state = below(h, "own");
    log_file = below(h, "own.log");
    env[0] = xasprintf("OPSBOT_STATE=%s", state);
}

static void stop(void)
{
    harness_stop(h);
    free(state);
    free(log_file);
    free(env[0]);
    free(env[1]);
}

TestSuite(security_files, .init = start, .fini = stop, .timeout = 240);

static void begin(void)
{
    opsbot_wait_ready(opsbot_start(h, (const char *const *)env));
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    cr_assert_eq(lstat(path, &st), 0, "%s", path);
    return st.st_mode & 07777;
}

/* ---- permissions ---------------------------------------------------------------- */

static size_t seen;

static int is_ours_alone(const char *path, const struct stat *st, int type)
{
    unsigned mode = st->st_mode & 07777;

    seen++;
    cr_expect_eq(mode, type == FTW_D ? 0700 : 0600, "%s: %o", path, mode);
    return 0;
}

/* Not even a umask that forbids nothing. */
Test(security_files, nobody_else_may_read_them)
{
    env[1] = xasprintf("OPSBOT_LOG_FILE=%s", log_file);
    begin();
    part_stop(h, PART_POSTGRES);
    part_stop(h, PART_REDIS);
    expect_said(h, "U0ANN", "C0OPS", "halt all both are away",
                "waits in the journal");
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
    wait_settled(h, COMES_MS);
    cr_assert_eq(ftw(state, is_ours_alone, 16), 0);
    cr_expect_geq(seen, 4, "the directory, socket, journal, lock: %zu", seen);
    cr_expect_eq(mode_of(log_file) & 07, 0, "%o", (unsigned)mode_of(log_file));
}

/* ---- links ---------------------------------------------------------------------- */

static char *victim_text(const char *victim)
{
    char *text = harness_read(victim);

    cr_expect_eq(mode_of(victim), 0644, "its mode is as it was");
    return text;
}

static char *make_victim(void)
{
    char *path = below(h, "victim");
    FILE *f = fopen(path, "w");

    cr_assert(f && fputs("mine\n", f) >= 0 && fclose(f) == 0);
    cr_assert_eq(chmod(path, 0644), 0);
    return path;
}

/* Every file that it makes there, led elsewhere: none is written through. */
Test(security_files, a_link_in_the_place_of_one_is_not_followed)
{
    static const char *const names[] = {
        "admin.sock", "journal",     "journal.drained", "journal.torn",
        "lock",       "groups.json", "groups.json.new", "replica",
    };
    char *victim = make_victim(), *text;

    cr_assert_eq(mkdir(state, 0700), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = xasprintf("%s/%s", state, names[i]);

        cr_assert_eq(symlink(victim, path), 0);
        free(path);
    }
    begin();
    expect_said(h, "U0ANN", "C0OPS", "ping", "pong");
    wait_sql(h, 1, COMES_MS, "select count(*) from opsbot.user_groups");
    part_stop(h, PART_POSTGRES);
    part_stop(h, PART_REDIS);
    expect_said(h, "U0ANN", "C0OPS", "halt all both are away", "");
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
    cr_expect(opsbot_log_has(h->bot, "there is no admin API"));
    cr_expect_eq(opsbot_stop(h->bot, 0), 0);
    text = victim_text(victim);
    cr_expect_str_eq(text, "mine\n");
    free(text);
    free(victim);
}

/* One of whose target there is nothing yet makes nothing there. */
Test(security_files, a_link_to_nothing_makes_nothing)
{
    static const char *const names[] = { "admin.sock", "journal", "lock" };
    char *target = below(h, "victim");

    cr_assert_eq(mkdir(state, 0700), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = xasprintf("%s/%s", state, names[i]);

        cr_assert_eq(symlink(target, path), 0);
        free(path);
    }
    begin();
    expect_said(h, "U0ANN", "C0OPS", "ping", "pong");
    cr_expect_neq(access(target, F_OK), 0);
    free(target);
}

/* Two that people do make: a state directory on another disk, a log that leads
 * to where logs go. What is there already stays. */
Test(security_files, links_of_the_operator_are_followed)
{
    char *elsewhere = below(h, "elsewhere"), *victim = make_victim(), *text;
    char *journal = xasprintf("%s/journal", elsewhere);

    cr_assert_eq(mkdir(elsewhere, 0700), 0);
    cr_assert_eq(symlink(elsewhere, state), 0);
    cr_assert_eq(symlink(victim, log_file), 0);
    env[1] = xasprintf("OPSBOT_LOG_FILE=%s", log_file);
    begin();
    cr_expect_eq(mode_of(journal), 0600);
    text = victim_text(victim);
    cr_expect_eq(strncmp(text, "mine\n", 5), 0, "%s", text);
    cr_expect(strstr(text, "serves /ops"), "%s", text);
    free(text);
    free(journal);
    free(victim);
    free(elsewhere);
}
