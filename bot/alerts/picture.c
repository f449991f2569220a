/* picture: see picture.h. */
#include "bot/alerts/picture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/picture_fill.h"
#include "bot/alerts/storm_upload.h"
#include "bot/sender/upload.h"
#include "core/alert/picture.h"
#include "core/base/clock.h"
#include "core/base/cond.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/news.h"
#include "core/ops/outbox.h"

#define DROP_MS 30000 /* between two looks for those that are too old */

struct pictures {
    struct pictures_needs needs;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_bool stop; /* changes under lock */
    struct db *db;
    int64_t drop_due; /* mono ms */
    struct news news;
    _Atomic int64_t turned;
};

/* ---- where it goes ---------------------------------------------------------------- */

/* The first of its channels that has its card. False: Postgres failed. */
static bool place_of(struct pictures *p, struct picture *pic,
                     const char **channel, struct err *err)
{
    char thing[GROUP_THING];

    *channel = NULL;
    group_thing(pic->g.number, thing);
    for (size_t i = 0; i < pic->g.channels_count; i++) {
        free(pic->ts);
        pic->ts = NULL;
        if (!outbox_where(p->db, thing, pic->g.channels[i], &pic->ts, err))
            return false;
        if (pic->ts && pic->ts[0]) {
            *channel = pic->g.channels[i];
            return true;
        }
    }
    return true;
}

static bool put(struct pictures *p, const struct picture *pic,
                const char *channel, const struct buf *png, bool *again,
                struct err *err)
{
    char *alt = chart_alt(&pic->chart, pic->what), name[40], title[80];
    bool ok;

    snprintf(name, sizeof name, "A-%lld.png", (long long)pic->g.number);
    snprintf(title, sizeof title, "A-%lld · the last 24 hours",
             (long long)pic->g.number);
    ok = upload_file(p->needs.sender, config_now(p->needs.config),
                     &(struct upload){ .name = name,
                                       .title = title,
                                       .alt = alt,
                                       .bytes = png->data,
                                       .len = png->len,
                                       .channel = channel,
                                       .thread_ts = pic->ts,
                                       .stop = &p->stop,
                                       .look = pic->before },
                     NULL, again, err);
    free(alt);
    return ok;
}

/* ---- one of them -------------------------------------------------------------------- */

/* *again: it is worth another try, when its claim is over. */
static bool draw(struct pictures *p, struct picture *pic, bool *again,
                 struct err *err)
{
    struct buf png = { 0 };
    const char *channel;
    bool ok;

    *again = true; /* Postgres' failures, and a card that is not there yet */
    if (!picture_fill(pic, p->db, config_now(p->needs.config), err) ||
        !place_of(p, pic, &channel, err))
        return false;
    if (!channel)
        return err_set(err, ERR_BUSY, "its card is not there yet");
    *again = false;
    ok = chart_png(&pic->chart, &png, err) &&
         put(p, pic, channel, &png, again, err);
    buf_dispose(&png);
    return ok;
}

/* Where Postgres does not take it, its claim ends by itself. */
static void write_end(struct pictures *p, int64_t number, bool again)
{
    struct err err = { 0 };

    if (!(again ? picture_again(p->db, number, &err)
                : picture_over(p->db, number, &err)))
        log_warn("pictures", NULL,
                 "what came of A-%lld's picture is not "
                 "written down: %s",
                 (long long)number, err.text);
}

static void make(struct pictures *p, int64_t number, bool before)
{
    struct picture pic = { .before = before };
    struct err err = { 0 };
    bool found = false, again = true;

    if (group_load(p->db, number, &pic.g, &found, &err) && found &&
        draw(p, &pic, &again, &err))
        log_info("pictures", NULL, "A-%lld has its picture", (long long)number);
    else if (err.text[0])
        log_warn("pictures", NULL, "A-%lld has no picture%s: %s",
                 (long long)number, again ? " yet" : "", err.text);
    write_end(p, number, again && (found || err.text[0]));
    picture_dispose(&pic);
}

/* ---- the thread ------------------------------------------------------------------------ */

static void drop(struct pictures *p)
{
    int64_t now = clock_mono_ms(), dropped;
    struct err err = { 0 };

    if (now < p->drop_due)
        return;
    p->drop_due = now + DROP_MS;
    if (!picture_drop(p->db, &dropped, &err)) {
        if (news_is(&p->news, err.text))
            log_warn("pictures", NULL, "%s", err.text);
    } else if (dropped > 0) {
        log_warn("pictures", NULL,
                 "%lld alert%s stay%s without a picture: it "
                 "could not be made in time",
                 (long long)dropped, dropped == 1 ? "" : "s",
                 dropped == 1 ? "s" : "");
    }
}

static void turn(struct pictures *p)
{
    struct err err = { 0 };
    int64_t number;
    bool before;

    if (!config_now(p->needs.config)->alerts.on || !store_up(p->needs.postgres))
        return;
    drop(p);
    storm_file_turn(&(struct storm_uploads){ .db = p->db,
                                             .config = p->needs.config,
                                             .sender = p->needs.sender,
                                             .stop = &p->stop });
    if (!picture_claim(p->db, &number, &before, &err)) {
        if (news_is(&p->news, err.text))
            log_warn("pictures", NULL, "%s", err.text);
        return;
    }
    news_over(&p->news);
    if (number)
        make(p, number, before);
}

/* False: it is to end. */
static bool rest(struct pictures *p)
{
    int64_t until = clock_mono_ms() + PICTURE_PACE_MS;
    bool stop;

    pthread_mutex_lock(&p->lock);
    if (!atomic_load(&p->stop))
        (void)cond_wait(&p->wake, &p->lock, until);
    stop = atomic_load(&p->stop);
    pthread_mutex_unlock(&p->lock);
    return !stop;
}

static void *pictures_main(void *arg)
{
    struct pictures *p = arg;

    pthread_setname_np(pthread_self(), "pictures");
    while (rest(p)) {
        atomic_store(&p->turned, clock_mono_ms());
        turn(p);
    }
    return NULL;
}

static void pictures_free(struct pictures *p)
{
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    db_free(p->db);
    free(p);
}

struct pictures *pictures_start(const struct pictures_needs *needs,
                                struct err *err)
{
    struct pictures *p = xcalloc(1, sizeof *p);

    p->needs = *needs;
    p->db = db_new(config_now(needs->config)->database_url, needs->postgres);
    pthread_mutex_init(&p->lock, NULL);
    cond_init(&p->wake);
    atomic_store(&p->turned, clock_mono_ms());
    if (pthread_create(&p->thread, NULL, pictures_main, p) == 0)
        return p;
    err_set(err, ERR_SYSTEM, "The pictures thread could not be started.");
    pictures_free(p);
    return NULL;
}

int64_t pictures_turned_ms(struct pictures *p)
{
    return clock_mono_ms() - atomic_load(&p->turned);
}

void pictures_end(struct pictures *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    atomic_store(&p->stop, true);
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

void pictures_stop(struct pictures *p)
{
    if (!p)
        return;
    pictures_end(p);
    pthread_join(p->thread, NULL);
    pictures_free(p);
}
