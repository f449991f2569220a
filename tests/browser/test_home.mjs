// App Home, mentions and direct messages: the other places where one meets it.

import assert from 'node:assert/strict';
import { test } from './runner.mjs';

const home = (user) => ({ user, home: 1 });

async function block(view, text) {
    await view.until(`"${text}" on the home tab`, (words) =>
        document.querySelector('#home').innerText.includes(words), text);
}

test('App Home says what is halted, what fails and what one may do', async ({ stage, open, channel }) => {
    const here = await channel();
    const ann = await open({ channel: here });

    await ann.type('/ops halt market-data home looks at it');
    await ann.message('HALTED · market-data');
    await ann.pressAt('#home-tab');
    await block(ann, 'home looks at it');
    await block(ann, 'What you may do');
    const cat = await open(home('U0CAT'));
    await block(cat, 'home looks at it');
    assert.equal(await cat.page.$$eval('#home button', (buttons) =>
        buttons.filter(({ innerText }) => innerText.includes('Unhalt')).length), 0, 'cat may not unhalt');
    await stage.say('U0ANN', here, 'unhalt market-data');
});

test('a mention is a command', async ({ open, channel }) => {
    const here = await channel();
    const ann = await open({ channel: here });

    await ann.type('@opsbot ping');
    await ann.message('pong');
});

test('so is what is said to it alone', async ({ open }) => {
    const ann = await open();

    await ann.pressAt('#channels [data-channel^="D"]');
    await ann.until('the direct channel', () => document.body.dataset.channel.startsWith('D'));
    await ann.type('ping');
    await ann.message('pong');
});
