/*
 * verb_table: the verbs, as data. Their names are those that operators know
 * from the orchestrator's own command line.
 */
#include "bot/opsctl/verb_parts.h"

/* ---- options that several have ------------------------------------------------ */

#define STREAM                                                                 \
    {                                                                          \
        .name = "stream", .arg = "NAME", .how = OPTION_WORD,                   \
        .offer = OFFER_STREAM, .flags = OPTION_MUST | OPTION_BARE,             \
        .help = "The stream. X.dlq means the dead letters of X."               \
    }
#define ENTRIES                                                                \
    { .name = "id",                                                            \
      .arg = "ID",                                                             \
      .how = OPTION_WORD,                                                      \
      .flags = OPTION_EITHER | OPTION_MANY | OPTION_BARE,                      \
      .help = "An entry; repeat it for several." },                            \
        { .name = "all",                                                       \
          .how = OPTION_FLAG,                                                  \
          .flags = OPTION_EITHER,                                              \
          .help = "Every entry that is there now. Asks first." },              \
    {                                                                          \
        .name = "rate", .arg = "N", .how = OPTION_FLAG,                        \
        .help = "Entries a second, or max. Without it: 200."                   \
    }
#define SCOPE                                                                  \
    {                                                                          \
        .name = "scope", .arg = "SCOPE", .how = OPTION_WORD,                   \
        .offer = OFFER_SCOPE, .otherwise = "all",                              \
        .help = "What of it; without this option everything: all."             \
    }
#define INCIDENT                                                               \
    {                                                                          \
        .name = "id", .arg = "ID", .how = OPTION_WORD,                         \
        .offer = OFFER_INCIDENT, .flags = OPTION_MUST | OPTION_BARE,           \
        .help = "The incident: 12 or INC-12."                                  \
    }
#define DUE                                                                    \
    {                                                                          \
        .name = "due", .arg = "TIME", .how = OPTION_FLAG,                      \
        .help = "When the next update is promised: 30m, 1h, none."             \
    }
#define TRACE                                                                  \
    {                                                                          \
        .name = "traceId", .arg = "ID", .how = OPTION_WORD,                    \
        .flags = OPTION_MUST | OPTION_BARE,                                    \
        .help = "The trace id that the notification carries."                  \
    }
#define CHECKS                                                                 \
    {                                                                          \
        .name = "check", .arg = "ID", .how = OPTION_WORD,                      \
        .flags = OPTION_MANY | OPTION_BARE,                                    \
        .help = "Only this check; repeat it for several."                      \
    }
#define OP                                                                     \
    {                                                                          \
        .name = "op", .arg = "OP", .how = OPTION_WORD,                         \
        .flags = OPTION_MUST | OPTION_BARE,                                    \
        .help = "The operation's id, or the six characters that are shown."    \
    }

static const struct verb acting[] = {
    /* ---- streams ------------------------------------------------------------- */
    { .name = "streams:list",
      .command = "streams",
      .group = "Streams and dead letters",
      .summary = "Length, consumer groups, pending and lag of each stream",
      .about = "Shows the streams that opsbot knows: those of its configuration"
               " and those\nthat have a dead-letter queue. With --stream: the "
               "consumer groups of one.",
      .examples = EXAMPLES("streams:list", "streams:list notify.events"),
      .options = OPTIONS({ .name = "stream",
                           .arg = "NAME",
                           .how = OPTION_WORD,
                           .offer = OFFER_STREAM,
                           .flags = OPTION_BARE,
                           .help = "Only this stream, group by group." }) },
    { .name = "streams:pending",
      .command = "streams pending",
      .summary = "What consumers have taken and not acknowledged",
      .about = "Shows the pending entries of a stream: who has them, since "
               "when, and how\noften they were delivered.",
      .examples =
          EXAMPLES("streams:pending --stream notify.events --group notify"),
      .options = OPTIONS(STREAM, { .name = "group",
                                   .arg = "NAME",
                                   .how = OPTION_WORD,
                                   .flags = OPTION_BARE,
                                   .help = "Only this consumer group." }) },
    { .name = "streams:dlq:list",
      .command = "dlq list",
      .other = "dlq show",
      .summary = "Dead letters by stream: how many, how old, why",
      .about = "Counts the dead letters of each stream. With --stream: the same"
               " as\nstreams:dlq:show.",
      .examples = EXAMPLES("streams:dlq:list",
                           "streams:dlq:list --stream notify.events.dlq"),
      .options = OPTIONS({ .name = "stream",
                           .arg = "NAME",
                           .how = OPTION_WORD,
                           .offer = OFFER_STREAM,
                           .flags = OPTION_BARE | OPTION_OTHER,
                           .help = "The entries of this one." },
                         PAGE) },
    { .name = "streams:dlq:show",
      .command = "dlq show",
      .summary = "The dead letters of one stream, or its trash, oldest first",
      .about = "Shows five entries a page: id, since when it is dead, attempts,"
               " error, and\nthe start of its payload with secrets masked.",
      .examples =
          EXAMPLES("streams:dlq:show notify.events",
                   "streams:dlq:show --stream notify.events --trash --page 2"),
      .options = OPTIONS(STREAM,
                         { .name = "trash",
                           .how = OPTION_FLAG,
                           .help = "What was discarded instead." },
                         PAGE) },
    { .name = "streams:dlq:requeue",
      .command = "dlq requeue",
      .summary = "Puts dead letters back into their stream, once",
      .about = "Moves entries from the dead letters back to where they came "
               "from, each of\nthem once however often it is asked. One entry "
               "is moved at once; several, or\n--all, ask first and become a "
               "job: --follow waits for its end.",
      .examples = EXAMPLES(
          "streams:dlq:requeue --stream notify.events --id 1700000000000-0",
          "streams:dlq:requeue --stream notify.events --all --rate 50 --yes "
          "--follow"),
      .options = OPTIONS(STREAM, ENTRIES) },
    { .name = "streams:dlq:discard",
      .command = "dlq discard",
      .summary = "Moves dead letters to the trash, from where they can be had "
                 "back",
      .about = "Nothing is deleted at once: the trash is kept for some days "
               "(keep.trash), and\nstreams:dlq:restore brings entries back.",
      .examples = EXAMPLES(
          "streams:dlq:discard --stream notify.events --id 1700000000000-0",
          "streams:dlq:discard --stream notify.events --all"),
      .options = OPTIONS(STREAM, ENTRIES) },
    { .name = "streams:dlq:restore",
      .command = "dlq restore",
      .summary = "Takes discarded entries out of the trash",
      .about = "They are dead letters again. The ids are those that "
               "streams:dlq:show --trash\nshows.",
      .examples = EXAMPLES("streams:dlq:restore --stream notify.events --all"),
      .options = OPTIONS(STREAM, ENTRIES) },

    /* ---- notifications ---------------------------------------------------------- */
    { .name = "notify:ack",
      .command = "ack",
      .group = "Notifications",
      .summary = "Acknowledges a notification, so that it does not escalate",
      .about = "Says in your name that you look after it.",
      .examples = EXAMPLES("notify:ack --traceId 7c2f9e --note 'on it'"),
      .options = OPTIONS(TRACE, { .name = "note",
                                  .arg = "TEXT",
                                  .how = OPTION_WORD,
                                  .help = "What others should know." }) },
    { .name = "notify:unack",
      .command = "unack",
      .summary = "Takes an acknowledgement back",
      .about = "The notification escalates again.",
      .examples = EXAMPLES("notify:unack --traceId 7c2f9e"),
      .options = OPTIONS(TRACE) },

    /* ---- halting ------------------------------------------------------------------ */
    { .name = "orch:halt",
      .command = "halt",
      .group = "Halting",
      .summary = "Stops a scope (or all) now, and asks whether it has stopped",
      .about = "Does not ask first. Works in every degraded state that leaves a"
               " way to stop.",
      .examples = EXAMPLES("orch:halt --reason 'daily loss over 1 %'",
                           "orch:halt --scope execution --reason maintenance"),
      .options = OPTIONS(SCOPE, { .name = "reason",
                                  .arg = "TEXT",
                                  .how = OPTION_WORD,
                                  .flags = OPTION_MUST,
                                  .help = "Why; everybody reads it." }) },
    { .name = "orch:unhalt",
      .command = "unhalt",
      .summary = "Starts a scope again, once everything is healthy",
      .about = "Names what stands in the way; when nothing does, asks first.",
      .examples =
          EXAMPLES("orch:unhalt", "orch:unhalt --scope execution --yes"),
      .options =
          OPTIONS(SCOPE, { .name = "force",
                           .how = OPTION_FLAG,
                           .help = "Past what is not healthy; needs the right"
                                   " unhalt.force." }) },
    { .name = "orch:halts",
      .command = "halts",
      .summary = "What is halted, by whom, since when and why",
      .about = "One line for each scope that is halted.",
      .examples = EXAMPLES("orch:halts"),
      .options = NO_OPTIONS },

    /* ---- incidents ---------------------------------------------------------------- */
    { .name = "incident:open",
      .command = "incident open",
      .group = "Incidents",
      .summary = "Opens an incident",
      .about = "Posts its headline to the incidents channel.",
      .examples = EXAMPLES("incident:open --severity P1 --title 'No fills "
                           "since 14:02' --due 30m"),
      .options = OPTIONS({ .name = "severity",
                           .arg = "P0..P3",
                           .how = OPTION_WORD,
                           .offer = OFFER_SEVERITY,
                           .flags = OPTION_MUST,
                           .help = "How bad: P0 is the worst." },
                         { .name = "title",
                           .arg = "TEXT",
                           .how = OPTION_WORD,
                           .flags = OPTION_MUST,
                           .help = "What is broken, in a few words." },
                         { .name = "impact",
                           .arg = "TEXT",
                           .how = OPTION_FLAG,
                           .help = "Who feels it, and how." },
                         DUE) },
    { .name = "incident:list",
      .command = "incident list",
      .summary = "Open incidents, the most severe first",
      .about = "Ten a page.",
      .examples = EXAMPLES("incident:list", "incident:list --all"),
      .options = OPTIONS(
          { .name = "all", .how = OPTION_FLAG, .help = "Resolved ones too." },
          PAGE) },
    { .name = "incident:show",
      .command = "incident status",
      .summary = "How an incident stands, or what happened in it",
      .about = "Without an id: the one that is open.",
      .examples = EXAMPLES("incident:show 12", "incident:show 12 --timeline"),
      .options = OPTIONS({ .name = "id",
                           .arg = "ID",
                           .how = OPTION_WORD,
                           .offer = OFFER_INCIDENT,
                           .flags = OPTION_BARE,
                           .help = "The incident: 12 or INC-12." },
                         { .name = "timeline",
                           .how = OPTION_FLAG,
                           .help = "What happened, newest first." },
                         PAGE) },
    { .name = "incident:update",
      .command = "incident update",
      .summary = "Says how an incident goes on",
      .about = "Goes into its headline and its thread.",
      .examples = EXAMPLES("incident:update 12 --message 'Connector is back' "
                           "--due 30m"),
      .options = OPTIONS(INCIDENT,
                         { .name = "message",
                           .arg = "TEXT",
                           .how = OPTION_WORD,
                           .flags = OPTION_MUST,
                           .help = "What is known now, what is done next." },
                         DUE) },
    { .name = "incident:resolve",
      .command = "incident resolve",
      .summary = "Ends an incident",
      .about = "It works again: what it was, and what was done.",
      .examples =
          EXAMPLES("incident:resolve 12 --message 'Certificate renewed'"),
      .options =
          OPTIONS(INCIDENT, { .name = "message",
                              .arg = "TEXT",
                              .how = OPTION_WORD,
                              .flags = OPTION_MUST,
                              .help = "What it was, and what helped." }) },
};

static const struct verb looking[] = {
    /* ---- looking ------------------------------------------------------------------- */
    { .name = "health",
      .command = "health",
      .group = "Looking",
      .summary = "Asks the health checks now, and shows how they stand",
      .about = "Waits until all are in. Exit status 1 when a critical one "
               "fails.",
      .examples = EXAMPLES("health", "health orchestrator market-data"),
      .options = OPTIONS(CHECKS) },
    { .name = "health:details",
      .command = "health details",
      .summary = "How failing checks came to that: last changes, runbooks",
      .about = "Without a check: all that fail.",
      .examples = EXAMPLES("health:details cloudsql --long"),
      .options = OPTIONS(CHECKS) },
    { .name = "audit",
      .command = "audit",
      .summary = "Who did what, when, and what came of it",
      .about = "Newest first.",
      .examples = EXAMPLES("audit --since 2h --command 'dlq requeue'",
                           "audit --user unix:ann --denied"),
      .options = OPTIONS(
          { .name = "user",
            .arg = "ID",
            .how = OPTION_FLAG,
            .help = "A Slack user id, unix:NAME, token:NAME." },
          { .name = "command",
            .arg = "COMMAND",
            .how = OPTION_FLAG,
            .help = "A command, or its first words." },
          { .name = "since",
            .arg = "WHEN",
            .how = OPTION_FLAG,
            .help = "2h, 7d, or a date in UTC." },
          { .name = "denied", .how = OPTION_FLAG, .help = "Refusals only." },
          PAGE) },
    { .name = "jobs",
      .command = "jobs",
      .summary = "Bulk moves: those under way first, then the last ones",
      .about = "`opsctl cancel OP` stops one.",
      .examples = EXAMPLES("jobs"),
      .options = OPTIONS(PAGE) },
    { .name = "outbox",
      .command = "outbox",
      .summary = "What waits to be posted, and what Slack refused",
      .about = "Exit status 1 when something could not be delivered.",
      .examples = EXAMPLES("outbox"),
      .options = NO_OPTIONS },
    { .name = "outbox:retry",
      .command = "outbox retry",
      .summary = "Posts again what could not be delivered",
      .about = "Put right first what Slack refuses.",
      .examples = EXAMPLES("outbox:retry --row 17", "outbox:retry --all"),
      .options = OPTIONS({ .name = "row",
                           .arg = "N",
                           .how = OPTION_WORD,
                           .flags = OPTION_EITHER | OPTION_BARE,
                           .help = "The message's number in the outbox." },
                         { .name = "all",
                           .how = OPTION_FLAG,
                           .flags = OPTION_EITHER,
                           .help = "Every one that was refused." }) },
    { .name = "whoami",
      .command = "whoami",
      .summary = "Who you are to opsbot: your roles and rights",
      .about = "Over the Unix socket that is unix:<login name>.",
      .examples = EXAMPLES("whoami"),
      .options = NO_OPTIONS },

    /* ---- all else ------------------------------------------------------------------- */
    { .name = "confirm",
      .command = "confirm",
      .group = "All else",
      .summary = "Does what was asked about: the id stands under the question",
      .about = "Within five minutes, once, by who was asked.",
      .examples = EXAMPLES("confirm 7F3K21"),
      .options = OPTIONS(OP) },
    { .name = "cancel",
      .command = "cancel",
      .summary = "Withdraws what was asked about, or stops a running job",
      .about = "What was moved stays moved.",
      .examples = EXAMPLES("cancel 7F3K21"),
      .options = OPTIONS(OP) },
    { .name = "ops",
      .summary = "Any command line, as it is typed after /ops in Slack",
      .about = "One argument is taken as it stands, quotes included; several "
               "are words.\n`opsctl ops help --all` lists what opsbot "
               "understands.",
      .examples = EXAMPLES("ops 'halt all \"maintenance window\"'",
                           "ops health details", "ops help --all"),
      .options = NO_OPTIONS },
    { .name = "help",
      .summary = "This list, or all about one verb",
      .about = "The same as --help.",
      .examples = EXAMPLES("help streams:dlq:requeue"),
      .options = OPTIONS({ .name = "verb",
                           .arg = "VERB",
                           .how = OPTION_OURS,
                           .offer = OFFER_VERB,
                           .flags = OPTION_BARE,
                           .help = "Which." }) },
};

const struct verb *verb_at(size_t i)
{
    const struct {
        const struct verb *verbs;
        size_t count;
    } parts[] = {
        { acting, sizeof acting / sizeof *acting },
        { verbs_of_alerts, verbs_of_alerts_count },
        { looking, sizeof looking / sizeof *looking },
    };

    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        if (i < parts[p].count)
            return &parts[p].verbs[i];
        i -= parts[p].count;
    }
    return NULL;
}
