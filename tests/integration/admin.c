#include "tests/integration/admin.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

char *admin_socket(struct harness *h, int bot)
{
    return xasprintf("%s/state%d/admin.sock", h->dir, bot ? bot : 1);
}

void admin_reply_free(struct admin_reply *r)
{
    free(r->body);
    json_decref(r->json);
    *r = (struct admin_reply){ 0 };
}

static size_t got(char *data, size_t size, size_t n, void *body)
{
    buf_add(body, data, size * n);
    return size * n;
}

static void keep(const char *line, size_t len, const char *name, char *out)
{
    size_t n = strlen(name);

    if (len > n + 2 && strncasecmp(line, name, n) == 0)
        snprintf(out, 64, "%.*s", (int)(len - n - 2), line + n);
}

static size_t headed(char *line, size_t size, size_t n, void *reply)
{
    struct admin_reply *r = reply;
    char retry[64] = "";

    keep(line, size * n, "content-type: ", r->type);
    keep(line, size * n, "allow: ", r->allow);
    keep(line, size * n, "retry-after: ", retry);
    if (retry[0])
        r->retry_after = strtol(retry, NULL, 10);
    return size * n;
}

static struct curl_slist *add(struct curl_slist *list, const char *name,
                              const char *value)
{
    char *line = value ? xasprintf("%s%s", name, value) : NULL;

    if (line)
        list = curl_slist_append(list, line);
    free(line);
    return list;
}

static struct curl_slist *headers(const struct admin_ask *ask)
{
    const char *type = ask->type   ? ask->type
                       : ask->body ? "application/json"
                                   : NULL;
    struct curl_slist *list = add(NULL, "Content-Type: ", type);

    list = add(list, "Idempotency-Key: ", ask->key);
    list = add(list, "Authorization: Bearer ", ask->token);
    return add(list, "", ask->header);
}

static void aim(struct harness *h, CURL *easy, const struct admin_ask *ask)
{
    char *socket = admin_socket(h, ask->bot);

    if (!ask->address)
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket);
    free(socket);
    if (ask->ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, ask->ca);
    if (ask->cert)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, ask->cert);
    if (ask->cert_key)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, ask->cert_key);
    if (ask->body)
        curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, ask->body);
}

struct admin_reply admin_call(struct harness *h, const char *method,
                              const char *path, const struct admin_ask *given)
{
    struct admin_ask none = { 0 };
    const struct admin_ask *ask = given ? given : &none;
    struct admin_reply r = { 0 };
    struct curl_slist *list = headers(ask);
    struct buf body = { 0 };
    CURL *easy = curl_easy_init();
    char *url =
        xasprintf("%s%s", ask->address ? ask->address : "http://admin", path);

    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    aim(h, easy, ask);
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, got);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, headed);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &r);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)patient(COMES_MS));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (curl_easy_perform(easy) == CURLE_OK)
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &r.status);
    curl_easy_cleanup(easy);
    curl_slist_free_all(list);
    free(url);
    r.json = json_loadb(buf_text(&body), body.len, 0, NULL);
    r.body = body.data ? buf_take(&body) : xstrdup("");
    return r;
}

json_t *admin_json(struct harness *h, long status, const char *method,
                   const char *path, const char *body)
{
    static struct admin_reply last;

    admin_reply_free(&last);
    last = admin_call(h, method, path, &(struct admin_ask){ .body = body });
    if (last.status != status || !last.json)
        harness_fail("%s %s: %ld, expected %ld: %s", method, path, last.status,
                     status, last.body);
    return last.json;
}

const char *json_at(const json_t *root, const char *path)
{
    while (root && *path) {
        size_t len = strcspn(path, ".");
        char *name = xstrndup(path, len);

        root = json_object_get(root, name);
        free(name);
        path += len;
        path += *path == '.';
    }
    return json_is_string(root) ? json_string_value(root) : "";
}

/* ---- bytes ----------------------------------------------------------------- */

char *admin_raw(struct harness *h, const char *bytes, size_t len, int limit_ms)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    char *path = admin_socket(h, 0), part[4096];
    int64_t until = clock_mono_ms() + patient(limit_ms);
    struct buf out = { 0 };
    struct pollfd fd = { .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
                         .events = POLLIN };
    ssize_t n = 1;

    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    free(path);
    if (connect(fd.fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        send(fd.fd, bytes, len, MSG_NOSIGNAL) < 0)
        harness_fail("the admin socket does not take bytes");
    while (n > 0 && clock_mono_ms() < until) {
        if (poll(&fd, 1, 1000) <= 0)
            continue;
        n = recv(fd.fd, part, sizeof part, 0);
        if (n > 0)
            buf_add(&out, part, (size_t)n);
    }
    close(fd.fd);
    return out.data ? buf_take(&out) : xstrdup("");
}
