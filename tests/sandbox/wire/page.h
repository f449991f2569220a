/*
 * page: the files of the web page, out of the binary itself.
 *
 * GET / and GET /page/<file>: what stands in tests/sandbox/page/, and nothing
 * else, however the path is written: a file is found by its whole name or not
 * at all. No state.
 */
#ifndef SANDBOX_PAGE_H
#define SANDBOX_PAGE_H

#include "tests/sandbox/sandbox.h"

/* Answers 200, 404 or 405. */
void page_answer(const struct http_request *req, struct http_response *res);

#endif
