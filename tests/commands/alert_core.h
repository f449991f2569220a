/*
 * alert_core: a core of our own for the tests of the alert commands. They
 * include the sources that they test: what those call of core and blocks is
 * called fake_… there. Include this first.
 */
#ifndef TESTS_COMMANDS_ALERT_CORE_H
#define TESTS_COMMANDS_ALERT_CORE_H

#define group_load           fake_group_load
#define group_list           fake_group_list
#define group_history        fake_group_history
#define group_of_trace       fake_group_of_trace
#define group_alerts         fake_group_alerts
#define db_until             fake_db_until
#define alert_change         fake_alert_change
#define alert_done_dispose   fake_alert_done_dispose
#define alert_see            fake_alert_see
#define alert_card           fake_alert_card
#define alert_list_card      fake_alert_list_card
#define alert_history_card   fake_alert_history_card
#define alert_done_card      fake_alert_done_card
#define silence_add          fake_silence_add
#define silence_end          fake_silence_end
#define silences_list        fake_silences_list
#define silences_dispose     fake_silences_dispose
#define silence_done_dispose fake_silence_done_dispose
#define silence_done_card    fake_silence_done_card
#define silence_list_card    fake_silence_list_card

#include "commands/alert.h"

#endif
