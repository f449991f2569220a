// The running bot with all it needs (stage.c), and what a test does to it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';

// ms; under a sanitizer, on a busy machine. They cost nothing when it comes.
const READY = 120000;
export const PATIENCE = 45000;

export async function startStage(program) {
    const child = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ended = new Promise((yes) => child.once('exit', (code, signal) => yes(code ?? signal)));
    child.once('error', (error) => { throw error; });
    const line = await within(READY, `${program} to start`, lines.next());
    assert.ok(!line.done, `${program} ended before it was ready`);
    return new Stage(child, lines, ended, JSON.parse(line.value));
}

// What a promise gives, or an error that names it when it takes too long.
export async function within(ms, what, promise) {
    let timer;
    const late = new Promise((_, no) => {
        timer = setTimeout(() => no(new Error(`waited ${ms / 1000} s for ${what}`)), ms);
    });
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}

// Asks until the answer is true, and gives it.
export async function until(what, ask) {
    for (const end = Date.now() + PATIENCE; ;) {
        const answer = await ask();
        if (answer)
            return answer;
        if (Date.now() > end)
            throw new Error(`waited ${PATIENCE / 1000} s for ${what}`);
        await new Promise((yes) => setTimeout(yes, 50));
    }
}

class Stage {
    #child;
    #lines;
    #ended;

    constructor(child, lines, ended, { url, redis, agents }) {
        this.#child = child;
        this.#lines = lines;
        this.#ended = ended;
        this.url = url;
        this.redisPath = redis;
        this.agents = agents;
    }

    // "stop sandbox": see stage.c.
    async steer(line) {
        this.#child.stdin.write(`${line}\n`);
        const answer = await within(READY, `the stage to ${line}`, this.#lines.next());
        assert.equal(answer.value, 'ok', `the stage failed to ${line}`);
    }

    // Its exit status is one more check: the bot has to end well.
    async stop() {
        this.#child.stdin.end();
        assert.equal(await within(READY, 'the stage to end', this.#ended), 0);
    }

    // tests/sandbox/CONTROL.md: GET without a body, else POST.
    async control(path, body) {
        const answer = await fetch(new URL(path, `${this.url}/control/`), body && {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
        });
        const json = await answer.json();
        assert.ok(json.ok, `${path}: ${JSON.stringify(json)}`);
        return json;
    }

    // As a person without a browser.
    say(user, channel, text) {
        return this.control('command', { user, channel, command: '/ops', text, wait: 20000 });
    }

    // As the bot itself, for what it does not say by itself.
    async api(method, args) {
        const answer = await fetch(`${this.url}/api/${method}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json; charset=utf-8', authorization: 'Bearer xoxb-test' },
            body: JSON.stringify(args),
        });
        const json = await answer.json();
        assert.ok(json.ok, `${method}: ${JSON.stringify(json)}`);
        return json;
    }

    // Waits for a message with that text in the channel, as it is by then.
    async posted(channel, text) {
        return until(`"${text}" in ${channel}`, async () => {
            const { messages } = await this.control(`messages?channel=${channel}`);
            return messages.find((message) => message.text.includes(text));
        });
    }

    // A channel of its own for each test; all people and the bot are in it.
    async channel(name) {
        const members = ['U0ANN', 'U0BOB', 'U0CAT', 'U0BOT'];
        const made = await this.control('channel', { name, members });
        return made.channel?.id ?? made.id;
    }

    // One command of Redis; the answer as text, number, null or a list.
    async redis(...words) {
        const socket = createConnection(this.redisPath);
        socket.write(`*${words.length}\r\n${words.map((word) =>
            `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`).join('')}`);
        try {
            return await within(20000, `Redis to answer ${words[0]}`, readReply(socket));
        } finally {
            socket.destroy();
        }
    }

    // n dead letters of stream, as a consumer leaves them; errors take turns.
    async letters(stream, n, errors = ['HTTP 500 from hooks.slack.com']) {
        for (let i = 1; i <= n; i++) {
            await this.redis('XADD', `${stream}.dlq`, '*',
                'traceId', `t-${String(i).padStart(5, '0')}`,
                'payload', `{"order":"o-${4100 + i}","amount":${20 + i * 7}}`,
                'error', errors[i % errors.length],
                'original_id', `1600000000000-${i}`,
                'attempts', 3,
                'failed_at', new Date().toISOString());
        }
    }
}

// ---- the wire of Redis --------------------------------------------------------

async function readReply(socket) {
    let bytes = Buffer.alloc(0);
    for await (const piece of socket) {
        bytes = Buffer.concat([bytes, piece]);
        const reply = parse(bytes, 0);
        if (reply?.error)
            throw new Error(reply.error);
        if (reply)
            return reply.value;
    }
    throw new Error('Redis closed the connection');
}

// { value, next } or, of an error, { error }; null while it is not all there.
function parse(bytes, at) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0)
        return null;
    const text = bytes.toString('utf8', at + 1, end);
    const next = end + 2;
    switch (String.fromCharCode(bytes[at])) {
    case '+': return { value: text, next };
    case '-': return { error: text, next };
    case ':': return { value: Number(text), next };
    case '$': return parseBulk(bytes, Number(text), next);
    default: return parseList(bytes, Number(text), next);
    }
}

function parseBulk(bytes, length, at) {
    if (length < 0)
        return { value: null, next: at };
    if (bytes.length < at + length + 2)
        return null;
    return { value: bytes.toString('utf8', at, at + length), next: at + length + 2 };
}

function parseList(bytes, count, at) {
    const value = [];
    for (let i = 0; i < count; i++) {
        const item = parse(bytes, at);
        if (!item)
            return null;
        value.push(item.value ?? item.error);
        at = item.next;
    }
    return { value, next: at };
}
