// The page itself: threads, edits, keyboard, narrow, dark, and gone and back.

import assert from 'node:assert/strict';
import { test } from './runner.mjs';

const post = (stage, channel, more) => stage.api('chat.postMessage', { channel, ...more });

test('a thread opens, and what is said there comes by itself', async ({ stage, open, channel }) => {
    const here = await channel();
    const { ts } = await post(stage, here, { text: 'the parent' });
    await post(stage, here, { text: 'first line', thread_ts: ts });
    const ann = await open({ channel: here });

    await ann.message('the parent');
    assert.ok(!await ann.shows('first line'));
    await ann.openThread(ts);
    await ann.message('first line', '#thread');
    await post(stage, here, { text: 'second line', thread_ts: ts });
    await ann.message('second line', '#thread');
});

test('an edit is seen without a reload, and marked', async ({ stage, open, channel }) => {
    const here = await channel();
    const { ts } = await post(stage, here, { text: 'before' });
    const ann = await open({ channel: here });

    await ann.message('before');
    await stage.api('chat.update', { channel: here, ts, text: 'after' });
    await ann.becomes(ts, 'after');
    await ann.has(`.message[data-ts="${ts}"] .edited`);
    await stage.control('delete', { channel: here, ts });
    await ann.lacks(`.message[data-ts="${ts}"]`);
});

test('times are those of who looks', async ({ stage, open, channel }) => {
    const here = await channel();
    await post(stage, here, { text: 'since <!date^1795442887^{time}|14:08 UTC>' });
    const ann = await open({ channel: here, zone: 'Asia/Kolkata' });

    assert.match((await ann.message('since')).text, /since (7:38|19:38)/);
});

test('text cannot become markup', async ({ stage, open, channel }) => {
    const here = await channel();
    const hostile = '&lt;img src=x onerror="document.title=1"&gt; <javascript:alert(1)|press>';
    await post(stage, here, { text: hostile });
    await post(stage, here, {
        text: 'blocks',
        blocks: [{ type: 'section', text: { type: 'mrkdwn', text: `blocks ${hostile}` } }],
    });
    const ann = await open({ channel: here });

    await ann.message('blocks');
    assert.equal(await ann.page.$('#messages img[src="x"]'), null);
    assert.equal(await ann.page.$('#messages a[href^="javascript:"]'), null);
    assert.notEqual(await ann.page.title(), '1');
});

test('what is no mark stays as it was typed', async ({ stage, open, channel }) => {
    const here = await channel();
    const ann = await open({ channel: here });
    const stays = ['no*bold*here and no_italics_here', '2 * 3 * 4 and a_b_c', 'at 14:02:11 :no_such_emoji_here:'];

    for (const text of stays) {
        await post(stage, here, { text, blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }] });
        await ann.message(text);
    }
    const plain = '*plain* _text_ <https://example.com>';
    await post(stage, here, { text: 'p', blocks: [{ type: 'section', text: { type: 'plain_text', text: plain } }] });
    await ann.message(plain);
    const code = '`*code*` and ```two _lines_```';
    await post(stage, here, { text: 'c', blocks: [{ type: 'section', text: { type: 'mrkdwn', text: code } }] });
    assert.equal(await (await ann.message('*code*')).element.$('.block b, .block i'), null);
    assert.ok((await ann.message('*code*')).text.includes('two _lines_'));
});

// Presses Tab until the focus is on a control with that text.
async function tabTo(view, label) {
    for (let i = 0; i < 200; i++) {
        await view.page.keyboard.press('Tab');
        if (await view.page.evaluate((words) =>
            document.activeElement.innerText?.trim() === words, label))
            return;
    }
    assert.fail(`no way to [${label}] by Tab`);
}

test('a keyboard is enough', async ({ stage, open, channel }) => {
    const ann = await open({ channel: await channel() });
    const { keyboard } = ann.page;

    await stage.letters('by-keyboard', 1);
    await ann.type('/ops dlq show by-keyboard');
    await ann.message('by-keyboard: 1 dead letter');
    await ann.page.focus('select#user');
    await tabTo(ann, 'Discard');
    await keyboard.press('Enter');
    await ann.has('dialog.confirm[open]');
    await keyboard.press('Escape');
    await ann.lacks('dialog.confirm[open]');
    await tabTo(ann, 'Requeue');
    await keyboard.press('Space');
    await ann.has('dialog.confirm[open]');
    await tabTo(ann, 'Requeue');
    await keyboard.press('Enter');
    await ann.message('Requeued 1 of 1 · by-keyboard');
});

test('what has the focus is seen to have it', async ({ open }) => {
    const ann = await open();
    const outline = () => ann.page.evaluate(() => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
        return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
    });

    await ann.page.focus('select#user');
    await ann.page.keyboard.press('Tab');
    assert.ok(await outline(), 'the focus is invisible');
});

test('a narrow screen needs no scrolling sideways', async ({ stage, open, channel }) => {
    const ann = await open({ channel: await channel(), viewport: { width: 360, height: 740 } });
    const width = () => ann.page.evaluate(() => document.scrollingElement.scrollWidth);

    await stage.letters('narrow', 12);
    for (const [typed, shown] of [['help --all', 'commands'], ['dlq show narrow', 'Page 1'], ['streams', 'stream']]) {
        await ann.type(`/ops ${typed}`);
        await ann.message(shown);
        assert.ok(await width() <= 360, `/ops ${typed} is ${await width()} px wide`);
    }
    const wide = await ann.page.$$eval('#messages .message', (messages) =>
        messages.filter((one) => one.scrollWidth > one.clientWidth + 1).length);
    assert.equal(wide, 0, 'a message is cut at its side');
});

// The contrast of each text that is shown with what is behind it, at least.
function leastContrast() {
    const light = (colour) => {
        const [r, g, b] = colour.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const parse = (text) => (/rgba?\(([^)]+)\)/.exec(text)?.[1] ?? '0,0,0,0').split(',').map(Number);
    const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const [r, g, b, a = 1] = parse(getComputedStyle(e).backgroundColor);
            if (a > 0.5)
                return [r, g, b];
        }
        return [255, 255, 255];
    };
    const texts = [...document.querySelectorAll('#messages .message *')].filter((element) =>
        element.checkVisibility() && !element.closest(':disabled')
        && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    return texts.map((element) => {
        const pair = [light(parse(getComputedStyle(element).color).slice(0, 3)), light(behind(element))];
        return {
            ratio: (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05),
            text: element.innerText.slice(0, 40),
            dark: light(behind(element)) < 0.2,
        };
    }).sort((a, b) => a.ratio - b.ratio);
}

for (const scheme of ['light', 'dark'])
    test(`the ${scheme} scheme can be read`, async ({ stage, open, channel }) => {
        const ann = await open({ channel: await channel(), scheme });

        await stage.letters(`in-${scheme}`, 2);
        await ann.type(`/ops dlq show in-${scheme}`);
        await ann.message(`in-${scheme}: 2 dead letters`);
        await ann.type('/ops help');
        await ann.message('commands');
        const [least, ...others] = await ann.page.evaluate(leastContrast);
        assert.ok(others.length > 10, 'too few texts were looked at');
        assert.ok(least.ratio >= 4.5, `contrast ${least.ratio.toFixed(2)} of "${least.text}"`);
        // Buttons have colours of their own.
        const dark = [least, ...others].filter((text) => text.dark).length;
        assert.ok(scheme === 'dark' ? dark > others.length / 2 : dark < others.length / 2);
    });

test('the page asks for its theme before the machine does', async ({ open }) => {
    const background = async (options) => (await open(options)).page
        .evaluate(() => getComputedStyle(document.body).backgroundColor);

    assert.equal(await background({ theme: 'dark' }), await background({ scheme: 'dark' }));
    assert.equal(await background({ theme: 'light', scheme: 'dark' }), await background({ scheme: 'light' }));
    assert.notEqual(await background({ theme: 'light' }), await background({ theme: 'dark' }));
});

test('no control is without a name', async ({ stage, open, channel }) => {
    const ann = await open({ channel: await channel() });

    await stage.letters('named', 2);
    await ann.type('/ops dlq show named');
    await ann.message('named: 2 dead letters');
    const tree = await ann.page.accessibility.snapshot({ interestingOnly: true });
    const nameless = [];
    const walk = (node) => {
        if (['button', 'link', 'textbox', 'combobox', 'menuitem', 'checkbox'].includes(node.role) && !node.name)
            nameless.push(node.role);
        node.children?.forEach(walk);
    };
    walk(tree);
    assert.deepEqual(nameless, []);
});

// Last: the sandbox forgets its channels and messages.
test('the page comes back by itself after the sandbox', async ({ stage, open }) => {
    const ann = await open();

    await post(stage, 'C0OPS', { text: 'before it went' });
    await ann.message('before it went');
    await stage.steer('stop sandbox');
    await ann.until('the page to notice', () => document.body.dataset.ready !== '1');
    await stage.steer('start sandbox');
    await stage.control('wait?for=hello&count=1&timeout=60000');
    await ann.ready();
    await ann.type('/ops ping');
    await ann.message('pong');
    assert.ok(!await ann.shows('before it went'), 'what the sandbox forgot is still shown');
});
