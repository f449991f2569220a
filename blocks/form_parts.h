/*
 * form_parts: what the two halves of form share: how a view says what each of
 * its inputs is. Pure.
 */
#ifndef BLOCKS_FORM_PARTS_H
#define BLOCKS_FORM_PARTS_H

#include <jansson.h>

/* A view of ours, whatever its command. */
#define FORM_CALLBACK "opsbot.form"

/* The block_id of an input is the name of its field; its action_id says how
 * the command takes it. */
#define FORM_WORD "word"
#define FORM_FLAG "flag"

/* The block_id of the line that says what went wrong. */
#define FORM_PROBLEM "opsbot.problem"

/* {"type":"plain_text",…}, cut to that many characters. New. */
json_t *form_text(const char *text, size_t most);
/* A section of plain text with that block_id. New. */
json_t *form_section(const char *id, const char *text);

#endif
