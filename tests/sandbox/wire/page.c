/*
 * page: see page.h.
 */
#include "tests/sandbox/wire/page.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* The bytes of a file and their end, as the symbols page_NAME, page_NAME_end. */
#define EMBED(name, file)                                                      \
    __asm__(".pushsection .rodata\n"                                           \
            ".global page_" #name "\npage_" #name ":\n"                        \
            ".incbin \"tests/sandbox/page/" file "\"\n"                        \
            ".global page_" #name "_end\npage_" #name "_end:\n"                \
            ".byte 0\n"                                                        \
            ".popsection\n");                                                  \
    extern const char page_##name[], page_##name##_end[];

/* Every file of tests/sandbox/page/; a test compares the two. */
#define FILES(X)                                                               \
    X(index, "index.html")                                                     \
    X(icon, "icon.svg")                                                        \
    X(base_css, "base.css")                                                    \
    X(layout_css, "layout.css")                                                \
    X(messages_css, "messages.css")                                            \
    X(blocks_css, "blocks.css")                                                \
    X(controls_css, "controls.css")                                            \
    X(dialogs_css, "dialogs.css")                                              \
    X(act, "act.js")                                                           \
    X(app, "app.js")                                                           \
    X(blocks, "blocks.js")                                                     \
    X(commands, "commands.js")                                                 \
    X(complete, "complete.js")                                                 \
    X(composer, "composer.js")                                                 \
    X(confirm, "confirm.js")                                                   \
    X(dates, "dates.js")                                                       \
    X(dom, "dom.js")                                                           \
    X(elements, "elements.js")                                                 \
    X(emoji, "emoji.js")                                                       \
    X(home, "home.js")                                                         \
    X(icons, "icons.js")                                                       \
    X(menu, "menu.js")                                                         \
    X(messages, "messages.js")                                                 \
    X(modal, "modal.js")                                                       \
    X(mrkdwn, "mrkdwn.js")                                                     \
    X(names, "names.js")                                                       \
    X(pickers, "pickers.js")                                                   \
    X(rich, "rich.js")                                                         \
    X(sidebar, "sidebar.js")                                                   \
    X(store, "store.js")                                                       \
    X(stream, "stream.js")                                                     \
    X(surface, "surface.js")                                                   \
    X(switcher, "switcher.js")                                                 \
    X(table, "table.js")                                                       \
    X(thread, "thread.js")                                                     \
    X(toast, "toast.js")

FILES(EMBED)

static const struct file {
    const char *name, *bytes, *end;
} files[] = {
#define ENTRY(name, file) { file, page_##name, page_##name##_end },
    FILES(ENTRY)
#undef ENTRY
};

static const struct {
    const char *suffix, *type;
} types[] = {
    { ".css", "text/css; charset=utf-8" },
    { ".html", "text/html; charset=utf-8" },
    { ".js", "text/javascript; charset=utf-8" },
    { ".svg", "image/svg+xml" },
};

static const char *type_of(const char *name)
{
    const char *suffix = strrchr(name, '.');

    for (size_t i = 0; suffix && i < sizeof(types) / sizeof(*types); i++)
        if (strcmp(types[i].suffix, suffix) == 0)
            return types[i].type;
    return "application/octet-stream";
}

static const struct file *file_named(const char *name)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        if (strcmp(files[i].name, name) == 0)
            return &files[i];
    return NULL;
}

static const char *name_in(const char *path)
{
    static const char prefix[] = "/page/";

    if (strcmp(path, "/") == 0)
        return "index.html";
    if (strcmp(path, "/favicon.ico") == 0)
        return "icon.svg";
    return strncmp(path, prefix, sizeof(prefix) - 1) == 0
               ? path + sizeof(prefix) - 1
               : "";
}

void page_answer(const struct http_request *req, struct http_response *res)
{
    const struct file *file = file_named(name_in(req->path));

    if (strcmp(req->method, "GET") != 0) {
        response_text(res, 405, "GET only");
        return;
    }
    if (!file) {
        response_text(res, 404, "no such file");
        return;
    }
    res->status = 200;
    res->content_type = type_of(file->name);
    res->headers =
        xstrdup("Cache-Control: no-cache\r\n"
                "X-Content-Type-Options: nosniff\r\n"
                "Referrer-Policy: no-referrer\r\n"
                "Content-Security-Policy: default-src 'self'; base-uri 'none'; "
                "object-src 'none'; frame-ancestors 'none'\r\n");
    res->body_len = (size_t)(file->end - file->bytes);
    res->body = xmalloc(res->body_len + 1);
    memcpy(res->body, file->bytes, res->body_len + 1);
}
