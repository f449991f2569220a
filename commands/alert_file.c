/*
 * alert file: all alerts of a storm, as a file in the thread of its digest.
 * The file is made and uploaded elsewhere (core/alert/storm_file.h).
 */
#include "commands/alert.h"

#include <limits.h>

#include "commands/registry.h"

/* Slack does not take it: a page at a time, and why. */
static bool list_instead(struct call *call, const struct storm_file *f,
                         struct card *card, struct err *err)
{
    bool ok = alert_storm_page(call, f->storm, card, err);

    if (ok)
        storm_file_note(card, f);
    return ok;
}

static bool answer(struct call *call, const struct storm_file *f,
                   enum file_asked asked, struct card *card, struct err *err)
{
    switch (asked) {
    case FILE_NO_STORM:
        return err_set(err, ERR_USER,
                       "There is no storm `%.20s`. Its digest has the button.",
                       args_word(&call->args, 0));
    case FILE_REFUSED:
        call->outcome = "refused";
        return list_instead(call, f, card, err);
    case FILE_WAITS:
    case FILE_THERE:
        call->outcome = "already";
        break;
    case FILE_NEW:
        break;
    }
    storm_file_card(card, f, asked, call->now);
    return true;
}

static bool file_run(struct call *call, struct card *card, struct err *err)
{
    struct storm_file file = { 0 };
    enum file_asked asked;
    bool ok = false;
    long storm;

    if (args_number(args_word(&call->args, 0), 1, LONG_MAX, &storm, err) &&
        storm_file_ask(call->db, &call->act, storm, &asked, &file, err))
        ok = answer(call, &file, asked, card, err);
    storm_file_dispose(&file);
    return ok;
}

const struct command command_alert_file = {
    .name = "alert file",
    .group = "alert",
    .usage = "<storm>",
    .summary = "All alerts of a storm, as a file in the thread of its digest",
    .example = "alert file 3",
    .right = "alert.show",
    .min_words = 1,
    .max_words = 1,
    .changes = true,
    .recover_ms = 120000,
    .run = file_run,
};
