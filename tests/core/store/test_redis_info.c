/* redis_info: fields of INFO, and what is at risk. */
#include <criterion/criterion.h>
#include <string.h>

#include "core/store/redis_info.h"

#define AOF "aof_enabled:1\r\n"

static void risk(const char *info, const char *says)
{
    const char *is = redis_info_risk(info);

    if (!says)
        cr_expect_null(is, "%s: %s", info, is);
    else
        cr_expect(is && strstr(is, says), "%s: %s", info, is ? is : "nothing");
}

Test(redis_info, what_may_be_lost)
{
    risk("", NULL);
    risk(AOF "maxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n", NULL);
    risk(AOF "maxmemory:9\r\nmaxmemory_policy:noeviction\r\n", NULL);
    risk(AOF "maxmemory:9\r\nmaxmemory_policy:allkeys-lru\r\n", "inbox");
    risk(AOF "maxmemory:9\r\nmaxmemory_policy:volatile-ttl\r\n", "markers");
    risk("aof_enabled:0\r\nmaxmemory:0\r\n", "appendonly yes");
}

Test(redis_info, a_field_is_found_by_its_whole_name)
{
    static const char info[] = "xrole:slave\r\nrole:master\r\nrole_x:no\r\n";
    char out[REDIS_INFO];

    cr_expect_str_eq(redis_info(info, "role", out), "master");
    cr_expect_str_eq(redis_info(info, "rol", out), "");
    cr_expect(redis_info_is(info, "role", "master"));
    cr_expect_eq(redis_info_number("maxmemory:42\r\n", "maxmemory"), 42);
}
