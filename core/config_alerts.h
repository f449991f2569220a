/*
 * config_alerts: the section `alerts` of the file: where alerts come from, who
 * is told, when, and what happens when nobody answers. Part of config.h; read
 * only once it is loaded, any thread.
 *
 * A duration is text in the file ("30s", "5m", "4h", "1d"; "0": none) and
 * milliseconds here. Text is NULL where the file says nothing and there is no
 * default.
 */
#ifndef CORE_CONFIG_ALERTS_H
#define CORE_CONFIG_ALERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Worst first, so that the worst is the least. */
enum alert_severity {
    ALERT_CRITICAL, /* also P0, page */
    ALERT_HIGH,     /* P1, error */
    ALERT_WARNING,  /* P2, warn */
    ALERT_INFO,     /* P3, none */
};
#define ALERT_SEVERITIES (ALERT_INFO + 1)

/* Another name for a severity: P0, sev1, page … */
struct config_severity {
    char *name;
    enum alert_severity is;
};

/* The names of the fields of an entry of the stream. */
struct config_alert_fields {
    char *payload; /* "payload": a JSON object that has all the others */
    char *trace;   /* "traceId" */
    char *severity, *title, *message, *source, *labels, *links, *at;
    char *status;      /* "status": "resolved" ends it */
    char *runbook;     /* "runbook" */
    char *fingerprint; /* "fingerprint": what is the same alert; without it a
                        * digest of its labels, else of source and title */
};

/* How people hear of something, beside the card (messages.md §3). */
enum config_voice {
    VOICE_BROADCAST, /* in the thread, and shown in the channel */
    VOICE_THREAD,    /* in the thread alone */
    VOICE_NONE       /* the edited card alone */
};

/* Of one severity. */
struct config_alert_severity {
    int64_t lease_ms; /* an acknowledgement holds so long; 0: until it is over.
                       * critical, high 60m; warning, info 4h */
    enum config_voice worse;   /* broadcast; info: thread */
    enum config_voice better;  /* thread */
    enum config_voice chatter; /* thread */
    char *webhook; /* an incoming webhook of Slack, the second road when the Web
                    * API refuses; NULL: none. Secret */
    char *webhook_file;
};

/* One node of the tree. What a node does not say, it has of its parent. */
struct config_route {
    char *name;   /* "pay": in the path that people see; NULL: "route 2" */
    char **match; /* `severity=critical`, `service=~"pay|bill.*"`; all of them
                   * have to hold; none: everything matches */
    unsigned match_count;
    char **channels; /* one card in each */
    unsigned channels_count;
    char **mention; /* U…: a user, S…: a user group, oncall:<rotation>; "here"
                     * and "channel" only where they are written */
    unsigned mention_count;
    char *escalation; /* a policy's name; "none": none */
    char *runbook;    /* https URL */
    char **group_by;  /* labels; "..." alone: each alert for itself */
    unsigned group_by_count;
    char *wait, *interval, *repeat;          /* group_wait, group_interval,
                                     * repeat_interval as the file has them */
    int64_t wait_ms, interval_ms, repeat_ms; /* with the parents'; 0, 5m, 4h */
    char **active, **mute; /* windows: only in these; not in these */
    unsigned active_count, mute_count;
    bool go_on; /* `continue`: siblings behind it are tried too */
    struct config_route *routes;
    unsigned routes_count;
};

/* While something is firing, something else needs no voice. */
struct config_inhibit {
    char *name;
    char **source, **target; /* matchers */
    unsigned source_count, target_count;
    char **equal; /* labels that both have alike */
    unsigned equal_count;
};

struct config_window {
    char *name;   /* "night" */
    char **times; /* "22:00-06:00"; none: all day */
    unsigned times_count;
    char **days; /* "mon-fri", "sun"; none: every day */
    unsigned days_count;
    char *zone; /* "Europe/Berlin"; NULL: UTC */
};

/*
 * Whom a step tells: "U1" (a mention in the thread), "dm:U1", "S1" (a user
 * group), "C1" (another channel), "oncall:<rotation>", "webhook:<name>".
 */
struct config_step {
    char *after; /* "5m": since the step before, of the first: since it fired */
    int64_t after_ms;
    char **to;
    unsigned to_count;
};

struct config_policy {
    char *name;
    struct config_step *steps;
    unsigned steps_count;
    unsigned repeat; /* times more, from the first step; 0: once */
};

/* Who is on call: one after the other. */
struct config_rotation {
    char *name;   /* "pay" */
    char **users; /* Slack ids, in their order */
    unsigned users_count;
    bool daily;  /* `every: daily`; otherwise weekly */
    char *at;    /* "09:00": when it changes */
    char *day;   /* "mon": of a weekly one */
    char *zone;  /* NULL: UTC */
    char *from;  /* "2026-01-05": the first user's first day */
    char *group; /* S…: its members become whoever is on call; NULL: no */
};

/* A place outside Slack: a pager, a fallback. POST, JSON. */
struct config_hook {
    char *name;
    char *url; /* secret, as is token */
    char *url_file;
    char *token; /* Authorization: Bearer */
    char *token_file;
};

/* By which critical alerts go when Slack cannot be reached. */
struct config_fallback {
    char *after; /* "5m" */
    int64_t after_ms;
    char *webhook;  /* a hook's name; NULL: none */
    char *smtp_url; /* "smtps://mail.example:465"; NULL: no mail */
    char *smtp_from, **smtp_to;
    unsigned smtp_to_count;
    char *smtp_user, *smtp_password; /* secret */
    char *smtp_password_file;
    char *smtp_ca; /* PEM, and no other than these; NULL: the system's */
};

/* What the bot itself raises alerts about; 0: not about that. */
struct config_watch {
    bool checks;           /* true: transitions of health checks */
    int64_t dlq_age_ms;    /* 15m: the oldest dead letter */
    unsigned dlq_inflow;   /* 100: new dead letters in ten minutes */
    bool dlq_causes;       /* true: a cause never seen before */
    int64_t lag_ms;        /* 10m: a stream's oldest pending entry */
    int64_t outbox_ms;     /* 5m: the oldest post that waits */
    int64_t deaf_ms;       /* 1m: without Slack's socket */
    int64_t escalation_ms; /* 2m: an escalation that should have moved */
};

struct config_alert_token {
    char *name;
    char *token; /* secret */
    char *token_file;
};

struct config_alerts {
    char *zone;        /* in which people type times: "until 18:00"; NULL:
                        * UTC */
    char *stream;      /* "notify.events"; "": none is read */
    char *group;       /* "notify" */
    char *dead;        /* "notify.events.dlq": what cannot be taken */
    unsigned attempts; /* 5, then it goes there */
    int64_t age_ms;    /* 1d: an entry that is older fires nothing; 0: all do */
    struct config_alert_fields fields;
    struct config_severity *names;
    unsigned names_count;
    struct config_alert_severity of[ALERT_SEVERITIES];
    struct config_route route; /* the root: matches everything */
    struct config_inhibit *inhibit;
    unsigned inhibit_count;
    struct config_window *windows;
    unsigned windows_count;
    struct config_policy *policies;
    unsigned policies_count;
    struct config_rotation *rotations;
    unsigned rotations_count;
    struct config_hook *hooks;
    unsigned hooks_count;
    struct config_fallback fallback;
    struct config_watch watch;
    unsigned storm;  /* 20: new groups a minute and channel, above which
                       * warning and info fold; 0: never */
    int64_t flap_ms; /* 10m: fires again within so long: the same card */
    char *secret;    /* POST /alerts: HMAC as Slack signs. Secret */
    char *secret_file;
    struct config_alert_token *tokens; /* bearer; neither: loopback only */
    unsigned tokens_count;
    unsigned rate; /* 200: requests a second of one sender */
    bool on;       /* there is a section `alerts`, be it empty */
};

#endif
