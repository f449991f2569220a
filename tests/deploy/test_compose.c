/* deploy/compose.yaml, as docker-compose reads it: what each service is not
 * allowed, and how opsbot gets what it needs. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/deploy/yaml.h"

static json_t *compose;

static const char *const services[] = { "opsbot", "postgres", "redis" };

/* A value of a service; borrowed. */
static const json_t *of(const char *service, const char *key)
{
    return at(at(at(compose, "services"), service), key);
}

static bool mounts(const char *service, const char *volume)
{
    const json_t *item;
    size_t i;

    json_array_foreach(of(service, "volumes"), i, item)
    {
        const char *text = json_string_value(item);

        if (text && strncmp(text, volume, strlen(volume)) == 0)
            return true;
    }
    return false;
}

static void nothing_has_more_than_it_needs(void)
{
    cr_expect_eq(json_object_size(at(compose, "services")), 3);
    for (size_t i = 0; i < 3; i++) {
        const char *name = services[i];
        const json_t *service = at(at(compose, "services"), name);
        const char *user = text_at(service, "user");

        cr_expect(json_is_true(at(service, "read_only")), "%s", name);
        cr_expect(has(service, "cap_drop", "ALL"), "%s", name);
        cr_expect_null(at(service, "cap_add"), "%s", name);
        cr_expect_null(at(service, "privileged"), "%s", name);
        cr_expect(has(service, "security_opt", "no-new-privileges:true"), "%s",
                  name);
        cr_expect(*user && strcmp(user, "0:0") != 0, "%s is %s", name, user);
        cr_expect_str_neq(text_at(service, "deploy.resources.limits.memory"),
                          "", "%s", name);
        cr_expect_not_null(at(service, "deploy.resources.limits.cpus"), "%s",
                           name);
        cr_expect_gt(json_array_size(at(service, "tmpfs")), 0, "%s", name);
        cr_expect_not_null(at(service, "restart"), "%s", name);
    }
}

static void opsbot_waits_for_stores_that_are_well(void)
{
    char *image = deploy_text("deploy/Dockerfile");

    cr_expect_str_eq(text_at(of("opsbot", "depends_on"), "redis.condition"),
                     "service_healthy");
    cr_expect_str_eq(text_at(of("opsbot", "depends_on"), "postgres.condition"),
                     "service_healthy");
    cr_expect_not_null(at(of("redis", "healthcheck"), "test"));
    cr_expect_not_null(at(of("postgres", "healthcheck"), "test"));
    cr_expect(strstr(image, "\nHEALTHCHECK "), "opsbot has that of its image");
    free(image);
}

/* SIGTERM: exit 0 within 12 s. */
static void opsbot_has_time_to_stop(void)
{
    const char *grace = json_string_value(of("opsbot", "stop_grace_period"));

    cr_assert_not_null(grace);
    cr_expect_geq(atoi(grace), 12, "%s", grace);
    cr_expect_str_eq(json_string_value(of("opsbot", "stop_signal")), "SIGTERM");
}

/* Each is a file, and none stands in an environment. */
static void secrets_are_files(void)
{
    const json_t *all = at(compose, "services"), *service, *value;
    const char *name, *key;

    json_object_foreach((json_t *)all, name, service)
    {
        json_object_foreach((json_t *)at(service, "environment"), key, value)
        {
            bool is_secret = strstr(key, "TOKEN") || strstr(key, "PASSWORD") ||
                             strstr(key, "SECRET") || strstr(key, "_URL");
            size_t len = strlen(key);

            cr_expect(!is_secret ||
                          (len > 5 && strcmp(key + len - 5, "_FILE") == 0),
                      "%s: %s is no file", name, key);
            cr_expect(!is_secret || strncmp(json_string_value(value),
                                            "/run/secrets/", 13) == 0);
        }
    }
    json_object_foreach((json_t *)at(compose, "secrets"), key, value)
        cr_expect_str_neq(text_at(value, "file"), "", "%s", key);
}

/* A secret of the environment is one that the service is given. */
static void secrets_that_are_named_are_given(void)
{
    const json_t *value;
    const char *key;

    json_object_foreach((json_t *)of("opsbot", "environment"), key, value)
    {
        const char *path = json_string_value(value);
        const json_t *given;
        bool is = false;
        size_t i;

        if (!path || strncmp(path, "/run/secrets/", 13) != 0)
            continue;
        json_array_foreach(of("opsbot", "secrets"), i, given)
        {
            const char *name = json_is_string(given) ? json_string_value(given)
                                                     : text_at(given, "source");

            is = is || strcmp(name, path + 13) == 0;
        }
        cr_expect(is, "%s: %s is not among its secrets", key, path);
    }
}

static void what_must_stay_stays(void)
{
    const json_t *command = of("redis", "command");
    char *words = json_dumps(command, JSON_COMPACT);

    cr_expect(mounts("opsbot", "state:/var/lib/opsbot"));
    cr_expect(mounts("redis", "redis:/data"));
    cr_expect(mounts("postgres", "postgres:/var/lib/postgresql/data"));
    cr_expect(strstr(words, "\"--appendonly\",\"yes\""), "%s", words);
    cr_expect(strstr(words, "\"--maxmemory-policy\",\"noeviction\""), "%s",
              words);
    free(words);
}

/* The stores reach nobody, and opsbot is open to this machine alone. */
static void networks(void)
{
    const json_t *port;
    size_t i;

    cr_expect(json_is_true(at(compose, "networks.inside.internal")));
    for (i = 1; i < 3; i++) {
        const json_t *networks = of(services[i], "networks");

        cr_expect_eq(json_is_array(networks) ? json_array_size(networks)
                                             : json_object_size(networks),
                     1, "%s", services[i]);
        cr_expect_null(of(services[i], "ports"), "%s", services[i]);
    }
    json_array_foreach(of("opsbot", "ports"), i, port)
    {
        char *text = json_dumps(port, JSON_ENCODE_ANY);

        cr_expect(strstr(text, "127.0.0.1"), "%s", text);
        free(text);
    }
}

/* docker-compose takes a second or more to start: once for all. */
Test(compose, is_as_it_should_be, .timeout = 120)
{
    int status;
    char *out = shell(&status, "docker-compose -f deploy/compose.yaml config");

    cr_assert_eq(status, 0, "docker-compose config: %s", out);
    compose = yaml_text(out, "docker-compose config");
    nothing_has_more_than_it_needs();
    opsbot_waits_for_stores_that_are_well();
    opsbot_has_time_to_stop();
    secrets_are_files();
    secrets_that_are_named_are_given();
    what_must_stay_stays();
    networks();
    json_decref(compose);
    free(out);
}
