/*
 * redis_info: fields out of what Redis (or Valkey) answers to INFO. Pure, any
 * thread.
 */
#ifndef CORE_STORE_REDIS_INFO_H
#define CORE_STORE_REDIS_INFO_H

#include <stdbool.h>

#define REDIS_INFO 48 /* bytes of a field; longer ones are cut */

/* The value of a field, into out, which is returned; "" when there is none of
 * that name. info: text with a field a line, "name:value\r\n". */
const char *redis_info(const char *info, const char *name,
                       char out[REDIS_INFO]);
bool redis_info_is(const char *info, const char *name, const char *value);
double redis_info_number(const char *info, const char *name); /* 0: none */

/* What of ours is at risk there, as one sentence: it keeps nothing over a
 * restart, or throws keys away. Static; NULL: nothing. */
const char *redis_info_risk(const char *info);

#endif
