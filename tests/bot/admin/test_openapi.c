/*
 * deploy/openapi.yaml and the routes of the admin API say the same, both ways:
 * paths, methods, parameters, bodies, statuses.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "bot/admin/admin_route.h"
#include "blocks/answer.h"
#include "blocks/render.h"
#include "tests/harness/yaml.h"

static json_t *api;

static void read_it(void)
{
    api = yaml_read("deploy/openapi.yaml");
}

static void forget_it(void)
{
    json_decref(api);
}

TestSuite(openapi, .init = read_it, .fini = forget_it);

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* What "$ref" points to; the object itself without one. */
static json_t *behind(json_t *object)
{
    const char *ref = text_at(object, "$ref");
    char path[128], *save = NULL;
    json_t *at = api;

    if (!*ref)
        return object;
    snprintf(path, sizeof path, "%s", ref + 2);
    for (char *name = strtok_r(path, "/", &save); name;
         name = strtok_r(NULL, "/", &save))
        at = json_object_get(at, name);
    cr_assert(json_is_object(at), "%s leads nowhere", ref);
    return at;
}

static const char *method_name(enum method method)
{
    return method == METHOD_GET    ? "get"
           : method == METHOD_POST ? "post"
                                   : "delete";
}

static json_t *operation_of(const struct admin_route *r)
{
    json_t *path = json_object_get(json_object_get(api, "paths"), r->path);

    return json_object_get(path, method_name(r->method));
}

static size_t param_count(const struct admin_route *r)
{
    size_t n = 0;

    while (n < ADMIN_PARAMS && r->params[n].name)
        n++;
    return n;
}

static size_t operations(void)
{
    json_t *paths = json_object_get(api, "paths"), *path, *operation;
    const char *name, *method;
    size_t n = 0;

    json_object_foreach(paths, name, path)
        json_object_foreach(path, method, operation) n++;
    return n;
}

Test(openapi, has_every_route_and_no_other)
{
    size_t count;
    const struct admin_route *routes = admin_routes(&count);

    for (size_t i = 0; i < count; i++)
        cr_expect_not_null(operation_of(&routes[i]), "%s %s is not in it",
                           method_name(routes[i].method), routes[i].path);
    cr_expect_eq(operations(), count);
}

/* ---- parameters ------------------------------------------------------------ */

static json_t *parameter_of(json_t *operation, const char *name, const char *in)
{
    json_t *each;
    size_t i;

    json_array_foreach(json_object_get(operation, "parameters"), i, each)
    {
        json_t *p = behind(each);

        if (strcmp(text_at(p, "name"), name) == 0 &&
            strcmp(text_at(p, "in"), in) == 0)
            return p;
    }
    return NULL;
}

static json_t *body_of(json_t *operation)
{
    json_t *body = json_object_get(operation, "requestBody");
    json_t *types = json_object_get(body, "content");

    return json_object_get(json_object_get(types, "application/json"),
                           "schema");
}

static bool lists(const json_t *list, const char *word)
{
    const json_t *each;
    size_t i;

    json_array_foreach(list, i, each) if (strcmp(json_string_value(each),
                                                 word) == 0) return true;
    return false;
}

static const char *type_name(const struct admin_param *p)
{
    switch (p->type) {
    case ADMIN_TEXT:
    case ADMIN_LINE:
        return "string";
    case ADMIN_MANY:
        return "array";
    case ADMIN_YES:
        return p->in == ADMIN_BODY ? "boolean" : "string";
    case ADMIN_LABELS:
        return "object";
    case ADMIN_RATE:
        break;
    }
    return ""; /* oneOf */
}

static void compare(const struct admin_route *r, const struct admin_param *p,
                    json_t *operation)
{
    json_t *schema, *found;
    bool must;

    if (p->in == ADMIN_BODY) {
        json_t *body = body_of(operation);

        found = schema =
            json_object_get(json_object_get(body, "properties"), p->name);
        must = lists(json_object_get(body, "required"), p->name);
    } else {
        found = parameter_of(operation, p->name,
                             p->in == ADMIN_PATH ? "path" : "query");
        schema = json_object_get(found, "schema");
        must = json_is_true(json_object_get(found, "required"));
        cr_expect_not_null(json_object_get(found, "example"), "%s", p->name);
    }
    cr_assert_not_null(found, "%s: %s is not in it", r->path, p->name);
    cr_expect_eq(must, p->must, "%s: %s", r->path, p->name);
    cr_expect_str_eq(text_at(schema, "type"), type_name(p), "%s: %s", r->path,
                     p->name);
    cr_expect_neq(*text_at(found, "description"), '\0', "%s", p->name);
    if (p->type == ADMIN_MANY)
        cr_expect_eq(json_integer_value(json_object_get(schema, "maxItems")),
                     ADMIN_IDS);
}

/* Besides the key, which is a header. */
static size_t described(json_t *operation)
{
    json_t *properties = json_object_get(body_of(operation), "properties");
    json_t *parameters = json_object_get(operation, "parameters");
    bool key = parameter_of(operation, "Idempotency-Key", "header") != NULL;

    return json_array_size(parameters) + json_object_size(properties) - key;
}

Test(openapi, parameters_and_bodies_are_those_of_the_routes)
{
    size_t count;
    const struct admin_route *routes = admin_routes(&count);

    for (size_t i = 0; i < count; i++) {
        const struct admin_route *r = &routes[i];
        json_t *operation = operation_of(r);

        for (size_t k = 0; k < param_count(r); k++)
            compare(r, &r->params[k], operation);
        cr_expect_eq(described(operation), param_count(r), "%s %s", r->path,
                     method_name(r->method));
        cr_expect_eq(parameter_of(operation, "Idempotency-Key", "header") !=
                         NULL,
                     r->method != METHOD_GET, "%s", r->path);
    }
}

/* An example is what it would be refused for, were it not as it should. */
Test(openapi, examples_become_command_lines)
{
    size_t count;
    const struct admin_route *routes = admin_routes(&count);

    for (size_t i = 0; i < count; i++) {
        json_t *body = json_object_get(operation_of(&routes[i]), "requestBody");
        json_t *types = json_object_get(body, "content");
        json_t *json = json_object_get(types, "application/json");
        char *example = json_dumps(json_object_get(json, "example"), 0);
        struct admin_said said = { routes[i].path, "", example ? example : "",
                                   example ? strlen(example) : 0 };
        struct buf line = { 0 };
        struct err err = { 0 };

        cr_expect_eq(example != NULL, body != NULL, "%s", routes[i].path);
        cr_expect(admin_line(&routes[i], &said, &line, &err), "%s: %s",
                  routes[i].path, err.text);
        buf_dispose(&line);
        free(example);
    }
}

/* ---- answers --------------------------------------------------------------- */

Test(openapi, every_operation_may_be_answered_by_every_status)
{
    static const char *const statuses[] = { "200", "400", "401", "403", "409",
                                            "413", "415", "429", "503", "504" };
    size_t count, n = sizeof statuses / sizeof *statuses;
    const struct admin_route *routes = admin_routes(&count);

    for (size_t i = 0; i < count; i++) {
        json_t *responses =
            json_object_get(operation_of(&routes[i]), "responses");

        cr_expect_eq(json_object_size(responses), n, "%s", routes[i].path);
        for (size_t k = 0; k < n; k++) {
            json_t *r = behind(json_object_get(responses, statuses[k]));

            cr_expect_not_null(json_object_get(r, "content"), "%s",
                               statuses[k]);
        }
    }
}

/* Every member is described, and what is required is there. */
static void is_as(json_t *is, json_t *schema, const char *where)
{
    json_t *properties, *value, *required;
    const char *name;
    size_t i;

    schema = behind(schema);
    properties = json_object_get(schema, "properties");
    json_array_foreach(json_object_get(schema, "required"), i, required)
        cr_expect_not_null(json_object_get(is, json_string_value(required)),
                           "%s has no %s", where, json_string_value(required));
    json_object_foreach(is, name, value)
    {
        json_t *of = json_object_get(properties, name), *each;

        if (!properties)
            break;
        cr_expect_not_null(of, "%s.%s is not described", where, name);
        if (json_is_object(value))
            is_as(value, of, name);
        json_array_foreach(value, i, each) if (json_is_object(each))
            is_as(each, json_object_get(behind(of), "items"), name);
    }
}

static void fill(struct card *card)
{
    card_title(card, TONE_BAD, "Title");
    card_lead(card, LINE(say_text("lead")));
    card_field(card, "Field", LINE(say_text("value")));
    card_row(card, LINE(say_text("row")));
    card_detail(card, LINE(say_text("detail")));
    card_payload(card, "payload");
    card_row_action(card, &(struct action){ .label = "Do", .command = "ping" });
    card_note(card, LINE(say_text("note")));
    card_action(card, &(struct action){ .label = "Do", .command = "ping" });
}

static void document_is_as(const struct answer *answer, const char *schema)
{
    json_t *components = json_object_get(api, "components");
    json_t *schemas = json_object_get(components, "schemas");
    char *text = answer_json(answer);
    json_t *is = json_loads(text, 0, NULL);

    is_as(is, json_object_get(schemas, schema), schema);
    json_decref(is);
    free(text);
}

Test(openapi, answers_are_as_they_are_described)
{
    struct card *card = card_new();
    struct err err = { .kind = ERR_DENIED, .text = "no" };
    struct answer done = { "ping", "7F3K21", "ok", NULL, card };
    struct answer failed = { "ping", "7F3K21", "denied", &err, card };
    struct answer conflict = { "unhalt", "7F3K21", "refused", NULL, card };

    fill(card);
    document_is_as(&done, "Answer");
    document_is_as(&failed, "Failure");
    document_is_as(&conflict, "Failure");
    card_free(card);
}

Test(openapi, every_kind_of_error_is_named)
{
    json_t *at = json_object_get(api, "components");
    static const char *const path[] = { "schemas", "Failure",    "properties",
                                        "error",   "properties", "kind",
                                        "enum" };

    for (size_t i = 0; i < sizeof path / sizeof *path; i++)
        at = json_object_get(at, path[i]);
    for (enum err_kind kind = ERR_USER; kind <= ERR_SYSTEM; kind++)
        cr_expect(lists(at, err_kind_name(kind)), "%s", err_kind_name(kind));
    cr_expect(lists(at, "conflict"));
    cr_expect(lists(at, "unknown"));
}
