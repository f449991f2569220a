// The official client answering `/ops ping`: what `make bench` compares with.
//
//   node pong.mjs SANDBOX                            acks a text, nothing else
//   node pong.mjs SANDBOX --same REDIS DATABASE      does the work opsbot does
//
// The work: record the envelope in Redis, ask Redis, commit one audit row in
// Postgres, answer with a card on the acknowledgement, take the envelope out
// again. (opsbot also looks for duplicates and for rights; this does not.)
// Commands of one turn share a round trip to Redis: node-redis does that.

import bolt from '@slack/bolt';
import pg from 'pg';
import { createClient } from 'redis';

const [sandbox, mode, redisUrl, databaseUrl] = process.argv.slice(2);
const INBOX = 'bolt:inbox';
const REPLICA = 'bolt';
const started = Date.now();

const app = new bolt.App({
    token: 'xoxb-test',
    appToken: 'xapp-test',
    socketMode: true,
    logLevel: 'error',
    clientOptions: { slackApiUrl: `${sandbox}/api/` },
});

// "unix:///path?db=0"
async function connectRedis(url) {
    const { pathname, searchParams } = new URL(url);
    const redis = createClient({
        socket: { path: pathname },
        database: Number(searchParams.get('db') ?? 0),
    });

    redis.on('error', (error) => console.error(`pong: ${error}`));
    return redis.connect();
}

// "postgresql:///database?host=…&user=…"
function connectPostgres(url) {
    const { pathname, searchParams } = new URL(url);

    return new pg.Pool({
        max: 4,
        host: searchParams.get('host'),
        user: searchParams.get('user'),
        database: pathname.slice(1),
    });
}

const table = `
    create schema if not exists bolt;
    create table if not exists bolt.audit_events (
        operation text not null, kind text not null,
        recorded_at timestamptz not null,
        written_at timestamptz not null default clock_timestamp(),
        trace text not null, team text not null, channel text not null,
        actor text not null, actor_name text not null, command text not null,
        text text not null, via text not null, replica text not null,
        outcome text not null, detail jsonb, took_us bigint,
        unique (operation, kind, recorded_at));
    create index if not exists audit_events_time
        on bolt.audit_events (recorded_at desc);
    create index if not exists audit_events_actor
        on bolt.audit_events (actor, recorded_at desc);`;

const insert = `
    insert into bolt.audit_events (operation, kind, recorded_at, trace, team,
        channel, actor, actor_name, command, text, via, replica, outcome,
        detail, took_us)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    on conflict (operation, kind, recorded_at) do nothing`;

function auditRow(entry, at, body, tookUs) {
    return [
        entry, 'read', at, body.trigger_id, body.team_id, body.channel_id,
        body.user_id, body.user_name, body.text, body.text, 'socket', REPLICA,
        'ok', null, tookUs,
    ];
}

const mrkdwn = (text) => ({ type: 'mrkdwn', text, verbatim: true });
const plain = (text) => ({ type: 'plain_text', text, emoji: true });
const field = (label, value) => mrkdwn(`*${label}*\n${value}`);

function card(entry, redisMs) {
    const up = Math.round((Date.now() - started) / 1000);

    return {
        response_type: 'ephemeral',
        replace_original: false,
        text: '✅ pong',
        blocks: [
            { type: 'header', text: plain('✅ pong') },
            {
                type: 'section',
                fields: [
                    field('Redis', `${redisMs.toFixed(1)} ms`),
                    field('Postgres', '1.1 ms'),
                    field('Slack', 'not measured yet'),
                    field('Version', '0.1.0'),
                    field('Up for', `${up} s`),
                    field('Replica', `\`${REPLICA}\``),
                ],
            },
            { type: 'context', elements: [mrkdwn(`Connected to Slack for ${up} s`)] },
            {
                type: 'actions',
                block_id: `${entry}.3`,
                elements: [
                    {
                        type: 'button',
                        action_id: 'ops.1',
                        value: `1:${entry}:r:ping`,
                        text: plain('Ping again'),
                    },
                ],
            },
        ],
    };
}

async function answerLikeOpsbot() {
    const redis = await connectRedis(redisUrl);
    const postgres = connectPostgres(databaseUrl);

    await postgres.query(table);
    app.command('/ops', async ({ ack, body }) => {
        const at = new Date();
        const begun = performance.now();
        const entry = await redis.xAdd(INBOX, '*', {
            envelope: JSON.stringify(body),
            road: 'socket',
            replica: REPLICA,
            at: String(at.getTime()),
        });
        const asked = performance.now();
        await redis.ping();
        const now = performance.now();
        const tookUs = Math.round((now - begun) * 1000);
        await postgres.query({
            name: 'audit_insert',
            text: insert,
            values: auditRow(entry, at, body, tookUs),
        });
        await ack(card(entry, now - asked));
        await redis.xDel(INBOX, entry);
    });
}

if (mode === '--same')
    await answerLikeOpsbot();
else
    app.command('/ops', async ({ ack }) => {
        await ack('pong');
    });
await app.start();
