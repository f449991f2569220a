/*
 * picture_fill: what is in the picture of an alert: the line, its words, and
 * when the same fired before (picture.h says which line). Asks Postgres, and a
 * Prometheus that a check of ours knows; on the thread of the pictures.
 */
#ifndef BOT_PICTURE_FILL_H
#define BOT_PICTURE_FILL_H

#include "core/alert/picture.h"
#include "core/config.h"

/* What one is made of; all but chart's borrowed parts owned. */
struct picture {
    struct alert_group g;
    struct chart chart;
    struct chart_point *points;
    struct chart_band *bands;
    char *ts;
    char *what;  /* that the line shows, for who does not see it */
    bool before; /* whoever began it may have shared it, and died */
};
void picture_dispose(struct picture *pic);

/* Of pic->g. ERR_DB: Postgres failed. A Prometheus that does not answer is a
 * line in the log, and a picture without one. */
MUST_CHECK bool picture_fill(struct picture *pic, struct db *db,
                             const struct config *cfg, struct err *err);

#endif
