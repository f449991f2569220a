/*
 * process: one child of the harness.
 *
 * It dies with the thread that started it, has a process group of its own (so
 * that a Ctrl-C reaches us alone) and writes both outputs to its log. One
 * thread; no function waits without a limit.
 */
#ifndef HARNESS_PROCESS_H
#define HARNESS_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct process {
    char name[16]; /* for messages */
    char *log;     /* path; appended to */
    pid_t pid;     /* 0 before the first start */
    bool running;
    int status; /* once over: exit status, or 128 + signal */
};

struct process *process_new(const char *name, char *log); /* takes log */
void process_free(struct process *p); /* SIGKILL if it runs; NULL is fine */

/* env NULL: ours. user: who to be when we are root, NULL: ourselves. death:
 * the signal it gets when we die. Fails when it runs already. */
void process_start(struct process *p, const char *const argv[],
                   char *const env[], const char *user, int death);

bool process_running(struct process *p);
void process_signal(struct process *p, int sig); /* nothing if it is over */
/* SIGSTOP, until all its threads stand still: one may answer meanwhile. */
void process_pause(struct process *p);
void process_signal_children(struct process *p, int sig);
bool process_wait(struct process *p, int limit_ms); /* false: still there */

/* Runs a command to its end: its log is shown if it exits with anything but
 * 0, and the test fails. */
void process_run(const char *const argv[], const char *user, const char *log);

#endif
