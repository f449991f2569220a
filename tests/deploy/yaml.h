/*
 * yaml: YAML files as JSON, to look into; and programs that are run, for what
 * they say. For the tests of deploy/. What cannot be done fails the test.
 */
#ifndef TESTS_DEPLOY_YAML_H
#define TESTS_DEPLOY_YAML_H

#include <jansson.h>

#include "core/base/err.h"

/* A file of the checkout, or with an absolute path, as text; heap. */
char *deploy_text(const char *path);

/* The same, read as YAML. Plain true, false, null and whole numbers are those
 * of JSON, all else is text; a key that is there twice fails. New reference. */
json_t *yaml_file(const char *path);
json_t *yaml_text(const char *text, const char *name);

/* "services.opsbot.cap_drop.0"; NULL: nothing there. Borrowed. A key with a
 * dot in it cannot be reached. */
const json_t *at(const json_t *root, const char *path);
/* Text there, "" for anything else. Borrowed. */
const char *text_at(const json_t *root, const char *path);
/* Is text one of the list that is there? */
bool has(const json_t *root, const char *path, const char *text);

/* What a shell command says on both outputs, and its exit status; heap. */
char *shell(int *status, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
