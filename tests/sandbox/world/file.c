/* file: see file.h. */
#include "tests/sandbox/world/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/world/world.h"

#define UPLOAD_PATH "/upload/v1/"
#define SHOW_PATH   "/files-pri/"

static void file_free(struct file *f)
{
    free(f->id);
    free(f->name);
    free(f->alt);
    free(f->secret);
    free(f->bytes);
    free(f);
}

void files_dispose(struct files *files)
{
    while (files->newest) {
        struct file *next = files->newest->next;

        file_free(files->newest);
        files->newest = next;
    }
}

static void drop_oldest(struct files *files)
{
    struct file **at = &files->newest;

    if (files->count < FILES_MAX)
        return;
    while ((*at)->next)
        at = &(*at)->next;
    file_free(*at);
    *at = NULL;
    files->count--;
}

struct file *file_new(struct world *w, const char *name, const char *alt,
                      size_t length)
{
    struct file *f = xcalloc(1, sizeof(*f));
    char *hex = world_hex(w, 4);

    drop_oldest(&w->files);
    f->id = xasprintf("F0%s", hex);
    for (char *c = f->id; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    f->name = xstrdup(name);
    f->alt = xstrdup(alt ? alt : "");
    f->secret = world_hex(w, 16);
    f->length = length;
    f->next = w->files.newest;
    w->files.newest = f;
    w->files.count++;
    free(hex);
    return f;
}

struct file *file_find(struct world *w, const char *id)
{
    struct file *f = w->files.newest;

    while (f && strcmp(f->id, id) != 0)
        f = f->next;
    return f;
}

char *file_upload_url(const struct world *w, const struct file *f)
{
    return xasprintf("http://%s" UPLOAD_PATH "%s", w->host, f->secret);
}

static const char *ending(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot ? dot + 1 : "";
}

static const char *type_of(const char *name)
{
    return strcmp(ending(name), "png") == 0 ? "image/png" : "text/plain";
}

json_t *file_json(const struct world *w, const struct file *f,
                  const char *title)
{
    char *url =
        xasprintf("http://%s" SHOW_PATH "%s/%s", w->host, f->id, f->name);
    json_t *json = json_pack(
        "{ss ss ss ss ss sI ss ss ss}", "id", f->id, "name", f->name, "title",
        title && *title ? title : f->name, "mimetype", type_of(f->name),
        "filetype", ending(f->name), "size", (json_int_t)f->len, "user",
        BOT_USER, "url_private", url, "permalink", url);

    if (f->alt[0])
        json_object_set_new(json, "alt_txt", json_string(f->alt));
    free(url);
    return json;
}

/* ---- over HTTP ------------------------------------------------------------ */

static struct file *by_secret(struct world *w, const char *secret)
{
    struct file *f = *secret ? w->files.newest : NULL;

    while (f && strcmp(f->secret, secret) != 0)
        f = f->next;
    return f;
}

/* Raw bytes: no token, once. */
static void take(struct world *w, const struct http_request *req,
                 struct http_response *res)
{
    struct file *f = by_secret(w, req->path + strlen(UPLOAD_PATH));
    char said[64];

    if (strcmp(req->method, "POST") != 0) {
        response_text(res, 405, "method_not_allowed");
    } else if (!f) {
        response_text(res, 404, "not_found");
    } else if (req->body_len != f->length) {
        response_text(res, 400, "length does not match");
    } else {
        f->bytes = xmalloc(req->body_len + 1);
        memcpy(f->bytes, req->body, req->body_len);
        f->len = req->body_len;
        f->secret[0] = '\0';
        snprintf(said, sizeof(said), "OK - %zu", f->len);
        response_text(res, 200, said);
    }
}

/* For the page, which sends no token either. */
static void show(struct world *w, const char *rest, struct http_response *res)
{
    char *id = xstrndup(rest, strcspn(rest, "/"));
    const struct file *f = file_find(w, id);

    free(id);
    if (!f || !f->shared) {
        response_text(res, 404, "file_not_found");
        return;
    }
    res->status = 200;
    res->content_type = type_of(f->name);
    res->body = xmalloc(f->len + 1);
    memcpy(res->body, f->bytes, f->len);
    res->body_len = f->len;
}

bool world_file(struct world *w, const struct http_request *req,
                struct http_response *res)
{
    if (strncmp(req->path, UPLOAD_PATH, strlen(UPLOAD_PATH)) == 0)
        take(w, req, res);
    else if (strncmp(req->path, SHOW_PATH, strlen(SHOW_PATH)) == 0)
        show(w, req->path + strlen(SHOW_PATH), res);
    else
        return false;
    return true;
}
