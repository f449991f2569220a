// The sandbox's page in a real browser: what a person does with the bot.
//
//   node browser.mjs STAGE [WORDS]
//
// STAGE is the program of stage.c; WORDS picks the tests with them in their
// name. Prints a line for each test and "N passed, N failed"; exits 0 or 1.

import { run } from './runner.mjs';
import './test_asking.mjs';
import './test_acting.mjs';
import './test_incident.mjs';
import './test_alert.mjs';
import './test_home.mjs';
import './test_compare.mjs';
import './test_page.mjs';

process.exit(await run(process.argv[2], process.argv[3]));
