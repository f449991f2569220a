// A second opinion: the page's words for each block are those that
// slack-blocks-to-jsx, written by others against Slack itself, has for it.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { Message } from 'slack-blocks-to-jsx';
import { test } from './runner.mjs';

process.env.TZ = 'UTC'; // as that of a View

const CARDS = 'build/cards';
const SAMPLES = 'tests/browser/samples.json';
const AT_ONCE = 20; // messages in a channel

const data = {
    users: [['U0ANN', 'ann'], ['U0BOB', 'bob'], ['U0CAT', 'cat']].map(([id, name]) => ({ id, name })),
    channels: [['C0OPS', 'ops'], ['C0GENERAL', 'general']].map(([id, name]) => ({ id, name })),
    user_groups: [{ id: 'S0ONCALL', name: 'oncall', handle: 'oncall' }],
};

// ---- where the other is told more, or differs, and why ------------------------

// Done to each text before the other gets it.
const before = [
    {
        why: 'takes "verbatim" for "no marks at all"; Slack leaves out only what it would link by itself',
        change: (text) => ({ ...text, verbatim: undefined }),
    },
    {
        why: 'reads marks in what is escaped: &lt;!channel&gt; would call everybody',
        change: (text) => ({ ...text, text: text.text.replaceAll('&lt;', '‹').replaceAll('&gt;', '›') }),
    },
    {
        why: 'takes the minutes of 14:02:11, and the middle of 22:00–06:00 and of the key notify:ack:7c2f, for an emoji',
        change: (text) => ({ ...text, text: text.text.replace(/(\w):([\w–]+):(\w)/g, '$1∶$2∶$3') }),
    },
    {
        why: 'opens bold behind a word, with the * that would have closed what was not opened; Slack does not',
        change: (text) => ({ ...text, text: text.text.replace(/∗([^*\n]*\w)\*/g, '∗$1∗') }),
    },
];

// Done to the words of both.
const words = [
    { why: 'see above: what is escaped', from: /[‹<]/g, to: '<' },
    { why: 'see above: what is escaped', from: /[›>]/g, to: '>' },
    { why: 'see above: times and keys', from: /∶/g, to: ':' },
    { why: 'see above: what closes nothing', from: /∗/g, to: '*' },
    { why: 'shows every year; Slack leaves out one that is near', from: /(\d), 20\d\d\b/g, to: '$1' },
    { why: 'writes "Tomorrow" within a sentence', from: /\b(Today|Tomorrow|Yesterday)\b/g, to: (day) => day.toLowerCase() },
    { why: 'has no "23rd"', from: /\b([A-Z][a-z]+ \d+)(st|nd|rd|th)\b/g, to: '$1' },
    { why: 'which of two forms of a character an emoji has cannot be read', from: /[\ufe0e\ufe0f]/g, to: '' },
    { why: 'shows nothing of a menu that is closed', from: /⋯/g, to: '' },
    { why: 'where lines break is a matter of style sheets', from: /\s+/g, to: '' },
];

function prepared(value) {
    if (Array.isArray(value))
        return value.map(prepared);
    if (value === null || typeof value !== 'object')
        return value;
    const inner = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, prepared(one)]));
    return typeof value.text === 'string'
        ? before.reduce((text, { change }) => change(text), inner) : inner;
}

const normal = (text) => words.reduce((all, { from, to }) => all.replace(from, to), text);

// ---- comparing ----------------------------------------------------------------

function html(block) {
    return renderToStaticMarkup(createElement(Message, {
        blocks: [prepared(block)], data, name: 'opsbot', logo: '', withoutWrapper: true,
    }));
}

// What a browser shows of each, without any style.
function theirs(view, blocks) {
    return view.page.evaluate((pieces) => {
        const frame = document.createElement('iframe');
        document.body.append(frame);
        const texts = pieces.map((piece) => {
            frame.contentDocument.body.innerHTML = piece;
            return frame.contentDocument.body.innerText;
        });
        frame.remove();
        return texts;
    }, blocks.map(html));
}

function ours(view, ts) {
    return view.page.$$eval(`#messages .message[data-ts="${ts}"] .block`,
        (blocks) => blocks.map((block) => block.innerText));
}

async function compare(view, { name, blocks, ts }) {
    await view.has(`#messages .message[data-ts="${ts}"] .block`);
    const [mine, other] = [await ours(view, ts), await theirs(view, blocks)];
    if (mine.length !== blocks.length)
        return [`${name}: ${mine.length} blocks are shown of ${blocks.length}`];
    return blocks.flatMap((block, i) => (normal(mine[i]) === normal(other[i]) ? []
        : [`${name}, block ${i} (${block.type})\n    page:  ${JSON.stringify(mine[i])}\n    other: ${JSON.stringify(other[i])}`]));
}

async function compareAll(all, { stage, open }) {
    const differ = [];
    await stage.control('limits', { on: false });
    for (let from = 0; from < all.length; from += AT_ONCE) {
        const some = all.slice(from, from + AT_ONCE);
        const here = await stage.channel(`compare-${all[0].name.slice(0, 20)}-${from}`);
        for (const one of some)
            one.ts = (await stage.api('chat.postMessage', { channel: here, text: one.name, blocks: one.blocks })).ts;
        const view = await open({ channel: here });
        for (const one of some)
            differ.push(...await compare(view, one));
        await view.close();
    }
    await stage.control('limits', { on: true });
    assert.ok(!differ.length, `${differ.length} blocks read differently:\n${differ.join('\n')}`);
}

// Inputs stand in no message.
const cards = () => readdirSync(CARDS).filter((file) => file.endsWith('.json')).sort()
    .map((file) => ({ name: file.slice(0, -5), ...JSON.parse(readFileSync(`${CARDS}/${file}`, 'utf8')) }))
    .filter(({ blocks, type }) => blocks?.length && type !== 'modal');

test('every card reads as slack-blocks-to-jsx reads it', async (its) => {
    const all = cards();
    assert.ok(all.length > 50, `only ${all.length} cards were found`);
    await compareAll(all, its);
});

test('so does what else Slack has', async (its) => {
    await compareAll(JSON.parse(readFileSync(SAMPLES, 'utf8')), its);
});
