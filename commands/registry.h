/*
 * registry: the entry of every command, each defined in the file of its
 * group. Adding one: declare it here, put it into the table of registry.c.
 */
#ifndef COMMANDS_REGISTRY_H
#define COMMANDS_REGISTRY_H

#include "commands/command.h"

/* ack.c */
extern const struct command command_ack;
extern const struct command command_unack;
/* alert.c */
extern const struct command command_alert_show;
extern const struct command command_alerts;
/* alert_act.c */
extern const struct command command_alert_note;
extern const struct command command_alert_resolve;
extern const struct command command_assign;
extern const struct command command_escalate;
/* alert_file.c */
extern const struct command command_alert_file;
/* alert_test.c */
extern const struct command command_alert_test;
/* audit.c */
extern const struct command command_audit;
/* confirm.c */
extern const struct command command_cancel;
extern const struct command command_confirm;
/* dlq.c */
extern const struct command command_dlq_list;
extern const struct command command_dlq_show;
/* dlq_move.c */
extern const struct command command_dlq_discard;
extern const struct command command_dlq_requeue;
extern const struct command command_dlq_restore;
/* halt.c */
extern const struct command command_halt;
extern const struct command command_halts;
/* health.c, health_details.c */
extern const struct command command_health;
extern const struct command command_health_details;
/* help.c */
extern const struct command command_help;
/* home.c */
extern const struct command command_home;
/* incident.c */
extern const struct command command_incident_list;
extern const struct command command_incident_status;
/* incident_act.c */
extern const struct command command_incident_open;
extern const struct command command_incident_resolve;
extern const struct command command_incident_update;
/* jobs.c */
extern const struct command command_jobs;
/* oncall.c */
extern const struct command command_oncall;
extern const struct command command_oncall_override;
/* outbox.c */
extern const struct command command_outbox;
extern const struct command command_outbox_retry;
/* ping.c */
extern const struct command command_ping;
extern const struct command command_version;
extern const struct command command_whoami;
/* route.c */
extern const struct command command_route_test;
/* silence.c */
extern const struct command command_silence;
extern const struct command command_silences;
extern const struct command command_unsilence;
/* streams.c */
extern const struct command command_streams;
extern const struct command command_streams_pending;
/* unhalt.c */
extern const struct command command_unhalt;

/* True when word is the first word of commands ("dlq"), or a heading. */
bool command_is_group(const char *word);

/* How people call us: "/ops". */
const char *command_slash(const struct config *cfg);

/* The page of --page, 1 without it. ERR_USER. */
MUST_CHECK bool command_page(const struct args *args, size_t *page,
                             struct err *err);

#endif
