// The unmodified @slack/bolt client against the sandbox: what Slack's own
// client takes for Slack is Slack enough for our tests. Once by Socket Mode,
// once by request URLs.
//
//   node bolt.mjs SANDBOX
//
// Prints a line for each check and "N passed, N failed"; exits 0 or 1.

import assert from 'node:assert/strict';
import { overHttp } from './http.mjs';
import {
    check, checkAll, command, control, makeApp, nothingSeen, tally, texts, withSandbox,
} from './shared.mjs';

async function overSocket(sandbox) {
    const seen = nothingSeen();
    const app = makeApp(sandbox, seen, { socketMode: true, appToken: 'xapp-test' });

    await check('the client starts and gets its hello', async () => {
        await app.start();
        await control(sandbox, 'wait?for=hello&count=1&timeout=10000');
    });
    await checkAll(sandbox, seen);
    await check('a refresh is survived', async () => {
        const { upgrades } = await control(sandbox, 'link');
        await control(sandbox, 'socket', { do: 'refresh', grace_ms: 500 });
        await control(sandbox, `wait?for=upgrades&count=${upgrades + 1}&timeout=12000`);
        await control(sandbox, 'wait?for=hello&count=1&timeout=10000');
        assert.deepEqual(texts(await command(sandbox, 'two')), ['acked two']);
    });
    await check('nothing stayed unanswered and no handler failed', async () => {
        assert.deepEqual(seen.errors, []);
        const link = await control(sandbox, 'link');
        assert.equal(link.unanswered, 0);
        assert.equal(link.unknown_acks, 0);
    });
    await check('the client stops', () => app.stop());
}

const program = process.argv[2];
if (!program) {
    console.error('usage: node bolt.mjs SANDBOX');
    process.exit(2);
}
await withSandbox(program, overSocket);
await withSandbox(program, overHttp);
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed ? 1 : 0);
