// A picture of everything the bot can show, to be looked at.
//
//   node shots.mjs STAGE CARDS OUT
//
// STAGE is the program of stage.c, CARDS a directory of messages and views
// (SHOWN_DIR of tests/blocks/shown.h). Below OUT: cards/, run/ (what a real
// run posted), scenes/ (the whole page), sheet-1.png … with many at once, and
// index.html with all.

import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { everything } from './everything.mjs';
import { scenes } from './scenes.mjs';
import { startStage } from './stage.mjs';
import { View, startBrowser } from './view.mjs';

const OPS = 'C0OPS';
const TALL = { width: 900, height: 2000 };
const AT_ONCE = 20;  // messages in a channel
const ON_SHEET = 9;  // pictures on a sheet

const [program, cards, out] = process.argv.slice(2);
const taken = []; // { group, name, file }

function fileOf(group, name) {
    const file = join(group, `${name}.png`);
    taken.push({ group, name, file });
    return join(out, file);
}

// ---- messages -----------------------------------------------------------------

async function photograph(view, group, name, ts) {
    const at = `#messages .message[data-ts="${ts}"]`;
    await view.has(at);
    await (await view.page.$(at)).screenshot({ path: fileOf(group, name) });
}

async function cardsOf(stage, browser) {
    const all = readdirSync(cards).filter((file) => file.endsWith('.json')).sort().map((file) =>
        ({ name: file.slice(0, -5), ...JSON.parse(readFileSync(join(cards, file), 'utf8')) }));
    const messages = all.filter(({ type }) => !type);
    for (let from = 0; from < messages.length; from += AT_ONCE) {
        const some = messages.slice(from, from + AT_ONCE);
        const here = await stage.channel(`cards-${from}`);
        for (const one of some) {
            const { text, blocks, attachments } = one;
            one.ts = (await stage.api('chat.postMessage', { channel: here, text, blocks, attachments })).ts;
        }
        const view = await View.open(browser, stage, { channel: here, viewport: TALL });
        for (const { name, ts } of some)
            await photograph(view, 'cards', name, ts);
        await view.close();
    }
}

// ---- a real run ---------------------------------------------------------------

// What was said to each, and then what everybody sees by now.
async function runOf(stage, browser) {
    const said = await everything(stage);
    await modalsOf(stage, browser);
    const seen = new Set();
    const show = async (view, name, ts) => !seen.has(ts) && seen.add(ts)
        && photograph(view, 'run', `${String(seen.size).padStart(2, '0')}-${name.replace(/\W+/g, '_') || 'nothing'}`, ts);
    for (const user of ['U0ANN', 'U0BOB', 'U0CAT']) {
        const view = await View.open(browser, stage, { user, viewport: TALL });
        for (const { line, answer } of said.filter((one) => one.user === user))
            for (const { ts } of answer.messages)
                await show(view, line, ts);
        await view.close();
    }
    const { messages } = await stage.control(`messages?channel=${OPS}`);
    const view = await View.open(browser, stage, { viewport: TALL });
    for (const { ts, text, thread_ts: thread } of messages)
        if (!thread || thread === ts)
            await show(view, text.slice(0, 40), ts);
    await view.close();
}

// They belong to the person, not to the window.
async function topModal(stage, user) {
    const { views } = await stage.control(`views?user=${user}`);
    return views.filter(({ type }) => type === 'modal').at(-1);
}

async function closeModals(stage, user = 'U0ANN') {
    const top = await topModal(stage, user);
    if (top)
        await stage.control('close', { user, view_id: top.id, all: true });
}

// Those that a run left open, the uppermost first.
async function modalsOf(stage, browser) {
    const view = await View.open(browser, stage, { viewport: TALL });
    for (;;) {
        const top = await topModal(stage, 'U0ANN');
        if (!top)
            break;
        const at = `dialog.modal[open][data-view-id="${top.id}"]`;
        await view.has(at);
        await (await view.page.$(at)).screenshot({ path: fileOf('run', `modal-${top.title.text.replace(/\W+/g, '_')}`) });
        await stage.control('close', { user: 'U0ANN', view_id: top.id });
    }
    await view.close();
}

// ---- the whole page -----------------------------------------------------------

async function scenesOf(stage, browser) {
    for (const { name, act, ...options } of scenes) {
        const view = await View.open(browser, stage, options);
        await act({ view, stage, cards });
        await view.page.screenshot({ path: fileOf('scenes', name) });
        await view.close();
        await closeModals(stage, options.user);
    }
}

// ---- many at once -------------------------------------------------------------

const figure = ({ name, file }) =>
    `<figure><figcaption>${name}</figcaption><img src="${file}" alt="${name}"></figure>`;

const page = (pictures, columns) => `<!doctype html><meta charset="utf-8"><title>What opsbot shows</title><style>
body { columns: ${columns}; column-gap: 12px; margin: 12px; font: 13px sans-serif; background: #ddd }
figure { break-inside: avoid; margin: 0 0 12px; background: #fff } figcaption { padding: 3px 8px; background: #456; color: #fff }
img { max-width: 100%; display: block }</style>${pictures.map(figure).join('\n')}`;

async function sheets(browser) {
    const context = await browser.newPage();
    await context.setViewport({ width: 1560, height: 900 });
    const flat = taken.filter(({ group }) => group !== 'scenes');
    for (let i = 0; i * ON_SHEET < flat.length; i++) {
        const file = resolve(out, 'sheet.html');
        writeFileSync(file, page(flat.slice(i * ON_SHEET, (i + 1) * ON_SHEET), 3));
        await context.goto(`file://${file}`);
        await context.screenshot({ path: join(out, `sheet-${i + 1}.png`), fullPage: true });
    }
    rmSync(resolve(out, 'sheet.html'), { force: true });
    writeFileSync(join(out, 'index.html'), page(taken, 'auto 600px'));
}

rmSync(out, { recursive: true, force: true });
for (const group of ['cards', 'run', 'scenes'])
    mkdirSync(join(out, group), { recursive: true });
const stage = await startStage(program);
const browser = await startBrowser();
await stage.control('limits', { on: false });
await scenesOf(stage, browser);
await runOf(stage, browser);
await cardsOf(stage, browser);
await sheets(browser);
await browser.close();
await stage.stop();
console.log(`shots: ${taken.length} pictures in ${out}, all of them in ${join(out, 'index.html')}`);
