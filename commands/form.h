/*
 * form: how a command opens the form that types it (blocks/form.h). Any
 * thread.
 */
#ifndef COMMANDS_FORM_H
#define COMMANDS_FORM_H

#include "blocks/form.h"
#include "commands/command.h"

/*
 * Opens it for whoever made the call; fill's nonce, channel, response URL and
 * card are filled in. twin: what is typed instead, without the slash command. On
 * true the form is open, and the call has its outcome. ERR_SLACK: it is not;
 * err says what to type.
 */
MUST_CHECK bool form_show(struct call *call, const struct form *form,
                          struct form_fill *fill, const char *twin,
                          struct err *err);

/* False (ERR_DB): Postgres is away, and nobody should fill in a form that
 * cannot be submitted. */
MUST_CHECK bool form_can_record(const struct call *call, struct err *err);

#endif
