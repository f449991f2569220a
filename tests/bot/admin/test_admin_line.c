/*
 * What the admin API makes of a request: routes, and the command line that
 * each becomes; what is in a value stays one argument.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bot/admin/admin_route.h"
#include "commands/args.h"
#include "commands/command.h"
#include "core/base/mem.h"

/* Borrowed until the next; NULL: not allowed, err says why. */
static struct err err;
static const char *line_of(enum method method, const char *path,
                           const char *query, const char *body)
{
    static struct buf line;
    char allow[ADMIN_ALLOW];
    const struct admin_route *route = admin_find(method, path, allow);
    struct admin_said said = { path, query, body, strlen(body) };

    buf_cut(&line, 0);
    err = (struct err){ 0 };
    cr_assert_not_null(route, "%s", path);
    return admin_line(route, &said, &line, &err) ? buf_text(&line) : NULL;
}

static void becomes(enum method method, const char *path, const char *query,
                    const char *body, const char *line)
{
    const char *is = line_of(method, path, query, body);

    cr_assert_not_null(is, "%s?%s %s: %s", path, query, body, err.text);
    cr_expect_str_eq(is, line);
}

static void refused(enum method method, const char *path, const char *query,
                    const char *body, const char *why)
{
    cr_expect_null(line_of(method, path, query, body), "%s?%s %s", path, query,
                   body);
    cr_expect_eq(err.kind, ERR_USER);
    cr_expect(strstr(err.text, why), "%s: expected %s", err.text, why);
}

Test(admin_line, each_path_is_a_command_line)
{
    becomes(METHOD_GET, "/admin/health", "check=a&check=b", "",
            "health \"a\" b");
    becomes(METHOD_GET, "/admin/streams", "", "", "streams");
    becomes(METHOD_GET, "/admin/streams/pending", "", "",
            "streams \"pending\"");
    becomes(METHOD_GET, "/admin/streams/orders/pending", "group=g", "",
            "streams pending orders g");
    becomes(METHOD_GET, "/admin/dlq/orders", "trash=1&page=2", "",
            "dlq show orders --page=\"2\" --trash");
    becomes(METHOD_POST, "/admin/dlq/orders/requeue", "",
            "{\"rate\":\"max\",\"all\":true}",
            "dlq requeue orders --all --rate=\"max\"");
    becomes(METHOD_POST, "/admin/dlq/orders/discard", "",
            "{\"ids\":[\"1-0\",\"2-0\"],\"all\":false,\"rate\":7}",
            "dlq discard orders 1-0 2-0 --rate=\"7\"");
    becomes(METHOD_POST, "/admin/halts", "",
            "{\"reason\":\"it's \\\"bad\\\"\",\"scope\":\"all\"}",
            "halt \"all\" \"it's \\\"bad\\\"\"");
    becomes(METHOD_DELETE, "/admin/halts/trading", "force=true", "",
            "unhalt \"trading\" --force");
    becomes(METHOD_POST, "/admin/notify/ack", "", "{\"traceId\":\"t-1\"}",
            "ack \"t-1\"");
    becomes(METHOD_POST, "/admin/incidents/INC-1/updates", "",
            "{\"text\":\"better\",\"due\":\"30m\"}",
            "incident update INC-1 better --due=\"30m\"");
    becomes(METHOD_GET, "/admin/audit", "command=dlq+requeue&denied=1", "",
            "audit --command=\"dlq requeue\" --denied");
    becomes(METHOD_POST, "/admin/ops", "", "{\"text\":\"dlq list\"}",
            "dlq list");
    becomes(METHOD_HEAD, "/admin/version", "", "", "version");
}

Test(admin_line, so_are_those_of_alerts)
{
    becomes(METHOD_GET, "/admin/alerts", "page=2&all=1&text=a+full+disk", "",
            "alerts \"a full disk\" --all --page=\"2\"");
    becomes(METHOD_POST, "/admin/alerts/test", "",
            "{\"text\":\"--mine\",\"severity\":\"high\"}",
            "alert test high \"--mine\"");
    becomes(METHOD_GET, "/admin/alerts/A-7", "history=1", "",
            "alert show A-7 --history");
    becomes(METHOD_POST, "/admin/alerts/A-7/ack", "", "", "ack \"A-7\"");
    becomes(METHOD_POST, "/admin/alerts/A-7/assign", "", "{\"user\":\"U0ANN\"}",
            "assign \"A-7\" U0ANN");
    refused(METHOD_POST, "/admin/alerts/A-7/assign", "", "", "`user` is miss");
    becomes(METHOD_DELETE, "/admin/alerts/A-7/ack", "", "", "unack \"A-7\"");
    becomes(METHOD_POST, "/admin/silences", "",
            "{\"for\":\"4h\",\"reason\":\"x\",\"matchers\":"
            "[\"a=b\",\"c=~\\\"d e\\\"\"],\"alert\":\"A-7\"}",
            "silence \"A-7\" \"a=b\" \"c=~\\\"d e\\\"\" 4h x");
    refused(METHOD_POST, "/admin/silences", "", "{\"alert\":\"A-7\"}",
            "`for` is missing");
    becomes(METHOD_GET, "/admin/oncall/override", "", "",
            "oncall \"override\"");
    becomes(METHOD_POST, "/admin/oncall/overrides", "",
            "{\"rotation\":\"pay\",\"for\":\"4h\",\"user\":\"U0BEN\"}",
            "oncall override U0BEN 4h pay");
}

/* What is no other parameter's name is a label's. */
Test(admin_line, labels_are_parameters)
{
    becomes(
        METHOD_GET, "/admin/route",
        "severity=critical&at=03%3A00&labels=two+words", "",
        "route test \"severity=critical\" \"labels=two words\" --at=\"03:00\"");
    refused(METHOD_GET, "/admin/route", "severity", "",
            "A label is its name and its value");
    refused(METHOD_GET, "/admin/route", "=x", "", "A label is its name");
    refused(METHOD_GET, "/admin/route", "at=1&at=2", "", "`at` is there twice");
}

Test(admin_line, what_is_wrong_is_named)
{
    static const char halts[] = "/admin/halts", ops[] = "/admin/ops",
                      move[] = "/admin/dlq/orders/requeue";

    refused(METHOD_POST, halts, "", "", "`scope` is missing in the body");
    refused(METHOD_POST, halts, "", "{\"scope\":\"all\"}",
            "`reason` is missing");
    refused(METHOD_POST, halts, "", "{\"scop\":\"all\"}",
            "`scop` is no member of this: expected `scope`, `reason`");
    refused(METHOD_POST, halts, "", "{\"scope\":7,\"reason\":\"x\"}",
            "`scope` is to be a text");
    refused(METHOD_POST, halts, "", "{\"scope\":\"\",\"reason\":\"x\"}",
            "`scope` is empty");
    refused(METHOD_POST, halts, "", "{\"scope\":\"a\",\"scope\":\"b\"}",
            "no JSON (line 1, column ");
    refused(METHOD_POST, halts, "", "[1]", "no JSON object");
    refused(METHOD_POST, halts, "", "null", "no JSON object");
    refused(METHOD_POST, ops, "", "{\"text\":\"a\\u0000b\"}", "no JSON");
    refused(METHOD_POST, ops, "", "{\"text\":\"\xff\"}", "no JSON");
    refused(METHOD_POST, ops, "x=1", "{\"text\":\"ping\"}",
            "`x` is no parameter of this: expected none");
    refused(METHOD_POST, move, "", "{\"ids\":[]}",
            "`ids` is to be a list of 1 to 60 texts");
    refused(METHOD_POST, move, "", "{\"ids\":[7]}", "a list of texts");
    refused(METHOD_POST, move, "", "{\"ids\":\"1-0\"}", "a list of 1 to 60");
    refused(METHOD_POST, move, "", "{\"all\":1}", "`all` is to be true or");
    refused(METHOD_POST, move, "", "{\"rate\":1.5}", "a whole number");
    refused(METHOD_GET, "/admin/jobs", "page=1&page=2", "", "is there twice");
    refused(METHOD_GET, "/admin/jobs", "page=%zz", "", "an escape");
    refused(METHOD_GET, "/admin/jobs", "page=%2", "", "an escape");
    refused(METHOD_GET, "/admin/jobs", "page=%00", "", "a NUL");
    refused(METHOD_GET, "/admin/jobs", "page=%ff", "", "not UTF-8");
    refused(METHOD_GET, "/admin/jobs", "page=", "", "`page` is empty");
    refused(METHOD_GET, "/admin/streams/\xff", "", "", "not UTF-8");
    refused(METHOD_DELETE, "/admin/halts/all", "force=yes", "", "1 or 0");
    refused(METHOD_GET, "/admin/whoami", "", "{\"a\":1}", "`a` is no member");
}

Test(admin_line, an_error_shows_no_lines_of_others)
{
    refused(METHOD_POST, "/admin/halts", "",
            "{\"a\\nb\\u202ec and so on and so on and so on and so on\":1}",
            "`a` is no member");
}

/* ---- paths ----------------------------------------------------------------- */

static const char *allowed(enum method method, const char *path)
{
    static char allow[ADMIN_ALLOW];

    return admin_find(method, path, allow) ? "found" : allow;
}

Test(admin_line, only_these_paths_are_there)
{
    static const char *const none[] = {
        "/admin",
        "/admin/",
        "/admin/streams/",
        "/health",
        "/admin/dlq//",
        "/admin//dlq",
        "/admin/dlq/a/b",
        "/admin/../health",
        "//admin/dlq",
        "/admin/dlq/a/requeue/",
        "",
        "/",
        "admin/dlq",
        "/ADMIN/dlq",
        "/admin/./dlq",
        "/slack/commands",
        "/metrics",
    };

    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_expect_str_eq(allowed(METHOD_GET, none[i]), "", "%s", none[i]);
    cr_expect_str_eq(allowed(METHOD_DELETE, "/admin/dlq"), "GET, HEAD");
    cr_expect_str_eq(allowed(METHOD_DELETE, "/admin/halts"), "GET, HEAD, POST");
    cr_expect_str_eq(allowed(METHOD_OTHER, "/admin/ops"), "POST");
    cr_expect_str_eq(allowed(METHOD_GET, "/admin/streams/.."), "found");
}

/* ---- whatever is in a value ------------------------------------------------ */

static const char *const pieces[] = {
    "\"",
    "'",
    "`",
    "\n",
    "\\",
    " ",
    "\t",
    "--all",
    "--",
    "-",
    "=",
    "page=3",
    "&amp;",
    "&lt;",
    "<",
    ">",
    "<@U0ANN>",
    "<!here>",
    "<#C0X|x>",
    "|",
    "&",
    "“",
    "”",
    "’",
    "—",
    "\u00a0",
    "\u200b",
    "\u202e",
    "ops",
    "é",
    "💡",
    "$(id)",
    ";",
    "\x01",
    "\x7f",
    "all",
    "/",
    "%2f",
    "..",
    "list",
    "pending",
    "*bold*",
    "<http://a.b|a.b>",
    "\ufeff",
    "\u3000",
    "~",
    "_x_",
};

/* A value made of some of them, the same for the same n. Heap. */
static char *value_of(unsigned n)
{
    struct buf text = { 0 };
    unsigned state = n * 2654435761u + 1;
    size_t count = 1 + n % 5;

    while (count--) {
        state = state * 1664525u + 1013904223u;
        buf_str(&text, pieces[(state >> 8) % (sizeof pieces / sizeof *pieces)]);
    }
    return buf_take(&text);
}

static char *body_of(const char *scope, const char *reason)
{
    json_t *body = json_pack("{s:s, s:s}", "scope", scope, "reason", reason);
    char *text = json_dumps(body, 0);

    cr_assert_not_null(text);
    json_decref(body);
    return text;
}

/* Both values, and nothing besides, are the words after the name. */
static void arrives(const char *scope, const char *reason)
{
    char *body = body_of(scope, reason);
    const char *line = line_of(METHOD_POST, "/admin/halts", "", body);
    struct args args;

    cr_assert_not_null(line, "%s: %s", body, err.text);
    cr_assert(args_parse(line, &args, &err), "%s: %s", line, err.text);
    cr_expect_eq(args.flag_count, 0, "%s", line);
    cr_assert_eq(args.count, 3, "%zu words of: %s", args.count, line);
    cr_expect_str_eq(args.words[1].text, scope, "%s", line);
    cr_expect_str_eq(args.words[2].text, reason, "%s", line);
    cr_expect_str_eq(command_named(line)->name, "halt");
    args_dispose(&args);
    free(body);
}

Test(admin_line, every_value_is_one_argument)
{
    for (unsigned n = 0; n < 20000; n++) {
        char *scope = value_of(n), *reason = value_of(n * 7 + 3);

        arrives(scope, reason);
        free(scope);
        free(reason);
    }
}

static void is_value(const char *value)
{
    static const char *const flags[] = { "impact=", "due=", NULL };
    json_t *body = json_pack("{s:s, s:s, s:s}", "severity", "P1", "title", "t",
                             "impact", value);
    char *text = json_dumps(body, 0);
    const char *line = line_of(METHOD_POST, "/admin/incidents", "", text);
    struct args args;

    cr_assert_not_null(line);
    cr_assert(args_parse(line, &args, &err), "%s", line);
    args_shift(&args, 2);
    cr_assert(args_bind(&args, flags, &err), "%s: %s", line, err.text);
    cr_expect_eq(args.count, 2, "%s", line);
    cr_expect_str_eq(args_flag(&args, "impact"), value, "%s", line);
    args_dispose(&args);
    json_decref(body);
    free(text);
}

Test(admin_line, every_value_of_a_flag_is_its_value)
{
    for (unsigned n = 0; n < 20000; n++) {
        char *value = value_of(n);

        is_value(value);
        free(value);
    }
}
