/*
 * notify: tells the supervisor how we are: systemd's protocol (sd_notify(3)),
 * one datagram to the socket in $NOTIFY_SOCKET. Where nobody asked for it
 * every function does nothing. The main thread.
 */
#ifndef BOT_NOTIFY_H
#define BOT_NOTIFY_H

#include <stdint.h>

/* Before the first thread is started, and before the process confines itself:
 * opens the socket and takes the variables out of the environment. What is
 * wrong with them is logged and does not matter otherwise. */
void notify_open(void);

/* "READY=1", "STOPPING=1", "STATUS=words for `systemctl status`": lines of
 * name=value. What cannot be sent is not sent again. */
void notify_say(const char *state);

/* How often the supervisor must hear "WATCHDOG=1" lest it end us, in ms, with
 * room to spare; 0: it does not want to. */
int64_t notify_watchdog_ms(void);

#endif
