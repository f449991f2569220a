/* talk: see talk.h. */
#include "bot/opsctl/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"

/* ---- printing ------------------------------------------------------------------- */

static void print(struct talk *t, FILE *out, const struct buf *text)
{
    if (fwrite(buf_text(text), 1, text->len, out) != text->len ||
        fflush(out) != 0)
        t->printing = STATUS_OUTPUT;
}

static void print_json(struct talk *t, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    struct buf line = { 0 };

    buf_str(&line, text);
    buf_char(&line, '\n');
    print(t, stdout, &line);
    buf_dispose(&line);
    free(text);
}

void talk_show(struct talk *t, const struct answer *a)
{
    struct buf text = { 0 };

    if (t->view.how == SHOW_JSON) {
        print_json(t, a->json);
        return;
    }
    if (a->card)
        show_card(&text, a->card, &t->view);
    print(t, stdout, &text);
    buf_dispose(&text);
}

/* On standard error, for who is asked or refused. */
static void show_aside(struct talk *t, const json_t *card)
{
    struct buf text = { 0 };

    show_card(&text, card, &t->aside);
    fputs(buf_text(&text), stderr);
    buf_dispose(&text);
}

static void complain(const char *text)
{
    char *plain = text_plain(text);

    fprintf(stderr, "opsctl: %s\n", plain);
    free(plain);
}

enum status talk_fail(const struct err *err)
{
    complain(err->text);
    switch (err->kind) {
    case ERR_USER:
        return STATUS_USAGE;
    case ERR_DENIED:
        return STATUS_DENIED;
    case ERR_CONFIG:
        return STATUS_CONFIG;
    case ERR_BUSY:
        return STATUS_AGAIN;
    default:
        return STATUS_UNAVAILABLE;
    }
}

/* A refusal's card says what it means and what to do; its text alone is for
 * who reads JSON. */
static void show_refusal(struct talk *t, const struct answer *a)
{
    if (t->view.how == SHOW_JSON)
        print_json(t, a->json);
    if (t->view.how != SHOW_JSON && a->card)
        show_aside(t, a->card);
    else
        complain(*a->why ? a->why : "opsbot refused, and did not say why.");
}

static enum status over(struct talk *t, const struct answer *a)
{
    enum status status = answer_status(a);

    if (a->ok)
        talk_show(t, a);
    else
        show_refusal(t, a);
    return t->printing != STATUS_DONE ? t->printing : status;
}

/* ---- asking ------------------------------------------------------------------------ */

/* Each line of a run is an operation of its own, and the same ones again in a
 * run with the same key. */
static bool ask(struct talk *t, const char *line, struct answer *out,
                struct err *err)
{
    char *key =
        t->lines ? xasprintf("%s.%u", t->key, t->lines + 1) : xstrdup(t->key);
    bool ok = client_ask(t->client, line, key, out, err);

    t->lines++;
    free(key);
    return ok;
}

static enum status ask_and_show(struct talk *t, const char *line)
{
    struct answer a = { 0 };
    struct err err = { 0 };
    enum status status;

    if (!ask(t, line, &a, &err))
        return talk_fail(&err);
    status = over(t, &a);
    answer_dispose(&a);
    return status;
}

/* ---- a question ----------------------------------------------------------------------- */

/* Enter alone, the end of the input, anything else: no. */
static bool says_yes(void)
{
    char word[16] = "";

    fputs("Do it? [y/N] ", stderr);
    fflush(stderr);
    if (!fgets(word, sizeof word, stdin)) {
        fputc('\n', stderr);
        return false;
    }
    word[strcspn(word, "\r\n")] = '\0';
    return strcasecmp(word, "y") == 0 || strcasecmp(word, "yes") == 0;
}

static enum status withdraw(struct talk *t, const char *op)
{
    char *line = xasprintf("cancel %s", op);
    struct answer a = { 0 };
    struct err err = { 0 };

    if (ask(t, line, &a, &err))
        complain("not done, nothing was changed.");
    else
        talk_fail(&err);
    answer_dispose(&a);
    free(line);
    return STATUS_UNCONFIRMED;
}

static enum status carry_out(struct talk *t, const char *op)
{
    char *line = xasprintf("confirm %s", op);
    enum status status = ask_and_show(t, line);

    free(line);
    if (t->follow && status == STATUS_DONE)
        status = follow_job(t, op);
    return status;
}

/* Nobody is there: what to type when somebody is. */
static enum status unanswered(struct talk *t, const struct answer *a,
                              const char *op)
{
    enum status status = over(t, a);

    fprintf(stderr,
            "opsctl: nothing was done yet, it asks first. To do it, within 5 "
            "minutes: opsctl confirm %s   (or ask with --yes)\n",
            op);
    return status;
}

static enum status question(struct talk *t, const struct answer *a)
{
    char *op = text_plain(answer_asks(a));
    enum status status;

    if (t->yes) {
        status = carry_out(t, op);
    } else if (!t->person) {
        status = unanswered(t, a, op);
    } else {
        if (a->card)
            show_aside(t, a->card);
        status = says_yes() ? carry_out(t, op) : withdraw(t, op);
    }
    free(op);
    return status;
}

enum status talk_run(struct talk *t, const char *line)
{
    struct answer a = { 0 };
    struct err err = { 0 };
    enum status status;

    if (!ask(t, line, &a, &err))
        return talk_fail(&err);
    if (answer_asks(&a)) {
        status = question(t, &a);
    } else {
        status = over(t, &a);
        if (t->follow && status == STATUS_DONE)
            status = follow_job(t, a.op);
    }
    answer_dispose(&a);
    return status;
}
