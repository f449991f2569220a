// The official client answering `/ops ping` with a text: what `make bench`
// compares with. It records nothing and reads nothing.
//
//   node pong.mjs SANDBOX

import bolt from '@slack/bolt';

const app = new bolt.App({
    token: 'xoxb-test',
    appToken: 'xapp-test',
    socketMode: true,
    logLevel: 'error',
    clientOptions: { slackApiUrl: `${process.argv[2]}/api/` },
});

app.command('/ops', async ({ ack }) => {
    await ack('pong');
});
await app.start();
