/*
 * ack and unack with a core of our own: what is asked of it, and what is made
 * of its answers.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "commands/alert.h"
#include "core/base/mem.h"
#include "core/ops/ack.h"
#include "tests/commands/calls.h"

static struct {
    struct ack_report report; /* what it answers */
    enum ack_action action;
    char *trace, *note;
    unsigned lease_min;
    int asked;
} core;

void ack_carry_out(const struct ack_world *w, const struct ack_want *want,
                   struct ack_report *out)
{
    (void)w;
    free(core.trace);
    free(core.note);
    core.trace = xstrdup(want->trace);
    core.note = xstrdup(want->note);
    core.action = want->action;
    core.lease_min = want->lease_min;
    core.asked++;
    *out = core.report;
}

/* There are no alerts. */
bool alert_ack(struct call *call, enum step_kind kind, const char *note,
               bool *mine, struct card *card, struct err *err)
{
    (void)call;
    (void)kind;
    (void)note;
    (void)card;
    (void)err;
    *mine = false;
    return true;
}

void ack_report_dispose(struct ack_report *report)
{
    *report = (struct ack_report){ 0 };
}

static void start(void)
{
    core.report = (struct ack_report){ .applied = true };
}

static void stop(void)
{
    free(core.trace);
    free(core.note);
    calls_end();
}

TestSuite(ack_command, .init = start, .fini = stop);

static void expect_outcome(const char *text, const char *outcome)
{
    cr_expect_str_eq(call_as("U0ACK", text)->call.outcome, outcome, "%s", text);
}

Test(ack_command, takes_a_trace_and_a_note)
{
    struct called *c = call_as("U0ACK", "ack 4bf92f looking into it");

    cr_expect_eq(c->err.kind, ERR_NONE, "%s", c->err.text);
    cr_expect_str_eq(core.trace, "4bf92f");
    cr_expect_str_eq(core.note, "looking into it");
    cr_expect_eq(core.action, ACK_TAKE);
    cr_expect_eq(core.lease_min, 60);
    cr_expect(strstr(c->text, "Acknowledged 4bf92f"), "%s", c->text);
    call_as("U0ACK", "ack 4bf92f");
    cr_expect_str_eq(core.note, "");
    call_as("U0ACK", "ack 4bf92f password=hunter2hunter2");
    cr_expect_null(strstr(core.note, "hunter2"), "%s", core.note);
}

Test(ack_command, leaves)
{
    cr_expect(strstr(call_as("U0ACK", "unack 4bf92f")->text,
                     "Unacknowledged 4bf92f"));
    cr_expect_eq(core.action, ACK_LEAVE);
}

Test(ack_command, outcomes_are_those_of_the_record)
{
    expect_outcome("ack t", "ok");
    core.report.before = true;
    expect_outcome("ack t", "already");
    core.report.before = false;
    core.report.done.result = ACK_ALREADY;
    expect_outcome("ack t", "already");
    core.report.done.result = ACK_SUPERSEDED;
    expect_outcome("ack t", "superseded");
    core.report.done.result = ACK_EXPIRED;
    expect_outcome("ack t", "expired");
    core.report.done.result = ACK_REFUSED;
    expect_outcome("ack t", "refused");
    core.report = (struct ack_report){ .kept = true };
    expect_outcome("unack t", "late");
    cr_expect(call_as("U0ACK", "unack t")->call.begun,
              "its outcome comes when it is settled");
}

Test(ack_command, refuses_what_it_cannot_do)
{
    char note[700] = "ack t ";

    memset(note + 6, 'x', 510);
    cr_expect(strstr(call_as("U0ACK", note)->text, "510 characters"));
    cr_expect(strstr(call_as("U0ACK", "ack")->text, "traceId>"));
    cr_expect(strstr(call_as("U0ACK", "ack \"a b\"")->text, "one word"));
    cr_expect(strstr(call_as("U0ACK", "unack")->text, "traceId>"));
    cr_expect_eq(call_as("U0ACK", "unack a b")->err.kind, ERR_USER);
    cr_expect_eq(core.asked, 0);
}

Test(ack_command, needs_its_right)
{
    cr_expect_eq(call_as("U0BEN", "ack t")->err.kind, ERR_DENIED);
    cr_expect_eq(call_as("U0BEN", "unack t")->err.kind, ERR_DENIED);
    cr_expect_eq(core.asked, 0);
}

/* However busy the others are, there is a worker for it. */
Test(ack_command, is_urgent)
{
    cr_expect_eq(command_lane("ack t"), LANE_URGENT);
    cr_expect_eq(command_lane("unack t"), LANE_URGENT);
}
