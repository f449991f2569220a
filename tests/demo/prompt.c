/* prompt: see prompt.h. */
#include "tests/demo/prompt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/demo/message.h"
#include "tests/demo/paper.h"

#define CARD_MS 300 /* for what an effect posts */

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
    paper_print("  ", "help, streams, dlq list, dlq show orders, audit, …\n"
                      "press <label>   press a button of the last answer, as "
                      "in: press look again\n"
                      "                (press requeue 2: the second of that "
                      "label)\n"
                      "as bob          be somebody else: ann, bob, cat, dan\n"
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
    paper_line(INK_BAD, "The last answer has no button [%s].", words);
}

/* False: enough. */
static bool obey(struct stage *s, const char **user, const char *line)
{
    const char *rest;

    if (after(line, "quit") || after(line, "exit"))
        return false;
    if (strcmp(line, "?") == 0)
        usage();
    else if ((rest = after(line, "as")))
        *user = become(rest, *user);
    else if ((rest = after(line, "press")))
        press_label(s, *user, rest);
    else if ((rest = after(line, "/ops")))
        stage_say(s, *user, rest);
    else if (*line)
        stage_say(s, *user, line);
    stage_news(s, *user, *line ? CARD_MS : 0);
    return true;
}

void prompt_run(struct stage *s, const volatile int *stop)
{
    const char *user = "U0ANN";
    char *line = NULL;
    size_t size = 0;

    printf("\n");
    usage();
    while (!*stop) {
        printf("\n%s%s@#%s>%s ", ink(INK_GOOD), markup_name(user),
               markup_name(STAGE_CHANNEL), ink(INK_END));
        fflush(stdout);
        if (getline(&line, &size, stdin) < 0 || *stop)
            break;
        if (!obey(s, &user, trim(line)))
            break;
    }
    printf("\n");
    free(line);
}
