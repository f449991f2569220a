/*
 * sandbox: a local Slack, good enough for the unmodified @slack/bolt client.
 *
 * One process, one thread, one epoll loop. Two halves meet in this header:
 *
 *   the wire  (loop, http, ws, link, control, load)  knows sockets, frames,
 *             envelopes, acks and faults, and nothing of channels;
 *   the world (team, message, view, hook, api_*, blockkit)  knows users,
 *             channels, messages, views and Web API methods, and nothing of
 *             sockets.
 *
 * JSON is jansson's throughout. A json_t * that a function "takes" is
 * released by it, also on failure; one it "borrows" stays the caller's.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sandbox; /* everything; owns the two halves */
struct world;   /* users, channels, messages, views, response URLs, tokens */
struct link;    /* Socket Mode: tickets, sockets, envelopes in flight */

/* ---- HTTP as both halves see it ---------------------------------------- */

/* One request, whole. All text is NUL-terminated and lives until the answer. */
struct http_request {
    const char *method;        /* "GET", "POST" */
    const char *path;          /* "/api/chat.postMessage", without the query */
    const char *query;         /* "" or what stood behind '?' */
    const char *content_type;  /* "" if absent */
    const char *authorization; /* "" if absent */
    const char *host;          /* "127.0.0.1:4000": to make URLs with */
    const char *body;          /* never NULL; may hold NUL bytes */
    size_t body_len;
};

/* The answer. The server frees body; headers are whole lines, "\r\n" each. */
struct http_response {
    int status;               /* 200 unless set otherwise */
    const char *content_type; /* static text; "application/json; …" default */
    char *headers;            /* heap, or NULL: extra header lines */
    char *body;               /* heap, or NULL for an empty body */
    size_t body_len;
};

/* Takes json. Sets status 200 and a JSON body. */
void response_json(struct http_response *res, json_t *json);
/* Plain text, copied. */
void response_text(struct http_response *res, int status, const char *text);

/* ---- the world, called by the wire ------------------------------------- */

struct world *world_new(struct sandbox *sb);
void world_free(struct world *w);

/*
 * POST (or GET) /api/<method>. Answers every method, unknown ones too
 * (unknown_method). apps.connections.open is checked here (token kind, POST
 * only, rate limit), its URL comes from link_ticket().
 */
void world_api(struct world *w, const struct http_request *req,
               struct http_response *res);

/* POST of a file's bytes to its upload address: /upload/v1/…; GET of a file
 * that was shared: /files-pri/…. False: not ours. */
bool world_file(struct world *w, const struct http_request *req,
                struct http_response *res);

/* POST to a response_url: /commands/…, /actions/…, /app/…. False: not ours. */
bool world_hook(struct world *w, const struct http_request *req,
                struct http_response *res);

/*
 * What a person does. Each builds the payload exactly as Slack would
 * (slack-protocol §3) and hands it to link_deliver(). `how` is the body of
 * the control call (borrowed). Returns a new object: {"ok":true,
 * "interaction":"<id>", …} or {"ok":false,"error":"…"}.
 *
 *   command  {"user","channel","command":"/ops","text"}
 *   click    {"user","channel","ts","action_id","block_id"?, and for
 *             elements that are not buttons "value"}: the element must be on
 *             the message (or ephemeral) as that user sees it; view_id
 *             instead of channel and ts for a control in a modal
 *   submit   {"user","view_id","values":{block:{action:value}}}
 *   close    {"user","view_id"}
 *   mention  {"user","channel","text"}: app_mention and message events
 *   message  {"user","channel","text","thread_ts"?}: whatever is said; the app
 *            hears of it in a direct message, or when it is mentioned
 *   home     {"user","tab"?}: opens the app's home tab (or "messages")
 *   event    {"event":{…}}: any inner event, wrapped as Slack wraps it
 */
json_t *world_act(struct world *w, const char *verb, const json_t *how);

/*
 * The app's ack for an interaction: payload is borrowed, NULL if the ack
 * carried none or was not entitled to one. Applies it: a message, or a view's
 * response_action. Returns NULL, or a static text saying what was wrong.
 */
const char *world_ack(struct world *w, const char *interaction,
                      const json_t *payload);

/* Nobody acked in time, or no socket was open ("operation_timeout",
 * "dispatch_failed"): the user sees Slackbot's ephemeral, or the modal its
 * error. Events: nothing. */
void world_unanswered(struct world *w, const char *interaction,
                      const char *error);

/* What a person sees; see CONTROL.md. New references. */
json_t *world_messages(struct world *w, const json_t *query);
json_t *world_views(struct world *w, const json_t *query);
/* {"view": the published home tab or null, "published": how often it was}. */
json_t *world_home(struct world *w, const json_t *query);
json_t *world_state(struct world *w); /* users, channels, groups, tokens */

/* What an interaction has brought about so far, latest state of each:
 * {"messages":[…], "view":{…} if one was opened or changed, "errors":{…} if
 * the app refused fields of a submission}. New; never NULL. */
json_t *world_caused(struct world *w, const char *interaction);

/* NULL, or what Slack would refuse this message (a command's ack or a
 * response URL post) for: static text. Nothing is kept. */
const char *world_check_message(struct world *w, const json_t *message);

/* Whether there is such a person. */
bool world_knows(const struct world *w, const char *user);

/* "127.0.0.1:4000": where the response URLs point. Copied; the Host header of
 * apps.connections.open replaces it. */
void world_base(struct world *w, const char *host);

/* Control verbs that change the world itself: "user", "channel", "member",
 * "group", "token", "archive", "delete", "limits". NULL: not ours. */
json_t *world_change(struct world *w, const char *verb, const json_t *how);

/* ---- the wire, called by the world ------------------------------------- */

enum envelope_kind { ENV_EVENT, ENV_INTERACTIVE, ENV_COMMAND };

/*
 * Sends payload (taken) to one open socket as a new envelope, and later calls
 * world_ack() or world_unanswered() with interaction (copied). Events are
 * sent again as Slack does; when no socket is open they wait.
 */
void link_deliver(struct link *l, enum envelope_kind kind, bool accepts_payload,
                  json_t *payload, const char *interaction);

/* A fresh single-use ws:// URL for apps.connections.open. New string.
 * NULL: Socket Mode is off (link_disabled was sent). */
char *link_ticket(struct link *l, const char *host);

/* Whether anybody looks at the page; and what they are told: whom is an array
 * of user ids (borrowed, NULL: everybody), what is taken. */
bool sandbox_watched(struct sandbox *sb);
void sandbox_news(struct sandbox *sb, const json_t *whom, json_t *what);

/* Anything changed that a waiting control call may be waiting for. */
void sandbox_changed(struct sandbox *sb);

/* ---- shared ------------------------------------------------------------ */

struct world *sandbox_world(struct sandbox *sb);
struct link *sandbox_link(struct sandbox *sb);
const char *sandbox_host(struct sandbox *sb); /* "127.0.0.1:PORT" */
int64_t sandbox_now_ms(struct sandbox *sb);   /* wall clock × scale + offset */
/* Lower-case hex of n random bytes (deterministic with --seed) into out,
 * which has room for 2n+1. */
void sandbox_hex(struct sandbox *sb, size_t n, char *out);
/* Appends to the transcript (kept in memory, bounded). Takes detail. */
void sandbox_note(struct sandbox *sb, const char *what, json_t *detail);

#endif
