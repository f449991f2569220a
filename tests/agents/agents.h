/*
 * agents: a trading pipeline to be stopped: an orchestrator and n agents.
 *
 * One process, one thread, one epoll loop (the sandbox's, which is not the
 * bot's); each of them listens on a port of its own on loopback.
 *
 *   GET  /health         {"status","halted","generation","scope","name",
 *                        "uptime_s"}; the orchestrator's counts its agents
 *   GET  /metrics        Prometheus text
 *   POST /admin/halt     Authorization: Bearer TOKEN; the body of a hook
 *   POST /admin/unhalt   (core/ops/hook.h). Without "action" the path says it
 *
 * and on the orchestrator's port, without a token, what a test steers:
 *
 *   GET  /control        everything: how each stands, what reached it
 *   POST /control        {"agent":"risk", …}; "*" is all agents, absent the
 *                        orchestrator; {"reset":true} is a fresh start
 *     "delay_ms":n       from a hook to its effect; of the orchestrator: to
 *                        its telling the agents
 *     "stuck":true       takes hooks and never changes, until it is false
 *     "refuse":503, "times":k   the status of the next k hooks (1)
 *     "lose":k           the next k hooks take effect and are not answered
 *     "silent":true      accepts, takes nothing in and never answers
 *     "down":true        connections are refused. The orchestrator's drop
 *                        without an answer: its port is the way back
 *
 * An agent is halted while at least one scope that it was told is. The same
 * op counts once, and what is older than the scope's generation not at all.
 * A stop without a generation is obeyed at once; a start without one never.
 */
#ifndef AGENTS_AGENTS_H
#define AGENTS_AGENTS_H

#include "tests/sandbox/wire/http.h"

#define AGENTS_MOST  64  /* agents of one process */
#define AGENTS_HOOKS 200 /* hooks remembered of each */

struct agents;

/* What goes wrong with one, as steered; all zero: nothing. */
struct trouble {
    bool stuck, silent, down;
    int refuse;       /* status, 0: none */
    json_int_t times; /* hooks left to refuse */
    json_int_t lose;  /* hooks left that are not answered */
};

/* How it stands, as /health tells it: what it was told, a delay ago. */
struct standing {
    bool halted;
    char scope[64]; /* "" while not halted */
    json_int_t generation;
};

/* One agent, or the orchestrator. */
struct agent {
    struct agents *all;
    char name[32];
    struct http_server *http;
    json_t *told;    /* scope → generation, of those that are halted */
    json_t *seen;    /* scope → generation of its last hook */
    json_t *ops;     /* op → true */
    json_t *passing; /* the orchestrator's: hooks its agents are to be told */
    struct standing now;
    struct timer change;     /* armed: told has not become now yet */
    json_int_t delay_ms;     /* as steered */
    json_int_t own_delay_ms; /* as started */
    struct trouble trouble;
    json_t *hooks; /* bodies of the last hooks, and how they were answered */
    json_int_t hook_count, applied, health_count;
    int64_t running_since;        /* mono ms; while not halted */
    json_int_t processed_already; /* messages, until then */
};

struct agents {
    struct slacktime time;
    struct loop *loop;
    struct conns conns;
    char *token;
    int64_t started; /* mono ms */
    struct agent orchestrator;
    struct agent *agents;
    size_t count;
};

struct agents_options {
    int count;                /* 8: the pipeline */
    const char *token;        /* what hooks have to carry */
    json_int_t delay_from_ms; /* of the first agent … */
    json_int_t delay_to_ms;   /* … and of the last; evenly between */
};

/* Fills the caller's zeroed struct and listens; loop_run() comes next.
 * agents_close() is due also after a failure. */
MUST_CHECK bool agents_open(struct agents *all,
                            const struct agents_options *options,
                            struct err *err);
void agents_close(struct agents *all);
/* {"orchestrator":PORT,"agents":{"execution":PORT,…}}; new. */
json_t *agents_ports(const struct agents *all);

/* ---- one agent (agent.c) ------------------------------------------------- */

void agent_init(struct agent *a, struct agents *all, const char *name);
void agent_dispose(struct agent *a);
/* As freshly started, but for its port. */
void agent_reset(struct agent *a);

enum hook_effect { HOOK_TAKEN, HOOK_REPEATED, HOOK_OLD };
/* Takes in a whole hook (borrowed), with "action", "scope" and "op"; it shows
 * after the agent's delay. */
enum hook_effect agent_told(struct agent *a, const json_t *hook);
/* True if the agent belongs to a scope that the orchestrator is told. */
bool agent_hears(const struct agent *a, const char *scope);
/* What was told becomes what is, after its delay; a change under way keeps
 * its time. */
void agent_change_later(struct agent *a);
/* Takes or refuses connections. */
void agent_set_down(struct agent *a, bool down);
int agent_port(const struct agent *a);
json_int_t agent_processed(const struct agent *a);

/* ---- HTTP (serve.c, steer.c) --------------------------------------------- */

/* app is the struct agent. */
void agent_handle(void *app, struct http_call *call);
void control_get_all(struct agents *all, struct http_call *call);
void control_change(struct agents *all, struct http_call *call);
/* Answers with a status and {"error": why}. */
void answer_error(struct http_call *call, int status, const char *why);

#endif
