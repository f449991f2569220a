// A requeue as people write it: entry after entry, each step awaited.
//
//   node requeue.mjs REDIS DLQ STREAM             prints {"moved":n,"ms":n}
//   node requeue.mjs REDIS DLQ STREAM DATABASE    with what we record as well
//
// Without a database it reads a page at a time and keeps no record of what it
// does. With one it does, entry by entry, what the bot promises: it looks
// whether the entry is still there, commits who is about to move it, moves
// it, and commits what came of it.
//
// The clients are the official ones, on the same Unix sockets as everybody's.
// The time is that of the work: node's own start does not count.

import pg from 'pg';
import { createClient } from 'redis';

const [url, dlq, stream, databaseUrl] = process.argv.slice(2);
const PAGE = 500;
const OWN = ['error', 'attempts', 'failed_at'];

// "unix:///path?db=0"
async function connectRedis() {
    const { pathname, searchParams } = new URL(url);

    return createClient({
        socket: { path: pathname },
        database: Number(searchParams.get('db') ?? 0),
    }).connect();
}

// "postgresql:///database?host=…&user=…"
async function connectPostgres() {
    const { pathname, searchParams } = new URL(databaseUrl);
    const client = new pg.Client({
        host: searchParams.get('host'),
        user: searchParams.get('user'),
        database: pathname.slice(1),
    });

    await client.connect();
    await client.query(`
        create schema if not exists bench;
        create table if not exists bench.requeue_audit (
            entry text not null, kind text not null, actor text not null,
            stream text not null, detail jsonb not null,
            at timestamptz not null default clock_timestamp(),
            primary key (entry, kind));
        truncate bench.requeue_audit`);
    return client;
}

const redis = await connectRedis();
const db = databaseUrl ? await connectPostgres() : null;

const record = (entry, kind, detail) =>
    db.query({
        name: 'record',
        text: 'insert into bench.requeue_audit (entry, kind, actor, stream,' +
            ' detail) values ($1, $2, $3, $4, $5)',
        values: [entry, kind, 'U0ANN', stream, JSON.stringify(detail)],
    });

async function move(id, message) {
    for (const name of OWN)
        delete message[name];
    const moved = await redis.xAdd(stream, '*', message);

    await redis.xDel(dlq, id);
    return moved;
}

async function moveRecorded(id) {
    const [entry] = await redis.xRange(dlq, id, id);

    if (!entry)
        return;
    await record(id, 'attempt', { dlq });
    await record(id, 'outcome', { moved: await move(id, entry.message) });
}

let moved = 0;
const begun = performance.now();

for (;;) {
    const page = await redis.xRange(dlq, '-', '+', { COUNT: PAGE });

    if (page.length === 0)
        break;
    for (const { id, message } of page) {
        await (db ? moveRecorded(id) : move(id, message));
        moved++;
    }
}

console.log(JSON.stringify({ moved, ms: performance.now() - begun }));
await redis.close();
await db?.end();
