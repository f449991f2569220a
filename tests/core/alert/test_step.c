/*
 * step: everything that can happen to a group, in each of its states, and
 * exactly what comes of it: tables that are read beside the rules, in the
 * words of stepped.h.
 */
#include <criterion/criterion.h>
#include <stddef.h>

#include "tests/core/alert/stepped.h"

TestSuite(step, .init = stepped_start, .fini = stepped_stop);

struct row {
    const char *happens, *stands;
};

/* Each row begins anew with a group that has come so far. */
static void table(const char *before, int64_t wait, const struct row *rows,
                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        stepped_start();
        step_route.wait_ms = wait;
        happens(before);
        step_expect(before[0] ? before : "new", rows[i].happens,
                    rows[i].stands);
    }
}
#define TABLE(before, wait, rows)                                              \
    table(before, wait, rows, sizeof(rows) / sizeof *(rows))

/* Its card at once; who follows its route is mentioned below it. Of what is
 * over already nobody is. */
Test(step, a_new_one)
{
    static const struct row rows[] = {
        { "fire", "firing: first! thread, step 1.0 in 5m, repeat in 4h; card" },
        { "blip", "resolved: first, resolved thread; card" },
    };

    TABLE("", 0, rows);
}

/* group_wait: nothing is posted before it is over. */
Test(step, a_new_one_that_waits)
{
    static const struct row rows[] = {
        { "fire", "firing waits: step 1.0 left 5m, tell in 30s, fresh 1" },
        { "blip", "resolved: resolved" },
    };

    TABLE("", 30 * SECOND, rows);
}

/* Nothing is said and nobody is paged, but by hand; silenced it waits for
 * nothing. */
Test(step, while_it_waits)
{
    static const struct row rows[] = {
        { "fire", "firing waits: step 1.0 left 5m, tell in 30s, fresh 3" },
        { "worse",
          "firing waits: worse, step 1.0 left 5m, tell in 30s, fresh 2" },
        { "better",
          "firing waits: better, step 1.0 left 5m, tell in 30s, fresh 2" },
        { "over",
          "firing waits: some_over 1, step 1.0 left 5m, tell in 30s, fresh 2" },
        { "end", "resolved: resolved" },
        { "same",
          "firing waits: step 1.0 left 5m, tell in 30s, fresh 2; no edit" },
        { "words", "firing waits: step 1.0 left 5m, tell in 30s, fresh 2" },
        { "mute", "silenced: silenced, step 1.0 left 5m, fresh 2; card" },
        { "unmute", "firing waits: step 1.0 left 5m, tell in 30s, fresh 2" },
        { "+1m", "firing: first! thread, step 1.0 in 5m, repeat in 4h; card" },
        { "+5m", "firing: first! thread, step 1.0 in 5m, repeat in 4h; card" },
        { "+4h", "firing: first! thread, step 1.0 in 5m, repeat in 4h; card" },
        { "ack U1", "acknowledged waits: acked, step 1.0 left 5m, tell in 30s, "
                    "lease 4h, fresh 2" },
        { "ack U2", "acknowledged waits: acked, step 1.0 left 5m, tell in 30s, "
                    "lease 4h, fresh 2" },
        { "unack U1",
          "nothing: firing waits: step 1.0 left 5m, tell in 30s, fresh 2" },
        { "resolve",
          "refused: firing waits: step 1.0 left 5m, tell in 30s, fresh 2" },
        { "resolve!", "resolved: resolved" },
        { "escalate", "firing: escalated 1/3, first! thread, step 2.0 in 10m, "
                      "repeat in 4h; card; page 1.0" },
        { "assign U3",
          "firing waits: assigned, step 1.0 left 5m, tell in 30s, fresh 2" },
        { "note",
          "firing waits: note, step 1.0 left 5m, tell in 30s, fresh 2" },
    };

    TABLE("fire, fire", 30 * SECOND, rows);
}

/* It waits with more news until five minutes after it told people; worse is
 * said at once. */
Test(step, while_it_fires)
{
    static const struct row rows[] = {
        { "fire", "firing: step 1.0 in 5m, tell in 5m, repeat in 4h, fresh 2" },
        { "worse", "firing: worse! broadcast, step 1.0 in 5m, repeat in 4h" },
        { "better", "firing: better thread, step 1.0 in 5m, tell in 5m, repeat "
                    "in 4h, fresh 1" },
        { "over", "firing: some_over 1, step 1.0 in 5m, tell in 5m, repeat in "
                  "4h, fresh 1" },
        { "end", "resolved: resolved thread" },
        { "same", "firing: step 1.0 in 5m, tell in 5m, repeat in 4h, fresh 1; "
                  "no edit" },
        { "words",
          "firing: step 1.0 in 5m, tell in 5m, repeat in 4h, fresh 1" },
        { "mute", "silenced: silenced thread, step 1.0 left 5m, fresh 1" },
        { "unmute",
          "firing: step 1.0 in 5m, tell in 5m, repeat in 4h, fresh 1" },
        { "+1m", "firing: step 1.0 in 4m, tell in 4m, repeat in 239m, fresh 1; "
                 "no edit" },
        { "+5m", "firing: more 1! broadcast, escalated 1/3, step 2.0 in 10m, "
                 "repeat in 4h; page 1.0" },
        { "+4h", "firing: more 1! broadcast, escalated 1/3, step 2.0 in 10m, "
                 "repeat in 4h; page 1.0" },
        { "ack U1", "acknowledged: acked 1/3 thread, step 1.0 left 5m, tell in "
                    "5m, lease 4h, fresh 1" },
        { "ack U2", "acknowledged: acked 1/3 thread, step 1.0 left 5m, tell in "
                    "5m, lease 4h, fresh 1" },
        { "unack U1", "nothing: firing: step 1.0 in 5m, tell in 5m, repeat in "
                      "4h, fresh 1" },
        { "resolve", "refused: firing: step 1.0 in 5m, tell in 5m, repeat in "
                     "4h, fresh 1" },
        { "resolve!", "resolved: resolved thread" },
        { "escalate", "firing: escalated 1/3, step 2.0 in 10m, tell in 5m, "
                      "repeat in 4h, fresh 1; page 1.0" },
        { "assign U3", "firing: assigned thread, step 1.0 in 5m, tell in 5m, "
                       "repeat in 4h, fresh 1" },
        { "note", "firing: note thread, step 1.0 in 5m, tell in 5m, repeat in "
                  "4h, fresh 1" },
    };

    TABLE("fire, fire", 0, rows);
}

/* Nobody is mentioned, nothing is sent again, no step is taken. */
Test(step, while_somebody_has_it)
{
    static const struct row rows[] = {
        { "fire",
          "acknowledged: step 1.0 left 4m, tell in 4m, lease 4h, fresh 2" },
        { "worse",
          "acknowledged: worse broadcast, step 1.0 left 4m, lease 4h" },
        { "better", "acknowledged: better thread, step 1.0 left 4m, tell in "
                    "4m, lease 4h, fresh 1" },
        { "over", "acknowledged: some_over 1, step 1.0 left 4m, tell in 4m, "
                  "lease 4h, fresh 1" },
        { "end", "resolved: resolved thread" },
        { "same", "acknowledged: step 1.0 left 4m, tell in 4m, lease 4h, fresh "
                  "1; no edit" },
        { "words",
          "acknowledged: step 1.0 left 4m, tell in 4m, lease 4h, fresh 1" },
        { "mute", "acked silenced: silenced thread, step 1.0 left 4m, lease "
                  "4h, fresh 1" },
        { "unmute",
          "acknowledged: step 1.0 left 4m, tell in 4m, lease 4h, fresh 1" },
        { "+1m", "acknowledged: step 1.0 left 4m, tell in 3m, lease 239m, "
                 "fresh 1; no edit" },
        { "+5m", "acknowledged: more 1 thread, step 1.0 left 4m, lease 235m" },
        { "+4h",
          "firing: ack_expired! broadcast, step 1.0 in 4m, repeat in 4h" },
        { "ack U1", "nothing: acknowledged: step 1.0 left 4m, tell in 4m, "
                    "lease 4h, fresh 1" },
        { "ack U2", "taken: acknowledged: step 1.0 left 4m, tell in 4m, lease "
                    "4h, fresh 1" },
        { "unack U1", "firing: unacked 1/3 broadcast, step 1.0 in 4m, tell in "
                      "4m, repeat in 4h, fresh 1" },
        { "resolve", "refused: acknowledged: step 1.0 left 4m, tell in 4m, "
                     "lease 4h, fresh 1" },
        { "resolve!", "resolved: resolved thread" },
        { "escalate", "taken: acknowledged: step 1.0 left 4m, tell in 4m, "
                      "lease 4h, fresh 1" },
        { "assign U3", "acknowledged: assigned thread, step 1.0 left 4m, tell "
                       "in 4m, lease 4h, fresh 1" },
        { "note", "acknowledged: note thread, step 1.0 left 4m, tell in 4m, "
                  "lease 4h, fresh 1" },
    };

    TABLE("fire, fire, +1m, ack U1", 0, rows);
}

/* Counted, recorded, and told to nobody; its clock stands. */
Test(step, while_it_is_silenced)
{
    static const struct row rows[] = {
        { "fire", "silenced: step 1.0 left 4m, fresh 2" },
        { "worse", "silenced: worse, step 1.0 left 4m, fresh 1" },
        { "better", "silenced: better, step 1.0 left 4m, fresh 1" },
        { "over", "silenced: some_over 1, step 1.0 left 4m, fresh 1" },
        { "end", "resolved: resolved" },
        { "same", "silenced: step 1.0 left 4m, fresh 1; no edit" },
        { "words", "silenced: step 1.0 left 4m, fresh 1" },
        { "mute", "silenced: step 1.0 left 4m, fresh 1" },
        { "unmute",
          "firing: unsilenced 1! broadcast, step 1.0 in 4m, repeat in 4h" },
        { "+1m", "silenced: step 1.0 left 4m, fresh 1; no edit" },
        { "+5m", "silenced: step 1.0 left 4m, fresh 1; no edit" },
        { "+4h", "silenced: step 1.0 left 4m, fresh 1; no edit" },
        { "ack U1",
          "acked silenced: acked thread, step 1.0 left 4m, lease 4h, fresh 1" },
        { "ack U2",
          "acked silenced: acked thread, step 1.0 left 4m, lease 4h, fresh 1" },
        { "unack U1", "nothing: silenced: step 1.0 left 4m, fresh 1" },
        { "resolve", "refused: silenced: step 1.0 left 4m, fresh 1" },
        { "resolve!", "resolved: resolved" },
        { "escalate",
          "silenced: escalated 1/3, step 2.0 left 10m, fresh 1; page 1.0" },
        { "assign U3", "silenced: assigned thread, step 1.0 left 4m, fresh 1" },
        { "note", "silenced: note thread, step 1.0 left 4m, fresh 1" },
    };

    TABLE("fire, fire, +1m, mute", 0, rows);
}

/* Both hold, each for itself. */
Test(step, while_it_is_silenced_and_somebody_has_it)
{
    static const struct row rows[] = {
        { "fire", "acked silenced: step 1.0 left 4m, lease 4h, fresh 2" },
        { "worse",
          "acked silenced: worse, step 1.0 left 4m, lease 4h, fresh 1" },
        { "better",
          "acked silenced: better, step 1.0 left 4m, lease 4h, fresh 1" },
        { "over",
          "acked silenced: some_over 1, step 1.0 left 4m, lease 4h, fresh 1" },
        { "end", "resolved: resolved" },
        { "same",
          "acked silenced: step 1.0 left 4m, lease 4h, fresh 1; no edit" },
        { "words", "acked silenced: step 1.0 left 4m, lease 4h, fresh 1" },
        { "mute", "acked silenced: step 1.0 left 4m, lease 4h, fresh 1" },
        { "unmute",
          "acknowledged: unsilenced 1 thread, step 1.0 left 4m, lease 4h" },
        { "+1m",
          "acked silenced: step 1.0 left 4m, lease 239m, fresh 1; no edit" },
        { "+5m",
          "acked silenced: step 1.0 left 4m, lease 235m, fresh 1; no edit" },
        { "+4h", "silenced: ack_expired, step 1.0 left 4m, fresh 1" },
        { "ack U1",
          "nothing: acked silenced: step 1.0 left 4m, lease 4h, fresh 1" },
        { "ack U2",
          "taken: acked silenced: step 1.0 left 4m, lease 4h, fresh 1" },
        { "unack U1", "silenced: unacked, step 1.0 left 4m, fresh 1" },
        { "resolve",
          "refused: acked silenced: step 1.0 left 4m, lease 4h, fresh 1" },
        { "resolve!", "resolved: resolved" },
        { "escalate",
          "taken: acked silenced: step 1.0 left 4m, lease 4h, fresh 1" },
        { "assign U3", "acked silenced: assigned thread, step 1.0 left 4m, "
                       "lease 4h, fresh 1" },
        { "note",
          "acked silenced: note thread, step 1.0 left 4m, lease 4h, fresh 1" },
    };

    TABLE("fire, fire, +1m, ack U1, mute", 0, rows);
}

/* Only news of an alert that fires open it again; what people do, never. */
Test(step, when_it_is_over)
{
    static const struct row rows[] = {
        { "fire",
          "firing: again! broadcast, step 1.0 in 5m, repeat in 4h; card" },
        { "worse", "resolved: -; no edit" },
        { "better", "resolved: -; no edit" },
        { "over", "resolved: -; no edit" },
        { "end", "resolved: -; no edit" },
        { "same", "resolved: -; no edit" },
        { "words", "resolved: -; no edit" },
        { "mute", "resolved: -; no edit" },
        { "unmute", "resolved: -; no edit" },
        { "+1m", "resolved: -; no edit" },
        { "+5m", "resolved: -; no edit" },
        { "+4h", "resolved: -; no edit" },
        { "ack U1", "over: resolved: -" },
        { "ack U2", "over: resolved: -" },
        { "unack U1", "over: resolved: -" },
        { "resolve", "over: resolved: -" },
        { "resolve!", "over: resolved: -" },
        { "escalate", "over: resolved: -" },
        { "assign U3", "over: resolved: -" },
        { "note", "resolved: note thread" },
    };

    TABLE("fire, fire, +1m, end", 0, rows);
}
