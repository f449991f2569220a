/*
 * labelled: labels written as "severity=critical service=pay", for the unit
 * tests of alerts.
 */
#ifndef TESTS_CORE_ALERT_LABELLED_H
#define TESTS_CORE_ALERT_LABELLED_H

#include "core/alert/label.h"

/* labels_dispose() them. */
struct labels labelled(const char *text);

#endif
