/* reference: see reference.h. */
#include "tests/core/alert/reference.h"

const int64_t ref_pauses[3] = { 5 * MINUTE, 10 * MINUTE, 15 * MINUTE };

int ref_firing(const struct ref *r)
{
    int n = 0;

    for (int i = 0; i < PRINTS; i++)
        n += r->alerts[i].firing;
    return n;
}

bool ref_all_muted(const struct ref *r)
{
    for (int i = 0; i < PRINTS; i++)
        if (r->alerts[i].firing && !r->alerts[i].muted)
            return false;
    return ref_firing(r) > 0;
}

int ref_worst(const struct ref *r)
{
    int found = 9;

    for (int i = 0; i < PRINTS; i++)
        if (r->alerts[i].firing && r->alerts[i].severity < found)
            found = r->alerts[i].severity;
    return found == 9 ? r->severity : found;
}

void ref_halt_clock(struct ref *r)
{
    if (!r->running)
        return;
    r->left -= fired_now - r->ran_at;
    if (r->left < 0)
        r->left = 0;
    r->running = false;
}

void ref_run_clock(struct ref *r)
{
    if (!r->open || r->running || r->who || r->quiet || !r->told ||
        r->taken == STEPS)
        return;
    r->running = true;
    r->ran_at = fired_now;
}

void ref_tell(struct ref *r)
{
    if (r->quiet)
        return;
    r->told = fired_now;
    r->fresh = 0;
    for (int i = 0; i < PRINTS; i++)
        r->alerts[i].fresh = false;
    r->owed = 0;
    r->repeat = r->who ? 0 : fired_now + 4 * HOUR;
}

void ref_drop_ack(struct ref *r)
{
    r->who = 0;
    r->since = r->until = 0;
    r->asked = false;
}

void ref_mind_quiet(struct ref *r)
{
    bool quiet = ref_all_muted(r);

    if (quiet && !r->quiet) {
        ref_halt_clock(r);
        r->quiet = true;
        r->owed = r->repeat = 0;
    } else if (!quiet && r->quiet) {
        r->quiet = false;
        ref_tell(r);
        ref_run_clock(r);
    }
}

void ref_fresh_policy(struct ref *r)
{
    r->taken = 0;
    r->running = false;
    r->left = ref_pauses[0];
}

void ref_end_group(struct ref *r)
{
    r->open = false;
    r->over = fired_now;
    ref_drop_ack(r);
    r->quiet = r->running = false;
    r->taken = 0;
    r->left = r->owed = r->repeat = r->fresh = 0;
    for (int i = 0; i < PRINTS; i++)
        r->alerts[i].fresh = false;
}

void ref_join(struct ref *r, struct ref_alert *a)
{
    if (a->firing)
        return;
    a->firing = a->known = a->fresh = true;
    r->fresh++;
}

void ref_leave(struct ref *r, struct ref_alert *a)
{
    r->fresh -= a->fresh;
    a->firing = a->muted = a->fresh = false;
}

/* News of an open group. */
void ref_mind_news(struct ref *r)
{
    int was = r->severity;

    ref_mind_quiet(r);
    r->severity = ref_worst(r);
    if (r->severity < was) {
        if (r->severity == 0)
            ref_drop_ack(r);
        ref_tell(r);
        ref_run_clock(r);
    }
    if (r->fresh == 0)
        r->owed = 0;
    if (r->fresh > 0 && !r->quiet && !r->owed) {
        if (r->told + 5 * MINUTE <= fired_now)
            ref_tell(r);
        else
            r->owed = r->told + 5 * MINUTE;
    }
}

void ref_tick(struct ref *r)
{
    int64_t ask = r->until - 5 * MINUTE;

    if (!r->open)
        return;
    if (ask < r->since + (r->until - r->since) / 2)
        ask = r->since + (r->until - r->since) / 2;
    if (r->who && r->until && fired_now >= r->until) {
        ref_drop_ack(r);
        ref_tell(r);
        ref_run_clock(r);
    } else if (r->who && r->until && !r->quiet && fired_now >= ask) {
        r->asked = true;
    }
    if (r->owed && fired_now >= r->owed)
        ref_tell(r);
    if (r->repeat && fired_now >= r->repeat)
        ref_tell(r);
    if (r->running && fired_now - r->ran_at >= r->left) {
        r->taken++;
        r->pages++;
        r->running = false;
        r->left = r->taken == STEPS ? 0 : ref_pauses[r->taken % 3];
        ref_run_clock(r);
    }
}
