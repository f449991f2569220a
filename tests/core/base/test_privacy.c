/* privacy: what a process keeps to itself, tried in a child. */
#include <criterion/criterion.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/privacy.h"

Test(privacy, no_core_file_and_none_again)
{
    struct rlimit limit;
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        privacy_keep();
        _exit(getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0 ||
              limit.rlim_max != 0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0);
}
