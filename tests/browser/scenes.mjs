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
    { name: 'help-narrow', viewport: NARROW, act: say('/ops help --all', 'commands') },
];
