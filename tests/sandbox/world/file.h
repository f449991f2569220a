/*
 * file: what the app uploads, as the external flow has it: an address is asked
 * for, the bytes are sent there, and then it is shared in a channel.
 *
 * The newest FILES_MAX are kept. One thread.
 */
#ifndef SANDBOX_FILE_H
#define SANDBOX_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "tests/sandbox/sandbox.h"

#define FILES_MAX    200
#define FILE_ALT_MAX 1000 /* characters */

struct file {
    char *id, *name, *alt;
    char *secret;  /* of its upload address; "" once it was used */
    size_t length; /* as it was announced */
    char *bytes;   /* NULL: not uploaded yet */
    size_t len;
    bool shared;
    struct file *next;
};

struct files {
    struct file *newest;
    size_t count;
};

void files_dispose(struct files *files);
/* alt may be NULL. The world's. */
struct file *file_new(struct world *w, const char *name, const char *alt,
                      size_t length);
struct file *file_find(struct world *w, const char *id); /* NULL: no such */
/* "http://127.0.0.1:1/upload/v1/…": where its bytes go. New. */
char *file_upload_url(const struct world *w, const struct file *f);
/* As messages show it. New. */
json_t *file_json(const struct world *w, const struct file *f,
                  const char *title);

#endif
