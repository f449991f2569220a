/*
 * incident_parts: what the files of blocks/incident share. Pure.
 */
#ifndef BLOCKS_INCIDENT_PARTS_H
#define BLOCKS_INCIDENT_PARTS_H

#include "blocks/incident.h"

/* "🚨 INC-12 · P0 critical · Staging down", ✅ once it is resolved. */
void incident_title(struct card *card, const struct incident *i);
/* A moment, with its age if the view has a present. */
struct span incident_when(int64_t at, const struct incident_view *view);
/* "29 m": from opening to resolving. Kept by the card. */
const char *incident_lasted(struct card *card, const struct incident *i);

/* A text of several lines under the last row, each on a line of its own. */
void incident_text(struct card *card, const char *text);

/* A button at the end of the card that types "incident <does> <number><flag>".
 */
struct incident_button {
    const char *label; /* a format for the number, if it holds one */
    const char *does, *flag;
    enum style style;
};
void incident_action(struct card *card, const struct incident *i,
                     const struct incident_button *button);

#endif
