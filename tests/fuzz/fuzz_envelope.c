/*
 * fuzz_envelope: frames from the socket. Whatever comes, every text is there
 * and short enough to hold, or there is a reason.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bot/flow/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why = NULL;
    struct envelope *env = envelope_parse((const char *)data, size, &why);

    if (!env)
        return why ? 0 : (abort(), 0);
    if (!env->id[0] || strlen(env->id) > 255 || !env->text || !env->user ||
        !env->channel || !env->team || !env->action || !env->response_url ||
        !env->trigger_id || !env->view || !env->field || !env->keys[0] ||
        env->frame_len != size)
        abort();
    envelope_free(env);
    return 0;
}
