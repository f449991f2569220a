// What the bot sends, judged by Slack's own types: each card of the unit
// tests, and what a real run posted, is a constant that tsc takes or refuses.
//
//   node types.mjs OUT CARDS [STAGE]
//
// OUT is where the TypeScript goes, CARDS a directory of messages and views as
// JSON (SHOWN_DIR of tests/blocks/shown.h), STAGE the program of stage.c.
// Prints "N passed, N failed"; exits 0 or 1.

import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { everything } from './everything.mjs';
import { startStage } from './stage.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

// Each of these has to be refused: a judge that takes everything is none.
const wrong = `
import type { KnownBlock, ModalView } from '@slack/types';
// @ts-expect-error: a button without its text
export const a: KnownBlock[] = [{ type: 'actions', elements: [{ type: 'button', action_id: 'x' }] }];
// @ts-expect-error: no such block
export const b: KnownBlock[] = [{ type: 'heading', text: { type: 'plain_text', text: 'x' } }];
// @ts-expect-error: a header takes plain text only
export const c: KnownBlock[] = [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }];
// @ts-expect-error: no such key
export const d: KnownBlock[] = [{ type: 'divider', colour: 'red' }];
// @ts-expect-error: a modal without a title
export const e: ModalView = { type: 'modal', blocks: [] };
`;

// ---- what there is to judge ---------------------------------------------------

// { type, value } for each part of a message, or of a view, that has a type.
function parts(thing) {
    const found = [];
    const add = (type, value) => value !== undefined && found.push({ type, value });
    if (thing.type === 'modal' || thing.type === 'home') {
        add(thing.type === 'modal' ? 'ModalView' : 'HomeView', thing);
        return found;
    }
    add('KnownBlock[]', parsed(thing.blocks));
    add('MessageAttachment[]', parsed(thing.attachments));
    add('MessageMetadata', parsed(thing.metadata));
    return found;
}

// In a form-encoded call, JSON is text.
const parsed = (value) => (typeof value === 'string' ? JSON.parse(value) : value);

function cardsOf(directory) {
    return readdirSync(directory).filter((file) => file.endsWith('.json')).sort().map((file) => ({
        name: basename(file, '.json'),
        thing: JSON.parse(readFileSync(join(directory, file), 'utf8')),
    }));
}

// What the bot says in a real run: by its calls, and on its acks.
async function runOf(program) {
    const stage = await startStage(program);
    const said = await everything(stage);
    const { calls } = await stage.control('calls');
    await stage.stop();
    const things = [
        ...calls.map(({ method, args }) => ({ name: method, thing: args.view ? parsed(args.view) : args })),
        ...said.flatMap(({ line, answer }) => answer.messages.filter(({ via }) => via === 'ack')
            .map((thing) => ({ name: line || 'nothing', thing }))),
    ];
    return things.filter(({ thing }) => parts(thing).length)
        .map(({ name, thing }, i) => ({ name: `run_${i}_${name.replace(/\W+/g, '_')}`, thing }));
}

// ---- judging ------------------------------------------------------------------

function write(out, { name, thing }) {
    const constants = parts(thing).map(({ type, value }, i) =>
        `export const part${i}: ${type} = ${JSON.stringify(value, null, 2)};\n`);
    writeFileSync(join(out, `${name}.ts`),
        `import type { HomeView, KnownBlock, MessageAttachment, MessageMetadata, ModalView } from '@slack/types';\n${
            constants.join('')}`);
    return constants.length;
}

function configure(out) {
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'wrong.ts'), wrong);
    writeFileSync(join(out, 'package.json'), '{ "type": "module" }\n');
    writeFileSync(join(out, 'tsconfig.json'), JSON.stringify({
        compilerOptions: {
            strict: true,
            noEmit: true,
            module: 'nodenext',
            types: [],
            paths: { '@slack/types': [join(here, 'node_modules/@slack/types/dist/index.d.ts')] },
        },
        include: ['*.ts'],
    }));
}

async function tsc(out) {
    const program = join(here, 'node_modules/typescript/bin/tsc');
    try {
        await promisify(execFile)(process.execPath, [program, '--pretty', 'false', '-p', out],
            { maxBuffer: 1 << 26 });
        return [];
    } catch (error) {
        return `${error.stdout}${error.stderr}`.split('\n').filter(Boolean);
    }
}

const [out, cards, program] = process.argv.slice(2);
const things = cardsOf(cards);
if (program)
    things.push(...await runOf(program));
configure(out);
const judged = things.filter((thing) => write(out, thing));
const complaints = await tsc(out);
const refused = new Set(complaints.map((line) => /^(?:.*\/)?(\w+)\.ts\(/.exec(line)?.[1]).filter(Boolean));
complaints.forEach((line) => console.log(line));
if (complaints.length && !refused.size)
    refused.add('tsc itself');
console.log(`${judged.length + 1 - refused.size} passed, ${refused.size} failed`);
process.exit(refused.size || !judged.length ? 1 : 0);
