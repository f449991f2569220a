/*
 * sidebar: the channels of this person, the app, and who they are.
 */
import { byId, el } from '/page/dom.js';
import { icon } from '/page/icons.js';
import { avatar, BOT_USER, channelName, realName } from '/page/names.js';
import { myChannels, store } from '/page/store.js';

/* In the order of the list: channels by name, then the app. */
export function sortedChannels() {
    const mine = myChannels();

    return mine.filter((one) => !one.is_im && !one.is_archived)
        .sort((a, b) => a.name.localeCompare(b.name))
        .concat(mine.filter((one) => one.is_im));
}

function sign(channel) {
    if (channel.is_im)
        return avatar(BOT_USER, 'tiny');
    return el('span', { class: 'sign' },
        icon(channel.is_private ? 'lock' : 'hash'));
}

function entry(channel) {
    const unread = store.unread.get(channel.id) || 0;
    const here = channel.id === store.channel && !store.atHome;

    return el('button', {
        type: 'button', data: { channel: channel.id },
        class: `channel${unread ? ' unread' : ''}`,
        'aria-current': here ? 'page' : null,
    }, sign(channel), el('span', { class: 'name',
        text: channelName(channel.id) }),
    channel.is_im && el('span', {
        class: `presence ${store.sockets ? 'on' : ''}`, role: 'img',
        'aria-label': store.sockets ? 'connected' : 'not connected',
        title: store.sockets ? 'connected' : 'not connected' }),
    unread ? el('span', { class: 'badge', 'aria-label': `${unread} new`,
        text: String(unread) }) : '');
}

export function drawSidebar() {
    const all = sortedChannels();
    const rooms = all.filter((one) => !one.is_im);

    byId('channels').replaceChildren(
        el('h2', { text: 'Channels' }), ...rooms.map(entry),
        el('h2', { text: 'Apps' }),
        ...all.filter((one) => one.is_im).map(entry));
    byId('home-tab').replaceChildren(
        el('span', { class: 'sign' }, icon('home')),
        el('span', { class: 'name', text: 'App Home' }));
    if (store.atHome)
        byId('home-tab').setAttribute('aria-current', 'page');
    else
        byId('home-tab').removeAttribute('aria-current');
}

/** The people one can be. */
export function drawPeople() {
    const people = [...store.users.values()].filter((user) =>
        !user.is_bot && !user.deleted);

    byId('user').replaceChildren(...people.map((user) => el('option', {
        value: user.id, text: realName(user.id) +
            (user.is_restricted ? ' (guest)' : user.is_admin ? ' (admin)' : ''),
    })));
    byId('user').value = store.user;
}
