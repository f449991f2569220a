/*
 * secrets_world: a bot that is given every secret there is, each of them a
 * canary, and services that say again whatever they were told. For the tests
 * that look for them afterwards. One thread; what cannot be done fails the
 * test.
 */
#ifndef INTEGRATION_SECRETS_WORLD_H
#define INTEGRATION_SECRETS_WORLD_H

#include "tests/integration/canary.h"
#include "tests/integration/relay.h"

/* Those that Slack's own servers must accept begin as Slack's do. */
#define APP_TOKEN  "xapp-" CANARY "app-1-A0BOT-77e2d9"
#define BOT_TOKEN  "xoxb-" CANARY "bot-5f8a1c"
#define SIGNING    CANARY "signing-0123456789abcdef"
#define SIGNING_2  CANARY "signing2-0123456789abcdef"
#define REDIS_PASS CANARY "redis@/0123456789"
#define REDIS_URL  CANARY "redis%%40%%2F0123456789"
#define ADMIN      CANARY "admin-0123456789"
#define ADMIN_FILE CANARY "adminfile-0123456789"
#define HOOK       CANARY "hook-0123456789"
#define CHECK      CANARY "check-0123456789"
#define BEAT       CANARY "beat-0123456789"
#define WORD       CANARY "word-0123456789"
#define ALERTS     CANARY "alerts-0123456789abcdef"
#define ALERT_WORD CANARY "alertword-0123456789"
#define PAGER      CANARY "pager-0123456789"
#define MAIL_WORD  CANARY "smtp-0123456789"
/* "\0ops\0" and it in base 64: AUTH PLAIN. */
#define MAIL_PLAIN "AG9wcwBjNG40cnlzbXRwLTAxMjM0NTY3ODk="
#define TYPED      CANARY "typed-0123456789"

struct secrets_world {
    struct harness *h;  /* its bot is not started yet */
    struct relay relay; /* to Redis, whose user ops has the password */
    char *dir;          /* of the files that the bot is given */
    char *yaml, *yaml_path;
    char *env[16]; /* for the bot, NULL-ended */
};

/* format: of the log. */
void secrets_world_start(struct secrets_world *w, const char *format);
void secrets_world_stop(struct secrets_world *w);

/* A file of w->dir; its path, heap. */
char *secrets_world_file(const struct secrets_world *w, const char *name,
                         const char *text);
/* Waits until some request to a service had this in its head; what the mail
 * server was told counts. */
void secrets_world_wait_told(const char *text);

#endif
