/* stage_news: what comes by itself, and cards that change. See stage.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/demo/message.h"
#include "tests/demo/paper.h"
#include "tests/demo/stage_parts.h"

/* What people said is on the screen already. */
json_t *messages_of(struct stage *s, const char *user)
{
    char path[64];
    json_t *all, *messages;

    snprintf(path, sizeof path, "messages?user=%s", user);
    all = control_get_any(s->h, path);
    messages = json_object_get(all, "messages");
    for (size_t i = json_array_size(messages); i > 0; i--)
        if (strcmp(string(json_array_get(messages, i - 1), "via"), "user") == 0)
            json_array_remove(messages, i - 1);
    return all;
}

/* ---- what comes by itself ------------------------------------------------ */

char *plain_of(const json_t *message)
{
    struct buf lines = { 0 };
    char *text;

    message_lines(&lines, message);
    text = paper_plain(buf_text(&lines));
    buf_dispose(&lines);
    return text;
}

/* line (to its end) without ages: "(4 s ago)" alone is no news. Heap. */
static char *ageless(const char *line)
{
    size_t len = strcspn(line, "\n"), age;
    struct buf b = { 0 };

    for (size_t i = 0; i < len; i += age ? age : 1) {
        age = line[i] == '(' ? strcspn(line + i, ")\n") + 1 : 0;
        if (age && (age < 5 || strncmp(line + i + age - 4, "ago", 3) != 0) &&
            strncmp(line + i, "(just now)", 10) != 0)
            age = 0;
        if (!age)
            buf_char(&b, line[i]);
    }
    buf_str(&b, "");
    return buf_take(&b);
}

/* text has that line, but for its ages. */
static bool has_line(const char *text, const char *line)
{
    char *wanted = ageless(line);
    bool found = false;

    for (const char *at = text; *at && !found;
         at += strcspn(at, "\n"), at += *at == '\n') {
        char *one = ageless(at);

        found = strcmp(one, wanted) == 0;
        free(one);
    }
    free(wanted);
    return found;
}

/* Clears the line that is being typed, once, for what is shown now. */
static void make_room(struct stage *s)
{
    if (s->wipe)
        fputs(s->wipe, stdout);
    s->wipe = NULL;
}

/* An edit is the same card: its title, and those lines that are new. False:
 * there are none, for what is gone or older by now is no news. */
static bool show_edit(struct stage *s, const char *was, const char *now)
{
    struct buf lines = { 0 };
    bool news = false;
    char margin[24];
    size_t len;

    for (const char *at = now; *at; at += len + (at[len] == '\n')) {
        bool there = has_line(was, at);

        len = strcspn(at, "\n");
        news = news || !there;
        if (at == now || !there) {
            buf_add(&lines, at, len);
            buf_char(&lines, '\n');
        }
    }
    if (news) {
        make_room(s);
        snprintf(margin, sizeof margin, "%s┊ %s", ink(INK_DIM), ink(INK_END));
        printf("%s┊ the same card, edited%s\n", ink(INK_DIM), ink(INK_END));
        paper_print(margin, buf_text(&lines));
    }
    buf_dispose(&lines);
    return news;
}

/* Alerts come when they come: the tour shows them at their step. */
static bool is_held(const struct stage *s, const json_t *message)
{
    return s->echo && strcmp(string(message, "channel"), WATCH_CHANNEL) == 0;
}

/* Shows what is new of a message; edits where a person types. False: nothing
 * is. */
static bool show_news(struct stage *s, struct buf *plain, const json_t *message)
{
    const char *ts = string(message, "ts");
    const char *was = string(s->seen, ts);
    char *now = plain_of(message);
    bool news = !*was;

    if (news) {
        make_room(s);
        show_message(s, plain, message, string(message, "channel"), "");
    } else if (strcmp(was, now) != 0) {
        news = !s->echo && show_edit(s, was, now);
        json_object_set_new(s->seen, ts, json_string(now));
    }
    free(now);
    return news;
}

bool stage_news(struct stage *s, const char *user, int limit_ms)
{
    int64_t until = clock_mono_ms() + limit_ms;
    struct buf plain = { 0 };
    bool news = false;

    do {
        json_t *all = messages_of(s, user);

        for (size_t i = 0; i < reply_messages(all); i++)
            news = (!is_held(s, reply_message(all, i)) &&
                    show_news(s, &plain, reply_message(all, i))) ||
                   news;
        json_decref(all);
        harness_sleep(news || limit_ms == 0 ? 0 : 10);
    } while (!news && clock_mono_ms() < until);
    set_text(&s->news, &plain);
    return news;
}

/* ---- cards that change --------------------------------------------------- */

/* New reference, or NULL. *plain: heap. */
static json_t *find_message(struct stage *s, const char *user, const char *text,
                            char **plain)
{
    json_t *found = NULL, *all = messages_of(s, user);

    for (size_t i = reply_messages(all); i > 0 && !found; i--) {
        *plain = plain_of(reply_message(all, i - 1));
        if (strstr(*plain, text))
            found = json_incref((json_t *)reply_message(all, i - 1));
        else
            free(*plain);
    }
    json_decref(all);
    return found;
}

char *stage_peek(struct stage *s, const char *user, const char *text)
{
    char *plain = NULL;
    json_t *found = find_message(s, user, text, &plain);

    if (!found)
        return NULL;
    json_decref(found);
    return plain;
}

bool stage_watch(struct stage *s, const char *user, const char *text,
                 int limit_ms)
{
    int64_t until = clock_mono_ms() + limit_ms;
    struct buf shown = { 0 };
    char *plain = NULL;
    json_t *found;

    while (!(found = find_message(s, user, text, &plain))) {
        if (clock_mono_ms() >= until)
            return false;
        harness_sleep(20);
    }
    free(plain);
    show_message(s, &shown, found, string(found, "channel"), "");
    json_decref(s->last);
    s->last = json_pack("{s:[o]}", "messages", found);
    set_text(&s->shown, &shown);
    return true;
}
