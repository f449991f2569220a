/*
 * storm_file: all alerts of a storm as a text file in the thread of its
 * digest. Whoever presses leaves a row; the pictures thread of any replica
 * claims it for FILE_LEASE_MS, makes the file and uploads it.
 *
 * Once for each storm and content: who asks again is told where it is, until
 * something in it has changed. Before it is sent its content is written down,
 * so that whoever goes on after a crash looks for that file in the thread
 * first. What Slack does not take for FILE_GIVE_UP_MS is given up, with a word
 * in the thread.
 *
 * No state of its own: each function runs on the thread whose connection it is
 * given. Times are wall ms.
 */
#ifndef CORE_ALERT_STORM_FILE_H
#define CORE_ALERT_STORM_FILE_H

#include "core/alert/storm.h"
#include "core/base/buf.h"
#include "core/ops/act.h"

#define FILE_LEASE_MS   60000
#define FILE_AGAIN_MS   5000   /* after one that failed */
#define FILE_GIVE_UP_MS 600000 /* since it was asked for */
#define FILE_REFUSED_MS 60000  /* as long nobody is made to wait for another */
#define FILE_BYTES      (32 * 1024 * 1024) /* lines past that are left out */

/* ---- asking ---------------------------------------------------------------- */

enum file_asked {
    FILE_NEW,     /* it will be there in a moment */
    FILE_WAITS,   /* somebody has asked; it is not there yet */
    FILE_THERE,   /* it is, and nothing has changed since */
    FILE_REFUSED, /* Slack has just refused one: nothing was asked for */
    FILE_NO_STORM,
};

struct storm_file {
    int64_t id, storm;
    char *channel, *by, *by_name;
    char *link;        /* as Slack gave it; or "" */
    char *name;        /* "storm-3-1a2b3c4d.txt"; "" while nobody knows */
    char *error;       /* of the last try; or "" */
    int64_t lines;     /* alerts in it, once it is there */
    int64_t asked, at; /* at: when it was there, or failed; 0: neither */
    int64_t tries;     /* begun so often, this one included */
};
void storm_file_dispose(struct storm_file *f);

/* One operation with its audit row, in a transaction of its own. *out: the
 * file that the answer is about; empty for FILE_NO_STORM. */
MUST_CHECK bool storm_file_ask(struct db *db, const struct act *act,
                               int64_t storm, enum file_asked *asked,
                               struct storm_file *out, struct err *err);

/* ---- making it -------------------------------------------------------------- */

/* The one that has waited longest, for this replica; *found false: none. */
MUST_CHECK bool storm_file_claim(struct db *db, struct storm_file *out,
                                 bool *found, struct err *err);
/* What is in it, as of one moment: *storm as the digest shows it, and a line
 * for each of its alerts, "A-7\twarning\tfiring\t2026-11-21T14:02:03Z\ttitle\t
 * service\tsource\n", oldest group first, at most FILE_BYTES. *lines: how
 * many. Sets file's name, and writes it down. Nothing is sent before. The
 * caller disposes of storm. */
MUST_CHECK bool storm_file_make(struct db *db, struct storm_file *file,
                                struct storm *storm, struct buf *lines,
                                struct err *err);
/* It is in the thread. link: or "". */
MUST_CHECK bool storm_file_there(struct db *db, const struct storm_file *file,
                                 const char *link, struct err *err);
/* Not yet: due again in FILE_AGAIN_MS. */
MUST_CHECK bool storm_file_again(struct db *db, const struct storm_file *file,
                                 const char *why, struct err *err);
/* It will never be. body: what the thread is told, chat.postMessage arguments,
 * once for each storm and why. */
MUST_CHECK bool storm_file_failed(struct db *db, const struct storm_file *file,
                                  const char *why, const char *body,
                                  struct err *err);

#endif
