/* outbox: see outbox.h. */
#include "blocks/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/words.h"
#include "core/base/clock.h"

/* Keep sorted: outbox_reason() bisects. */
static const struct reason {
    const char *word, *text;
} reasons[] = {
    { "channel_is_limited_access", "few may post in the channel" },
    { "channel_not_found",
      "there is no such channel, or it is private and the bot is not in it" },
    { "expired_url", "its answer URL has expired" },
    { "invalid_arguments", "Slack does not understand the message" },
    { "invalid_blocks", "Slack does not take the message's blocks" },
    { "is_archived", "the channel is archived" },
    { "message_limit_exceeded", "the workspace's message limit is reached" },
    { "missing_scope", "the bot's token lacks a scope" },
    { "msg_too_long", "the message is too long" },
    { "no_permission", "the bot has no permission to post there" },
    { "no_text", "the message is empty" },
    { "not_in_channel", "the bot is not in the channel" },
    { "org_login_required", "the workspace is being moved" },
    { "restricted_action", "the workspace does not let the bot post there" },
    { "restricted_action_read_only_channel", "the channel is read-only" },
    { "restricted_action_thread_only_channel",
      "the channel takes answers in threads only" },
    { "team_access_not_granted", "the bot has no access to the workspace" },
    { "used_url", "its answer URL was used five times" },
};

static int by_word(const void *key, const void *entry)
{
    return strcmp(key, ((const struct reason *)entry)->word);
}

const char *outbox_reason(const char *error)
{
    const struct reason *r =
        bsearch(error, reasons, sizeof reasons / sizeof *reasons,
                sizeof *reasons, by_word);

    return r ? r->text : error;
}

/* ---- the list --------------------------------------------------------------- */

static bool is_undeliverable(const struct outbox_item *item)
{
    return strcmp(item->state, "undeliverable") == 0;
}

static struct span state_of(struct card *card, const struct outbox_item *item)
{
    if (is_undeliverable(item))
        return say_text("could not be delivered");
    if (strcmp(item->state, "sending") == 0)
        return say_text("being sent");
    if (item->attempts > 0)
        return say_fmt(card, "waits, tried %lld time%s",
                       (long long)item->attempts, words_s(item->attempts));
    return say_text("waits");
}

static struct span why(struct card *card, const struct outbox_item *item)
{
    const char *reason = outbox_reason(item->error);

    if (reason == item->error)
        return say_text(reason);
    return say_fmt(card, "%s (%s)", reason, item->error);
}

static void retry_button(struct card *card, const struct outbox_item *item)
{
    char command[48], label[48];

    snprintf(command, sizeof command, "outbox retry %lld", (long long)item->id);
    snprintf(label, sizeof label, "Retry %lld", (long long)item->id);
    card_row_action(card,
                    &(struct action){ .label = label, .command = command });
}

static void item_cells(struct card *card, const struct outbox_item *item)
{
    row_cell_number(card, "row", item->id);
    row_cell(card, "channel", item->channel);
    row_cell(card, "state", item->state);
    row_cell_at(card, "since", item->created_at);
    row_cell_number(card, "attempts", item->attempts);
    row_cell(card, "error", item->error);
    row_cell(card, "op", item->op);
    row_cell(card, "text", item->summary);
}

static void item_row(struct card *card, const struct outbox_item *item,
                     bool may_retry, int64_t now)
{
    char op[WORDS_TEXT], number[24];
    bool due = item->created_at > now; /* an edit that waits its turn */

    snprintf(number, sizeof number, "%lld", (long long)item->id);
    card_row(card,
             LINE(say_bold(number), say_text("  "), say_channel(item->channel),
                  say_text("   "), state_of(card, item),
                  say_text(due ? "   due " : "   since "),
                  say_when(item->created_at, now),
                  say_fmt(card, "   op %s", words_op(item->op, op))));
    item_cells(card, item);
    if (item->error[0])
        card_detail(card, LINE(say_text("because "), why(card, item)));
    if (item->summary[0])
        card_detail(card, LINE(say_text("text: "), say_text(item->summary)));
    if (is_undeliverable(item) && may_retry)
        retry_button(card, item);
}

static void list_title(struct card *card, const struct outbox_list *list)
{
    char n[WORDS_TEXT], m[WORDS_TEXT];

    if (list->undeliverable)
        card_title(card, TONE_BAD, "Outbox: %s undeliverable, %s waiting",
                   words_count(list->undeliverable, n),
                   words_count(list->waiting, m));
    else if (list->waiting)
        card_title(card, TONE_MAIL, "Outbox: %s waiting, nothing undeliverable",
                   words_count(list->waiting, m));
    else
        card_title(card, TONE_OK, "Outbox: everything has been posted");
}

static void retry_all(struct card *card, const struct outbox_list *list)
{
    char n[WORDS_TEXT], confirm[120], label[64];

    words_count(list->undeliverable, n);
    snprintf(label, sizeof label,
             list->undeliverable == 1 ? "Retry it" : "Retry all %s", n);
    snprintf(confirm, sizeof confirm,
             "Posts %s message%s again that Slack refused.", n,
             words_s(list->undeliverable));
    card_action(card, &(struct action){ .label = label,
                                        .command = "outbox retry --all",
                                        .confirm = confirm });
}

void outbox_list_card(struct card *card, const struct outbox_list *list,
                      bool may_retry, int64_t now)
{
    int64_t more = list->waiting + list->undeliverable - (int64_t)list->count;
    char n[WORDS_TEXT];

    list_title(card, list);
    for (size_t i = 0; i < list->count; i++)
        item_row(card, &list->items[i], may_retry, now);
    if (more > 0)
        card_note(card,
                  LINE(say_fmt(card, "and %s more", words_count(more, n))));
    if (list->undeliverable)
        card_note(card, LINE(say_text("Put right what Slack refuses (invite "
                                      "the bot, unarchive the channel), then "
                                      "retry.")));
    if (list->undeliverable && !may_retry)
        card_note(card, LINE(say_text("Retrying needs the right "),
                             say_code("outbox.retry")));
    if (list->undeliverable && may_retry)
        retry_all(card, list);
    card_action(card, &(struct action){ .label = "Look again",
                                        .command = "outbox",
                                        .replace = true });
}

/* ---- retry -------------------------------------------------------------------- */

static void nothing(struct card *card, const struct outbox_again *again,
                    int64_t id)
{
    const char *state = again->state ? again->state : "";

    if (!id) {
        card_title(card, TONE_OK, "Nothing to retry: no message was refused");
        return;
    }
    if (strcmp(state, "sent") == 0)
        card_title(card, TONE_INFO, "Message %lld has been posted",
                   (long long)id);
    else if (state[0])
        card_title(card, TONE_INFO, "Message %lld is being tried already",
                   (long long)id);
    else
        card_title(card, TONE_INFO, "There is no message %lld in the outbox",
                   (long long)id);
    card_lead(card, LINE(say_text("Nothing was changed.")));
}

void outbox_again_card(struct card *card, const struct outbox_again *again,
                       int64_t id, int64_t now)
{
    char n[WORDS_TEXT];

    if (!again->count)
        nothing(card, again, id);
    else
        card_title(card, again->before ? TONE_INFO : TONE_REQUEUE,
                   "%s %s message%s",
                   again->before ? "Retried before:" : "Trying again:",
                   words_count(again->count, n), words_s(again->count));
    if (again->before)
        card_lead(card,
                  LINE(say_text("This was done at "), say_when(again->at, now),
                       say_text("; nothing changed now.")));
    else if (again->count)
        card_lead(card, LINE(say_text("What Slack refuses again comes back to "
                                      "the list.")));
    card_action(card, &(struct action){ .label = "Show the outbox",
                                        .command = "outbox" });
}
