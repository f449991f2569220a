/* tour_see: the steps that look at the world: health, an incident, App Home.
 * See tour_parts.h. */
#include <stdlib.h>

#include "tests/demo/paper.h"
#include "tests/demo/tour_parts.h"

#define FLAPS     2     /* how often the agent is gone and back */
#define CHANGE_MS 15000 /* for a check to notice */
#define CARD_MS   15000
#define FLAPPING  "risk"

/* ---- health ----------------------------------------------------------------- */

/* Changes to a mark that are on record. */
struct changes {
    struct tour *t;
    const char *mark;
    long long want;
};

static bool changed(void *arg)
{
    const struct changes *c = arg;

    return sql_number(c->t->s->h,
                      "select count(*) from opsbot.check_changes"
                      " where check_id = '" FLAPPING "' and to_mark = '%s'",
                      c->mark) >= c->want;
}

static void wait_change(struct tour *t, const char *mark, long long n)
{
    struct changes c = { t, mark, n };

    wait_until(changed, &c, CHANGE_MS, "a change of " FLAPPING);
}

/* Gone, back, and gone again. */
static void flap(struct tour *t)
{
    wait_change(t, "passing", 1);
    for (int i = 1; i <= FLAPS; i++) {
        stage_agent(t->s, FLAPPING, false);
        wait_change(t, "failing", i);
        if (i == FLAPS)
            break;
        stage_agent(t->s, FLAPPING, true);
        wait_change(t, "passing", i + 1);
    }
    paper_line(INK_DIM, "The agent " FLAPPING " went away, came back, and is "
                        "away again.");
}

bool tour_health(struct tour *t)
{
    flap(t);
    return says(t, ANN, "health") && shows(t, "1 critical") &&
           shows(t, FLAPPING) && shows(t, "gateway certificate") &&
           shows(t, "expires in 6 d") && shows(t, "orders database") &&
           shows(t, "passing: execution");
}

bool tour_details(struct tour *t)
{
    return says(t, ANN, "health details " FLAPPING) &&
           shows(t, "passing → failing") && shows(t, "failing → passing");
}

/* ---- an incident ------------------------------------------------------------- */

bool tour_incident_refused(struct tour *t)
{
    return says(t, BOB, "incident open P1 I am bored") &&
           shows(t, "incident.open") && shows(t, "operator");
}

bool tour_incident(struct tour *t)
{
    return says(t, ANN,
                "incident open P1 orders are late --impact \"customers wait "
                "for their money\" --due 30m") &&
           shows(t, "INC-1") &&
           check(stage_watch(t->s, ANN, "Next update due", CARD_MS),
                 "no headline in the channel") &&
           shows(t, "orders are late") && shows(t, "customers wait") &&
           shows(t, "@ann");
}

bool tour_incident_update(struct tour *t)
{
    return says(t, ANN,
                "incident update 1 the risk agent is flapping, the database "
                "is slow: looking at both") &&
           shows(t, "INC-1 updated") &&
           check(stage_watch(t->s, ANN, "looking at both", CARD_MS),
                 "the update is not shown");
}

bool tour_incident_resolve(struct tour *t)
{
    stage_agent(t->s, FLAPPING, true);
    wait_change(t, "passing", FLAPS + 1);
    return says(t, ANN,
                "incident resolve 1 the risk agent had no memory left: it "
                "has, and is back") &&
           shows(t, "resolved") &&
           check(stage_watch(t->s, ANN, "had no memory left", CARD_MS),
                 "the end is not shown") &&
           says(t, ANN, "incident list") && shows(t, "No open incidents");
}

/* ---- said, and App Home -------------------------------------------------------- */

bool tour_said(struct tour *t)
{
    return check(stage_mention(t->s, BOB, "incident list", "1 open incident",
                               CARD_MS),
                 "what bob said is not answered") &&
           shows(t, "orders are late");
}

bool tour_home(struct tour *t)
{
    return check(stage_home(t->s, ANN, "INC-1", CARD_MS),
                 "App Home is not published") &&
           shows(t, "orders are late") && shows(t, FLAPPING) &&
           shows(t, "gateway certificate") && shows(t, "Nothing is halted") &&
           shows(t, "What you may do");
}
