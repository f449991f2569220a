// A run in which the bot says all it can say: every command, well and badly
// used, and the buttons under the answers. Without a browser.

const OPS = 'C0OPS';
const ERRORS = ['HTTP 500 from hooks.slack.com', 'missing field "amount"'];

// Who types what. What begins with ">" presses the button of that label in the
// answer before it; with "~", that text is waited for in the channel.
const script = [
    ['U0ANN', ''],
    ['U0ANN', 'help'],
    ['U0ANN', 'help dlq'],
    ['U0ANN', 'help --all'],
    ['U0CAT', 'help'],
    ['U0ANN', 'hlep'],
    ['U0ANN', 'ping'],
    ['U0ANN', 'ping --share'],
    ['U0ANN', 'whoami'],
    ['U0CAT', 'whoami'],
    ['U0ANN', 'streams'],
    ['U0ANN', 'streams orders'],
    ['U0ANN', 'streams nowhere'],
    ['U0ANN', 'dlq list'],
    ['U0ANN', '> Show orders'],
    ['U0ANN', 'dlq show orders'],
    ['U0ANN', '> Next page'],
    ['U0CAT', 'dlq show orders'],
    ['U0BOB', 'dlq requeue orders --all'],
    ['U0ANN', 'dlq requeue orders 1-1'],
    ['U0ANN', 'dlq requeue orders {letter}'],
    ['U0ANN', 'dlq discard orders {letter}'],
    ['U0ANN', '~ Discarded 1 of 1 · orders'],
    ['U0ANN', 'dlq show orders --trash'],
    ['U0ANN', 'dlq restore orders --all'],
    ['U0ANN', '> Do not restore'],
    ['U0ANN', 'dlq discard notify.events --all'],
    ['U0ANN', '> Discard 5 entries'],
    ['U0ANN', '~ Discarded 5 of 5 · notify.events'],
    ['U0ANN', 'dlq requeue orders --all --rate max'],
    ['U0ANN', '> Requeue 10 entries'],
    ['U0ANN', '~ Requeued 10 of 10 · orders'],
    ['U0ANN', 'jobs'],
    ['U0ANN', 'halts'],
    ['U0BOB', 'halt all'],
    ['U0ANN', 'halt nowhere because'],
    ['U0ANN', 'halt trading wrong prices'],
    ['U0BOB', 'halt trading me too'],
    ['U0ANN', '~ HALTED · trading · stopped 3/3'],
    ['U0ANN', 'halts'],
    ['U0BOB', 'unhalt trading'],
    ['U0ANN', 'unhalt trading'],
    ['U0ANN', '> Unhalt trading'],
    ['U0ANN', '~ Running again · trading'],
    ['U0ANN', 'health'],
    ['U0CAT', 'health execution --share'],
    ['U0ANN', 'health nowhere'],
    ['U0ANN', 'health details ledger'],
    ['U0ANN', 'incident status'],
    ['U0ANN', 'incident list'],
    ['U0ANN', 'incident open'],
    ['U0CAT', 'incident open P1 checkout is down'],
    ['U0ANN', 'incident open P7 checkout is down'],
    ['U0ANN', 'incident open P1 checkout is down --impact "nobody can pay" --due 30m'],
    ['U0ANN', '~ INC-1'],
    ['U0ANN', 'incident update 1'],
    ['U0ANN', 'incident update 1 the database is full; we make room'],
    ['U0ANN', 'incident status 1'],
    ['U0ANN', 'incident resolve 1'],
    ['U0ANN', 'incident resolve 1 there is room again'],
    ['U0ANN', 'incident status 1 --timeline'],
    ['U0ANN', 'incident list --all'],
    ['U0ANN', 'home'],
    ['U0ANN', 'outbox'],
    ['U0ANN', 'outbox retry --all'],
    ['U0ANN', 'confirm 000000'],
    ['U0ANN', 'audit'],
    ['U0ANN', 'audit --denied --share'],
];

function buttons(message) {
    const blocks = [...message.blocks ?? [], ...(message.attachments ?? []).flatMap((a) => a.blocks ?? [])];
    return blocks.flatMap((block) => [...block.elements ?? [], block.accessory ?? []].flat()
        .filter(({ type }) => type === 'button').map((button) => ({ block, button })));
}

async function press(stage, user, answer, label) {
    for (const message of answer.messages) {
        const found = buttons(message).find(({ button }) => button.text.text === label);
        if (found)
            return stage.control('click', {
                user,
                channel: OPS,
                ts: message.ts,
                block_id: found.block.block_id,
                action_id: found.button.action_id,
                value: found.button.value,
                wait: 20000,
            });
    }
    const there = answer.messages.flatMap(buttons).map(({ button }) => button.text.text);
    throw new Error(`no button "${label}" among ${JSON.stringify(there)} in ${
        JSON.stringify(answer.messages.map(({ text }) => text))}`);
}

// A letter that is still there.
async function letter(stage) {
    const [[id]] = await stage.redis('XRANGE', 'orders.dlq', '-', '+', 'COUNT', 1);
    return id;
}

// Answers what came of each line: { user, line, answer }.
export async function everything(stage) {
    const said = [];
    let answer;
    await stage.letters('orders', 12, ERRORS);
    await stage.letters('notify.events', 5, ERRORS);
    for (const [user, line] of script) {
        if (line.startsWith('~ ')) {
            await stage.posted(OPS, line.slice(2));
            continue;
        }
        if (line.startsWith('> ')) {
            answer = await press(stage, user, answer, line.slice(2));
        } else {
            const text = line.includes('{letter}') ? line.replace('{letter}', await letter(stage)) : line;
            answer = await stage.say(user, OPS, text);
        }
        if (!answer.acked || !(answer.messages.length || answer.view))
            throw new Error(`no answer to "${line}": ${JSON.stringify(answer)}`);
        said.push({ user, line, answer });
    }
    for (const user of ['U0ANN', 'U0CAT'])
        await stage.control('home', { user });
    await stage.control('wait?for=calls:views.publish&count=2&timeout=45000');
    return said;
}
