/*
 * Button values from outside: whatever is taken must be exactly what we write
 * for the same press.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/model.h"
#include "blocks/render.h"
#include "core/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    struct buf value = { 0 };
    struct press press, again;

    if (render_press(text, &press)) {
        if (!press_write(&value, press.nonce, press.replace, press.command) ||
            strcmp(value.data, text) != 0)
            abort();
        buf_cut(&value, 0);
    }
    if (press_write(&value, "n", true, text) &&
        (!render_press(value.data, &again) || strcmp(again.command, text) != 0))
        abort();
    buf_dispose(&value);
    free(text);
    return 0;
}
