/*
 * post: checks what the app wants to say, whatever the route.
 *
 * chat.postMessage, chat.update, chat.postEphemeral, a command's ack and a
 * response URL all come through here. One thread, no state.
 */
#ifndef SANDBOX_POST_H
#define SANDBOX_POST_H

#include <jansson.h>
#include <stdbool.h>

struct world;

#define TEXT_MAX        40000 /* more is cut off */
#define TEXT_UPDATE_MAX 4000
#define MARKDOWN_MAX    12000
#define METADATA_MAX    16000

/* Why Slack would not take it. */
struct refusal {
    const char *error;        /* static */
    json_t *problems;         /* of invalid_blocks and its like; owned */
    const char *problems_are; /* "invalid_blocks": which answer shows them */
};

void refusal_dispose(struct refusal *why);

/*
 * The content to post: {"text"?, "blocks"?, "attachments"?, "metadata"?}, each
 * only if said. NULL: refused, *why is filled. args is borrowed; route is for
 * the transcript. New.
 */
json_t *post_content(struct world *w, const json_t *args, const char *route,
                     struct refusal *why);

/* Whether there is anything to see in it: text, blocks or attachments. */
bool post_says(const json_t *args);

/* One line that names the error and the first problem. New string. */
char *refusal_text(const struct refusal *why);

#endif
