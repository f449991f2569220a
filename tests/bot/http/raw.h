/*
 * raw: an HTTP client that sends what it is told, byte by byte. Patient: a
 * read that takes 20 s fails the test.
 */
#ifndef TESTS_BOT_RAW_H
#define TESTS_BOT_RAW_H

#include <stdbool.h>
#include <stddef.h>

/* One answer, with what came behind it still unread. */
struct raw_answer {
    int status; /* 0: none came, the connection was closed */
    char head[4096];
    char body[65536]; /* NUL-terminated */
    size_t len;
};

int raw_dial(int port); /* 127.0.0.1 */
int raw_dial_unix(const char *path);
void raw_send(int fd, const void *data, size_t len);
void raw_say(int fd, const char *text);
/* The next answer; of_head: it has no body, whatever it says. */
void raw_read(int fd, bool of_head, struct raw_answer *out);
/* The other end has closed, and nothing was said before. */
bool raw_closed(int fd);
/* Dials, sends text, reads an answer, closes: its status. */
int raw_ask(int port, const char *text, struct raw_answer *out);

#endif
