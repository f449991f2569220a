// Asking: commands that are typed, and the pages of their answers.

import assert from 'node:assert/strict';
import { test } from './runner.mjs';

test('a typed command is answered, for who asked alone', async ({ stage, open, channel }) => {
    const here = await channel();
    const ann = await open({ channel: here });
    const bob = await open({ user: 'U0BOB', channel: here });

    await stage.letters('asked', 2);
    await ann.type('/ops dlq list');
    const answer = await ann.message('Dead letters:');
    assert.ok(answer.ephemeral);
    assert.match(answer.text, /only visible to you/i);
    assert.match(answer.text, /asked/);
    await stage.api('chat.postMessage', { channel: here, text: 'for everybody' });
    await bob.message('for everybody');
    assert.ok(!await bob.shows('Dead letters:'));
});

test('an answer that is shared is for everybody', async ({ open, channel }) => {
    const here = await channel();
    const ann = await open({ channel: here });
    const bob = await open({ user: 'U0BOB', channel: here });

    await ann.type('/ops ping --share');
    assert.ok(!(await bob.message('pong')).ephemeral);
});

test('dead letters are paged forwards and back', async ({ stage, open, channel }) => {
    const ann = await open({ channel: await channel() });

    await stage.letters('paged', 12);
    await ann.type('/ops dlq show paged');
    const { ts } = await ann.message('Page 1 of 3');
    await ann.press('Page 1 of 3', 'Next page');
    await ann.becomes(ts, 'Page 2 of 3');
    await ann.press('Page 2 of 3', 'Next page');
    await ann.becomes(ts, 'Page 3 of 3');
    await ann.press('Page 3 of 3', 'Previous page');
    await ann.becomes(ts, 'Page 2 of 3');
});

test('a mistyped command says which was meant', async ({ open, channel }) => {
    const ann = await open({ channel: await channel() });

    await ann.type('/ops dlq lst');
    await ann.message('dlq list');
});

test('commands are completed, and come back from the history', async ({ open, channel }) => {
    const ann = await open({ channel: await channel() });
    const composed = () => ann.page.$eval('#composer', (composer) => composer.value);

    await ann.page.focus('#composer');
    await ann.page.keyboard.type('/ops dlq li');
    await ann.has('#completion [role=option]');
    await ann.page.keyboard.press('Tab');
    assert.match(await composed(), /^\/ops dlq list\b/);
    await ann.page.keyboard.press('Enter');
    await ann.message('ead letters');
    assert.equal(await composed(), '');
    await ann.page.keyboard.press('ArrowUp');
    assert.match(await composed(), /^\/ops dlq list\b/);
});

test('what is no command is a message to the channel', async ({ open, channel }) => {
    const here = await channel();
    const ann = await open({ channel: here });
    const bob = await open({ user: 'U0BOB', channel: here });

    await ann.type('is anybody <here> & awake?');
    const heard = await bob.message('is anybody <here> & awake?');
    assert.match(heard.text, /Ann Archer/);
});
