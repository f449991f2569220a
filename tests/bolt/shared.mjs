// What the checks of both roads share: counting, the sandbox, and an app on
// the unmodified @slack/bolt with a listener of every kind.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import assert from 'node:assert/strict';
import bolt from '@slack/bolt';

export const USER = 'U0ANN';
export const CHANNEL = 'C0OPS';
const PATIENCE = 15000; // ms for anything to happen

export const tally = { passed: 0, failed: 0 };

export async function check(name, body) {
    let timer;
    const late = new Promise((_, no) => {
        timer = setTimeout(() => no(new Error(`not within ${PATIENCE} ms`)), PATIENCE);
    });
    try {
        await Promise.race([body(), late]);
        tally.passed++;
        console.log(`ok      ${name}`);
    } catch (error) {
        tally.failed++;
        console.log(`NOT OK  ${name}\n${error.stack}`);
    } finally {
        clearTimeout(timer);
    }
}

// ---- the sandbox ------------------------------------------------------------

export async function startSandbox(program) {
    const child = spawn(program, [], { stdio: ['ignore', 'pipe', 'inherit'] });
    const first = await new Promise((yes, no) => {
        createInterface({ input: child.stdout }).once('line', yes);
        child.once('error', no);
        child.once('exit', (code) => no(new Error(`${program} ended with ${code}`)));
    });
    const api = first.replace(/^sandbox: /, '');
    return { child, api, control: new URL('/control/', api) };
}

export async function control(sandbox, path, body) {
    const answer = await fetch(new URL(path, sandbox.control), body && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
    });
    const json = await answer.json();
    assert.ok(json.ok, `${path}: ${JSON.stringify(json)}`);
    return json;
}

export const command = (sandbox, text, wait = 5000) => control(sandbox, 'command',
    { user: USER, channel: CHANNEL, command: '/ops', text, wait });

export const texts = (answer) => answer.messages.map((message) => message.text);

// ---- the app ----------------------------------------------------------------

const modal = {
    type: 'modal',
    callback_id: 'report',
    title: { type: 'plain_text', text: 'Report' },
    submit: { type: 'plain_text', text: 'Send' },
    blocks: [{
        type: 'input',
        block_id: 'what',
        label: { type: 'plain_text', text: 'What happened?' },
        element: { type: 'plain_text_input', action_id: 'text' },
    }],
};

const card = {
    text: 'card',
    blocks: [{
        type: 'actions',
        elements: [{
            type: 'button',
            action_id: 'press',
            value: '7',
            text: { type: 'plain_text', text: 'Press' },
        }],
    }],
};

export const nothingSeen = () => ({ errors: [], reports: [], retries: [] });

export function makeApp(sandbox, seen, road) {
    const app = new bolt.App({
        token: 'xoxb-test',
        logLevel: bolt.LogLevel.ERROR,
        clientOptions: { slackApiUrl: sandbox.api },
        ...road,
    });
    app.error(async (error) => {
        seen.errors.push(error);
    });
    app.command('/ops', async ({ command: cmd, ack, respond, client }) => {
        if (cmd.text === 'respond') {
            await ack();
            await respond({ response_type: 'ephemeral', text: 'responded' });
        } else if (cmd.text === 'modal') {
            await ack();
            await client.views.open({ trigger_id: cmd.trigger_id, view: modal });
        } else if (cmd.text === 'card') {
            await ack(card);
        } else {
            await ack(`acked ${cmd.text}`);
        }
    });
    app.action('press', async ({ ack, action, respond }) => {
        await ack();
        await respond({ replace_original: true, text: `pressed ${action.value}` });
    });
    app.view('report', async ({ ack, view }) => {
        const text = view.state.values.what.text.value;
        if (text === 'no') {
            await ack({ response_action: 'errors', errors: { what: 'Say more.' } });
            return;
        }
        await ack();
        seen.reports.push(text);
    });
    app.event('app_mention', async ({ event, say, context }) => {
        seen.retries.push([context.retryNum, context.retryReason]);
        await say(`heard ${event.text}`);
    });
    return app;
}

// ---- what holds on both roads ------------------------------------------------

export async function until(done) {
    while (!(await done()))
        await new Promise((yes) => setTimeout(yes, 20));
}

export async function checkAll(sandbox, seen) {
    await check('a command is answered on the ack', async () => {
        const answer = await command(sandbox, 'one');
        assert.ok(answer.acked);
        assert.deepEqual(texts(answer), ['acked one']);
    });
    await check('a command is answered by respond()', async () => {
        assert.deepEqual(texts(await command(sandbox, 'respond')), ['responded']);
    });
    await check('a button is pressed and its card replaced', async () => {
        const { messages: [{ ts }] } = await command(sandbox, 'card');
        const answer = await control(sandbox, 'click',
            { user: USER, channel: CHANNEL, ts, action_id: 'press', wait: 5000 });
        assert.deepEqual(texts(answer), ['pressed 7']);
    });
    await check('a modal is opened, refused, and submitted', async () => {
        const { view } = await command(sandbox, 'modal');
        assert.equal(view.callback_id, 'report');
        const submit = (value) => control(sandbox, 'submit', {
            user: USER, view_id: view.id, values: { what: { text: value } }, wait: 5000,
        });
        const refused = await submit('no');
        assert.deepEqual(refused.errors, { what: 'Say more.' });
        await submit('the disk is full');
        await until(() => seen.reports.length > 0);
        assert.deepEqual(seen.reports, ['the disk is full']);
    });
    await check('an event is heard and answered', async () => {
        await control(sandbox, 'mention', { user: USER, channel: CHANNEL, text: '<@U0BOT> hello' });
        await until(async () => {
            const { messages } = await control(sandbox, `messages?channel=${CHANNEL}`);
            return messages.some(({ text }) => text === 'heard <@U0BOT> hello');
        });
    });
}

export async function withSandbox(program, run) {
    const sandbox = await startSandbox(program);

    process.once('SIGTERM', () => {
        sandbox.child.kill('SIGTERM');
        process.exit(1);
    });
    try {
        await run(sandbox);
    } finally {
        sandbox.child.removeAllListeners('exit');
        sandbox.child.kill('SIGTERM');
    }
}
