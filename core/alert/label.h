/*
 * label: what an alert is about, as names and values, sorted by name. Names
 * and values are UTF-8; a label without a value is none. No I/O; any thread.
 */
#ifndef CORE_ALERT_LABEL_H
#define CORE_ALERT_LABEL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/digest.h"
#include "core/base/json.h"

/* An alert has at most so many; more are left out, and that is said. */
#define LABELS_MOST 256

struct label {
    char *name, *value; /* heap */
};

struct labels {
    struct label *items; /* by strcmp of their names */
    size_t count;
};

/* Adds, or replaces; an empty value removes it. Copies, repairs. False: there
 * are LABELS_MOST already. */
bool labels_set(struct labels *l, const char *name, const char *value);
/* "" when it has none. Borrowed. */
const char *labels_get(const struct labels *l, const char *name);
void labels_copy(struct labels *to, const struct labels *from);
void labels_dispose(struct labels *l);

/* {"a":"1",…} in their order. Heap. */
char *labels_text(const struct labels *l);
/* The object at path; what is no text becomes its JSON text, nested or not. Of
 * more than LABELS_MOST those are left out that come last, never what nearly
 * all routes ask for: alertname, severity, service, source. out is empty
 * before. */
void labels_read(struct labels *out, const struct json_doc *doc,
                 const char *path);
/* A value, or a name that needs it, in quotes: with quotes and line ends as
 * Prometheus writes them. Appends. */
void label_quoted(struct buf *out, const char *s);
/* {severity="critical", service="pay"} for people. Heap. */
char *labels_shown(const struct labels *l);

/* 16 hex digits of all of them; without those named in `without` (NULL-ended,
 * may be NULL). */
#define LABELS_PRINT 17
void labels_print(const struct labels *l, const char *const *without,
                  char out[LABELS_PRINT]);

#endif
