/*
 * help: what `opsbot --help` says.
 */
#include "bot/help.h"

#define USAGE                                                                  \
    "Usage: opsbot [-c FILE] run\n"                                            \
    "       opsbot [-c FILE] check [--json]\n"                                 \
    "       opsbot --version | --help\n"

static const char text[] = USAGE
    "\n"
    "Runs operations from Slack: asks services how they are, moves dead\n"
    "letters, halts what must stop, keeps incidents, and records who did "
    "what.\n"
    "\n"
    "Commands\n"
    "  run     Connects to Slack and serves, until SIGTERM.\n"
    "  check   Looks at everything that run needs and changes nothing: the\n"
    "          configuration, tokens and their scopes, a WebSocket to hello "
    "and\n"
    "          back, channels, user groups, Redis, streams, Postgres, the\n"
    "          clock, hooks of halt targets, files, addresses. Each line is "
    "✓,\n"
    "          ! (it runs, and something is missed) or ✗, with what to do.\n"
    "\n"
    "Options\n"
    "  -c, --config FILE   The configuration (YAML). Default: $OPSBOT_CONFIG;\n"
    "                      without either, the environment alone.\n"
    "      --json          check: "
    "[{\"id\",\"ok\",\"level\",\"text\",\"todo\"},…]\n"
    "      --version       Version, and the libraries it runs with.\n"
    "  -h, --help          This page.\n"
    "\n"
    "Environment (wins over the file; * also as NAME_FILE, a file that holds\n"
    "the value)\n"
    "  SLACK_APP_TOKEN *       xapp-…, with connections:write. Required\n"
    "                          but by mode http\n"
    "  SLACK_BOT_TOKEN *       xoxb-…. Required\n"
    "  SLACK_MODE              socket, http or both: how Slack comes. "
    "Default:\n"
    "                          socket\n"
    "  SLACK_SIGNING_SECRET *  Required by mode http and both; two, separated\n"
    "                          by a comma, while one replaces the other\n"
    "  SLACK_API_URL           https://slack.com/api/ (plain http: loopback)\n"
    "  REDIS_URL *             redis://[user:pass@]host:port/db, rediss://…,\n"
    "                          unix:///path?db=0. Required\n"
    "  DATABASE_URL *          postgresql://user@host/database. Required\n"
    "  DATABASE_MIGRATE_URL *  The same database as the owner of schema "
    "opsbot.\n"
    "                          Default: DATABASE_URL\n"
    "  OPSBOT_CONFIG           As -c\n"
    "  OPSBOT_LISTEN           127.0.0.1:8710: /health, /ready, /metrics, …\n"
    "  OPSBOT_ADMIN            unix:$OPSBOT_STATE/admin.sock, or host:port\n"
    "  OPSBOT_STATE            $STATE_DIRECTORY, else ./var\n"
    "  OPSBOT_ADMINS           Slack user ids that hold every right, where\n"
    "                          there is no file\n"
    "  OPSBOT_CONFINE          on; off: it keeps rights that it does not need\n"
    "  OPSBOT_LOG              json or text. Default: text on a terminal\n"
    "  OPSBOT_LOG_FILE         Where the log goes instead of standard error\n"
    "\n"
    "Files\n"
    "  $OPSBOT_STATE/journal      What must not be lost while Redis and\n"
    "                             Postgres are both away. Each replica has\n"
    "                             its own\n"
    "  $OPSBOT_STATE/groups.json  Who is in the user groups that roles name\n"
    "  deploy/opsbot.example.yaml Every key of the configuration, explained\n"
    "\n"
    "Signals\n"
    "  TERM, INT   Finishes what is in hand and ends, within 12 s.\n"
    "  HUP         Reads the configuration again, and opens the log file\n"
    "              anew; a bad configuration changes nothing.\n"
    "\n"
    "Exit status\n"
    "  0   run: was told to end. check: nothing failed (it may have warned)\n"
    "  64  wrong usage\n"
    "  69  check: something failed\n"
    "  70  a thread or a socket could not be had\n"
    "  78  configuration: something is missing or wrong\n"
    "\n"
    "Examples\n"
    "  opsbot check && opsbot run\n"
    "  opsbot -c /etc/opsbot/opsbot.yaml check --json | jq '.[] | "
    "select(.ok|not)'\n"
    "  SLACK_BOT_TOKEN_FILE=/run/secrets/bot opsbot -c opsbot.yaml run\n";

const char *help_text(void)
{
    return text;
}

const char *help_usage(void)
{
    return USAGE "       opsbot --help explains them.\n";
}
