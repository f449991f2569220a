/*
 * config_files: a configuration file as people write it, and what came of it,
 * for the unit tests of config. One thread, one test.
 */
#ifndef TESTS_CORE_CONFIG_FILES_H
#define TESTS_CORE_CONFIG_FILES_H

#include "core/config.h"

/* In a directory of its own: the file, and another for whatever. */
extern char config_path[64], config_other[64];
extern struct err config_err; /* of the last load */

/* A clean environment with what is required, and the directory. */
void config_start(void);
void config_finish(void);

void config_write(const char *name, const char *text);
/* The file's text loaded; NULL: no file. Never NULL. */
struct config *config_of(const char *text);
/* The error a file gives, without the directory. */
const char *config_refusal(const char *text);

#endif
