/* matrix_look: see matrix_cell.h: what can be seen of a cell. */
#include "tests/integration/matrix_cell.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/alerting.h"

static long long group(struct harness *h, const struct cell *c,
                       const char *what)
{
    return sql_number(h, "select (%s) from opsbot.alert_groups where id = %d",
                      what, c->number);
}

/* ---- its card ------------------------------------------------------------ */

static const char *str(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* "A-1" and not "A-10". */
static bool names(const char *text, int number)
{
    char name[24];
    size_t len;

    snprintf(name, sizeof name, "A-%d", number);
    len = strlen(name);
    while ((text = strstr(text, name))) {
        text += len;
        if (!isdigit((unsigned char)*text))
            return true;
    }
    return false;
}

/* It stands in the channel itself and is its headline. */
static bool is_card(const json_t *message, int number)
{
    const char *thread = str(message, "thread_ts");

    return (!*thread || strcmp(thread, str(message, "ts")) == 0) &&
           strstr(str(message, "text"), "[CRITICAL] ") &&
           names(str(message, "text"), number);
}

size_t cell_cards(struct harness *h, const struct cell *c, json_t **one)
{
    char *path = xasprintf("messages?channel=%s", c->channel);
    json_t *all = control_get(h, path), *message;
    size_t i, n = 0;

    if (one)
        *one = NULL;
    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        if (!is_card(message, c->number))
            continue;
        if (n++ == 0 && one)
            *one = json_incref(message);
    }
    free(path);
    json_decref(all);
    return n;
}

void cell_delete(struct harness *h, const struct cell *c)
{
    json_t *card;

    if (cell_cards(h, c, &card) == 0)
        harness_fail("%s has no card to be deleted", c->service);
    json_decref(control_post(
        h, "delete",
        json_pack("{ss ss}", "channel", c->channel, "ts", str(card, "ts"))));
    json_decref(card);
}

/* ---- in the end ---------------------------------------------------------- */

static bool expect(struct cell *c, bool good, const char *what, long long is)
{
    if (!good)
        fprintf(stderr, "%s under \"%s\" (A-%d): %s: %lld\n",
                matrix_op_names[c->op], matrix_trouble_names[c->trouble],
                c->number, what, is);
    return good;
}

/* Its buttons carry the version that they were made of. As text alone it has
 * none. */
static bool shows_version(const struct cell *c, const json_t *card)
{
    char *whole = json_dumps(card, JSON_COMPACT);
    char *want = xasprintf(".%lld:", c->version);
    bool ok = !strstr(whole, "\"value\"") || strstr(whole, want);

    free(want);
    free(whole);
    return ok;
}

static const char *state_word(struct harness *h, const struct cell *c)
{
    static const char *const words[] = { "resolved", "silenced", "acknowledged",
                                         "unacknowledged" };
    long long i = group(h, c,
                        "case when resolved_at is not null then 0 when"
                        " quiet_why <> '' then 1 when acked_by <> '' then 2"
                        " else 3 end");

    return words[i];
}

static bool check_card(struct harness *h, struct cell *c)
{
    char *state = xasprintf(" — %s. ", state_word(h, c));
    json_t *card;
    size_t n = cell_cards(h, c, &card);
    const char *text = str(card, "text");
    bool ok = expect(c, n == 1, "cards in its channel", (long long)n);

    if (ok) {
        ok = expect(c, strstr(text, state), text, 0) &&
             expect(c, !strstr(text, "(repeated)"), text, 0) &&
             expect(c, shows_version(c, card), "it does not show version",
                    c->version);
        ok = expect(c,
                    sql_number(h,
                               "select count(*) from opsbot.outbox where thing"
                               " = 'alert:%d' and ts = '%s' and shown = wanted"
                               " and channel = '%s' and state = 'sent'",
                               c->number, str(card, "ts"), c->channel) == 1,
                    "the outbox knows another card", 0) &&
             ok;
    }
    json_decref(card);
    free(state);
    return ok;
}

/* What the group has to be after it. */
static bool check_group(struct harness *h, struct cell *c)
{
    static const char *const ends[MATRIX_OPS] = {
        [OP_POST] = "acked_by = '' and quiet_why = '' and step = 0",
        [OP_EDIT] = "acked_by = '' and quiet_why = '' and step = 0",
        [OP_ACK] = "acked_by = 'U0BOB' and step_at is null",
        [OP_ESCALATE] = "step = 1 and step_at is not null",
        [OP_SILENCE] = "quiet_why <> '' and muted = firing and step_at is null",
    };
    const char *want = ends[c->op];
    long long firing = (c->op == OP_EDIT) + c->joined + 1, is;
    bool ok;

    if (c->trouble == OUT_OF_ORDER && c->op == OP_ACK)
        want = "acked_by in ('U0ANN', 'U0BOB') and step_at is null";
    if (cell_turned_away(c))
        want = "acked_by = 'U0ANN' and step_at is null and step = 0";
    is = group(h, c, "firing");
    ok = expect(c, is == firing, "alerts that fire", is);
    is = group(h, c, "total");
    ok = expect(c, is == firing, "alerts in all", is) && ok;
    is = sql_number(h,
                    "select (%s and resolved_at is null)::int from"
                    " opsbot.alert_groups where id = %d",
                    want, c->number);
    return expect(c, is == 1, want, is) && ok;
}

static long long wanted_history(const struct cell *c)
{
    return !(cell_turned_away(c) && c->op == OP_ESCALATE);
}

/* It is said once in its thread, and whom it pages is told. */
static bool check_lines(struct harness *h, struct cell *c)
{
    const char *line = matrix_acts[c->op].line;
    long long want = wanted_history(c), is;
    json_t *card;
    bool ok;

    if (!line || cell_cards(h, c, &card) == 0)
        return true;
    is = (long long)thread_count(h, c->channel, card, line);
    ok = expect(c, is == want, "lines in its thread", is);
    if (c->op == OP_ESCALATE && want)
        ok = expect(c, thread_count(h, c->channel, card, "<@U0CAT>") > 0,
                    "nobody is paged in its thread", 0) &&
             ok;
    json_decref(card);
    return ok;
}

/* Once in the history and in the audit. */
static bool check_once(struct harness *h, struct cell *c)
{
    long long want = wanted_history(c);
    long long is = history_of(h, c->number, matrix_acts[c->op].reason);
    bool ok = expect(c, is == want, "times in its history", is);

    if (c->op >= OP_ACK) {
        is = cell_audited(h, c, false) - c->audited;
        ok =
            expect(c, is == !cell_turned_away(c), "effects in the audit", is) &&
            ok;
    }
    if (c->op == OP_SILENCE) {
        is = sql_number(h,
                        "select count(*) from opsbot.silences where"
                        " \"group\" = %d",
                        c->number);
        ok = expect(c, is == 1, "silences", is) && ok;
    }
    return ok;
}

static bool check_outbox(struct harness *h, struct cell *c)
{
    long long n = sql_number(h,
                             "select count(*) from opsbot.outbox where channel"
                             " = '%s' and state <> 'sent'",
                             c->channel);

    return expect(c, n == 0, "posts that wait or cannot be delivered", n);
}

bool cell_check(struct harness *h, struct cell *c)
{
    bool card, state, once, lines, outbox;

    c->version = group(h, c, "version");
    card = check_card(h, c);
    state = check_group(h, c);
    once = check_once(h, c);
    lines = check_lines(h, c);
    outbox = check_outbox(h, c);
    return card && state && once && lines && outbox;
}

bool cell_undisturbed(struct harness *h, struct cell *c)
{
    long long version = group(h, c, "version");
    bool same = expect(c, version == c->version, "changed since", version);
    bool card = check_card(h, c), lines = check_lines(h, c);

    return same && card && lines;
}
