/* matrix_trouble: see matrix_cell.h: what Slack does to all of it. */
#include <stdlib.h>

#include "tests/integration/matrix_cell.h"

#define CROSS_MS 500

struct world {
    struct harness *h;
    enum matrix_trouble trouble;
};

int matrix_fault(struct harness *h, json_t *how)
{
    json_t *answer = control_post(h, "fault", how);
    int id = (int)json_integer_value(json_object_get(answer, "id"));

    json_decref(answer);
    return id;
}

/* What Slack says, or does. */
static json_t *how_of(enum matrix_trouble trouble)
{
    switch (trouble) {
    case LIMITED_ONCE:
    case LIMITED:
        return json_pack("{si}", "retry_after", 1);
    case STATUS_500:
        return json_pack("{si}", "status", 500);
    case TAKEN_UNSAID:
        return json_pack("{sb sb}", "drop", 1, "after_effect", 1);
    default:
        return json_pack("{ss}", "error", "invalid_blocks");
    }
}

/* Of a method in a channel, or of all response URLs (channel NULL); of those
 * alone that have a certain argument (NULL: all). */
static void trouble_on(struct world *w, const char *method, const char *channel,
                       const char *argument, int times)
{
    json_t *how = how_of(w->trouble), *match = json_object();

    if (channel)
        json_object_set_new(match, "channel", json_string(channel));
    if (argument)
        json_object_set_new(match, argument, json_true());
    json_object_set_new(how, "on", json_string(method));
    json_object_set_new(how, "times", json_integer(times));
    json_object_set_new(how, "match", match);
    matrix_fault(w->h, how);
}

/* Whatever is more than text, for ever. */
static void refuse_blocks(struct world *w)
{
    static const char *const parts[] = { "blocks", "attachments" };

    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < MATRIX_OPS; k++)
            trouble_on(w, "*", matrix_channels[k], parts[i], -1);
        trouble_on(w, "response_url", NULL, parts[i], -1);
    }
}

static void limit(struct world *w)
{
    for (size_t i = 0; i < MATRIX_OPS; i++)
        trouble_on(w, "*", matrix_channels[i], NULL, -1);
    trouble_on(w, "response_url", NULL, NULL, -1);
}

static void once_each(struct world *w)
{
    for (size_t i = 0; i < MATRIX_OPS; i++) {
        trouble_on(w, "chat.postMessage", matrix_channels[i], NULL, 1);
        trouble_on(w, "chat.update", matrix_channels[i], NULL, 1);
    }
    trouble_on(w, "response_url", NULL, NULL, 3);
}

void matrix_troubles(struct harness *h, enum matrix_trouble trouble)
{
    struct world w = { h, trouble };

    switch (trouble) {
    case LIMITED_ONCE:
    case STATUS_500:
    case TAKEN_UNSAID:
        once_each(&w);
        break;
    case LIMITED:
        limit(&w);
        break;
    case REFUSED_BLOCKS:
        refuse_blocks(&w);
        break;
    case TWICE:
    case OUT_OF_ORDER: /* the card changes when both have pressed it */
        matrix_fault(h, json_pack("{ss si si}", "on", "response_url", "times",
                                  -1, "delay_ms", CROSS_MS));
        break;
    case STALE:
    case DELETED:
    case SOCKET_DROP:
        break;
    }
}
