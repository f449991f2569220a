// Acting: buttons, questions, cards that live, and who may not.

import assert from 'node:assert/strict';
import { test } from './runner.mjs';
import { until } from './stage.mjs';

const length = async (stage, key, n) => until(`${n} entries in ${key}`,
    async () => await stage.redis('XLEN', key) === n);

test('a button that asks first does nothing on Cancel', async ({ stage, open, channel }) => {
    const ann = await open({ channel: await channel() });

    await stage.letters('asked-first', 1);
    await ann.type('/ops dlq show asked-first');
    await ann.press('asked-first: 1 dead letter', 'Discard');
    await ann.has('dialog.confirm[open]');
    await ann.pressAt('dialog.confirm .confirm-cancel');
    await ann.lacks('dialog.confirm[open]');
    assert.equal(await stage.redis('XLEN', 'asked-first.dlq'), 1);
    await ann.press('asked-first: 1 dead letter', 'Discard');
    await ann.agree();
    await length(stage, 'asked-first.dlq', 0);
    await ann.message('Discarded 1 of 1 · asked-first');
});

test('one dead letter is requeued, and everybody sees by whom', async ({ stage, open, channel }) => {
    const here = await channel();
    const ann = await open({ channel: here });
    const bob = await open({ user: 'U0BOB', channel: here });

    await stage.letters('one', 1);
    await ann.type('/ops dlq show one');
    await ann.press('one: 1 dead letter', 'Requeue');
    await ann.agree();
    assert.match((await bob.message('Requeued 1 of 1')).text, /by @ann/);
    await length(stage, 'one', 1);
});

test('a bulk requeue is confirmed, and its card lives', async ({ stage, open, channel }) => {
    const here = await channel();
    const ann = await open({ channel: here });
    const bob = await open({ user: 'U0BOB', channel: here });

    await stage.letters('bulk', 600);
    await ann.type('/ops dlq requeue bulk --all');
    await ann.message('Requeue 600 entries of bulk?');
    assert.ok(!await bob.shows('600'));
    await ann.press('Requeue 600 entries of bulk?', 'Requeue 600 entries');
    const card = await bob.message('· bulk');
    await bob.becomes(card.ts, 'Requeued 600 of 600');
    await length(stage, 'bulk', 600);
});

test('a bulk requeue is not confirmed, and nothing moves', async ({ stage, open, channel }) => {
    const ann = await open({ channel: await channel() });

    await stage.letters('kept', 3);
    await ann.type('/ops dlq requeue kept --all');
    await ann.press('Requeue 3 entries of kept?', 'Do not requeue');
    await ann.message('nothing was changed');
    assert.equal(await stage.redis('XLEN', 'kept.dlq'), 3);
});

const steer = (stage, what) => fetch(stage.agents, { method: 'POST', body: JSON.stringify(what) });

test('a halt counts its targets while one looks on; an unhalt starts them', async ({ stage, open, channel }) => {
    const here = await channel();
    const ann = await open({ channel: here });
    const bob = await open({ user: 'U0BOB', channel: here });

    await steer(stage, { agent: 'execution', stuck: true });
    await ann.type('/ops halt trading wrong prices');
    const card = await bob.message('HALTED · trading');
    await bob.becomes(card.ts, 'stopped 2/3');
    await steer(stage, { agent: 'execution', stuck: false });
    await bob.becomes(card.ts, 'stopped 3/3');
    await ann.press('HALTED · trading', 'Unhalt trading…');
    await ann.press('Unhalt trading?', 'Unhalt trading');
    await bob.message('running 3/3');
});

test('another person is refused, and told who may', async ({ stage, open, channel }) => {
    const ann = await open({ channel: await channel() });

    await stage.letters('refused', 1);
    await ann.type('/ops ping');
    await ann.message('pong');
    await ann.become('U0CAT');
    assert.ok(!await ann.shows('pong'), 'what ann alone saw is shown to cat');
    await ann.type('/ops dlq requeue refused --all');
    const refusal = await ann.message('dlq.requeue');
    assert.ok(refusal.ephemeral);
    assert.match(refusal.text, /@ann|operator/);
    assert.equal(await stage.redis('XLEN', 'refused.dlq'), 1);
});

test('a button that everybody sees is not for everybody', async ({ open, channel }) => {
    const here = await channel();
    const ann = await open({ channel: here });
    const cat = await open({ user: 'U0CAT', channel: here });

    await ann.type('/ops halt signals too loud');
    await cat.press('HALTED · signals', 'Unhalt signals…');
    assert.ok((await cat.message('right')).ephemeral);
});
