/* Every operation under every trouble, killed when all of it is over. See matrix.h. */
#include <criterion/criterion.h>

#include "tests/integration/matrix.h"

Test(alert_matrix, killed_after_its_outcome, .timeout = 600)
{
    matrix_run(KILL_OUTCOME);
}
