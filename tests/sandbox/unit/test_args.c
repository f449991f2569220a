/* Decoding the arguments of Web API calls. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/sandbox/api/args.h"

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json; charset=utf-8"

static const char *error;
static const char *warning;

static struct http_request request(const char *type, const char *body)
{
    return (struct http_request){ .method = "POST",
                                  .path = "/api/x",
                                  .query = "",
                                  .content_type = type,
                                  .authorization = "",
                                  .host = "h",
                                  .body = body,
                                  .body_len = strlen(body) };
}

static json_t *decode(const char *type, const char *body)
{
    struct http_request req = request(type, body);

    return args_decode(&req, &error, &warning);
}

Test(args, form_values_are_percent_decoded)
{
    json_t *args = decode(FORM, "channel=C0OPS&text=a+%26%20b%3D1&empty=&x");

    cr_assert_null(error);
    cr_expect_null(warning);
    cr_expect_str_eq(args_text(args, "channel"), "C0OPS");
    cr_expect_str_eq(args_text(args, "text"), "a & b=1");
    cr_expect_null(args_text(args, "empty"));
    cr_expect_null(args_value(args, "empty"));
    cr_expect_not_null(json_object_get(args, "empty"));
    json_decref(args);
}

Test(args, json_inside_a_form_is_decoded)
{
    json_t *args = decode(FORM, "blocks=%5B%7B%22type%22%3A%22divider%22%7D%5D"
                                "&view=%7B&text=%5B1%5D");

    cr_expect(json_is_array(args_value(args, "blocks")));
    cr_expect(json_is_string(args_value(args, "view")),
              "what is no JSON stays text");
    cr_expect_str_eq(args_text(args, "text"), "[1]",
                     "only the nested ones are decoded");
    json_decref(args);
}

Test(args, json_bodies)
{
    json_t *args = decode(JSON, "{\"channel\":\"C1\",\"blocks\":\"[]\"}");

    cr_assert_null(error);
    cr_expect_null(warning);
    cr_expect_str_eq(args_text(args, "channel"), "C1");
    cr_expect(json_is_array(args_value(args, "blocks")));
    json_decref(args);
    args = decode("application/json", "{");
    cr_expect_str_eq(error, "invalid_json");
    cr_expect_str_eq(warning, "missing_charset");
    json_decref(args);
    args = decode(JSON, "[1]");
    cr_expect_str_eq(error, "json_not_object");
    json_decref(args);
}

Test(args, multipart_bodies)
{
    json_t *args = decode("multipart/form-data; boundary=\"xx\"",
                          "--xx\r\nContent-Disposition: form-data; "
                          "name=\"channel\"\r\n\r\nC1\r\n"
                          "--xx\r\nContent-Disposition: form-data; "
                          "name=\"text\"\r\n\r\ntwo\r\nlines\r\n--xx--\r\n");

    cr_assert_null(error);
    cr_expect_str_eq(args_text(args, "channel"), "C1");
    cr_expect_str_eq(args_text(args, "text"), "two\r\nlines");
    json_decref(args);
    args = decode("multipart/form-data; boundary=xx", "--xx\r\nname=\"a\"");
    cr_expect_str_eq(error, "invalid_form_data");
    json_decref(args);
    args = decode("multipart/form-data", "--xx--");
    cr_expect_str_eq(error, "invalid_form_data");
    json_decref(args);
}

Test(args, other_bodies_are_refused)
{
    json_decref(decode("text/plain", "x=1"));
    cr_expect_str_eq(error, "invalid_post_type");
    json_decref(decode("", "x=1"));
    cr_expect_str_eq(error, "missing_post_type");
    json_decref(decode("", ""));
    cr_expect_null(error);
    json_decref(decode(FORM, "text=%ff"));
    cr_expect_str_eq(error, "invalid_form_data");
    json_decref(decode(FORM "; charset=utf-8", "text=x"));
    cr_expect_str_eq(warning, "superfluous_charset");
}

Test(args, the_query_counts_too)
{
    struct http_request req = request("", "");
    json_t *args;

    req.method = "GET";
    req.query = "user=U1&limit=2";
    args = args_decode(&req, &error, &warning);
    cr_expect_str_eq(args_text(args, "user"), "U1");
    json_decref(args);
}

Test(args, booleans_in_all_spellings)
{
    json_t *args = decode(FORM, "a=true&b=1&c=True&d=false&e=0&f=maybe&g=");
    json_t *json = json_pack("{s:b, s:i}", "a", 1, "b", 0);

    cr_expect(args_bool(args, "a", false));
    cr_expect(args_bool(args, "b", false));
    cr_expect(args_bool(args, "c", false));
    cr_expect_not(args_bool(args, "d", true));
    cr_expect_not(args_bool(args, "e", true));
    cr_expect(args_bool(args, "f", true));
    cr_expect(args_bool(args, "g", true));
    cr_expect_not(args_bool(args, "none", false));
    cr_expect(args_bool(json, "a", false));
    cr_expect_not(args_bool(json, "b", true));
    json_decref(args);
    json_decref(json);
}

Test(args, numbers)
{
    json_t *args = decode(FORM, "a=12&b=12x");
    int64_t n;

    cr_expect(args_int(args, "a", 1, &n));
    cr_expect_eq(n, 12);
    cr_expect_not(args_int(args, "b", 1, &n));
    cr_expect(args_int(args, "none", 7, &n));
    cr_expect_eq(n, 7);
    json_decref(args);
}

Test(args, the_token_is_in_the_header_or_the_form)
{
    struct http_request req = request(FORM, "token=xoxb-form");
    json_t *args = args_decode(&req, &error, &warning);

    cr_expect_str_eq(args_token(&req, args), "xoxb-form");
    req.authorization = "bearer xoxb-head";
    cr_expect_str_eq(args_token(&req, args), "xoxb-head");
    json_decref(args);
    req = request(JSON, "{\"token\":\"xoxb-json\"}");
    args = args_decode(&req, &error, &warning);
    cr_expect_null(args_token(&req, args), "not from a JSON body");
    json_decref(args);
}
