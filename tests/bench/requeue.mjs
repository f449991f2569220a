// A requeue as people write it: a page at a time, entry after entry.
//
//   node requeue.mjs REDIS DLQ STREAM     prints {"moved":n,"ms":n}
//
// The client is the official one, on the same Unix socket as everybody's.
// The time is that of the work: node's own start does not count.

import { createClient } from 'redis';

const [url, dlq, stream] = process.argv.slice(2);
const PAGE = 500;
const OWN = ['error', 'attempts', 'failed_at'];

// "unix:///path?db=0"
const { pathname, searchParams } = new URL(url);
const redis = await createClient({
    socket: { path: pathname },
    database: Number(searchParams.get('db') ?? 0),
}).connect();

let moved = 0;
const begun = performance.now();

for (;;) {
    const page = await redis.xRange(dlq, '-', '+', { COUNT: PAGE });

    if (page.length === 0)
        break;
    for (const { id, message } of page) {
        for (const name of OWN)
            delete message[name];
        await redis.xAdd(stream, '*', message);
        await redis.xDel(dlq, id);
        moved++;
    }
}

console.log(JSON.stringify({ moved, ms: performance.now() - begun }));
await redis.close();
