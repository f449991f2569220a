#include "bot/flow/tally.h"

#include <stdlib.h>
#include <string.h>

#include "commands/registry.h"

static struct tally tally;

static const char *const roads[TALLY_ROADS] = { "socket", "http", "admin",
                                                "recovery", "other" };

/* What commands say came of them, and what err_kind_name() says. */
static const char *const outcomes[TALLY_OUTCOMES] = {
    "ok",    "asked",         "already",  "refused",    "late",
    "gone",  "expired",       "given up", "superseded", "cancelled",
    "input", "denied",        "busy",     "redis",      "postgres",
    "slack", "configuration", "system",   "other",
};

static const char *const reasons[TALLY_REASONS] = {
    [TALLY_DENIED] = "denied",     [TALLY_INPUT] = "input",
    [TALLY_BUSY] = "busy",         [TALLY_REDIS] = "redis",
    [TALLY_POSTGRES] = "postgres", [TALLY_SLACK] = "slack",
    [TALLY_SYSTEM] = "system",     [TALLY_UNRECORDED] = "unrecorded",
    [TALLY_STOPPING] = "stopping",
};

static const char *const sources[TALLY_SOURCES] = { "alertmanager", "stream",
                                                    "http",         "bot",
                                                    "test",         "other" };

static const char *const fates[TALLY_FATES] = {
    [TALLY_TAKEN] = "taken",
    [TALLY_HELD] = "held",
    [TALLY_NOWHERE] = "refused",
};

/* The last one is for what is none of the others. */
static unsigned index_of(const char *name, const char *const *names,
                         unsigned count)
{
    unsigned i = 0;

    while (i < count - 1 && strcmp(name, names[i]) != 0)
        i++;
    return i;
}

static int by_name(const void *name, const void *entry)
{
    return strcmp(name, (*(const struct command *const *)entry)->name);
}

static unsigned command_of(const char *name)
{
    size_t count;
    const struct command *const *table = command_table(&count);
    const struct command *const *found =
        bsearch(name, table, count, sizeof *table, by_name);

    return found && found - table < TALLY_COMMANDS ? (unsigned)(found - table)
                                                   : TALLY_COMMANDS;
}

void tally_ack(const char *road, int64_t us)
{
    meter_add(&tally.roads[index_of(road, roads, TALLY_ROADS)].acks, us);
}

void tally_answer(const char *road, int64_t us)
{
    meter_add(&tally.roads[index_of(road, roads, TALLY_ROADS)].answers, us);
}

void tally_command(const char *name, const char *outcome)
{
    unsigned came = index_of(outcome, outcomes, TALLY_OUTCOMES);

    meter_one(&tally.commands[command_of(name)][came]);
}

void tally_refusal(enum tally_reason reason)
{
    meter_one(&tally.refusals[reason]);
}

void tally_error(enum err_kind kind)
{
    static const enum tally_reason of[] = {
        [ERR_USER] = TALLY_INPUT,    [ERR_DENIED] = TALLY_DENIED,
        [ERR_BUSY] = TALLY_BUSY,     [ERR_REDIS] = TALLY_REDIS,
        [ERR_DB] = TALLY_POSTGRES,   [ERR_SLACK] = TALLY_SLACK,
        [ERR_CONFIG] = TALLY_SYSTEM, [ERR_SYSTEM] = TALLY_SYSTEM,
    };

    if (kind == ERR_NONE)
        return;
    tally_refusal((size_t)kind < sizeof of / sizeof *of ? of[kind]
                                                        : TALLY_SYSTEM);
}

void tally_alert(const char *source, enum tally_fate fate)
{
    meter_one(&tally.alerts[index_of(source, sources, TALLY_SOURCES)][fate]);
}

void tally_card(int64_t us)
{
    meter_add(&tally.cards, us);
}

void tally_late_post(void)
{
    meter_one(&tally.late_posts);
}

const struct tally *tally_read(void)
{
    return &tally;
}

const char *tally_road_name(unsigned i)
{
    return roads[i];
}

const char *tally_outcome_name(unsigned i)
{
    return outcomes[i];
}

const char *tally_reason_name(enum tally_reason reason)
{
    return reasons[reason];
}

const char *tally_command_name(unsigned i)
{
    size_t count;
    const struct command *const *table = command_table(&count);

    if (i == TALLY_COMMANDS)
        return "other";
    return i < count ? table[i]->name : NULL;
}

const char *tally_source_name(unsigned i)
{
    return sources[i];
}

const char *tally_fate_name(enum tally_fate fate)
{
    return fates[fate];
}
