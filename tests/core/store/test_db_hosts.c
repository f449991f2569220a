/* db_hosts: the addresses of Postgres, as libpq takes them. */
#include <criterion/criterion.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/store/db_link.h"

#define LIMIT (clock_mono_ms() + 30000)

static const struct {
    const char *conninfo, *host, *address, *port;
} known[] = {
    { "postgresql://u@127.0.0.1/d", "127.0.0.1", "127.0.0.1", "" },
    { "host=127.0.0.1 port=5433", "127.0.0.1", "127.0.0.1", "5433" },
    { "postgresql://[::1]:5433/d", "::1", "::1", "5433" },
    { "host=127.0.0.1,/tmp,::1 port=1,2,3", "127.0.0.1,/tmp,::1",
      "127.0.0.1,,::1", "1,2,3" },
    { "host=127.0.0.1,::1 port=5", "127.0.0.1,::1", "127.0.0.1,::1", "5,5" },
    { "host=,127.0.0.1", ",127.0.0.1", ",127.0.0.1", "," },
    { "host=/tmp", "/tmp", "", "" },
    /* nothing to look up */
    { "postgresql:///d", "", "", "" },
    { "host=a.invalid hostaddr=127.0.0.1", "", "", "" },
};

Test(db_hosts, lists_of_one_length)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct db_hosts out;
        struct err err = { 0 };

        cr_assert(db_hosts_find(&out, known[i].conninfo, LIMIT, &err), "%s: %s",
                  known[i].conninfo, err.text);
        cr_expect_str_eq(buf_text(&out.host), known[i].host);
        cr_expect_str_eq(buf_text(&out.address), known[i].address);
        cr_expect_str_eq(buf_text(&out.port), known[i].port);
        db_hosts_dispose(&out);
    }
}

Test(db_hosts, a_name_is_looked_up)
{
    struct db_hosts out;
    struct err err = { 0 };

    cr_assert(db_hosts_find(&out, "host=localhost port=7", LIMIT, &err), "%s",
              err.text);
    cr_expect_eq(strncmp(buf_text(&out.host), "localhost", 9), 0);
    cr_expect(strstr(buf_text(&out.address), "1"), "%s",
              buf_text(&out.address));
    cr_expect_geq(out.count, 1);
    db_hosts_dispose(&out);
}

Test(db_hosts, a_name_that_nobody_knows)
{
    struct db_hosts out;
    struct err err = { 0 };

    cr_expect_not(db_hosts_find(&out, "host=no.invalid", LIMIT, &err));
    cr_expect_eq(err.kind, ERR_DB);
    cr_expect_eq(strncmp(err.text, "cannot connect to Postgres: ", 28), 0, "%s",
                 err.text);
    db_hosts_dispose(&out);
    cr_expect(db_hosts_find(&out, "host=no.invalid,127.0.0.1", LIMIT, &err));
    cr_expect_str_eq(buf_text(&out.host), "127.0.0.1");
    db_hosts_dispose(&out);
}

Test(db_hosts, libpq_takes_them)
{
    struct store_health health = { .name = "Postgres" };
    struct db *db = db_new("postgresql://u@127.0.0.1:1,localhost:1/d", &health);
    struct err err = { 0 };

    cr_expect_not(db_begin(db, &err));
    cr_expect(strstr(err.text, "Connection refused"), "%s", err.text);
    db_free(db);
}
