/* Every operation under every trouble, killed before anybody knows that Slack has it. See matrix.h. */
#include <criterion/criterion.h>

#include "tests/integration/matrix.h"

Test(alert_matrix, killed_after_its_effect, .timeout = 600)
{
    matrix_run(KILL_EFFECT);
}
