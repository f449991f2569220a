import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// What the whole page looks like at moments that matter: { name, act } and the
// options of View.open().

const letters = ['HTTP 500 from hooks.slack.com', 'missing field "amount"'];
const NARROW = { width: 390, height: 844 };
const TALL = { width: 1000, height: 1500 };

// Ann at work: dead letters, a requeue, a halt under way.
async function working({ view, stage }) {
    if (!await stage.redis('XLEN', 'payments.dlq'))
        await stage.letters('payments', 12, letters);
    await view.type('/ops dlq list');
    await view.message('Dead letters:');
    await view.type('/ops dlq requeue payments --all');
    await view.message('Requeue');
}

async function asking(its) {
    await its.stage.letters('asked', 1, letters);
    await its.view.type('/ops dlq show asked');
    await its.view.press('asked: ', 'Discard');
    await its.view.has('dialog.confirm[open]');
}

async function completing({ view }) {
    await view.page.focus('#composer');
    await view.page.keyboard.type('/ops dlq ');
    await view.has('#completion [role=option]');
}

const MODAL = 'dialog.modal[open]';

// The form of an incident as it opens, and with what is missing.
async function form({ view }) {
    await view.type('/ops incident open');
    await view.has(MODAL);
}

async function updating({ view }) {
    await view.type('/ops incident update 1');
    await view.has(MODAL);
}

async function formWrong(its) {
    await form(its);
    await its.view.page.type(`${MODAL} [data-block-id="impact"] textarea`, 'Nobody can pay since 14:02');
    await its.view.pressAt(`${MODAL} .modal-submit`);
    await its.view.has(`${MODAL} .field-error`);
}

// A halt that one agent has not obeyed, and a look at what is well.
async function halting({ view, stage }) {
    await fetch(stage.agents, { method: 'POST', body: '{"agent":"execution","stuck":true}' });
    await view.type('/ops halt trading prices are two minutes old');
    const { ts } = await view.message('HALTED · trading');
    await view.becomes(ts, 'stopped 2/3');
    await view.type('/ops health');
    await view.message('DEGRADED');
}

async function unhalting({ view, stage }) {
    await fetch(stage.agents, { method: 'POST', body: '{"agent":"execution","stuck":false}' });
    await view.type('/ops unhalt trading');
    await view.press('Unhalt trading?', 'Unhalt trading');
    await view.message('running 3/3');
}

// An incident from its headline to its end.
async function incident({ view }) {
    await view.type('/ops incident open P1 checkout is down --impact "nobody can pay" --due 30m');
    await view.message('Its headline is in');
    await view.type('/ops incident update 1 the database is full, we make room');
    await view.message('INC-1 updated');
    await view.pressAt('#messages a.replies');
    await view.message('we make room', '#thread');
}

// The headline alone, as a phone shows it.
async function headline({ view }) {
    await view.type('/ops incident status 1');
    await view.message('we make room');
}

// Said to it: in a channel, in the thread of what was asked, and alone.
async function mentioned({ view }) {
    await view.type('@opsbot incident list');
    await view.message('open incident');
}

async function alone({ view }) {
    await view.pressAt('#channels [data-channel^="D"]');
    await view.until('the direct channel', () => document.body.dataset.channel.startsWith('D'));
    await view.type('dlq list');
    await view.message('Dead letters');
}

async function home({ view }) {
    await view.until('the home tab', () => document.querySelector('#home').innerText.includes('What you may do'));
}

// Alerts in a channel, each from its golden card, as somebody finds them who
// has just come to it.
async function alerts({ view, stage, cards }, names) {
    const channel = await stage.channel(`alerts-${alerts.n = (alerts.n ?? 0) + 1}`);
    const post = (name, more) => stage.api('chat.postMessage',
        { ...JSON.parse(readFileSync(join(cards, `${name}.json`), 'utf8')), channel, ...more });
    let parent;
    for (const name of names) {
        const { ts } = await post(name, name.includes('_line_') ? { thread_ts: parent } : {});
        parent = name.includes('_line_') ? parent : ts;
    }
    await view.page.goto(`${stage.url}/?${new URLSearchParams({ user: 'U0ANN', channel })}`);
    await view.ready();
    await view.until('the last card', (n) => document.querySelectorAll('#messages .message').length >= n,
        names.filter((name) => !name.includes('_line_') || name.includes('broadcast')).length);
    return parent;
}

const alertCards = (...names) => (its) => alerts(its, names);

async function alertThread(its) {
    await alerts(its, ['alert_firing', 'alert_line_first', 'alert_line_more', 'alert_line_broadcast',
        'alert_line_acked', 'alert_line_note', 'alert_line_asked', 'alert_line_resolved']);
    await its.view.pressAt('#messages a.replies');
    await its.view.message('Resolved', '#thread');
}

async function alertMenu(its) {
    await alerts(its, ['alert_firing']);
    await its.view.pressAt('#messages .button.overflow');
    await its.view.has('[role=menuitem]');
}

const say = (line, answer) => async ({ view }) => {
    await view.type(line);
    await view.message(answer);
};

export const scenes = [
    { name: 'working', act: working },
    { name: 'working-dark', scheme: 'dark', act: working },
    { name: 'working-narrow', viewport: NARROW, act: working },
    { name: 'confirm', act: asking },
    { name: 'confirm-narrow-dark', viewport: NARROW, scheme: 'dark', act: asking },
    { name: 'completion', act: completing },
    { name: 'refused', user: 'U0CAT', act: say('/ops halt all too late', 'right') },
    { name: 'halting', act: halting },
    { name: 'home', home: 1, act: home },
    { name: 'home-cat-narrow-dark', user: 'U0CAT', home: 1, viewport: NARROW, scheme: 'dark', act: home },
    { name: 'unhalting', act: unhalting },
    { name: 'incident', act: incident },
    { name: 'incident-narrow-dark', viewport: NARROW, scheme: 'dark', act: headline },
    { name: 'mentioned', act: mentioned },
    { name: 'alone-dark', scheme: 'dark', act: alone },
    { name: 'health-narrow', viewport: NARROW, act: say('/ops health', 'DEGRADED') },
    { name: 'health-dark', scheme: 'dark', act: say('/ops health details', 'came to that') },
    { name: 'alerts', viewport: TALL, act: alertCards('alert_resolved', 'alert_silenced', 'alert_acked', 'alert_firing') },
    { name: 'alerts-dark', viewport: TALL, scheme: 'dark', act: alertCards('alert_resolved', 'alert_test', 'alert_acked', 'alert_context') },
    { name: 'alert-narrow', viewport: NARROW, act: alertCards('alert_resolved', 'alert_firing') },
    { name: 'alert-narrow-dark', viewport: NARROW, scheme: 'dark', act: alertCards('alert_acked') },
    { name: 'alert-thread', act: alertThread },
    { name: 'alert-menu-dark', scheme: 'dark', act: alertMenu },
    { name: 'alert-storm', viewport: TALL, act: alertCards('storm_over', 'storm', 'roll', 'alert_many') },
    { name: 'modal', act: form },
    { name: 'modal-update', act: updating },
    { name: 'modal-wrong-narrow', viewport: NARROW, act: formWrong },
    { name: 'modal-wrong-dark', scheme: 'dark', act: formWrong },
    { name: 'help-narrow', viewport: NARROW, act: say('/ops help --all', 'commands') },
];
