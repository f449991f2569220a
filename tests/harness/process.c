#include "tests/harness/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/harness/harness.h"

struct process *process_new(const char *name, char *log)
{
    struct process *p = xcalloc(1, sizeof *p);

    snprintf(p->name, sizeof p->name, "%s", name);
    p->log = log;
    return p;
}

void process_free(struct process *p)
{
    if (!p)
        return;
    process_signal(p, SIGKILL);
    process_wait(p, 5000);
    free(p->log);
    free(p);
}

static void become(const struct passwd *user)
{
    if (!user)
        return;
    if (setgroups(0, NULL) || setgid(user->pw_gid) || setuid(user->pw_uid)) {
        dprintf(2, "cannot become %s: %s\n", user->pw_name, strerror(errno));
        _exit(127);
    }
}

/* In the child, from fork to exec. The death signal comes after become():
 * changing the user forgets it. */
static _Noreturn void child(const struct process *p, const char *const argv[],
                            char *const env[], const struct passwd *user,
                            int death, pid_t parent)
{
    int out = open(p->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    become(user);
    prctl(PR_SET_PDEATHSIG, death);
    if (getppid() != parent)
        _exit(127);
    if (env)
        execvpe(argv[0], (char *const *)argv, env);
    else
        execvp(argv[0], (char *const *)argv);
    dprintf(2, "cannot start %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

void process_start(struct process *p, const char *const argv[],
                   char *const env[], const char *user, int death)
{
    const struct passwd *pw = NULL;
    pid_t parent = getpid();

    if (process_running(p))
        harness_fail("%s runs already", p->name);
    if (user && geteuid() == 0 && !(pw = getpwnam(user)))
        harness_fail("there is no user %s to run %s as", user, p->name);
    p->pid = fork();
    if (p->pid < 0)
        harness_fail("fork: %s", strerror(errno));
    if (p->pid == 0)
        child(p, argv, env, pw, death, parent);
    p->running = true;
    p->status = 0;
}

bool process_running(struct process *p)
{
    int status;

    if (!p->running)
        return false;
    if (waitpid(p->pid, &status, WNOHANG) != p->pid)
        return true;
    p->running = false;
    p->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    if (WIFSIGNALED(status))
        p->status = 128 + WTERMSIG(status);
    return false;
}

void process_signal(struct process *p, int sig)
{
    if (process_running(p))
        kill(p->pid, sig);
}

/* The letter behind the name in parentheses of /proc/…/stat. */
static bool stands_still(const char *path)
{
    char line[512] = "";
    const char *end;
    FILE *f = fopen(path, "re");

    if (!f)
        return true; /* over */
    if (!fgets(line, sizeof line, f))
        line[0] = '\0';
    fclose(f);
    end = strrchr(line, ')');
    return end && (end[2] == 'T' || end[2] == 't');
}

static bool all_stand_still(void *process)
{
    const struct process *p = process;
    const struct dirent *entry;
    char path[400];
    bool all = true;
    DIR *tasks;

    snprintf(path, sizeof path, "/proc/%d/task", (int)p->pid);
    tasks = opendir(path);
    if (!tasks)
        return true;
    while (all && (entry = readdir(tasks)))
        if (isdigit((unsigned char)entry->d_name[0])) {
            snprintf(path, sizeof path, "/proc/%d/task/%s/stat", (int)p->pid,
                     entry->d_name);
            all = stands_still(path);
        }
    closedir(tasks);
    return all;
}

void process_pause(struct process *p)
{
    process_signal(p, SIGSTOP);
    wait_until(all_stand_still, p, 30000, "it stands still");
}

static pid_t parent_of(const char *pid)
{
    char path[300], line[512] = "";
    const char *end;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    if (!(f = fopen(path, "r")))
        return 0;
    if (!fgets(line, sizeof line, f))
        line[0] = '\0';
    fclose(f);
    /* "1234 (any (name)) S 17 …" */
    end = strrchr(line, ')');
    return end && strlen(end) > 4 ? (pid_t)atol(end + 4) : 0;
}

void process_signal_children(struct process *p, int sig)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;

    if (!proc)
        harness_fail("/proc: %s", strerror(errno));
    while ((entry = readdir(proc)))
        if (isdigit((unsigned char)entry->d_name[0]) &&
            parent_of(entry->d_name) == p->pid)
            kill((pid_t)atol(entry->d_name), sig);
    closedir(proc);
}

bool process_wait(struct process *p, int limit_ms)
{
    int64_t until = clock_mono_ms() + limit_ms;

    while (process_running(p)) {
        if (clock_mono_ms() >= until)
            return false;
        harness_sleep(2);
    }
    return true;
}

void process_run(const char *const argv[], const char *user, const char *log)
{
    struct process *p = process_new(argv[0], xstrdup(log));
    char *text;

    process_start(p, argv, NULL, user, SIGKILL);
    if (!process_wait(p, patient(120000)))
        harness_fail("%s does not end", argv[0]);
    if (p->status) {
        text = harness_read(log);
        harness_fail("%s: exit status %d: %s", argv[0], p->status, text);
    }
    process_free(p);
}
