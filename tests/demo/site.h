/*
 * site: what is not well in the demo: a certificate that is about to expire
 * (six days), and a Postgres that is slow to connect to. Behind the second is
 * the demo's own Postgres. Threads of its own, which end with site_stop().
 */
#ifndef DEMO_SITE_H
#define DEMO_SITE_H

struct site;
struct agents;

/* Both listen; the certificate is made now. */
struct site *site_start(void);
/* Where Postgres is: "…/pg", from its URL ("…?host=/tmp/x&user=bot"). */
void site_behind(struct site *s, const char *database_url);
void site_stop(struct site *s); /* joins; NULL is fine */
/* Takes its files away, where everything ends at once. */
void site_tidy(void);

/* The `checks:` section: these two, and each agent's health; heap. */
char *site_yaml(const struct site *s, const struct agents *agents);

#endif
