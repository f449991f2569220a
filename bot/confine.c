#include "bot/confine.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "core/base/log.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

static void skipped(const char *what, const struct err *err)
{
    log_warn("confine", NULL, "without %s: %s", what, err->text);
}

static bool no_new_privileges(struct err *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        return true;
    return err_set(err, ERR_SYSTEM, "%s", strerror(errno));
}

static void confine_now(const struct confine_paths *paths)
{
    struct err err = { 0 };
    int landlock;
    bool calls;

    if (!no_new_privileges(&err)) {
        skipped("no new privileges, landlock and seccomp", &err);
        return;
    }
    landlock = confine_files(paths, &err);
    if (!landlock)
        skipped("landlock (what files it may open)", &err);
    calls = confine_calls(&err);
    if (!calls)
        skipped("seccomp (what system calls it may make)", &err);
    log_info("confine", NULL,
             "confined: no new privileges, landlock %s (version %d: %zu paths "
             "to read, %zu to write), seccomp %s",
             landlock ? "on" : "off", landlock, paths->readable_count,
             paths->writable_count, calls ? "on" : "off");
}

void confine(const struct config *cfg, const char *file)
{
    struct confine_paths paths = { 0 };

    if (SANITIZED || strcmp(cfg->confine, "off") == 0) {
        log_info("confine", NULL, "not confined: %s",
                 SANITIZED ? "a build with sanitizers"
                           : "switched off (confine, OPSBOT_CONFINE)");
        return;
    }
    confine_paths_find(&paths, cfg, file);
    confine_now(&paths);
    confine_paths_dispose(&paths);
}
