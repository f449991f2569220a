/*
 * thread: the panel beside the channel: a message and its replies.
 */
import { get } from '/page/act.js';
import { byId } from '/page/dom.js';
import { MessageList } from '/page/messages.js';
import { channelTitle } from '/page/names.js';
import { keepMessage, messageList, on, store } from '/page/store.js';

const list = new MessageList(byId('thread-messages'), isHere, true);

function isHere(message) {
    return message.channel === store.channel && Boolean(store.thread) &&
        (message.ts === store.thread || message.thread_ts === store.thread);
}

/** Draws what store.thread says: a thread, or none. */
export function drawThread() {
    byId('thread').hidden = !store.thread;
    document.body.classList.toggle('with-thread', Boolean(store.thread));
    byId('thread-place').textContent = channelTitle(store.channel);
    list.draw(store.thread ? messageList(store.channel) : []);
}

/** Older replies may not be here yet. */
export async function loadThread() {
    const { channel, thread, user } = store;
    const answer = await get('messages', { channel, thread, user });

    for (const message of answer.messages || [])
        if (!messageList(channel).some((known) => known.ts === message.ts))
            keepMessage(message);
}

on('message', (message) => {
    if (store.thread && message.channel === store.channel)
        list.put(message);
});
