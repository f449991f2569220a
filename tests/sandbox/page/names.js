/*
 * names: people, channels and user groups as the page shows them, from ids.
 */
import { el } from '/page/dom.js';
import { store } from '/page/store.js';

export const BOT_USER = 'U0BOT';
const SLACKBOT = 'USLACKBOT';
const FACES = { [BOT_USER]: '⚙️', [SLACKBOT]: '💬' };
const COLOURS = 6;

/** @param {string} id @returns {string} */
export function userName(id) {
    return store.users.get(id)?.name || id;
}

/** The name beside a message. */
export function realName(id) {
    const user = store.users.get(id);

    return user ? user.real_name || user.name : id;
}

/** Slack's own bot bears no badge. */
export function isApp(id) {
    return id !== SLACKBOT && Boolean(store.users.get(id)?.is_bot);
}

/** @param {string} id @returns {string} */
export function channelName(id) {
    const channel = store.channels.get(id);

    if (!channel)
        return id;
    return channel.is_im ? realName(BOT_USER) : channel.name;
}

/** "#ops", "🔒 sec", "opsbot". */
export function channelTitle(id) {
    const channel = store.channels.get(id);

    if (!channel || channel.is_im)
        return channelName(id);
    return `${channel.is_private ? '🔒 ' : '#'}${channel.name}`;
}

function mention(text, mine) {
    return el('span', { class: mine ? 'mention mine' : 'mention', text });
}

/** @param {string} id @param {string} [label] when the id is unknown */
export function userMention(id, label) {
    const name = store.users.has(id) ? userName(id) : label || id;

    return mention(`@${name}`, id === store.user);
}

export function channelMention(id, label) {
    const known = store.channels.get(id);

    return el('a', {
        class: 'mention', href: `?user=${store.user}&channel=${id}`,
        data: { goChannel: id },
        text: known ? channelTitle(id) : `#${label || id}`,
    });
}

export function groupMention(id, label) {
    const group = store.groups.get(id);
    const name = group ? group.handle : (label || id).replace(/^@/, '');

    return mention(`@${name}`, Boolean(group?.users?.includes(store.user)));
}

/** @param {string} range "here", "channel", "everyone" */
export function broadcastMention(range) {
    return mention(`@${range}`, true);
}

/** Initials on a colour of their own; the apps have a picture. */
export function avatar(id, size) {
    const initials = realName(id).split(' ').map((word) => word[0] || '')
        .join('').slice(0, 2).toUpperCase();
    const colour = [...id].reduce((sum, c) => sum + c.charCodeAt(0), 0) %
        COLOURS;

    return el('span', {
        class: `avatar ${size || ''} ${FACES[id] ? 'app' : ''}`,
        'aria-hidden': 'true', data: { colour },
        text: FACES[id] || initials,
    });
}
