/*
 * jobs: the bulk moves under way, and the last ones.
 */
#include "blocks/job.h"
#include "commands/registry.h"

static bool jobs_run(struct call *call, struct card *card, struct err *err)
{
    struct job_view view = { .now = call->now,
                             .trash_days = call->config->keep.trash };
    struct job_page page = { 0 };
    struct job *jobs = NULL;
    size_t count = 0, skip;

    if (!command_page(&call->args, &page.page, err))
        return false;
    skip = (page.page - 1) * JOB_CARD_PAGE;
    if (!job_list(call->db, skip + JOB_CARD_PAGE + 1, &jobs, &count, err))
        return false;
    page.jobs = jobs + (skip < count ? skip : count);
    page.count = skip < count ? count - skip : 0;
    page.more = page.count > JOB_CARD_PAGE;
    if (page.more)
        page.count = JOB_CARD_PAGE;
    job_list_card(card, &page, &view);
    job_list_free(jobs, count);
    return true;
}

static const char *const jobs_flags[] = { "page=", NULL };

const struct command command_jobs = {
    .name = "jobs",
    .group = "jobs",
    .usage = "[--page n]",
    .summary = "Bulk moves: those under way first, then the last ones",
    .example = "jobs",
    .right = "jobs",
    .flags = jobs_flags,
    .run = jobs_run,
};
