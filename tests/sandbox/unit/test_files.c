/* Uploading a file as Slack's external flow has it: an address is asked for,
 * bytes are sent there, and then it is shared. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/unit/app.h"
#include "tests/sandbox/wire/wire.h"

TestSuite(files, .init = app_start, .fini = app_stop);

#define JSON "application/json; charset=utf-8"
#define FORM "application/x-www-form-urlencoded"

static struct http_request request(const char *path, const char *type,
                                   const char *body)
{
    return (struct http_request){ .method = "POST",
                                  .path = path,
                                  .query = "",
                                  .content_type = type,
                                  .authorization = "Bearer xoxb-test",
                                  .host = "127.0.0.1:1",
                                  .body = body,
                                  .body_len = strlen(body) };
}

static json_t *call(const char *path, const char *type, const char *body)
{
    struct http_request req = request(path, type, body);
    struct http_response res = { 0 };
    json_t *answer;

    world_api(sb.world, &req, &res);
    answer = json_loadb(res.body, res.body_len, 0, NULL);
    cr_assert(answer);
    free(res.body);
    free(res.headers);
    return answer;
}

static void expect_error(json_t *answer, const char *error)
{
    cr_expect_str_eq(word(answer, "error"), error);
    json_decref(answer);
}

/* Of an address as it was given. Takes nothing. */
static int sent(const char *url, const char *bytes)
{
    struct http_request req =
        request(strstr(url, "/upload/"), "application/octet-stream", bytes);
    struct http_response res = { 0 };

    cr_assert(world_file(sb.world, &req, &res));
    free(res.body);
    return res.status;
}

static json_t *address(void)
{
    return call("/api/files.getUploadURLExternal", FORM,
                "filename=a.png&length=5&alt_txt=five%20bytes");
}

static json_t *complete(const char *id, const char *more)
{
    char *body =
        xasprintf("{\"files\":[{\"id\":\"%s\",\"title\":\"A\"}]%s}", id, more);
    json_t *answer = call("/api/files.completeUploadExternal", JSON, body);

    free(body);
    return answer;
}

Test(files, from_its_bytes_to_a_message)
{
    json_t *up = address(), *answer, *file;
    struct http_request get = request("", "", "");
    struct http_response res = { 0 };

    cr_expect_eq(sent(word(up, "upload_url"), "12345"), 200);
    answer = complete(word(up, "file_id"), ",\"channel_id\":\"C0OPS\","
                                           "\"initial_comment\":\"look\"");
    file = json_array_get(json_object_get(answer, "files"), 0);
    cr_expect_str_eq(word(file, "title"), "A");
    cr_expect_str_eq(word(file, "alt_txt"), "five bytes");
    cr_expect_str_eq(word(file, "mimetype"), "image/png");
    get.method = "GET";
    get.path = strstr(word(file, "url_private"), "/files-pri/");
    cr_assert(world_file(sb.world, &get, &res));
    cr_expect_eq(res.status, 200);
    cr_expect_eq(res.body_len, 5u);
    cr_expect_eq(memcmp(res.body, "12345", 5), 0);
    free(res.body);
    json_decref(answer);
    json_decref(up);
}

Test(files, what_slack_refuses)
{
    json_t *up = address();

    expect_error(call("/api/files.getUploadURLExternal", FORM, "filename=a"),
                 "invalid_arguments");
    expect_error(
        call("/api/files.getUploadURLExternal", FORM, "filename=a&length=0"),
        "missing_argument");
    cr_expect_eq(sent(word(up, "upload_url"), "1234"), 400, "too short");
    expect_error(complete(word(up, "file_id"), ""), "file_not_found");
    cr_expect_eq(sent(word(up, "upload_url"), "12345"), 200);
    cr_expect_eq(sent(word(up, "upload_url"), "12345"), 404, "twice");
    expect_error(complete("F0NONE", ""), "file_not_found");
    expect_error(complete(word(up, "file_id"), ",\"channel_id\":\"C0NONE\""),
                 "channel_not_found");
    expect_error(complete(word(up, "file_id"), ",\"channel_id\":\"C0OPS\","
                                               "\"thread_ts\":\"1.2\""),
                 "invalid_thread_ts");
    json_decref(up);
}
