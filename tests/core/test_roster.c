/* roster: members of user groups, kept in Postgres and in a file. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/roster.h"
#include "core/store/migrate.h"
#include "tests/core/stores.h"

static struct roster *r;
static struct err err;
static int64_t at;

static char directory[] = "/tmp/opsbot-roster-XXXXXX";
static char path[80];

static void start(void)
{
    r = roster_new();
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/state/deep/groups.json", directory);
}

static void stop(void)
{
    char command[80];

    roster_free(r);
    snprintf(command, sizeof command, "rm -r %s", directory);
    cr_expect_eq(system(command), 0);
}

static void set(const char *group, const char *one, const char *two,
                int64_t fetched_at)
{
    const char *users[] = { one, two };

    roster_set(r, group, users, two ? 2 : one ? 1 : 0, fetched_at);
}

static bool has(struct roster *in, const char *group, const char *user)
{
    return roster_has(in, group, user, &at);
}

static void write_text(const char *text, mode_t mode)
{
    FILE *f;

    cr_assert(roster_write(r, path, &err), "%s", err.text);
    f = fopen(path, "w");
    cr_assert_not_null(f);
    fputs(text, f);
    fclose(f);
    cr_assert_eq(chmod(path, mode), 0);
}

/* A second roster, from the file. The caller frees. */
static struct roster *read_again(bool ok)
{
    struct roster *again = roster_new();

    cr_expect_eq(roster_read(again, path, &err), ok, "%s", err.text);
    return again;
}

TestSuite(roster, .init = start, .fini = stop, .timeout = 60);

/* As of a list that is damaged, or holds other things than texts. */
Test(roster, who_has_no_name_is_in_no_group)
{
    set("S0ONCALL", "", "U0ANN", 1000);
    cr_expect_not(has(r, "S0ONCALL", ""));
    cr_expect(has(r, "S0ONCALL", "U0ANN"));
}

Test(roster, the_newest_counts)
{
    cr_expect_not(has(r, "S1", "U1"));
    cr_expect_eq(at, 0, "never read");
    set("S1", "U1", "U2", 1000);
    cr_expect(has(r, "S1", "U1"));
    cr_expect_eq(at, 1000);
    cr_expect_not(has(r, "S1", "U3"));
    cr_expect_eq(at, 1000, "known not to be in it");
    set("S1", "U3", NULL, 999);
    cr_expect(has(r, "S1", "U1"), "older news are none");
    set("S1", NULL, NULL, 1001);
    cr_expect_not(has(r, "S1", "U1"), "an empty group has nobody");
    cr_expect_eq(at, 1001);
}

Test(roster, groups_have_names)
{
    char out[ROSTER_HANDLE];

    cr_expect_str_eq(roster_handle(r, "S1", out), "");
    roster_name(r, "S1", "oncall");
    roster_name(r, "S1", "");
    cr_expect_str_eq(roster_handle(r, "S1", out), "oncall");
    cr_expect_not(has(r, "S1", "U1"));
    cr_expect_eq(at, 0, "a name alone says nothing of members");
    set("S1", "U1", NULL, 5);
    cr_expect_str_eq(roster_handle(r, "S1", out), "oncall");
}

Test(roster, remembers_when_slack_failed_first)
{
    cr_expect_eq(roster_failing_since(r), 0);
    roster_failing(r, 100);
    roster_failing(r, 200);
    cr_expect_eq(roster_failing_since(r), 100);
    roster_failing(r, 0);
    cr_expect_eq(roster_failing_since(r), 0);
}

Test(roster, what_slack_does_not_know_is_news_once)
{
    cr_expect_not(roster_is_unknown(r, "S1"));
    cr_expect(roster_unknown(r, "S1", true));
    cr_expect_not(roster_unknown(r, "S1", true));
    cr_expect(roster_is_unknown(r, "S1"));
    cr_expect(roster_unknown(r, "S1", false));
    cr_expect_not(roster_is_unknown(r, "S1"));
}

Test(roster, groups_of_roles_are_named_once)
{
    char *one[] = { (char[]){ "S1" }, (char[]){ "S2" } };
    char *two[] = { (char[]){ "S2" }, (char[]){ "S3" } };
    struct config_role roles[] = {
        { .groups = one, .groups_count = 2 },
        { .groups_count = 0 },
        { .groups = two, .groups_count = 2 },
    };
    struct config cfg = { .roles = roles, .roles_count = 3 };
    size_t count;
    const char **ids = roster_groups(&cfg, &count);

    cr_assert_eq(count, 3);
    cr_expect_str_eq(ids[0], "S1");
    cr_expect_str_eq(ids[2], "S3");
    free(ids);
    cfg.roles_count = 0;
    free(roster_groups(&cfg, &count));
    cr_expect_eq(count, 0);
}

/* ---- the file ------------------------------------------------------------------ */

Test(roster, goes_into_a_file_and_back)
{
    struct roster *again = read_again(true); /* none yet: no failure */
    char out[ROSTER_HANDLE];
    struct stat st;

    cr_expect_not(has(again, "S1", "U1"));
    roster_free(again);
    set("S1", "U1", "U\"2", 1700000000123);
    set("S2", NULL, NULL, 1700000000124);
    roster_name(r, "S1", "on call");
    roster_name(r, "S9", "named-only");
    cr_assert(roster_write(r, path, &err), "%s", err.text);
    cr_assert(roster_write(r, path, &err), "again: %s", err.text);
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    again = read_again(true);
    cr_expect(has(again, "S1", "U\"2"));
    cr_expect_eq(at, 1700000000123);
    cr_expect_not(has(again, "S2", "U1"));
    cr_expect_eq(at, 1700000000124);
    cr_expect_str_eq(roster_handle(again, "S1", out), "on call");
    has(again, "S9", "U1");
    cr_expect_eq(at, 0, "nothing is known of its members");
    roster_free(again);
}

Test(roster, what_is_newer_than_the_file_stays)
{
    set("S1", "U1", NULL, 1000);
    cr_assert(roster_write(r, path, &err));
    set("S1", "U2", NULL, 2000);
    cr_assert(roster_read(r, path, &err));
    cr_expect_not(has(r, "S1", "U1"));
    cr_expect(has(r, "S1", "U2"));
}

Test(roster, a_time_to_come_counts_as_now)
{
    struct roster *again;
    int64_t before = clock_wall_ms();

    set("S1", "U1", NULL, before + 3600000);
    cr_assert(roster_write(r, path, &err));
    again = read_again(true);
    cr_expect(has(again, "S1", "U1"));
    cr_expect_geq(at, before);
    cr_expect_leq(at, clock_wall_ms());
    roster_free(again);
}

Test(roster, a_damaged_file_is_an_error_and_no_more)
{
    static const char *const damaged[] = {
        "",
        "{\"groups\":[{\"id\":\"S1\"",
        "[]",
        "{}",
        "{\"groups\":[{\"users\":[\"U1\"],\"fetched_at\":5}]}",
        "{\"groups\":[{\"id\":\"S1\",\"users\":[\"U1\"]}]}",
        "{\"groups\":[{\"id\":\"S1\",\"fetched_at\":5}]}",
        "{\"groups\":[7]}",
    };

    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        struct roster *again;

        write_text(damaged[i], 0600);
        again = read_again(false);
        cr_expect_eq(err.kind, ERR_SYSTEM);
        cr_expect_not_null(strstr(err.text, "groups.json is damaged ("), "%s",
                           err.text);
        cr_expect_not(has(again, "S1", "U1"));
        roster_free(again);
    }
}

Test(roster, a_damaged_group_costs_the_others_nothing)
{
    struct roster *again;

    write_text("{\"groups\":[{}, {\"id\":\"S1\",\"users\":[\"U1\", 5],"
               "\"fetched_at\":5}]}",
               0600);
    again = read_again(false);
    cr_expect(has(again, "S1", "U1"));
    roster_free(again);
}

Test(roster, a_file_that_others_may_write_gives_nothing)
{
    struct roster *again;

    write_text("{\"groups\":[{\"id\":\"S1\",\"users\":[\"U1\"],"
               "\"fetched_at\":5}]}",
               0620);
    again = read_again(false);
    cr_expect_not_null(strstr(err.text, "may be written by others"), "%s",
                       err.text);
    cr_expect_not(has(again, "S1", "U1"));
    roster_free(again);
}

Test(roster, a_file_that_cannot_be_written_is_an_error)
{
    char in_the_way[80];

    set("S1", "U1", NULL, 5);
    snprintf(in_the_way, sizeof in_the_way, "%s/state", directory);
    cr_assert_eq(symlink("/dev/null", in_the_way), 0);
    cr_expect_not(roster_write(r, path, &err));
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect_not(roster_read(r, path, &err));
    cr_expect_not_null(strstr(err.text, "groups.json: "), "%s", err.text);
}

/* ---- Postgres ------------------------------------------------------------------ */

Test(roster, goes_to_postgres_and_back)
{
    struct stores s;
    struct roster *again = roster_new();
    char out[ROSTER_HANDLE];
    struct db *db;
    int applied;

    stores_start(&s, WITH_POSTGRES);
    db = stores_db(&s);
    set("S1", "U1", "U\"2", 1700000000123);
    set("S2", NULL, NULL, 1700000000124);
    roster_name(r, "S1", "oncall");
    cr_expect_not(roster_save(r, db, &err), "there is no table yet");
    cr_expect_eq(err.kind, ERR_DB);
    cr_expect_not(roster_load(again, db, &err));
    cr_assert(migrate_run(db, NULL, &applied, &err), "%s", err.text);
    cr_assert(roster_save(r, db, &err), "%s", err.text);
    cr_assert(roster_save(r, db, &err), "again: %s", err.text);
    cr_assert(roster_load(again, db, &err), "%s", err.text);
    cr_expect(has(again, "S1", "U\"2"));
    cr_expect_eq(at, 1700000000123);
    cr_expect_str_eq(roster_handle(again, "S1", out), "oncall");
    cr_expect_not(has(again, "S2", "U1"));
    cr_expect_eq(at, 1700000000124);

    /* Another replica has asked later: its word stays. */
    set("S1", "U3", NULL, 1700000000500);
    cr_assert(roster_save(r, db, &err));
    cr_assert(roster_save(again, db, &err));
    cr_assert(roster_load(again, db, &err));
    cr_expect(has(again, "S1", "U3"));
    cr_expect_not(has(again, "S1", "U1"));

    part_stop(s.harness, PART_POSTGRES);
    cr_expect_not(roster_save(r, db, &err));
    cr_expect_eq(err.kind, ERR_DB);
    db_free(db);
    roster_free(again);
    stores_stop(&s);
}
