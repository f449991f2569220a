// Incidents: a modal that is filled in wrong and then right, and the headline
// that lives on.

import assert from 'node:assert/strict';
import { test } from './runner.mjs';

const MODAL = 'dialog.modal[open]';
const field = (id) => `${MODAL} .block[data-block-id="${id}"]`;

async function openForm(view) {
    await view.type('/ops incident open');
    await view.has(MODAL);
    assert.match(await view.textOf(`${MODAL} .modal-title`), /incident/i);
}

test('a modal that is filled in wrong says where, and right opens an incident', async ({ open, channel }) => {
    const here = await channel();
    const ann = await open({ channel: here });

    await openForm(ann);
    await ann.pressAt(`${MODAL} .modal-submit`);
    await ann.has(`${field('severity')} .field-error`);
    await ann.has(`${field('title')} .field-error`);
    await ann.page.select(`${field('severity')} select`, 'P1');
    await ann.page.type(`${field('title')} input`, '   ');
    await ann.pressAt(`${MODAL} .modal-submit`);
    await ann.until('what the bot says of the title', (at) =>
        document.querySelector(at)?.innerText.includes('Title is needed'), `${field('title')} .field-error`);
    assert.equal(await ann.page.$eval(`${field('severity')} select`, (select) => select.value), 'P1');
    await ann.page.type(`${field('title')} input`, 'Checkout is down');
    await ann.page.type(`${field('impact')} textarea`, 'nobody can pay');
    await ann.page.select(`${field('due')} select`, '30m');
    await ann.pressAt(`${MODAL} .modal-submit`);
    await ann.lacks(MODAL);
    const answer = await ann.message('Its headline is in');
    assert.ok(answer.ephemeral);
    const bob = await open({ user: 'U0BOB' });
    const headline = await bob.message('Checkout is down');
    assert.match(headline.text, /P1/);
    assert.match(headline.text, /nobody can pay/);
});

test('a headline is kept true, and its story stands in its thread', async ({ open, channel }) => {
    const ann = await open({ channel: await channel() });
    const bob = await open({ user: 'U0BOB' });

    await ann.type('/ops incident open P2 the printer is on fire');
    const { ts } = await bob.message('the printer is on fire');
    const number = /INC-(\d+)/.exec((await bob.message('the printer is on fire')).text)[1];
    await ann.message('Its headline is in');
    await ann.type(`/ops incident update ${number} found the extinguisher`);
    await bob.becomes(ts, 'found the extinguisher');
    await ann.type(`/ops incident resolve ${number} it is out`);
    await bob.becomes(ts, 'Resolved');
    await bob.openThread(ts);
    await bob.message('found the extinguisher', '#thread');
    await bob.message('it is out', '#thread');
});

test('a button opens the form of its incident', async ({ open, channel }) => {
    const ann = await open({ channel: await channel() });

    await ann.type('/ops incident open P3 a lamp is out');
    await ann.message('Its headline is in');
    await ann.type('/ops incident list');
    await ann.press('open incident', 'Open an incident…');
    await ann.has(MODAL);
    await ann.page.keyboard.press('Escape');
    await ann.lacks(MODAL);
});

test('who may not open an incident gets no form', async ({ open, channel }) => {
    const cat = await open({ user: 'U0CAT', channel: await channel() });

    await cat.type('/ops incident open');
    assert.match((await cat.message('incident.open')).text, /may not/);
    assert.equal(await cat.page.$(MODAL), null);
});

test('a modal fits a narrow screen and a keyboard', async ({ open, channel }) => {
    const ann = await open({ channel: await channel(), viewport: { width: 360, height: 640 } });
    const { keyboard } = ann.page;

    await openForm(ann);
    const box = await (await ann.page.$(MODAL)).boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= 360, `the modal is ${box.width} px wide`);
    const submit = await (await ann.page.$(`${MODAL} .modal-submit`)).boundingBox();
    assert.ok(submit.y + submit.height <= 640, 'the button to submit is not on the screen');
    await ann.page.focus(`${field('severity')} select`);
    await ann.page.select(`${field('severity')} select`, 'P2');
    await keyboard.press('Tab');
    await keyboard.type('typed, not clicked');
    await keyboard.press('Enter');
    await ann.lacks(MODAL);
    await ann.message('Its headline is in');
});
