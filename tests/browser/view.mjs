// One person's window on the sandbox's page, as the page's contract has it.
// What is looked for is waited for; what does not come names what was there.

import { PATIENCE, until } from './stage.mjs';
import puppeteer from 'puppeteer-core';

const WIDE = { width: 1100, height: 900 };

// Debian's, or the one named. Nothing of it listens, and it ends with us: the
// pipe closes. /dev/shm is small in containers.
export function startBrowser() {
    return puppeteer.launch({
        executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
        pipe: true,
        protocolTimeout: 2 * PATIENCE,
        args: [
            '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu',
            '--disable-breakpad', '--force-color-profile=srgb',
            '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
        ],
    });
}

// ---- run inside the page ------------------------------------------------------

// The newest message under root with that text.
function findMessage(root, text) {
    return [...document.querySelectorAll(`${root} .message`)]
        .filter((message) => message.innerText.includes(text)).at(-1) ?? null;
}

// The first control of that label in it, or in the part of the page.
function findControl(root, text, label) {
    const all = [...document.querySelectorAll(text === null ? root : `${root} .message`)];
    const place = all.filter((one) => text === null || one.innerText.includes(text)).at(-1);
    return [...place?.querySelectorAll('button, a, summary, [role=menuitem], [role=option]') ?? []]
        .find((control) => control.innerText.trim() === label && !control.disabled) ?? null;
}

export class View {
    #context;

    static async open(browser, stage, options = {}) {
        const { user = 'U0ANN', channel = 'C0OPS', viewport = WIDE, scheme, zone = 'UTC', ...more } = options;
        const context = await browser.createBrowserContext();
        const page = await context.newPage();
        const view = new View(context, page);
        page.on('pageerror', (error) => view.complaints.push(`error in the page: ${error.stack ?? error}`));
        page.on('console', (line) => view.log.push(`${line.type()}: ${line.text()}`));
        page.on('request', (request) => view.#allow(request.url(), stage.url));
        await page.setViewport(viewport);
        await page.emulateTimezone(zone);
        await page.emulateMediaFeatures([
            { name: 'prefers-color-scheme', value: scheme ?? 'light' },
            { name: 'prefers-reduced-motion', value: 'reduce' },
        ]);
        await page.goto(`${stage.url}/?${new URLSearchParams({ user, channel, ...more })}`,
            { timeout: PATIENCE });
        await view.ready();
        return view;
    }

    constructor(context, page) {
        this.#context = context;
        this.page = page;
        this.log = [];
        this.complaints = []; // each fails the test
    }

    close() {
        return this.#context.close();
    }

    #allow(url, origin) {
        if (!url.startsWith(origin) && !/^(data|blob|about):/.test(url))
            this.complaints.push(`asked for ${url}: the page is to live without a network`);
    }

    ready() {
        return this.until('the page to be ready', () => document.body.dataset.ready === '1');
    }

    // Waits until ask(...args), inside the page, is true.
    until(what, ask, ...args) {
        return until(what, () => this.page.evaluate(ask, ...args)
            .catch((error) => { // it was just being loaded again
                if (!/context was destroyed|detached|navigat/i.test(error.message))
                    throw error;
            }));
    }

    // ---- messages ---------------------------------------------------------------

    // Opens the thread of a message. A reply that comes just then moves the line
    // away under the hand: it is pressed again, as anybody would.
    openThread(ts) {
        return until(`the thread of ${ts}`, async () => {
            await this.pressAt(`#messages .message[data-ts="${ts}"] a.replies`);
            return this.page.$('#thread:not([hidden])');
        });
    }

    // Waits for the newest message with that text; its text, and its ts.
    async message(text, root = '#messages') {
        const found = await this.#element(`a message "${text}"`, findMessage, root, text);
        return {
            element: found,
            text: await found.evaluate((message) => message.innerText),
            ts: await found.evaluate((message) => message.dataset.ts),
            ephemeral: await found.evaluate((message) => message.classList.contains('ephemeral')),
        };
    }

    async shows(text, root = '#messages') {
        return this.page.evaluate((where, words) =>
            document.querySelector(where).innerText.includes(words), root, text);
    }

    // Waits until the message at ts reads like that.
    async becomes(ts, text) {
        return this.until(`"${text}" in the message that is there`, (at, words) => document
            .querySelector(`#messages .message[data-ts="${at}"]`)?.innerText.includes(words), ts, text);
    }

    async #element(what, find, ...args) {
        return until(what, async () => (await this.page.evaluateHandle(find, ...args)).asElement());
    }

    // ---- doing ------------------------------------------------------------------

    async type(text) {
        await this.page.focus('#composer');
        await this.page.keyboard.type(text);
        await this.page.keyboard.press('Enter');
    }

    // Presses a control by its label, in the newest message with that text.
    press(text, label, root = '#messages') {
        return this.#press(`[${label}] under "${text}"`, findControl, root, text, label);
    }

    // The same anywhere in a part of the page.
    pressIn(root, label) {
        return this.#press(`[${label}] in ${root}`, findControl, root, null, label);
    }

    pressAt(selector) {
        return this.#press(selector, (at) => document.querySelector(at), selector);
    }

    // It may be drawn again between the finding and the click.
    async #press(what, find, ...args) {
        await until(what, async () => {
            const control = (await this.page.evaluateHandle(find, ...args)).asElement();
            return control?.click().then(() => true, () => false);
        });
    }

    // To what a button asks first.
    agree() {
        return this.pressAt('dialog.confirm[open] .confirm-ok');
    }

    async become(user) {
        await this.page.select('select#user', user);
        await this.until(`to be ${user}`, (id) => document.body.dataset.user === id, user);
        await this.ready();
    }

    has(selector) {
        return this.until(selector, (at) => document.querySelector(at) !== null, selector);
    }

    lacks(selector) {
        return this.until(`no ${selector}`, (at) => document.querySelector(at) === null, selector);
    }

    textOf(selector) {
        return this.page.$eval(selector, (element) => element.innerText);
    }
}
