/*
 * forms: a person with a modal in front of them. One thread; what cannot be
 * done fails the test, as in harness.h.
 */
#ifndef INTEGRATION_FORMS_H
#define INTEGRATION_FORMS_H

#include "tests/integration/common.h"

/* Everything: headlines go to C0GENERAL; U0ANN is an admin, U0BOB has
 * incident.*, U0CAT nothing. env as in harness_options; may be NULL. */
struct harness *forms_start(const char *const *env);
/* The same, with headlines in another channel. */
struct harness *forms_start_in(const char *channel, const char *const *env);

/* Types text, which opens a form. New reference: the view. */
json_t *form_by(struct harness *h, const char *user, const char *text);
/* The form that a button of a message opens. New reference. */
json_t *form_pressed(struct harness *h, const char *user, const char *channel,
                     const json_t *message, const char *label);
/* The topmost open view of somebody; NULL: none. New reference. */
json_t *form_open(struct harness *h, const char *user);

/* Submits it: values are field, value, field, value, …, NULL; what is not
 * named stays as it is. The control answer (new reference), with "acked",
 * "ack_payload", "errors". */
json_t *form_submit(struct harness *h, const char *user, const json_t *view,
                    ...) __attribute__((sentinel));
/* The same without waiting. */
struct asked form_send(struct harness *h, const char *user, const json_t *view,
                       ...) __attribute__((sentinel));

/* The nth message by the bot in a channel that is in no thread, from 0; of a
 * thread with ts, its nth line. Waits for it. New reference. */
json_t *posted(struct harness *h, const char *channel, size_t n);
json_t *posted_in(struct harness *h, const char *channel, const char *ts,
                  size_t n);
/* Waits until the nth one shows text. */
void posted_shows(struct harness *h, const char *channel, size_t n,
                  const char *text);
/* Waits until somebody is shown text, for them alone. */
void told(struct harness *h, const char *user, const char *channel,
          const char *text);

#endif
