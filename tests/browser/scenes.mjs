// What the whole page looks like at moments that matter: { name, act } and the
// options of View.open().

const letters = ['HTTP 500 from hooks.slack.com', 'missing field "amount"'];
const NARROW = { width: 390, height: 844 };

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
    { name: 'modal', act: form },
    { name: 'modal-update', act: updating },
    { name: 'modal-wrong-narrow', viewport: NARROW, act: formWrong },
    { name: 'modal-wrong-dark', scheme: 'dark', act: formWrong },
    { name: 'help-narrow', viewport: NARROW, act: say('/ops help --all', 'commands') },
];
