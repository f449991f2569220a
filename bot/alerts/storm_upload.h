/*
 * storm_upload: the file of a storm that somebody has asked for is made and
 * put into the thread of its digest (core/alert/storm_file.h). On the thread
 * of the pictures, before them: a person waits for it.
 */
#ifndef BOT_STORM_UPLOAD_H
#define BOT_STORM_UPLOAD_H

#include <stdatomic.h>

#include "bot/sender/sender.h"
#include "core/config_now.h"
#include "core/store/db.h"

/* All borrowed. */
struct storm_uploads {
    struct db *db;
    const struct config_holder *config;
    struct sender *sender;
    const atomic_bool *stop; /* true: nothing more is begun */
};

/* One of them, if there is one; what failed is in the log, and is tried again
 * until it is given up. */
void storm_file_turn(const struct storm_uploads *u);

#endif
