/* Every operation under every trouble, killed before Slack has it. See matrix.h. */
#include <criterion/criterion.h>

#include "tests/integration/matrix.h"

Test(alert_matrix, killed_after_it_is_recorded, .timeout = 600)
{
    matrix_run(KILL_RECORDED);
}
