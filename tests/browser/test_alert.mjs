// Alerts: a card whose buttons change it, the form of a silence, its menu, and
// a thread whose worst is shown in the channel.

import assert from 'node:assert/strict';
import { test } from './runner.mjs';

const MODAL = 'dialog.modal[open]';
const RED = '#a30200';
const AMBER = '#daa038';
const GREY = '#dddddd';
const GREEN = '#2eb886';
const field = (id) => `${MODAL} .block[data-block-id="${id}"]`;
const at = (ts) => `#messages .message[data-ts="${ts}"]`;

// One of the stream; more: further fields of it.
function send(stage, title, severity, labels = {}, ...more) {
    const service = title.replaceAll(' ', '-');
    return stage.redis('XADD', 'alerts', '*', 'traceId', service, 'severity', severity,
        'title', title, 'source', 'test', 'labels', JSON.stringify({ service, ...labels }), ...more);
}

// The same, as everybody sees its card: ann's window on it, its number, and
// where it is.
async function fire(stage, open, title, severity = 'critical', ...more) {
    const ann = await open();
    await send(stage, title, severity, {}, ...more);
    const { ts, text } = await ann.message(title);
    return { ann, ts, number: /A-\d+/.exec(text)[0], text };
}

// What stands for its state, by the first second of a look.
const colour = (view, ts) => view.page.$eval(`${at(ts)} .attachment`, (one) => one.dataset.color);

// Of that one card: others have buttons of the same name.
const press = (view, ts, label) => view.until(`[${label}] on the card`, (where, words) => {
    const button = [...document.querySelectorAll(`${where} button`)].find((one) => one.innerText.trim() === words);
    button?.click();
    return button !== undefined;
}, at(ts), label);

// The line in the channel that says who is paged: it keeps its button, whatever
// becomes of its alert.
async function escalated(stage, open, title, severity) {
    const fired = await fire(stage, open, title, severity);

    await press(fired.ann, fired.ts, 'Escalate now');
    await fired.ann.becomes(fired.ts, 'next: pages #general');
    await fired.ann.until('the line of its escalation', (words) => [...document.querySelectorAll('#messages .message')]
        .some(({ innerText }) => words.every((word) => innerText.includes(word))), ['Escalated: step 1 of 2', fired.number]);
    return { ...fired, line: (await fired.ann.message('Escalated: step 1 of 2')).ts };
}

test('Acknowledge turns the card amber and says by whom', async ({ stage, open }) => {
    const { ann, ts, number, text } = await fire(stage, open, 'amber for all');
    const bob = await open({ user: 'U0BOB' });

    assert.match(text, /next: pages @/);
    assert.equal(await colour(bob, ts), RED);
    await press(ann, ts, `Acknowledge ${number}`);
    await bob.becomes(ts, 'Acknowledged by @ann');
    assert.equal(await colour(bob, ts), AMBER);
    await bob.openThread(ts);
    await bob.message('step 1 of 2 of the escalation cancelled', '#thread');
    await press(ann, ts, 'Unacknowledge');
    await bob.becomes(ts, 'Unacknowledged');
    assert.equal(await colour(bob, ts), RED);
});

test('who may not acknowledge changes nothing, and is told why', async ({ stage, open }) => {
    const { ts, number } = await fire(stage, open, 'not for cat');
    const cat = await open({ user: 'U0CAT' });

    await press(cat, ts, `Acknowledge ${number}`);
    const refusal = await cat.message('alert.ack');
    assert.ok(refusal.ephemeral);
    assert.match(refusal.text, /operator/);
    assert.equal(await colour(cat, ts), RED);
});

test('the form of a silence says what is wrong, and then the card is grey', async ({ stage, open }) => {
    const { ann, ts } = await fire(stage, open, 'quiet please');

    await press(ann, ts, 'Silence…');
    await ann.has(MODAL);
    assert.match(await ann.page.$eval(`${field('matchers')} textarea`, (box) => box.value), /=/);
    await ann.pressAt(`${MODAL} .modal-submit`);
    await ann.has(`${field('reason')} .field-error`);
    await ann.page.type(`${field('reason')} input, ${field('reason')} textarea`, 'the disk is replaced');
    await ann.pressAt(`${MODAL} .modal-submit`);
    await ann.lacks(MODAL);
    await ann.becomes(ts, 'Silenced until');
    await ann.becomes(ts, 'the disk is replaced');
    assert.equal(await colour(ann, ts), GREY);
});

test('the menu has the rest: its history, and its end', async ({ stage, open }) => {
    const { ann, ts, number } = await fire(stage, open, 'from the menu', 'warning');

    await ann.pressAt(`${at(ts)} .button.overflow`);
    await ann.pressIn('[role=menu]', 'Show its history');
    assert.match((await ann.message('First notification')).text, new RegExp(number));
    await ann.pressAt(`${at(ts)} .button.overflow`);
    await ann.pressIn('[role=menu]', 'Resolve');
    await ann.becomes(ts, 'Resolved by @ann');
    assert.equal(await colour(ann, ts), GREEN);
    assert.equal(await ann.page.$(`${at(ts)} .button.overflow`), null);
});

test('what is escalated is shown in the channel too, with a button that works', async ({ stage, open }) => {
    const { ann, ts, number } = await fire(stage, open, 'somebody has to look');
    const bob = await open({ user: 'U0BOB' });

    await press(ann, ts, 'Escalate now');
    await bob.becomes(ts, 'next: pages #general');
    const line = await bob.message('Escalated: step 1 of 2 by @ann: pages @bob');
    assert.match(line.text, /replied to a thread/);
    assert.match(line.text, new RegExp(number));
    await press(ann, line.ts, 'Acknowledge');
    await bob.becomes(ts, 'Acknowledged by @ann');
    await bob.openThread(ts);
    await bob.message('Escalated: step 1 of 2', '#thread');
    await bob.message('step 2 of 2 of the escalation cancelled', '#thread');
});

test('the menu silences for an hour, and what mutes it is a press away', async ({ stage, open }) => {
    const { ann, ts, number } = await fire(stage, open, 'an hour of peace', 'warning');

    await ann.pressAt(`${at(ts)} .button.overflow`);
    await ann.pressIn('[role=menu]', 'Silence for 1 h');
    await ann.becomes(ts, 'Silenced until');
    assert.equal(await colour(ann, ts), GREY);
    await press(ann, ts, 'Show silences');
    assert.match((await ann.message(`made from ${number}`)).text, /mutes 1 alert now/);
});

test('somebody is chosen in a form, and the card says whose it is', async ({ stage, open }) => {
    const { ann, ts } = await fire(stage, open, 'whose is it', 'warning');
    const bob = await open({ user: 'U0BOB' });

    await ann.pressAt(`${at(ts)} .button.overflow`);
    await ann.pressIn('[role=menu]', 'Assign…');
    await ann.has(MODAL);
    await ann.pressAt(`${MODAL} .modal-submit`);
    await ann.lacks(MODAL);
    await bob.becomes(ts, '@ann');
    await bob.openThread(ts);
    await bob.message('Assigned by @ann to @ann', '#thread');
});

test('an incident is declared from a card: its form is filled in', async ({ stage, open }) => {
    const { ann, ts } = await fire(stage, open, 'declare this one');

    await press(ann, ts, 'Declare incident…');
    await ann.has(MODAL);
    assert.match(await ann.textOf(MODAL), /P0 critical/);
    assert.equal(await ann.page.$eval(`${field('title')} input`, (box) => box.value), 'declare this one');
    await ann.pressAt(`${MODAL} .modal-submit`);
    await ann.lacks(MODAL);
    await ann.openThread(ts);
    await ann.message('declared INC-', '#thread');
});

test('who presses Escalate now is named in the thread', async ({ stage, open }) => {
    const { ann, ts } = await fire(stage, open, 'named for it');

    await press(ann, ts, 'Escalate now');
    await ann.openThread(ts);
    await ann.message('Escalated: step 1 of 2 by @ann: pages @bob', '#thread');
});

test('a time of day is answered with the zone it was read in', async ({ stage, open }) => {
    const { ann } = await fire(stage, open, 'until when', 'warning');

    await ann.type('/ops silence service=until-when until 23:59 Europe/Berlin the disk');
    await ann.message('The time was read in Europe/Berlin.');
});

test('who has it is asked, and one press extends it', async ({ stage, open }) => {
    const { ann, ts, number } = await fire(stage, open, 'still on this', 'info');

    await press(ann, ts, `Acknowledge ${number}`);
    await ann.becomes(ts, 'Acknowledged by @ann');
    await ann.openThread(ts);
    await ann.press('Still on it?', 'Still on it', '#thread');
    await ann.message('Acknowledgement extended by @ann', '#thread');
    assert.equal(await colour(ann, ts), AMBER);
});

test('the runbook and every link of an alert are a press away', async ({ stage, open }) => {
    const links = JSON.stringify([{ label: 'Graph', url: 'https://graphs.example/1' },
        { label: 'Logs', url: 'https://logs.example/2' }, 'https://traces.example/3']);
    const { ann, ts } = await fire(stage, open, 'by the book', 'warning',
        'runbook', 'https://wiki.example/by-the-book', 'links', links);

    const there = await ann.page.$$eval(`${at(ts)} a[href^=https]`, (all) => all.map((one) => one.href));
    for (const url of ['https://graphs.example/1', 'https://logs.example/2', 'https://traces.example/3',
        'https://wiki.example/by-the-book'])
        assert.ok(there.includes(url), `${url} among ${there}`);
    await ann.page.evaluate(() => { window.open = (url) => { document.body.dataset.opened = url; }; });
    await ann.pressAt(`${at(ts)} .button.overflow`);
    await ann.pressIn('[role=menu]', 'Open the runbook');
    await ann.until('the runbook', () => document.body.dataset.opened === 'https://wiki.example/by-the-book');
});

test('an old button changes nothing, and shows how it stands', async ({ stage, open }) => {
    const { ann, ts, number, line } = await escalated(stage, open, 'seen long ago');

    await press(ann, ts, `Acknowledge ${number}`);
    await ann.becomes(ts, 'Acknowledged by @ann');
    await press(ann, line, 'Acknowledge');
    const answer = await ann.message('nothing changed now');
    assert.ok(answer.ephemeral);
    assert.match(answer.text, /Acknowledged by @ann/);
});

test('a press on what is over says that it is over', async ({ stage, open }) => {
    const { ann, ts, number, line } = await escalated(stage, open, 'over by then', 'warning');

    await ann.type(`/ops alert resolve ${number} restarted`);
    await ann.becomes(ts, 'Resolved by @ann');
    assert.equal(await ann.page.$(`${at(ts)} button.primary`), null);
    await press(ann, line, 'Acknowledge');
    const answer = await ann.message('had changed since you saw it');
    assert.ok(answer.ephemeral);
    assert.match(answer.text, /not acknowledged[^]*Nothing was changed[^]*Resolved by @ann/);
    assert.equal(await colour(ann, ts), GREEN);
});

test('who may not silence or escalate is told, and nothing changes', async ({ stage, open }) => {
    const { ts, number } = await fire(stage, open, 'hands off');
    const bob = await open({ user: 'U0BOB' });

    await press(bob, ts, 'Escalate now');
    assert.match((await bob.message('alert.escalate')).text, /operator/);
    await bob.type(`/ops silence ${number} 1h quiet`);
    assert.ok((await bob.message('alert.silence')).ephemeral);
    assert.equal(await colour(bob, ts), RED);
    assert.match(await bob.textOf(at(ts)), /next: pages @bob/);
});

test('a silence of many is asked about: no is no, yes is yes', async ({ stage, open }) => {
    const ann = await open();
    const general = await open({ channel: 'C0GENERAL' });

    for (let i = 1; i <= 11; i++)
        await send(stage, `wide ${i}`, 'high', { room: 'general', rack: 'r7' });
    for (let i = 1; i <= 11; i++)
        await general.message(`wide ${i}`);
    await ann.type('/ops silence rack=r7 1h the rack is moved');
    await ann.press('Silence 11 cards?', 'Do not silence');
    await ann.message('Cancelled');
    await ann.type('/ops silences');
    assert.doesNotMatch((await ann.message('ilences')).text, /the rack is moved/);
    await ann.type('/ops silence rack=r7 1h the rack is moved');
    await ann.press('Silence 11 cards?', 'Silence 11 cards');
    await ann.message('11 alerts silenced');
    const { ts } = await general.message('wide 11');
    await general.becomes(ts, 'Silenced until');
});

test('all of a storm is a file in the thread of its digest', async ({ stage, open }) => {
    const ann = await open({ channel: 'C0GENERAL' });

    for (let i = 1; i <= 30; i++)
        await send(stage, `stormy ${i}`, 'warning', { room: 'general' });
    const { ts } = await ann.message('Alert storm');
    await press(ann, ts, 'Show all');
    await ann.message('is on its way');
    await ann.openThread(ts);
    const { text } = await ann.message('.txt', '#thread');
    assert.match(text, /storm-\d+-\w+\.txt/);
    assert.match(text, /\d+ (bytes|kB|KB|B)/);
    assert.match(text, /stormy \d+/);
    await press(ann, ts, 'Show all');
    await ann.message('The file of storm');
});
