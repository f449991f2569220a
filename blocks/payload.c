/* payload: see payload.h. */
#include "blocks/payload.h"

const char *payload_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}
