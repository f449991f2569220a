/* act: see act.h. */
#include "core/ops/act.h"

#include <string.h>

size_t act_channels(const struct act *act, const struct config *cfg,
                    const char *channels[2])
{
    const char *ops = cfg->channels.ops;
    size_t n = 0;

    if (act->channel[0])
        channels[n++] = act->channel;
    if (ops && ops[0] && strcmp(ops, act->channel) != 0)
        channels[n++] = ops;
    return n;
}
