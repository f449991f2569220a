/*
 * metrics_slack: of the page, what came from Slack, what went there, and what
 * became of commands in between. See metrics_parts.h.
 */
#include <string.h>

#include "bot/http/metrics_parts.h"
#include "bot/socket/link.h"

/* ---- Slack ----------------------------------------------------------------- */

static void socket(struct metrics *m, const struct health_facts *f)
{
    if (f->socket_off)
        return; /* Slack comes by request URLs alone */
    metric_single(m, "opsbot_socket_up", GAUGE, "1 while Slack has said hello",
                  f->socket_up);
    metric_family(m, "opsbot_socket_link", GAUGE,
                  "1 for the state that the connection to Slack is in");
    for (int i = LINK_DOWN; i <= LINK_DRAINING; i++)
        metric_value(m, strcmp(link_name((enum link)i), f->socket_state) == 0,
                     "state", link_name((enum link)i));
    metric_single(m, "opsbot_socket_round_trip_seconds", GAUGE,
                  "Our last ping to Slack",
                  f->round_trip_us < 0 ? -1 : (double)f->round_trip_us / 1e6);
    metric_single(m, "opsbot_socket_reconnects_total", COUNTER,
                  "Connections to Slack that ended", (double)f->reconnects);
    metric_single(m, "opsbot_envelopes_total", COUNTER, "Envelopes from Slack",
                  (double)f->envelopes);
    metric_single(m, "opsbot_envelopes_malformed_total", COUNTER,
                  "Envelopes that could not be read", (double)f->malformed);
    metric_single(m, "opsbot_envelopes_in_flight", GAUGE,
                  "Envelopes without their answer", f->in_flight);
    metric_single(m, "opsbot_acks_late_total", COUNTER,
                  "Answers that missed their acknowledgement", (double)f->late);
}

static void methods(struct metrics *m, const struct sender_calls *calls)
{
    static const char *const results[POST_RESULTS] = {
        [POST_SENT] = "sent",
        [POST_REFUSED] = "refused",
        [POST_GIVEN_UP] = "given_up",
        [POST_UNKNOWN] = "unknown",
    };
    const struct sender_method *all = calls->methods;

    metric_family(m, "opsbot_posts_total", COUNTER,
                  "Calls to Slack that are over");
    for (size_t i = 0; i < CALL_RULES && all[i].method; i++)
        for (size_t k = 0; k < POST_RESULTS; k++)
            if (all[i].results[k] > 0)
                metric_value(m, (double)all[i].results[k], "method",
                             all[i].method, "result", results[k]);
    metric_family(m, "opsbot_posts_limited_total", COUNTER,
                  "Answers 429 from Slack");
    for (size_t i = 0; i < CALL_RULES && all[i].method; i++)
        if (all[i].limited > 0)
            metric_value(m, (double)all[i].limited, "method", all[i].method);
}

static void sender(struct metrics *m, const struct health_facts *f)
{
    static const char *const lanes[POST_LANES] = {
        [POST_CRITICAL] = "critical", [POST_CLICK] = "click",
        [POST_WARNING] = "warning",   [POST_EDIT] = "edit",
        [POST_INFO] = "info",
    };
    const struct sender_facts *s = &f->sender;

    methods(m, &f->calls);
    metric_single(m, "opsbot_posts_retried_total", COUNTER,
                  "Attempts that were repeated", (double)s->retried);
    metric_single(m, "opsbot_blocks_refused_total", COUNTER,
                  "Messages whose blocks Slack refused: a bug of ours",
                  (double)s->blocks_refused);
    metric_family(m, "opsbot_sender_waiting", GAUGE,
                  "Calls to Slack not over yet, by lane");
    for (size_t i = 0; i < POST_LANES; i++)
        metric_value(m, (double)f->calls.waiting[i], "lane", lanes[i]);
    metric_single(m, "opsbot_sender_oldest_seconds", GAUGE,
                  "Age of the oldest of them", metric_seconds(s->oldest_ms));
    metric_single(m, "opsbot_token_refused", GAUGE,
                  "1 while Slack refuses a token", s->token_refused);
}

/* ---- commands -------------------------------------------------------------- */

static const struct meter *acks(const struct tally_road *road)
{
    return &road->acks;
}

static const struct meter *answers(const struct tally_road *road)
{
    return &road->answers;
}

/* The socket's always, the others' once they are in use. */
static void roads(struct metrics *m, const struct tally *t, const char *name,
                  const char *help,
                  const struct meter *(*of)(const struct tally_road *road))
{
    struct meter_reading r;

    metric_family(m, name, METRIC_HISTOGRAM, help);
    for (unsigned i = 0; i < TALLY_ROADS; i++) {
        meter_read(of(&t->roads[i]), &r);
        if (i == 0 || r.count > 0)
            metric_histogram(m, of(&t->roads[i]), "road", tally_road_name(i));
    }
}

static void outcomes(struct metrics *m, const struct tally *t)
{
    metric_family(m, "opsbot_commands_total", COUNTER,
                  "Commands that were answered, by what came of them");
    for (unsigned i = 0; i <= TALLY_COMMANDS; i++)
        for (unsigned k = 0; tally_command_name(i) && k < TALLY_OUTCOMES; k++) {
            uint64_t count = meter_counted(&t->commands[i][k]);

            if (count > 0)
                metric_value(m, (double)count, "command", tally_command_name(i),
                             "outcome", tally_outcome_name(k));
        }
}

static void done(struct metrics *m, const struct health_facts *f)
{
    const struct tally *t = f->tally;

    if (!t)
        return;
    roads(m, t, "opsbot_ack_duration_seconds",
          "From an envelope's arrival to its acknowledgement", acks);
    roads(m, t, "opsbot_answer_duration_seconds",
          "From an envelope's arrival to its answer", answers);
    outcomes(m, t);
    metric_family(m, "opsbot_refusals_total", COUNTER,
                  "What was asked and not done, by why");
    for (unsigned i = 0; i < TALLY_REASONS; i++)
        metric_value(m, (double)meter_counted(&t->refusals[i]), "reason",
                     tally_reason_name((enum tally_reason)i));
}

static void queues(struct metrics *m, const struct health_facts *f)
{
    const struct health_queues *q = &f->queues;

    metric_family(m, "opsbot_queue_waiting", GAUGE,
                  "Entries that wait in our queues");
    metric_value(m, (double)q->intake, "queue", "intake");
    metric_value(m, (double)q->quick, "queue", "quick");
    metric_value(m, (double)q->slow, "queue", "slow");
    metric_value(m, (double)q->urgent, "queue", "urgent");
    metric_single(m, "opsbot_inbox_waiting", GAUGE,
                  "Envelopes in Redis, recorded and not settled",
                  (double)f->inbox_depth);
    metric_single(m, "opsbot_envelopes_taken_over_total", COUNTER,
                  "Envelopes taken over from a replica that was gone",
                  (double)f->taken_over);
    metric_single(m, "opsbot_operations_settled_total", COUNTER,
                  "Operations that a crash cut short, finished",
                  (double)f->settled);
}

void metrics_slack(struct metrics *m, const struct health_facts *f)
{
    socket(m, f);
    sender(m, f);
}

void metrics_commands(struct metrics *m, const struct health_facts *f)
{
    done(m, f);
    queues(m, f);
}
