/*
 * confine_files: landlock, by its system calls: the C library of Debian 12 has
 * no functions for them, and its header knows the rights of version 2.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bot/confine.h"

/* Of later versions than the header. */
#define RIGHT_TRUNCATE (1ULL << 14) /* 3 */
#define RIGHT_IOCTL    (1ULL << 15) /* 5: of devices */

#define RIGHTS_OF_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define READING     (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* No devices, and nothing to execute. */
#define WRITING                                                                \
    (READING | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |            \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |              \
     RIGHT_TRUNCATE)
/* Those that a rule for a file, not a directory, may have. */
#define OF_FILES                                                               \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |            \
     RIGHT_TRUNCATE)

static __u64 handled(int version)
{
    __u64 rights = RIGHTS_OF_1;

    if (version >= 2)
        rights |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        rights |= RIGHT_TRUNCATE;
    if (version >= 5)
        rights |= RIGHT_IOCTL;
    return rights;
}

/* What is not there needs no rule; nor does a path that we may not look at. */
static bool allow(int ruleset, const char *path, __u64 rights, struct err *err)
{
    struct landlock_path_beneath_attr rule = { .allowed_access = rights };
    struct stat st;
    bool ok = true;

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return true;
    if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rule.allowed_access &= OF_FILES;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
                &rule, 0) != 0)
        ok = err_set(err, ERR_SYSTEM, "a rule for %s: %s", path,
                     strerror(errno));
    close(rule.parent_fd);
    return ok;
}

static bool allow_all(int ruleset, const struct confine_paths *paths, __u64 can,
                      struct err *err)
{
    for (size_t i = 0; i < paths->readable_count; i++)
        if (!allow(ruleset, paths->readable[i], READING, err))
            return false;
    for (size_t i = 0; i < paths->writable_count; i++)
        if (!allow(ruleset, paths->writable[i], WRITING & can, err))
            return false;
    return true;
}

int confine_files(const struct confine_paths *paths, struct err *err)
{
    int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
                               LANDLOCK_CREATE_RULESET_VERSION);
    struct landlock_ruleset_attr attr = { .handled_access_fs =
                                              handled(version) };
    int ruleset = -1;
    bool ok = version > 0;

    if (ok)
        ruleset =
            (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (ruleset < 0) {
        err_set(err, ERR_SYSTEM,
                "this kernel has not got it, or switched off "
                "(%s)",
                strerror(errno));
        return 0;
    }
    ok = allow_all(ruleset, paths, attr.handled_access_fs, err);
    if (ok && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        ok = err_set(err, ERR_SYSTEM, "%s", strerror(errno));
    close(ruleset);
    return ok ? version : 0;
}
