/* usage: see usage.h. */
#include "bot/opsctl/usage.h"

#include <string.h>

#include "bot/opsctl/options.h"

#define NAME_COLUMN   22
#define OPTION_COLUMN 26

static const char head[] =
    "Usage: opsctl [OPTION…] VERB [OPTION…]\n"
    "       opsctl ops 'COMMAND LINE'\n"
    "       opsctl VERB --help\n"
    "\n"
    "Asks a running opsbot over its admin API. What may be done from Slack may "
    "be\n"
    "done here, by the same rights, under the same audit: you are known as the "
    "user\n"
    "who runs opsctl (Unix socket), by your token, or by your certificate.\n";

static const char tail[] =
    "\n"
    "Where opsbot is: --admin, else OPSBOT_ADMIN, else the first socket there "
    "is of\n"
    "$OPSBOT_STATE/admin.sock, ./var/admin.sock, /run/opsbot/admin.sock and\n"
    "/var/lib/opsbot/admin.sock.\n"
    "\n"
    "Environment: OPSBOT_ADMIN, OPSBOT_STATE, OPSBOT_TOKEN_FILE or "
    "OPSBOT_TOKEN (a\n"
    "token is never an option: everybody can read command lines), OPSBOT_CA,\n"
    "OPSBOT_CERT, OPSBOT_KEY, NO_COLOR.\n"
    "\n"
    "Output: tables on a terminal, one line of JSON anywhere else. The answer "
    "is on\n"
    "standard output; questions, progress and what went wrong on standard "
    "error.\n"
    "\n"
    "Exit status:\n"
    "   0  done, or it had been done before (the answer says who and when)\n"
    "   1  not done as things stand; or what was looked at is ill: a critical "
    "check\n"
    "      fails, a job failed, a message could not be delivered\n"
    "   2  opsbot asks first, and nobody said yes\n"
    "  64  opsctl does not understand its command line\n"
    "  65  opsbot does not: no such stream, entry, incident, command\n"
    "  69  nobody answers at the address\n"
    "  70  opsbot failed inside, or it is none\n"
    "  74  standard output does not take the answer\n"
    "  75  busy, Redis, Postgres or Slack is away, an answer was lost: try "
    "again\n"
    "  77  you are not known to opsbot, or lack a right\n"
    "  78  an address, a token or a certificate cannot be used\n"
    "\n"
    "Examples:\n"
    "  opsctl health\n"
    "  opsctl streams:dlq:list --stream notify.events.dlq\n"
    "  opsctl streams:dlq:requeue --stream notify.events --all --yes "
    "--follow\n"
    "  opsctl orch:halt --reason 'daily loss over 1 %'\n"
    "  opsctl audit --since 2h --json | jq -r '.card.rows[].cells.user'\n"
    "\n"
    "Completion for bash: . deploy/opsctl.bash\n";

/* ---- options --------------------------------------------------------------------- */

/* text behind what stands in the line, its further lines below it. */
static void in_column(struct buf *out, size_t used, size_t column,
                      const char *text)
{
    if (used + 1 > column) {
        buf_char(out, '\n');
        used = 0;
    }
    buf_fmt(out, "%*s", (int)(column - used), "");
    for (; *text; text++) {
        buf_char(out, *text);
        if (*text == '\n')
            buf_fmt(out, "%*s", (int)column, "");
    }
    buf_char(out, '\n');
}

static void option(struct buf *out, const struct option_spec *s)
{
    size_t start = out->len;

    if (s->letter)
        buf_fmt(out, "  -%c, --%s", s->letter, s->name);
    else
        buf_fmt(out, "      --%s", s->name);
    if (s->arg)
        buf_fmt(out, " %s", s->arg);
    in_column(out, out->len - start, OPTION_COLUMN, s->help);
}

static void options(struct buf *out, const char *title,
                    const struct option_spec *all)
{
    if (all->name)
        buf_fmt(out, "\n%s:\n", title);
    for (; all->name; all++)
        option(out, all);
}

/* ---- all ---------------------------------------------------------------------------- */

void usage_all(struct buf *out)
{
    const struct verb *verb;

    buf_str(out, head);
    for (size_t i = 0; (verb = verb_at(i)) != NULL; i++) {
        size_t start;

        if (verb->group)
            buf_fmt(out, "\n%s:\n", verb->group);
        start = out->len;
        buf_fmt(out, "  %s", verb->name);
        in_column(out, out->len - start, NAME_COLUMN, verb->summary);
    }
    options(out, "Options", options_common());
    buf_str(out, tail);
}

/* ---- one ------------------------------------------------------------------------------ */

/* "--stream NAME", "[--page N]", "--id ID… | --all". */
static void synopsis_option(struct buf *out, const struct option_spec *s,
                            bool or)
{
    bool must = s->flags & (OPTION_MUST | OPTION_EITHER);

    buf_fmt(out, "%s%s--%s", or ? " | " : " ", must ? "" : "[", s->name);
    if (s->arg)
        buf_fmt(out, " %s", s->arg);
    if (s->flags & OPTION_MANY)
        buf_str(out, " …");
    if (!must)
        buf_char(out, ']');
}

static void synopsis(struct buf *out, const struct verb *verb)
{
    bool before = false;

    buf_fmt(out, "Usage: opsctl %s", verb->name);
    for (const struct option_spec *s = verb->options; s->name; s++) {
        bool either = s->flags & OPTION_EITHER;

        synopsis_option(out, s, either && before);
        before = either;
    }
    if (!verb->command && !verb->options->name)
        buf_str(out, " LINE");
    buf_char(out, '\n');
}

static void twin(struct buf *out, const struct verb *verb)
{
    if (verb->command)
        buf_fmt(out, "\nIn Slack this is typed: /ops %s …\n", verb->command);
}

void usage_verb(struct buf *out, const struct verb *verb)
{
    synopsis(out, verb);
    buf_fmt(out, "\n%s.\n%s\n", verb->summary, verb->about);
    options(out, "Options", verb->options);
    buf_str(out, "\nExamples:\n");
    for (const char *const *e = verb->examples; *e; e++)
        buf_fmt(out, "  opsctl %s\n", *e);
    twin(out, verb);
    buf_str(out, "\n`opsctl --help` has the options that all verbs know, and "
                 "what the exit status\nmeans.\n");
}
