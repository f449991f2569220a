/*
 * shown: a whole card against its golden files: NAME.txt as people read it
 * anywhere, NAME.blocks.json as Slack gets it, NAME.cells.json as tables have
 * its rows, where they have cells. See golden.h. With SHOWN_DIR in
 * the environment, every card is also written there as a message, NAME.json.
 */
#ifndef TESTS_BLOCKS_SHOWN_H
#define TESTS_BLOCKS_SHOWN_H

#include "blocks/card.h"

/* The moment at which all cards of tests are made: 2026-11-23T14:08:07Z. */
#define NOW INT64_C(1795442887000)
#define MIN INT64_C(60000)

/* Frees card. */
void shown(const char *name, struct card *card);
/* As text alone, for variants. Frees card. */
void shown_text(const char *name, struct card *card);
/* A whole message or view against its golden file NAME.json. Frees body. */
void shown_body(const char *name, char *body);

#endif
