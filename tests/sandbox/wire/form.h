/*
 * form: application/x-www-form-urlencoded, as Slack writes it: letters,
 * digits and -_. stand, a space is '+', all else %XX. Pure.
 */
#ifndef SANDBOX_FORM_H
#define SANDBOX_FORM_H

#include <jansson.h>

#include "core/base/buf.h"

void form_escape(struct buf *out, const char *text);
/* name=value, with '&' in front unless out is empty. */
void form_field(struct buf *out, const char *name, const char *value);
/* Every field of an object, in its order; what is no text as JSON, a null is
 * left out. */
void form_object(struct buf *out, const json_t *object);

#endif
