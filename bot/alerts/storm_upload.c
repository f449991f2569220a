/* storm_upload: see storm_upload.h. */
#include "bot/alerts/storm_upload.h"

#include <stdio.h>
#include <stdlib.h>

#include "blocks/alert.h"
#include "bot/sender/upload.h"
#include "commands/registry.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/outbox.h"

/* ---- what is sent --------------------------------------------------------------- */

/* The head and all lines. Heap; *sum: for people, heap. */
static bool text_of(const struct storm_uploads *u, struct storm_file *file,
                    struct buf *text, char **sum, struct err *err)
{
    struct storm storm = { 0 };
    struct buf lines = { 0 };
    int64_t now = clock_wall_ms();
    bool ok = storm_file_make(u->db, file, &storm, &lines, err);

    if (ok) {
        char *head = storm_file_head(&storm, now);

        *sum = storm_sum(&storm, now);
        buf_str(text, head);
        buf_add(text, buf_text(&lines), lines.len);
        free(head);
    }
    buf_dispose(&lines);
    storm_dispose(&storm);
    return ok;
}

/* Into the thread whose digest is ts. */
static bool send(const struct storm_uploads *u, struct storm_file *file,
                 const char *ts, char **link, bool *again, struct err *err)
{
    char title[120], *sum = NULL;
    struct buf text = { 0 };
    bool ok = text_of(u, file, &text, &sum, err);

    *again = !ok; /* Postgres' failures */
    if (ok) {
        snprintf(title, sizeof title, "Storm %lld: %s", (long long)file->storm,
                 sum);
        ok = upload_file(u->sender, config_now(u->config),
                         &(struct upload){ .name = file->name,
                                           .title = title,
                                           .alt = title,
                                           .bytes = text.data,
                                           .len = text.len,
                                           .channel = file->channel,
                                           .thread_ts = ts,
                                           .stop = u->stop },
                         link, again, err);
    }
    buf_dispose(&text);
    free(sum);
    return ok;
}

/* What was begun before may be there: as it was then, by its name. */
static bool look(const struct storm_uploads *u, const struct storm_file *file,
                 const char *ts, bool *there, char **link, struct err *err)
{
    *there = false;
    return file->tries <= 1 || !file->name[0] ||
           upload_look(u->sender,
                       &(struct upload){ .name = file->name,
                                         .channel = file->channel,
                                         .thread_ts = ts },
                       there, link, err);
}

static bool bring(const struct storm_uploads *u, struct storm_file *file,
                  char **link, bool *again, struct err *err)
{
    char *thing = xasprintf("storm:%lld", (long long)file->storm), *ts = NULL;
    bool there = false, ok;

    *again = true;
    ok = outbox_where(u->db, thing, file->channel, &ts, err);
    if (ok && (!ts || !*ts))
        ok = err_set(err, ERR_BUSY, "its digest is not posted yet");
    ok = ok && look(u, file, ts, &there, link, err) &&
         (there || send(u, file, ts, link, again, err));
    free(thing);
    free(ts);
    return ok;
}

/* ---- what came of it ------------------------------------------------------------- */

static bool give_up(const struct storm_uploads *u,
                    const struct storm_file *file, const char *why,
                    struct err *err)
{
    const struct config *cfg = config_now(u->config);
    char *body = storm_file_failed_message(file, why, command_slash(cfg));
    bool ok = storm_file_failed(u->db, file, why, body, err);

    free(body);
    return ok;
}

static bool write_end(const struct storm_uploads *u,
                      const struct storm_file *file, bool ok, bool again,
                      const char *link, const char *why, struct err *err)
{
    if (ok)
        return storm_file_there(u->db, file, link, err);
    if (again && clock_wall_ms() - file->asked < FILE_GIVE_UP_MS)
        return storm_file_again(u->db, file, why, err);
    return give_up(u, file, why, err);
}

static void hand_over(const struct storm_uploads *u, struct storm_file *file)
{
    struct err why = { 0 }, err = { 0 };
    char *link = NULL;
    bool again = false;
    bool ok = bring(u, file, &link, &again, &why);

    if (ok)
        log_info("pictures", NULL, "storm %lld has its file: %s, %lld lines",
                 (long long)file->storm, file->name, (long long)file->lines);
    else
        log_warn("pictures", NULL, "storm %lld has no file%s: %s",
                 (long long)file->storm, again ? " yet" : "", why.text);
    if (!write_end(u, file, ok, again, link ? link : "", why.text, &err))
        log_warn("pictures", NULL,
                 "what came of storm %lld's file is not written down: %s",
                 (long long)file->storm, err.text);
    free(link);
}

void storm_file_turn(const struct storm_uploads *u)
{
    struct storm_file file = { 0 };
    struct err err = { 0 };
    bool found;

    if (!storm_file_claim(u->db, &file, &found, &err))
        log_warn("pictures", NULL, "%s", err.text);
    else if (found)
        hand_over(u, &file);
    storm_file_dispose(&file);
}
