#include "bot/sender/sender_verdict.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>

#include "bot/sender/sender_rule.h"
#include "core/base/text.h"

/* What an answer says of the call. */
enum meaning {
    MEANS_REFUSED, /* every word not in the table */
    MEANS_DONE,
    MEANS_NOT_DONE, /* nothing happened: try again */
    MEANS_UNCLEAR,  /* may have happened in part */
    MEANS_LIMITED,
    MEANS_TOKEN,
    MEANS_BLOCKS,
};

static const struct word {
    const char *word;
    enum meaning meaning;
} words[] = {
    { "account_inactive", MEANS_TOKEN },
    { "fatal_error", MEANS_UNCLEAR },
    { "internal_error", MEANS_UNCLEAR },
    { "invalid_attachments", MEANS_BLOCKS },
    { "invalid_auth", MEANS_TOKEN },
    { "invalid_blocks", MEANS_BLOCKS },
    { "invalid_blocks_format", MEANS_BLOCKS },
    { "msg_blocks_too_long", MEANS_BLOCKS },
    { "not_authed", MEANS_TOKEN },
    { "rate_limited", MEANS_LIMITED },
    { "ratelimited", MEANS_LIMITED },
    { "request_timeout", MEANS_NOT_DONE }, /* our body came in pieces */
    { "rollup_error", MEANS_UNCLEAR },
    { "service_unavailable", MEANS_NOT_DONE },
    { "token_expired", MEANS_TOKEN },
    { "token_revoked", MEANS_TOKEN },
};

static int by_word(const void *key, const void *entry)
{
    return strcmp(key, ((const struct word *)entry)->word);
}

static enum meaning meaning_of_word(const char *word)
{
    const struct word *w = bsearch(word, words, sizeof words / sizeof words[0],
                                   sizeof words[0], by_word);

    return w ? w->meaning : MEANS_REFUSED;
}

static enum meaning meaning_of_status(int status)
{
    if (status == 429)
        return MEANS_LIMITED;
    if (status == 503 || status == 408)
        return MEANS_NOT_DONE;
    if (status >= 500 || (status >= 200 && status < 300))
        return MEANS_UNCLEAR; /* a success that is not Slack's JSON */
    return MEANS_REFUSED;
}

static enum ruling ruling_of(enum meaning meaning, const struct post *post)
{
    bool twice = post->rule->flags & CALL_TWICE;
    bool has_text = (post->rule->flags & CALL_MESSAGE) && !post->plain;

    switch (meaning) {
    case MEANS_DONE:
        return RULING_SENT;
    case MEANS_NOT_DONE:
        return RULING_RETRY;
    case MEANS_UNCLEAR:
        return twice && !post->once ? RULING_RETRY : RULING_UNKNOWN;
    case MEANS_LIMITED:
        return RULING_LIMITED;
    case MEANS_TOKEN:
        return call_rule_is_url(post->rule) ? RULING_REFUSED : RULING_TOKEN;
    case MEANS_BLOCKS:
        return has_text ? RULING_PLAIN : RULING_REFUSED;
    case MEANS_REFUSED:
        break;
    }
    return RULING_REFUSED;
}

/* ---- Slack's words -------------------------------------------------------- */

static void add_messages(struct judgement *out, const json_t *list)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item)
    {
        const char *text = json_string_value(item);
        size_t len = strlen(out->messages);

        if (!text) /* blocks.validate's form: {"message":"…"} */
            text = json_string_value(json_object_get(item, "message"));
        if (text)
            snprintf(out->messages + len, sizeof out->messages - len, "%s%s",
                     len ? "; " : "", text);
    }
}

/* An error word is short and of a-z, 0-9, '_' (and what Slack may add). */
static bool is_word(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-");

    return len > 0 && len < 80 && text[len] == '\0';
}

/* {"ok":…}. False: not one of Slack's answers. */
static bool read_json(const char *body, enum meaning *meaning,
                      struct judgement *out)
{
    json_t *root = json_loads(body, 0, NULL);
    json_t *ok = json_object_get(root, "ok");
    const char *word = json_string_value(json_object_get(root, "error"));
    bool known = json_is_boolean(ok);

    if (json_is_true(ok))
        *meaning = MEANS_DONE;
    if (json_is_false(ok)) {
        snprintf(out->error, sizeof out->error, "%s", word ? word : "no word");
        *meaning = meaning_of_word(out->error);
        add_messages(out, json_object_get(root, "errors"));
        add_messages(out,
                     json_object_get(json_object_get(root, "response_metadata"),
                                     "messages"));
    }
    json_decref(root);
    return known;
}

/* Response URLs answer with a bare word, good ("ok") or bad. */
static bool read_word(const struct answer *answer, enum meaning *meaning,
                      struct judgement *out)
{
    if (answer->status == 200) {
        *meaning = MEANS_DONE;
        return true;
    }
    if (!is_word(answer->body))
        return false;
    snprintf(out->error, sizeof out->error, "%s", answer->body);
    *meaning = meaning_of_word(out->error);
    return true;
}

static enum meaning read_http(const struct post *post,
                              const struct answer *answer,
                              struct judgement *out)
{
    enum meaning meaning = MEANS_REFUSED;
    bool known = false;

    if (answer->body[0] == '{')
        known = read_json(answer->body, &meaning, out);
    if (!known && call_rule_is_url(post->rule))
        known = read_word(answer, &meaning, out);
    if (!known || answer->status == 429)
        meaning = meaning_of_status(answer->status);
    else if (answer->status >= 500 && meaning <= MEANS_DONE)
        meaning = meaning_of_status(answer->status);
    if (meaning != MEANS_DONE && !out->error[0])
        snprintf(out->error, sizeof out->error, "HTTP status %d%s",
                 answer->status,
                 answer->status == 200 ? ", and not Slack's JSON" : "");
    return meaning;
}

/* What comes back may hold what was sent: it is posted, stored and logged. */
static void mask(char *text, size_t size)
{
    char *masked = *text ? text_mask(text, NULL, 0) : NULL;

    if (masked)
        snprintf(text, size, "%s", masked);
    free(masked);
}

void judge(const struct post *post, const struct answer *answer,
           struct judgement *out)
{
    enum meaning meaning = MEANS_REFUSED;

    *out = (struct judgement){ 0 };
    switch (answer->kind) {
    case ANSWER_HTTP:
        meaning = read_http(post, answer, out);
        break;
    case ANSWER_UNSENT:
        meaning = MEANS_NOT_DONE;
        break;
    case ANSWER_LOST:
        meaning = MEANS_UNCLEAR;
        break;
    case ANSWER_TOO_BIG: /* again would be as big */
        meaning =
            (post->rule->flags & CALL_TWICE) ? MEANS_REFUSED : MEANS_UNCLEAR;
        break;
    }
    if (answer->kind != ANSWER_HTTP)
        snprintf(out->error, sizeof out->error, "%s", answer->why);
    mask(out->error, sizeof out->error);
    mask(out->messages, sizeof out->messages);
    out->ruling = ruling_of(meaning, post);
}
