/* admin_route: the table, and finding in it. See admin_route.h. */
#include "bot/admin/admin_route.h"

#include <string.h>

#define IN_PATH(n)                                                             \
    {                                                                          \
        (n), ADMIN_PATH, ADMIN_TEXT, NULL, true                                \
    }
#define QUERY(n)                                                               \
    {                                                                          \
        (n), ADMIN_QUERY, ADMIN_TEXT, (n), false                               \
    }
#define QUERY_WORD(n)                                                          \
    {                                                                          \
        (n), ADMIN_QUERY, ADMIN_TEXT, NULL, false                              \
    }
#define QUERY_WORDS(n)                                                         \
    {                                                                          \
        (n), ADMIN_QUERY, ADMIN_MANY, NULL, false                              \
    }
#define QUERY_YES(n)                                                           \
    {                                                                          \
        (n), ADMIN_QUERY, ADMIN_YES, (n), false                                \
    }
#define MEMBER(n)                                                              \
    {                                                                          \
        (n), ADMIN_BODY, ADMIN_TEXT, NULL, true                                \
    }
#define MEMBER_WORD(n)                                                         \
    {                                                                          \
        (n), ADMIN_BODY, ADMIN_TEXT, NULL, false                               \
    }
#define MEMBER_WORDS(n)                                                        \
    {                                                                          \
        (n), ADMIN_BODY, ADMIN_MANY, NULL, false                               \
    }
#define MEMBER_FLAG(n)                                                         \
    {                                                                          \
        (n), ADMIN_BODY, ADMIN_TEXT, (n), false                                \
    }
#define ENTRIES                                                                \
    {                                                                          \
        IN_PATH("stream"), { "ids", ADMIN_BODY, ADMIN_MANY, NULL, false },     \
            { "all", ADMIN_BODY, ADMIN_YES, "all", false },                    \
            { "rate", ADMIN_BODY, ADMIN_RATE, "rate", false },                 \
    }

static const struct admin_route table[] = {
    { METHOD_POST,
      "/admin/ops",
      NULL,
      { { "text", ADMIN_BODY, ADMIN_LINE, NULL, true } } },
    { METHOD_GET, "/admin/health", "health", { QUERY_WORDS("check") } },
    { METHOD_GET, "/admin/streams", "streams", { { .name = NULL } } },
    { METHOD_GET, "/admin/streams/{stream}", "streams", { IN_PATH("stream") } },
    { METHOD_GET,
      "/admin/streams/{stream}/pending",
      "streams pending",
      { IN_PATH("stream"), QUERY_WORD("group") } },
    { METHOD_GET, "/admin/dlq", "dlq list", { { .name = NULL } } },
    { METHOD_GET,
      "/admin/dlq/{stream}",
      "dlq show",
      { IN_PATH("stream"), QUERY("page"), QUERY_YES("trash") } },
    { METHOD_POST, "/admin/dlq/{stream}/requeue", "dlq requeue", ENTRIES },
    { METHOD_POST, "/admin/dlq/{stream}/discard", "dlq discard", ENTRIES },
    { METHOD_POST, "/admin/dlq/{stream}/restore", "dlq restore", ENTRIES },
    { METHOD_GET, "/admin/halts", "halts", { { .name = NULL } } },
    { METHOD_POST,
      "/admin/halts",
      "halt",
      { MEMBER("scope"), MEMBER("reason") } },
    { METHOD_DELETE,
      "/admin/halts/{scope}",
      "unhalt",
      { IN_PATH("scope"), QUERY_YES("force") } },
    { METHOD_POST, "/admin/confirm/{op}", "confirm", { IN_PATH("op") } },
    { METHOD_POST, "/admin/cancel/{op}", "cancel", { IN_PATH("op") } },
    { METHOD_POST,
      "/admin/notify/ack",
      "ack",
      { MEMBER("traceId"), MEMBER_WORD("note") } },
    { METHOD_DELETE,
      "/admin/notify/ack/{traceId}",
      "unack",
      { IN_PATH("traceId") } },
    { METHOD_GET,
      "/admin/incidents",
      "incident list",
      { QUERY_YES("all"), QUERY("page") } },
    { METHOD_POST,
      "/admin/incidents",
      "incident open",
      { MEMBER("severity"), MEMBER("title"), MEMBER_FLAG("impact"),
        MEMBER_FLAG("due") } },
    { METHOD_GET,
      "/admin/incidents/{id}",
      "incident status",
      { IN_PATH("id"), QUERY_YES("timeline"), QUERY("page") } },
    { METHOD_POST,
      "/admin/incidents/{id}/updates",
      "incident update",
      { IN_PATH("id"), MEMBER("text"), MEMBER_FLAG("due") } },
    { METHOD_POST,
      "/admin/incidents/{id}/resolve",
      "incident resolve",
      { IN_PATH("id"), MEMBER("text") } },
    { METHOD_GET,
      "/admin/alerts",
      "alerts",
      { QUERY_WORD("text"), QUERY_YES("mine"), QUERY_YES("unacked"),
        QUERY_YES("all"), QUERY("storm"), QUERY("page") } },
    { METHOD_POST,
      "/admin/alerts/test",
      "alert test",
      { MEMBER("severity"), MEMBER_WORD("text") } },
    { METHOD_GET,
      "/admin/alerts/{alert}",
      "alert show",
      { IN_PATH("alert"), QUERY_YES("history"), QUERY("page") } },
    { METHOD_POST,
      "/admin/alerts/{alert}/ack",
      "ack",
      { IN_PATH("alert"), MEMBER_WORD("note") } },
    { METHOD_DELETE,
      "/admin/alerts/{alert}/ack",
      "unack",
      { IN_PATH("alert") } },
    { METHOD_POST,
      "/admin/alerts/{alert}/escalate",
      "escalate",
      { IN_PATH("alert") } },
    { METHOD_POST,
      "/admin/alerts/{alert}/assign",
      "assign",
      { IN_PATH("alert"), MEMBER("user") } },
    { METHOD_POST,
      "/admin/storms/{storm}/file",
      "alert file",
      { IN_PATH("storm") } },
    { METHOD_POST,
      "/admin/alerts/{alert}/notes",
      "alert note",
      { IN_PATH("alert"), MEMBER("text") } },
    { METHOD_POST,
      "/admin/alerts/{alert}/resolve",
      "alert resolve",
      { IN_PATH("alert"), MEMBER_WORD("reason") } },
    { METHOD_GET,
      "/admin/silences",
      "silences",
      { QUERY_YES("all"), QUERY("page") } },
    { METHOD_POST,
      "/admin/silences",
      "silence",
      { MEMBER_WORD("alert"), MEMBER_WORDS("matchers"), MEMBER("for"),
        MEMBER_WORD("reason") } },
    { METHOD_DELETE,
      "/admin/silences/{silence}",
      "unsilence",
      { IN_PATH("silence") } },
    { METHOD_GET, "/admin/oncall", "oncall", { { .name = NULL } } },
    { METHOD_GET,
      "/admin/oncall/{rotation}",
      "oncall",
      { IN_PATH("rotation") } },
    { METHOD_POST,
      "/admin/oncall/overrides",
      "oncall override",
      { MEMBER("user"), MEMBER("for"), MEMBER_WORD("rotation") } },
    { METHOD_GET,
      "/admin/route",
      "route test",
      { { "labels", ADMIN_QUERY, ADMIN_LABELS, NULL, false }, QUERY("at") } },
    { METHOD_GET,
      "/admin/audit",
      "audit",
      { QUERY("user"), QUERY("command"), QUERY("since"), QUERY_YES("denied"),
        QUERY("page") } },
    { METHOD_GET, "/admin/jobs", "jobs", { QUERY("page") } },
    { METHOD_GET, "/admin/outbox", "outbox", { { .name = NULL } } },
    { METHOD_POST,
      "/admin/outbox/{row}/retry",
      "outbox retry",
      { IN_PATH("row") } },
    { METHOD_GET, "/admin/whoami", "whoami", { { .name = NULL } } },
    { METHOD_GET, "/admin/version", "version", { { .name = NULL } } },
    { METHOD_GET, "/admin/help", "help", { QUERY_WORD("group") } },
};

const struct admin_route *admin_routes(size_t *count)
{
    *count = sizeof table / sizeof *table;
    return table;
}

/* Segment by segment: "{x}" stands for any that is not empty. */
static bool fits(const char *pattern, const char *path)
{
    while (*pattern == '/' && *path == '/') {
        size_t want = strcspn(++pattern, "/"), have = strcspn(++path, "/");

        if (*pattern == '{' ? have == 0
                            : want != have || strncmp(pattern, path, have) != 0)
            return false;
        pattern += want;
        path += have;
    }
    return !*pattern && !*path;
}

static void add_method(char allow[ADMIN_ALLOW], enum method method)
{
    static const char *const words[] = { [METHOD_GET] = "GET, HEAD",
                                         [METHOD_POST] = "POST",
                                         [METHOD_DELETE] = "DELETE" };
    struct buf text = { 0 };

    buf_fmt(&text, "%s%s%s", allow, *allow ? ", " : "", words[method]);
    strncpy(allow, buf_text(&text), ADMIN_ALLOW - 1);
    buf_dispose(&text);
}

const struct admin_route *admin_find(enum method method, const char *path,
                                     char allow[ADMIN_ALLOW])
{
    const struct admin_route *found = NULL;

    memset(allow, 0, ADMIN_ALLOW);
    if (method == METHOD_HEAD)
        method = METHOD_GET;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (!fits(table[i].path, path))
            continue;
        if (table[i].method == method)
            found = &table[i];
        add_method(allow, table[i].method);
    }
    return found;
}
