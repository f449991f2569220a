// Alerts to Slack as people write it on the official client: a route of its
// own for Alertmanager's webhook, and a message for each group it has not
// posted yet.
//
//   node alerts.mjs SANDBOX PORT
//
// A group is known in memory, and its message is on its way when the webhook
// is answered: the client queues, and waits where Slack limits it. Nothing is
// edited, acknowledged, or kept for the next start.

import bolt from '@slack/bolt';

const [sandbox, port] = process.argv.slice(2);
const posted = new Set();

async function bodyOf(req) {
    const chunks = [];

    for await (const chunk of req)
        chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

const card = ({ labels, annotations, generatorURL }) => ({
    channel: `C0A${labels.channel}`,
    text: `[${labels.severity}] ${annotations.summary}`,
    blocks: [
        { type: 'header', text: { type: 'plain_text', text: annotations.summary } },
        { type: 'section', text: { type: 'mrkdwn', text: annotations.description } },
        { type: 'context', elements: [{ type: 'mrkdwn', text: `${labels.service} · <${generatorURL}|source>` }] },
    ],
});

async function take(req, res) {
    const { alerts } = await bodyOf(req);

    for (const alert of alerts) {
        const group = alert.labels.alertname;

        if (posted.has(group))
            continue;
        posted.add(group);
        app.client.chat.postMessage(card(alert)).catch((error) => {
            posted.delete(group);
            console.error(`alerts: ${group}: ${error.message}`);
        });
    }
    res.writeHead(200).end();
}

const app = new bolt.App({
    token: 'xoxb-test',
    signingSecret: 'not used here',
    logLevel: 'error',
    clientOptions: { slackApiUrl: `${sandbox}/api/` },
    customRoutes: [
        { path: '/alerts/alertmanager', method: ['POST'], handler: take },
        { path: '/ready', method: ['GET'], handler: (_req, res) => res.writeHead(200).end() },
    ],
});

await app.start({ port: Number(port), host: '127.0.0.1' });
