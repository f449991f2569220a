/* prompt: see prompt.h. */
#include "tests/demo/prompt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/demo/line.h"
#include "tests/demo/message.h"
#include "tests/demo/paper.h"

#define CARD_MS 300 /* for what an effect posts */
#define LOOK_MS 100

struct prompt {
    struct stage *s;
    const char *user; /* who types */
    const volatile int *stop;
};

static const struct {
    const char *name, *id;
} people[] = {
    { "ann", "U0ANN" },
    { "bob", "U0BOB" },
    { "cat", "U0CAT" },
    { "dan", "U0DAN" },
};

static void usage(void)
{
    paper_line(INK_END, "Your turn. Type a command, with or without /ops:");
    paper_print(
        "  ",
        "help            all there is; help dlq, help halt: how it is typed\n"
        "look            streams, dlq list, dlq show orders, audit, jobs, "
        "halts\n"
        "move            dlq requeue orders --all, dlq discard orders <id>,\n"
        "                dlq restore orders --all; several are asked first\n"
        "halt            halt all trying it out, then unhalt all\n"
        "alerts          of #alerts: press acknowledge A-1, ack A-1 on it,\n"
        "                silence A-1 1h known, route test service=pay;\n"
        "                stop risk: an agent goes away; start risk: it is "
        "back\n"
        "confirm <op>    or cancel <op>: what a question asks for, typed\n"
        "press <label>   a button, as in: press look again; of the newest "
        "message\n"
        "                that has it (press requeue 2: the second of that "
        "label)\n"
        "as bob          be somebody else: ann may nearly all, bob may look,\n"
        "                cat and dan have no rights\n"
        "stop redis      and start redis, stop postgres, …: what works "
        "meanwhile\n"
        "wait 5          look on for 5 seconds\n"
        "?               this list\n"
        "quit            or Ctrl-D, or Ctrl-C");
}

/* The line without the blanks around it. */
static char *trim(char *line)
{
    size_t len;

    line += strspn(line, " \t\r\n");
    len = strlen(line);
    while (len > 0 && strchr(" \t\r\n", line[len - 1]))
        line[--len] = '\0';
    return line;
}

/* What follows word in line, or NULL: line begins with something else. */
static const char *after(const char *line, const char *word)
{
    size_t len = strlen(word);

    if (strncasecmp(line, word, len) != 0 || (line[len] && line[len] != ' '))
        return NULL;
    return line + len + strspn(line + len, " ");
}

static const char *become(const char *name, const char *user)
{
    name += *name == '@';
    for (size_t i = 0; i < sizeof people / sizeof *people; i++)
        if (strcasecmp(people[i].name, name) == 0)
            return people[i].id;
    paper_line(INK_BAD, "There is no '%s' here: ann, bob, cat, dan.", name);
    return user;
}

/* "look again", "requeue 2", "[Show orders]". */
static void press_label(struct stage *s, const char *user, const char *words)
{
    char label[200];
    size_t len;
    int nth = 1;

    snprintf(label, sizeof label, "%s", words + (*words == '['));
    len = strlen(label);
    if (len && label[len - 1] == ']')
        label[--len] = '\0';
    if (stage_press(s, user, label, 1))
        return;
    while (len && isdigit((unsigned char)label[len - 1]))
        len--;
    if (label[len] && len && label[len - 1] == ' ') {
        nth = atoi(label + len);
        label[len - 1] = '\0';
        if (nth > 0 && stage_press(s, user, label, nth))
            return;
    }
    paper_line(INK_BAD, "There is no button [%s] here.", words);
}

/* Shows what comes in the next seconds; one where there is no number. */
static void look_on(struct stage *s, const char *user, const char *seconds,
                    const volatile int *stop)
{
    int n = atoi(seconds);
    int64_t until = clock_mono_ms() + 1000 * (n < 1 ? 1 : n);

    while (!*stop && clock_mono_ms() < until)
        stage_news(s, user, LOOK_MS);
}

/* A store, or an agent, goes away, or comes back with what it had. */
static void turn(struct stage *s, const char *store, bool on)
{
    bool redis = strcasecmp(store, "redis") == 0;

    if (strcasecmp(store, "risk") == 0) {
        stage_agent(s, "risk", on);
        paper_line(INK_DIM, "The agent risk is %s.", on ? "back" : "away");
        return;
    }
    if (!redis && strcasecmp(store, "postgres") != 0) {
        paper_line(INK_BAD, "Redis, postgres or risk: there is no '%s' here.",
                   store);
        return;
    }
    if (on)
        part_start(s->h, redis ? PART_REDIS : PART_POSTGRES);
    else
        part_stop(s->h, redis ? PART_REDIS : PART_POSTGRES);
    paper_line(INK_DIM, "%s is %s.", redis ? "Redis" : "Postgres",
               on ? "back" : "away");
}

/* False: enough. */
static bool obey(struct prompt *p, const char *line)
{
    const char *rest;

    if (after(line, "quit") || after(line, "exit"))
        return false;
    if (strcmp(line, "?") == 0)
        usage();
    else if ((rest = after(line, "as")))
        p->user = become(rest, p->user);
    else if ((rest = after(line, "wait")))
        look_on(p->s, p->user, rest, p->stop);
    else if ((rest = after(line, "stop")))
        turn(p->s, rest, false);
    else if ((rest = after(line, "start")))
        turn(p->s, rest, true);
    else if ((rest = after(line, "press")))
        press_label(p->s, p->user, rest);
    else if ((rest = after(line, "/ops")))
        stage_say(p->s, p->user, rest);
    else if (*line)
        stage_say(p->s, p->user, line);
    stage_news(p->s, p->user, *line ? CARD_MS : 0);
    return true;
}

/* Above the line that is being typed. */
static bool meanwhile(void *arg)
{
    struct prompt *p = arg;
    bool news;

    p->s->wipe = line_wipe();
    news = stage_news(p->s, p->user, 0);
    p->s->wipe = NULL;
    return news;
}

/* Of what fires by now. */
static void tell_where(const struct stage *s)
{
    printf("\n");
    paper_line(INK_BOLD, "Alerts: %s/?user=U0ANN&channel=" WATCH_CHANNEL,
               s->h->sandbox_url);
    paper_line(INK_DIM,
               "One fires there soon, and as long as the demo runs: the orders "
               "database is slow. Press its buttons on that page, or type.");
}

void prompt_run(struct stage *s, const volatile int *stop)
{
    struct prompt p = { s, "U0ANN", stop };
    bool more = true;

    printf("\n");
    usage();
    tell_where(s);
    line_begin();
    while (more) {
        char *text =
            xasprintf("%s%s@#%s>%s ", ink(INK_GOOD), markup_name(p.user),
                      markup_name(STAGE_CHANNEL), ink(INK_END));
        char *line;

        printf("\n");
        line = line_read(text, meanwhile, &p, stop);
        more = line && obey(&p, trim(line)) && !*stop;
        free(line);
        free(text);
    }
    line_end();
    printf("\n");
}
