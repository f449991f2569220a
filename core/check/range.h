/*
 * range: what a Prometheus says that a query was over a stretch of time: for
 * pictures, not for checks. Waits for the answer; any thread of its own.
 * curl_global_init() has been called.
 */
#ifndef CORE_CHECK_RANGE_H
#define CORE_CHECK_RANGE_H

#include "core/alert/chart.h"
#include "core/config.h"

/* The check of kind prometheus whose server an alert's generatorURL leads to,
 * and its query: "…/graph?g0.expr=…". *query heap. NULL: it is none of ours. */
const struct config_check *range_source(const struct config *cfg,
                                        const char *url, char **query);

/* The first series of it, in at most `most` points; heap. ERR_SYSTEM: there is
 * no answer, or none that can be read. */
MUST_CHECK bool range_ask(const struct config_check *spec, const char *query,
                          int64_t from, int64_t to, size_t most,
                          struct chart_point **points, size_t *count,
                          struct err *err);

#endif
