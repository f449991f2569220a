/*
 * yaml: a YAML file of ours as the JSON that it stands for. Quoted scalars are
 * texts; plain ones are booleans, whole numbers or null where they look so.
 */
#ifndef HARNESS_YAML_H
#define HARNESS_YAML_H

#include <jansson.h>

/* path: from the checkout's root. New reference; what cannot be read aborts,
 * and says where. */
json_t *yaml_read(const char *path);

#endif
