/* What is said in the thread of an alert's card, for every reason. */
#include "blocks/alert.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/blocks/alert_sample.h"
#include "tests/blocks/shown.h"

static const struct {
    enum group_reason reason;
    const char *actor, *name, *text;
    int64_t n, of, until;
} lines[] = {
    { REASON_FIRST, "", "", "", 0, 0, 0 },
    { REASON_MORE, "", "", "", 3, 0, 0 },
    { REASON_REPEAT, "", "", "4 h repeat", 0, 0, 0 },
    { REASON_WORSE, "", "", "ben's acknowledgement is open again", 0, 0, 0 },
    { REASON_BETTER, "", "", "", 0, 0, 0 },
    { REASON_AGAIN, "", "", "", 0, 0, 0 },
    { REASON_FLAPPING, "", "", "", 4, 0, 0 },
    { REASON_SOME_OVER, "", "", "", 2, 0, 0 },
    { REASON_RESOLVED, "", "", "", 0, 0, 0 },
    { REASON_ACKED, "U0BEN", "ben", "looking", 2, 3, NOW + 59 * MIN },
    { REASON_UNACKED, "U0BEN", "ben", "", 0, 0, 0 },
    { REASON_ASKED, "", "", "U0BEN", 0, 0, NOW + 5 * MIN },
    { REASON_EXTENDED, "U0BEN", "ben", "", 0, 0, NOW + 65 * MIN },
    { REASON_ACK_EXPIRED, "", "", "U0BEN", 0, 0, 0 },
    { REASON_SILENCED, "U0BEN", "ben", "S-3: the disk is replaced", 0, 0,
      NOW + 60 * MIN },
    { REASON_UNSILENCED, "", "", "", 0, 0, 0 },
    { REASON_ESCALATED, "", "", "U0ANNA, C0LEADS, pager main", 2, 3, 0 },
    { REASON_ASSIGNED, "U0BEN", "ben", "U0ANNA", 0, 0, 0 },
    { REASON_NOTE, "U0BEN", "ben", "the disk is full, <!channel>", 0, 0, 0 },
    { REASON_REPOSTED, "", "", "", 0, 0, 0 },
};

static struct step_line line_of(size_t i, enum config_voice voice)
{
    return (struct step_line){
        .change = { .reason = lines[i].reason,
                    .at = NOW,
                    .actor = TEXT(lines[i].actor),
                    .actor_name = TEXT(lines[i].name),
                    .text = TEXT(lines[i].text),
                    .n = lines[i].n,
                    .of = lines[i].of,
                    .until = lines[i].until },
        .voice = voice,
    };
}

/* Who pressed it; nobody did when the clock takes a step. */
Test(alert_line, who_did_it_is_named)
{
    static const struct {
        enum group_reason reason;
        const char *text, *part;
    } all[] = {
        { REASON_RESOLVED, "by hand", "Resolved* by <@U0BEN>" },
        { REASON_ACKED, "", "Acknowledged* by <@U0BEN>" },
        { REASON_UNACKED, "", "Unacknowledged* by <@U0BEN>" },
        { REASON_EXTENDED, "", "extended* by <@U0BEN>" },
        { REASON_UNSILENCED, "S-3 was ended",
          "No longer silenced*: S-3 was ended by <@U0BEN>" },
        { REASON_ESCALATED, "C0LEADS",
          "Escalated: step 2 of 3* by <@U0BEN>: pages <#C0LEADS>" },
        { REASON_ASSIGNED, "U0ANNA", "Assigned* by <@U0BEN> to <@U0ANNA>" },
        { REASON_NOTE, "the disk", "Note* by <@U0BEN>: the disk" },
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct sample *s = sample_new();
        struct step_line line = {
            .change = { .reason = all[i].reason,
                        .at = NOW,
                        .actor = TEXT("U0BEN"),
                        .actor_name = TEXT("ben"),
                        .text = TEXT(all[i].text),
                        .n = 2,
                        .of = 3 },
            .voice = VOICE_THREAD,
        };
        char *body = alert_thread_line(&s->g, &line, NULL, 0, "/ops");

        cr_expect(strstr(body, all[i].part), "%s: %s", all[i].part, body);
        free(body);
        sample_free(s);
    }
}

Test(alert_line, every_reason)
{
    char name[64];

    cr_assert_eq(sizeof lines / sizeof *lines, GROUP_REASONS);
    for (size_t i = 0; i < GROUP_REASONS; i++) {
        struct sample *s = sample_new();
        struct step_line line = line_of(i, VOICE_THREAD);
        char *body;

        cr_assert_eq(lines[i].reason, i);
        if (lines[i].reason == REASON_RESOLVED)
            sample_resolve(s);
        body = alert_thread_line(&s->g, &line, NULL, 0, "/ops");
        cr_expect_null(strstr(body, "reply_broadcast"));
        cr_expect_null(strstr(body, "<!channel"), "%s", body);
        cr_expect_null(strstr(body, "<!here"), "%s", body);
        cr_expect_null(strstr(body, "<!subteam"), "%s", body);
        snprintf(name, sizeof name, "alert_line_%s",
                 group_reason_name(lines[i].reason));
        for (char *c = name; *c; c++)
            if (*c == ' ' || *c == '-')
                *c = '_';
        shown_body(name, body);
        sample_free(s);
    }
}

/* In the channel it says which alert it is, whom it tells, and has a button. */
Test(alert_line, shown_in_the_channel)
{
    static const char *const mentions[] = { "U0ANNA", "S0PAY", "here" };
    struct sample *s = sample_new();
    struct step_line line = line_of(REASON_ESCALATED, VOICE_BROADCAST);

    shown_body("alert_line_broadcast",
               alert_thread_line(&s->g, &line, mentions, 3, "/ops"));
    sample_free(s);
}

/* What somebody wrote mentions nobody; what is asked for is an id. */
Test(alert_line, mentions_are_those_asked_for)
{
    static const char *const odd[] = { "<!everyone>", "channel", "U1|x>" };
    struct sample *s = sample_new();
    struct step_line line = line_of(REASON_NOTE, VOICE_THREAD);
    char *body = alert_thread_line(&s->g, &line, odd, 3, "/ops");

    cr_expect_null(strstr(body, "<!everyone>"), "%s", body);
    cr_expect_null(strstr(body, "U1|x>"), "%s", body);
    cr_expect(strstr(body, "<!channel>"), "%s", body);
    cr_expect(strstr(body, "&lt;!channel&gt;"), "%s", body);
    free(body);
    sample_free(s);
}
