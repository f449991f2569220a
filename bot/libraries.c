/*
 * libraries: what opsbot was built with.
 */
#include "bot/version.h"

#include "bot/http/lws_log.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/config.h"
#include "core/net/web_ask.h"
#include "core/store/db.h"
#include "core/store/redis.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED ", with address sanitizer"
#elif defined(__SANITIZE_THREAD__)
#define SANITIZED ", with thread sanitizer"
#else
#define SANITIZED ""
#endif

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

void version_print(struct buf *out)
{
    const char *const libraries[][2] = {
        { "libwebsockets", lws_library() }, { "libcurl", web_library() },
        { "jansson", json_library() },      { "OpenSSL", digest_library() },
        { "hiredis", redis_library() },     { "libpq", db_library() },
        { "libcyaml", config_library() },
    };

    buf_fmt(out, "opsbot %s\n", version_text());
    buf_fmt(out, "  %-15s%s%s\n", "built with", COMPILER, SANITIZED);
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        buf_fmt(out, "  %-15s%s\n", libraries[i][0], libraries[i][1]);
    buf_fmt(out, "  %-15s%s\n", "rediss://",
            redis_has_tls() ? "yes" : "no: built without hiredis_ssl");
}
