/* home_tab: see home_parts.h. */
#include "blocks/home_parts.h"

#include "blocks/render_blocks.h"

#define TAB_BLOCKS 98 /* of 100 */

/* One card's blocks, without the brackets around them. */
static struct blocks_size card_blocks(struct buf *blocks,
                                      const struct card *card,
                                      const struct plan *plan)
{
    struct json_out out = { .buf = blocks };

    buf_cut(blocks, 0);
    return render_blocks(&out, card, plan);
}

static void divide(struct json_out *out)
{
    static const char divider[] = "{\"type\":\"divider\"}";

    json_out_raw(out, divider, sizeof divider - 1);
}

/* Appends the array. */
static struct blocks_size cards_blocks(struct json_out *out,
                                       struct card *const *cards, size_t count,
                                       const struct plan *plan)
{
    struct blocks_size all = { 0 };
    struct buf blocks = { 0 };

    json_out_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        struct blocks_size one = card_blocks(&blocks, cards[i], plan);

        if (one.count == 0)
            continue;
        if (all.count) {
            divide(out);
            all.count++;
        }
        json_out_raw(out, blocks.data + 1, blocks.len - 2);
        all.count += one.count;
        all.units += one.units;
    }
    json_out_close(out, ']');
    buf_dispose(&blocks);
    return all;
}

/* The last plan always fits: of each card a title, a lead, one row and a few
 * buttons are left. */
char *tab_render(struct card *const *cards, size_t count)
{
    struct buf view = { 0 };
    struct blocks_size size;
    const struct plan *plan;

    for (size_t i = 0; (plan = render_plan(i)) != NULL; i++) {
        struct json_out out = { .buf = &view };

        buf_cut(&view, 0);
        json_out_open(&out, '{');
        json_out_key(&out, "type");
        json_out_word(&out, "home");
        json_out_key(&out, "blocks");
        size = cards_blocks(&out, cards, count, plan);
        json_out_close(&out, '}');
        if (size.count <= TAB_BLOCKS && size.units <= UNITS_MOST)
            break;
    }
    return buf_take(&view);
}
