/*
 * verb_parts: what the tables of verbs are written with, and who has which
 * part of the list. Of verb_table.c and verb_alerts.c alone.
 *
 * The list is in parts because one file would be too long for it; verb_at()
 * goes through them as if they were one. All of it is constant.
 */
#ifndef BOT_OPSCTL_VERB_PARTS_H
#define BOT_OPSCTL_VERB_PARTS_H

#include "bot/opsctl/verb.h"

/* Ends a list of options. */
#define END                                                                    \
    {                                                                          \
        .name = NULL                                                           \
    }
#define EXAMPLES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define OPTIONS(...)  ((const struct option_spec[]){ __VA_ARGS__, END })
#define NO_OPTIONS    ((const struct option_spec[]){ END })

/* Of every list that has pages. */
#define PAGE                                                                   \
    {                                                                          \
        .name = "page", .arg = "N", .how = OPTION_FLAG,                        \
        .help = "Another page than the first."                                 \
    }

/* The verbs about alerts, silences and who is on call: they stand between
 * those about incidents and those that only look. */
extern const struct verb verbs_of_alerts[];
extern const size_t verbs_of_alerts_count;

#endif
