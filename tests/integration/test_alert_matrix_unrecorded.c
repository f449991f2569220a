/* Every operation under every trouble, killed before it is recorded. See matrix.h. */
#include <criterion/criterion.h>

#include "tests/integration/matrix.h"

Test(alert_matrix, killed_before_it_is_recorded, .timeout = 600)
{
    matrix_run(KILL_UNRECORDED);
}
