// Runs tests of the page one after the other, each with windows of its own.

import { mkdirSync } from 'node:fs';
import { startStage, within } from './stage.mjs';
import { View, startBrowser } from './view.mjs';

const LIMIT = 180000; // ms for one test
const PICTURES = 'build/logs';
const tests = [];

// body({ stage, open, channel }): open(options) is a View, channel() a channel
// of the test's own.
export function test(name, body) {
    tests.push({ name, body });
}

async function runOne({ name, body }, stage, browser, number) {
    const views = [];
    const open = async (options) => {
        const view = await View.open(browser, stage, options);
        views.push(view);
        return view;
    };
    try {
        await within(LIMIT, 'the test', body({ stage, open, channel: () => stage.channel(`test-${number}`) }));
        const complaints = views.flatMap((view) => view.complaints);
        if (complaints.length)
            throw new Error(complaints.join('\n'));
        console.log(`ok      ${name}`);
        return true;
    } catch (error) {
        console.log(`NOT OK  ${name}\n${error.stack}`);
        await Promise.all(views.map((view, i) => tell(view, `${PICTURES}/browser-${number}-${i + 1}.png`)));
        return false;
    } finally {
        await Promise.all(views.map((view) => view.close().catch(() => {})));
    }
}

// What was to be seen when it failed.
async function tell(view, picture) {
    if (view.page.isClosed())
        return;
    try {
        mkdirSync(PICTURES, { recursive: true });
        await view.page.screenshot({ path: picture });
        console.log(`see ${picture}; the page reads:\n${await view.textOf('body')}`);
    } catch (error) {
        console.log(`no picture: ${error.message}`);
    }
    view.log.forEach((line) => console.log(`console: ${line}`));
}

// Exit status: 0 if all of them passed, and there were some. words: only tests
// whose name has them.
export async function run(program, words = '') {
    const chosen = tests.filter(({ name }) => name.includes(words));
    const stage = await startStage(program);
    const browser = await startBrowser();
    let passed = 0;
    for (const [i, one] of chosen.entries())
        passed += await runOne(one, stage, browser, i + 1);
    await browser.close();
    await stage.stop();
    console.log(`${passed} passed, ${chosen.length - passed} failed`);
    return passed && passed === chosen.length ? 0 : 1;
}
