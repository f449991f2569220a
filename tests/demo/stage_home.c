/* stage_home: what is said in messages, and App Home. See stage.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/demo/message.h"
#include "tests/demo/paper.h"
#include "tests/demo/stage_parts.h"

#define LOOK_MS 20

bool stage_mention(struct stage *s, const char *user, const char *text,
                   const char *expected, int limit_ms)
{
    printf("\n%s%s@#%s>%s %s@opsbot %s%s\n", ink(INK_GOOD), markup_name(user),
           markup_name(STAGE_CHANNEL), ink(INK_END), ink(INK_BOLD), text,
           ink(INK_END));
    json_decref(
        control_post(s->h, "mention",
                     json_pack("{s:s, s:s, s:s}", "user", user, "channel",
                               STAGE_CHANNEL, "text", text)));
    return stage_watch(s, user, expected, limit_ms);
}

/* The tab as it is by now; new reference, or NULL. */
static json_t *tab_of(struct stage *s, const char *user, const char *expected)
{
    char path[64], *plain;
    json_t *home, *view;

    snprintf(path, sizeof path, "home?user=%s", user);
    home = control_get(s->h, path);
    view = json_incref(json_object_get(home, "view"));
    json_decref(home);
    plain = json_is_object(view) ? plain_of(view) : NULL;
    if (plain && strstr(plain, expected)) {
        free(plain);
        return view;
    }
    free(plain);
    json_decref(view);
    return NULL;
}

static void show_tab(struct stage *s, const char *user, const json_t *view)
{
    struct buf lines = { 0 }, plain = { 0 };
    char margin[24], *text;

    message_lines(&lines, view);
    printf("%s│ opsbot, in the home tab of %s%s\n", ink(INK_DIM),
           markup_name(user), ink(INK_END));
    snprintf(margin, sizeof margin, "%s│ %s", ink(INK_DIM), ink(INK_END));
    paper_print(margin, buf_text(&lines));
    text = paper_plain(buf_text(&lines));
    buf_str(&plain, text);
    set_text(&s->shown, &plain);
    free(text);
    buf_dispose(&lines);
}

bool stage_home(struct stage *s, const char *user, const char *expected,
                int limit_ms)
{
    int64_t until = clock_mono_ms() + limit_ms;
    json_t *view;

    printf("\n%s%s>%s opens App Home\n", ink(INK_GOOD), markup_name(user),
           ink(INK_END));
    json_decref(control_post(s->h, "home", json_pack("{s:s}", "user", user)));
    while (!(view = tab_of(s, user, expected))) {
        if (clock_mono_ms() >= until)
            return false;
        harness_sleep(LOOK_MS);
    }
    show_tab(s, user, view);
    json_decref(view);
    return true;
}
