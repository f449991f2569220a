/*
 * Every command by every door: typed in Slack over the WebSocket, delivered
 * to a request URL, asked of the admin API, typed as opsctl. One table; the
 * same answer, the same effect, and a record that says by which door.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/integration/admin.h"
#include "tests/integration/common.h"

#define SECRET "8f742231b10e8888abcd99yyyzzz85a5" /* the sandbox's */

static const char yaml[] =
    "admins: [U0ANN]\n"
    "channels: {ops: C0OPS}\n"
    "slack: {mode: both}\n"
    "alerts:\n"
    "  rotations: [{name: pay, users: [U0ANN]}]\n"
    "  watch: {checks: false, dlq_age: \"0\", dlq_inflow: 0,"
    " dlq_causes: false, lag: \"0\"}\n"
    "halt: {scopes: [trading]}\n"
    "checks:\n"
    "  - {id: store, kind: redis, interval_s: 3600}\n";

struct door;

struct stage {
    struct harness *h;
    const struct door *door;
    char op[64]; /* that the last question named */
};

struct door {
    const char *via; /* in its records */
    void (*open)(struct stage *s);
    /* All that comes back for one line; heap. */
    char *(*ask)(struct stage *s, const char *line);
};

/* What one line is to do. `%op` in a line is the operation that the line
 * before asked about. */
struct act {
    const char *line;
    const char *command; /* whose record it is */
    const char *shows;   /* in the answer, whatever the door */
    const char *outcome; /* of the record; NULL: "ok" */
    const char *number;  /* a Redis command, which then gives … */
    long long is;        /* … this */
};

static const struct act acts[] = {
    { "ping", "ping", "Redis", NULL, NULL, 0 },
    { "help", "help", "dlq list", NULL, NULL, 0 },
    { "home", "home", "halted", NULL, NULL, 0 },
    { "whoami", "whoami", "admin", NULL, NULL, 0 },
    { "health", "health", "store", NULL, NULL, 0 },
    { "health details store", "health details", "store", NULL, NULL, 0 },
    { "streams", "streams", "orders", NULL, NULL, 0 },
    { "dlq list", "dlq list", "orders", NULL, NULL, 0 },
    { "dlq show orders", "dlq show", "1700000000000-1", NULL, NULL, 0 },
    { "dlq requeue orders 1700000000000-1", "dlq requeue", "Requeued 1 entry",
      NULL, "XLEN orders", 1 },
    { "dlq discard orders 1700000000000-2", "dlq discard", "Discarding 1 entry",
      NULL, "XLEN orders.dlq", 2 },
    { "dlq restore orders --all", "dlq restore", "Restore", "asked",
      "XLEN orders.dlq", 2 },
    { "confirm %op", "dlq restore", "Restoring", NULL, "XLEN orders.dlq", 3 },
    { "dlq requeue orders --all", "dlq requeue", "Requeue", "asked",
      "XLEN orders.dlq", 3 },
    { "cancel %op", "cancel", "ancel", NULL, "XLEN orders.dlq", 3 },
    { "jobs", "jobs", "orders", NULL, NULL, 0 },
    { "streams pending orders", "streams pending", "orders", NULL, NULL, 0 },
    { "version", "version", "opsbot", NULL, NULL, 0 },
    { "ack T-1 seen", "ack", "T-1", NULL, "EXISTS notify:ack:T-1", 1 },
    { "unack T-1", "unack", "T-1", NULL, "EXISTS notify:ack:T-1", 0 },
    { "alert test info doors are tested", "alert test", "on its way", NULL,
      NULL, 0 },
    { "alerts", "alerts", "doors are tested", NULL, NULL, 0 },
    { "alert show A-1", "alert show", "doors are tested", NULL, NULL, 0 },
    { "ack A-1 seen", "ack", "A-1", NULL, "EXISTS notify:ack:A-1", 1 },
    { "unack A-1", "unack", "A-1", NULL, "EXISTS notify:ack:A-1", 0 },
    { "assign A-1 U0ANN", "assign", "A-1", NULL, NULL, 0 },
    { "alert file 1", "alert file", "no storm", NULL, NULL, 0 },
    { "alert note A-1 all doors", "alert note", "A-1", NULL, NULL, 0 },
    { "escalate A-1", "escalate", "A-1", "already", NULL, 0 },
    { "silence A-1 1h the doors", "silence", "S-1", NULL, NULL, 0 },
    { "silences", "silences", "the doors", NULL, NULL, 0 },
    { "unsilence S-1", "unsilence", "S-1", NULL, NULL, 0 },
    { "alert resolve A-1 all well", "alert resolve", "A-1", NULL, NULL, 0 },
    { "halt trading wrong prices", "halt", "Halted trading", NULL,
      "EXISTS opsbot:halt:trading", 1 },
    { "halts", "halts", "wrong prices", NULL, NULL, 0 },
    { "unhalt trading", "unhalt", "trading", "asked",
      "EXISTS opsbot:halt:trading", 1 },
    { "confirm %op", "unhalt", "trading", NULL, "EXISTS opsbot:halt:trading",
      0 },
    { "incident open P2 doors are tested", "incident open", "INC-1", NULL, NULL,
      0 },
    { "incident update INC-1 half way", "incident update", "INC-1", NULL, NULL,
      0 },
    { "incident status INC-1", "incident status", "doors are tested", NULL,
      NULL, 0 },
    { "incident list", "incident list", "doors are tested", NULL, NULL, 0 },
    { "incident resolve INC-1 all well", "incident resolve", "INC-1", NULL,
      NULL, 0 },
    { "oncall", "oncall", "pay", NULL, NULL, 0 },
    { "oncall override U0BEN 4h", "oncall override", "On call: pay", NULL, NULL,
      0 },
    { "oncall pay", "oncall", "stands in", NULL, NULL, 0 },
    { "route test severity=critical service=pay at=03:00", "route test",
      "takes it", NULL, NULL, 0 },
    { "outbox", "outbox", "utbox", NULL, NULL, 0 },
    { "outbox retry --all", "outbox retry", "othing to retry", "gone", NULL,
      0 },
    { "audit", "audit", "incident resolve", NULL, NULL, 0 },
};

/* ---- doors ---------------------------------------------------------------- */

static char *ask_slack(struct stage *s, const char *line)
{
    json_t *reply = say(s->h, "U0ANN", "C0OPS", line);
    char *text = json_dumps(json_object_get(reply, "messages"), 0);

    json_decref(reply);
    return text;
}

static void open_socket(struct stage *s)
{
    (void)s; /* as the harness starts it */
}

static void open_urls(struct stage *s)
{
    char *url = xasprintf("http://%s/slack/events", opsbot_address(s->h->bot));

    json_decref(control_post(
        s->h, "delivery", json_pack("{s:s,s:s}", "mode", "http", "url", url)));
    free(url);
}

static char *ask_admin(struct stage *s, const char *line)
{
    json_t *body = json_pack("{s:s}", "text", line);
    char *text = json_dumps(body, 0);
    struct admin_reply reply = admin_call(s->h, "POST", "/admin/ops",
                                          &(struct admin_ask){ .body = text });
    char *said = xstrdup(reply.body);

    /* 409: refused because of how things stand, as any door says it. */
    cr_assert(reply.status == 200 || reply.status == 409, "%s: %ld %s", line,
              reply.status, said);
    admin_reply_free(&reply);
    json_decref(body);
    free(text);
    return said;
}

/* A single quote ends a word of the shell; none is in the table. */
static char *ask_opsctl(struct stage *s, const char *line)
{
    char *at = admin_socket(s->h, 0);
    char *command = xasprintf("'%s/build/asan/opsctl' --admin 'unix:%s' --json"
                              " ops '%s' </dev/null 2>&1",
                              harness_root(), at, line);
    FILE *f = popen(command, "r");
    struct buf out = { 0 };
    char part[4096];
    size_t n;
    int status;

    cr_assert(f);
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        buf_add(&out, part, n);
    status = pclose(f);
    cr_assert(WIFEXITED(status), "%s: %s", command, buf_text(&out));
    free(command);
    free(at);
    return buf_take(&out);
}

static const struct door by_socket = { "socket", open_socket, ask_slack };
static const struct door by_http = { "http", open_urls, ask_slack };
static const struct door by_admin = { "admin", open_socket, ask_admin };
static const struct door by_opsctl = { "admin", open_socket, ask_opsctl };

/* ---- one door, the whole table -------------------------------------------- */

/* "confirm 01K…" or "cancel 01K…" somewhere in an answer. */
static void note_op(struct stage *s, const char *said)
{
    const char *at = strstr(said, "confirm ");

    if (at)
        sscanf(at + strlen("confirm "), "%63[A-Za-z0-9]", s->op);
}

static char *line_of(const struct stage *s, const char *line)
{
    const char *at = strstr(line, "%op");

    return at ? xasprintf("%.*s%s", (int)(at - line), line, s->op)
              : xstrdup(line);
}

/* What goes on as a job has its outcome when that is over. */
static void expect_record(struct harness *h, const struct act *a,
                          const char *via)
{
    char *query =
        xasprintf("select (count(*) > 0)::int from opsbot.audit_events where"
                  " command = '%s' and outcome = '%s' and via = '%s'",
                  a->command, a->outcome ? a->outcome : "ok", via);

    wait_sql(h, 1, COMES_MS, query);
    free(query);
}

static void act(struct stage *s, const struct act *a)
{
    char *line = line_of(s, a->line);
    char *said = s->door->ask(s, line);

    cr_assert(strstr(said, a->shows), "`%s` by %s does not show `%s`: %s", line,
              s->door->via, a->shows, said);
    note_op(s, said);
    if (a->number)
        wait_redis(s->h, a->is, COMES_MS, a->number);
    expect_record(s->h, a, s->door->via);
    free(said);
    free(line);
}

static struct harness *start(void)
{
    static const char *const env[] = { "SLACK_SIGNING_SECRET=" SECRET, NULL };

    return harness_start(&(struct harness_options){ .yaml = yaml, .env = env });
}

static void whole_table(const struct door *door)
{
    struct stage s = { .h = start(), .door = door };

    dead_letters(s.h, "orders", 4);
    door->open(&s);
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        act(&s, &acts[i]);
    wait_settled(s.h, COMES_MS);
    harness_stop(s.h);
}

Test(doors, every_command_over_the_websocket)
{
    whole_table(&by_socket);
}

Test(doors, every_command_at_a_request_url)
{
    whole_table(&by_http);
}

Test(doors, every_command_by_the_admin_api)
{
    whole_table(&by_admin);
}

Test(doors, every_command_by_opsctl)
{
    whole_table(&by_opsctl);
}

static bool in_a_row(const char *command)
{
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (strncmp(acts[i].line, command, strlen(command)) == 0)
            return true;
    }
    return false;
}

/* Of one line of help: "dlq  dlq discard · dlq list". How many there are. */
static size_t expect_row(const char *line)
{
    static const char between[] = " · ";
    const char *at = strstr(line, "  "), *end;
    size_t n = 0;

    cr_assert_not_null(at, "no command in: %s", line);
    for (at += 2; at; at = end ? end + strlen(between) : NULL, n++) {
        char *command;

        end = strstr(at, between);
        command =
            xasprintf("%.*s", (int)(end ? (size_t)(end - at) : strlen(at)), at);
        cr_assert(*command, "no command in: %s", line);
        cr_assert(in_a_row(command), "`%s` is tested by no door", command);
        free(command);
    }
    return n;
}

Test(doors, every_command_has_a_row)
{
    struct stage s = { .h = start(), .door = &by_admin };
    char *said = ask_admin(&s, "help --all");
    json_t *root = json_loads(said, 0, NULL), *row, *line;
    size_t i, k, seen = 0;

    json_array_foreach(json_object_get(json_object_get(root, "card"), "rows"),
                       i, row)
    {
        json_array_foreach(json_object_get(row, "details"), k, line)
        {
            seen += expect_row(json_string_value(line));
        }
    }
    cr_assert_geq(seen, 43, "%zu", seen);
    json_decref(root);
    free(said);
    harness_stop(s.h);
}
