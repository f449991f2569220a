/*
 * news: tells those who look at the page what changed, each what they see.
 *
 * To be called behind a change; without anybody looking it costs nothing. A
 * message is told with all that the page shows of it, so that one piece of
 * news is enough to draw it again. One thread.
 */
#ifndef SANDBOX_NEWS_H
#define SANDBOX_NEWS_H

struct world;
struct channel;
struct message;

/* A message came, changed or went; of a reply, its thread's parent too. */
void news_message(struct world *w, const struct channel *ch,
                  const struct message *m);
/* The modals of a person, or the home tab. user is borrowed. */
void news_views(struct world *w, const char *user);
void news_home(struct world *w, const char *user);
/* People, channels, members, user groups: to be asked for again. */
void news_state(struct world *w);

#endif
