// The same app behind request URLs: Bolt's HTTPReceiver takes the sandbox's
// signed requests for Slack's, and refuses those that only look like it.

import assert from 'node:assert/strict';
import {
    CHANNEL, USER, check, checkAll, command, control, makeApp, nothingSeen, texts, until,
} from './shared.mjs';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';

export async function overHttp(sandbox) {
    const seen = nothingSeen();
    const app = makeApp(sandbox, seen, { signingSecret: SECRET });
    let url;

    const raw = (request) => control(sandbox, 'raw_http', { url, ...request });
    const act = (text) => ({ verb: 'command', user: USER, channel: CHANNEL, command: '/ops', text });
    const mention = (text) => control(sandbox, 'mention', { user: USER, channel: CHANNEL, text });

    await check('http: the URL is verified', async () => {
        const server = await app.start({ port: 0, host: '127.0.0.1' });
        url = `http://127.0.0.1:${server.address().port}/slack/events`;
        const set = await control(sandbox, 'delivery', { mode: 'http', url });
        assert.equal(set.verified, true, JSON.stringify(set));
    });
    await check('http: ssl_check, signed and not', async () => {
        for (const unsigned of [false, true]) {
            const answer = await control(sandbox, 'ssl_check', { unsigned });
            assert.equal(answer.verified, true, JSON.stringify(answer));
        }
    });
    await checkAll(sandbox, seen);
    await check('http: connections may be kept', async () => {
        await control(sandbox, 'delivery', { keep_alive: true });
        for (const text of ['one', 'two', 'three'])
            assert.deepEqual(texts(await command(sandbox, text)), [`acked ${text}`]);
        await control(sandbox, 'delivery', { keep_alive: false });
    });
    await check('http: an event whose answer was lost comes again, and says so', async () => {
        seen.retries.length = 0;
        await control(sandbox, 'fault', { on: 'delivery', match: { kind: 'events_api' }, times: 2, drop: true });
        await mention('<@U0BOT> again');
        await until(() => seen.retries.some(([num]) => num === 1));
        assert.deepEqual(seen.retries.find(([num]) => num === 1), [1, 'connection_failed']);
    });
    await check('http: what is signed otherwise is refused', async () => {
        assert.equal((await raw({ act: act('raw'), sign: {} })).status, 200);
        assert.equal((await raw({ act: act('raw') })).status, 401);
        assert.equal((await raw({ act: act('raw'), sign: { secret: 'another' } })).status, 401);
        assert.equal((await raw({ act: act('raw'), sign: { age_s: 400 } })).status, 401);
    });
    await check('http: a body in chunks, and one that comes slowly', async () => {
        assert.equal((await raw({ act: act('raw'), sign: {}, chunked: 7 })).status, 200);
        assert.equal((await raw({ act: act('raw'), sign: {}, piece: 1, every_ms: 1 })).status, 200);
    });
    await check('http: no handler failed', async () => assert.deepEqual(seen.errors, []));
    await check('http: a command nobody handles is told as failed', async () => {
        await control(sandbox, 'clock', { ack_timeout_ms: 8000 });
        const answer = await control(sandbox, 'command',
            { user: USER, channel: CHANNEL, command: '/unknown', text: '', wait: 9000 });
        assert.equal(answer.error, 'dispatch_failed');
    });
    await check('http: the app stops, and nobody is there any more', async () => {
        await app.stop();
        const answer = await command(sandbox, 'one');
        assert.equal(answer.error, 'dispatch_failed');
        assert.match(texts(answer)[0], /dispatch_failed/);
    });
}
