/*
 * world: everything Slack remembers, in one place.
 *
 * Owns the team, the tokens, the views, the response URLs, the rate limits
 * and what people did. Each part has its own file; this header only puts them
 * together for the files of the world half. The wire sees struct world as an
 * opaque pointer (sandbox.h). One thread.
 */
#ifndef SANDBOX_WORLD_H
#define SANDBOX_WORLD_H

#include "tests/sandbox/world/act.h"
#include "tests/sandbox/world/file.h"
#include "tests/sandbox/world/hook.h"
#include "tests/sandbox/world/limit.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/world/team.h"
#include "tests/sandbox/world/token.h"
#include "tests/sandbox/world/view.h"

#define TEAM_ID       "T0EX"
#define TEAM_DOMAIN   "acme"
#define APP_ID        "A0BOT"
#define BOT_USER      "U0BOT"
#define BOT_ID        "B0BOT"
#define BOT_NAME      "opsbot"
#define SLACKBOT_USER "USLACKBOT"
#define VERIFICATION  "tok" /* the deprecated verification token */

struct world {
    struct sandbox *sb;
    char *host; /* of the URLs handed out */
    struct team team;
    struct tokens tokens;
    struct acts acts;
    struct hooks hooks;
    struct files files;
    struct views views;
    struct limits limits;
    unsigned next_id; /* generated block and action ids */
};

int64_t world_now(struct world *w); /* ms, Slack's clock */

/* Lower-case hex, in a new string. */
char *world_hex(struct world *w, size_t bytes);

/* A note in the transcript about one thing. */
void world_note(struct world *w, const char *what, const char *about);

#endif
