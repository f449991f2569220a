/*
 * store: what the page knows: who there is, what was said, where we are.
 *
 * Filled from /control/ at the start and after each reconnection, then kept
 * true by the stream. Those who draw listen with on().
 */

/**
 * @typedef {Object} Message  as GET /control/messages shows it
 * @property {string} ts
 * @property {string} channel
 * @property {string} text
 */

export const store = {
    user: '',
    channel: '',
    thread: '',
    /** App Home is shown instead of messages. */
    atHome: false,
    /** Sockets that the app has open. */
    sockets: 0,
    users: new Map(),
    channels: new Map(),
    groups: new Map(),
    /** channel id → (ts → Message) */
    messages: new Map(),
    /** channel id → how many came while we looked elsewhere */
    unread: new Map(),
    /** The modals, the topmost last. */
    views: [],
    homeView: null,
};

const listeners = new Map();

/** @param {string} what @param {(arg: *) => void} run */
export function on(what, run) {
    listeners.set(what, [...(listeners.get(what) || []), run]);
}

/** @param {string} what @param {*} [arg] */
export function tell(what, arg) {
    for (const run of listeners.get(what) || [])
        run(arg);
}

/** Two ts, as numbers would compare. They are of one length. */
export function byTs(a, b) {
    return a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0;
}

/** @param {string} channel @returns {Map<string, Message>} */
export function messagesOf(channel) {
    if (!store.messages.has(channel))
        store.messages.set(channel, new Map());
    return store.messages.get(channel);
}

/** In order. @param {string} channel @returns {Message[]} */
export function messageList(channel) {
    return [...messagesOf(channel).values()].sort(byTs);
}

/** A message came, changed or went. @param {Message} message */
export function keepMessage(message) {
    const all = messagesOf(message.channel);
    const known = all.has(message.ts);

    if (message.deleted)
        all.delete(message.ts);
    else
        all.set(message.ts, message);
    if (!known && !message.deleted && message.user !== store.user)
        countUnread(message);
    tell('message', message);
}

function countUnread(message) {
    const looking = message.channel === store.channel && !store.atHome;

    if (looking || (message.thread_ts && message.thread_ts !== message.ts))
        return;
    store.unread.set(message.channel,
        (store.unread.get(message.channel) || 0) + 1);
    tell('unread');
}

/** @param {Object} state  of GET /control/state */
export function keepState(state) {
    store.users = new Map(state.users.map((user) => [user.id, user]));
    store.channels = new Map(state.channels.map((one) => [one.id, one]));
    store.groups = new Map(state.groups.map((group) => [group.id, group]));
    tell('state');
}

/** Channels that this person is in. */
export function myChannels() {
    return [...store.channels.values()].filter((channel) =>
        channel.members.includes(store.user));
}

/** The direct message with the app, or undefined. */
export function directChannel() {
    return [...store.channels.values()].find((channel) =>
        channel.is_im && channel.user === store.user);
}
